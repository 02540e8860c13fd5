"""Steps: which there are, which one is on show, and what every panel shows at another."""

from dataclasses import replace

import pytest

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Request
from dnnvis.session import steps
from dnnvis.session.plan_for import IMAGINE, fits, plan_for
from dnnvis.session.session import Session
from dnnvis.session.state import State, StepsChoice, Synthesis, from_json, to_json

MAPS = (20, 8, 8)


def network(states: tuple[tuple[str, int], ...], *layers: LayerInfo) -> NetworkInfo:
    return NetworkInfo("toy", layers, (), (8, 8), 1, binary=True, states=states)


ENCODER = (LayerInfo("encoder.conv1", "Conv2d", MAPS), LayerInfo("encoder", "Sequential", MAPS))
DECODER = (LayerInfo("decoder", "Sequential", (1, 8, 8)), LayerInfo("output", "result", (1, 8, 8)))
SHARED = network(
    (("encoder", 0), ("cell", 0), ("cell", 1), ("cell", 2)),
    *ENCODER,
    LayerInfo("cell.conv1", "Conv2d", MAPS, 3),
    LayerInfo("cell.conv2", "Conv2d", (12, 4, 4), 3),
    LayerInfo("cell.twice", "ReLU", MAPS, 6),
    LayerInfo("cell", "Cell", MAPS, 3),
    *DECODER,
)
APART = network(
    (("encoder", 0), ("cells.0", 0), ("cells.1", 0), ("cells.10", 0)),
    *ENCODER,
    *(
        LayerInfo(f"cells.{k}{part}", kind, MAPS)
        for k in (0, 1, 10)
        for part, kind in ((".conv1", "Conv2d"), ("", "Cell"))
    ),
    *DECODER,
)
REPEATED = network(
    (),
    LayerInfo("conv", "Conv2d", MAPS),
    LayerInfo("relu", "ReLU", MAPS, 4),
    LayerInfo("norm", "BatchNorm2d", MAPS, 2),
)


def at(info: NetworkInfo, k: int, state: State) -> State:
    """The state after a walk to step k."""
    return replace(state, **steps.at_step(state, info, k))


def test_steps_are_the_hidden_states_else_the_calls_of_the_layer_on_show() -> None:
    assert steps.steps_of(State(layer="conv"), SHARED) == SHARED.states
    calls = tuple(("relu", call) for call in range(4))
    assert steps.steps_of(State(layer="relu"), REPEATED) == calls
    assert steps.steps_of(State(layer="conv"), REPEATED) == ()
    assert steps.steps_of(State(layer="gone"), REPEATED) == ()
    assert steps.steps_of(State(), None) == ()
    assert (steps.first_number(SHARED), steps.first_number(REPEATED)) == (0, 1)


@pytest.mark.parametrize("info", [SHARED, APART], ids=["shared", "apart"])
@pytest.mark.parametrize("layer", ["encoder", "encoder.conv1", "decoder", "output", "gone"])
def test_a_walk_to_a_step_ends_there_wherever_it_began(info: NetworkInfo, layer: str) -> None:
    state = State(layer=layer, unit=Unit("encoder", 7))
    for k in (0, 2, 1, 3, 0, 3):
        state = at(info, k, state)
        assert steps.step_of(state, info) == k
        assert fits(state.unit, info)
        shown, call = info.states[k]
        assert state.layer == shown or state.layer.startswith(shown + ".")
        assert state.call % info.layer(state.layer).calls == call
        assert state.unit.channel == 7


def test_what_lies_beyond_the_ends_is_brought_to_them() -> None:
    state = State(layer="cell", unit=Unit("cell", 3))
    assert at(SHARED, 99, state) == at(SHARED, 3, state)
    assert at(SHARED, -5, state) == at(SHARED, 0, state)


def test_the_last_call_is_written_as_the_last_one_so_that_what_is_known_of_it_is_found() -> None:
    state = at(SHARED, 3, State(layer="cell", unit=Unit("cell", 3, None, 1), call=1))
    assert (state.call, str(state.unit)) == (-1, "cell[3]")
    state = at(SHARED, 2, state)
    assert (state.call, str(state.unit)) == (1, "cell[3]#1")


def test_inside_of_a_cell_the_same_part_is_shown_at_every_step() -> None:
    state = at(SHARED, 2, State(layer="cell.conv2", unit=Unit("cell.conv2", 11, (3, 3))))
    assert (state.layer, state.call) == ("cell.conv2", 1)
    assert str(state.unit) == "cell.conv2[11]@3,3#1"
    state = at(SHARED, 0, state)  # the encoder has no such part
    assert (state.layer, str(state.unit)) == ("encoder", "encoder[11]@3,3")
    state = at(APART, 3, State(layer="cells.0.conv1", unit=Unit("cells.1.conv1", 5)))
    assert (state.layer, state.call, str(state.unit)) == ("cells.10.conv1", -1, "cells.10.conv1[5]")


def test_a_place_or_channel_that_is_not_there_is_left_out() -> None:
    state = State(layer="encoder", unit=Unit("encoder", 19, (7, 7)))
    info = replace(SHARED, layers=(*SHARED.layers[:-3], LayerInfo("cell", "Cell", (9, 4, 4), 3)))
    assert str(at(info, 1, state).unit) == "cell[8]#0"


def test_a_part_that_runs_twice_within_a_call_is_shown_at_its_second_run() -> None:
    state = at(SHARED, 1, State(layer="cell.twice"))
    assert (state.layer, state.call) == ("cell.twice", 1)
    assert at(SHARED, 3, state).call == -1
    for call, k in ((0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (-1, 3)):
        assert steps.step_of(State(layer="cell.twice", call=call), SHARED) == k


def test_the_step_is_that_of_the_layer_else_that_of_the_unit_else_the_last() -> None:
    unit = Unit("cell", 2, None, 0)
    assert steps.step_of(State(layer="cell", call=1, unit=unit), SHARED) == 2
    assert steps.step_of(State(layer="decoder", call=1, unit=unit), SHARED) == 1
    assert steps.step_of(State(layer="decoder", call=1), SHARED) == 3
    assert steps.step_of(State(layer="conv"), REPEATED) == 0


def test_a_unit_outside_of_the_steps_stays_as_it_is() -> None:
    state = State(layer="cell", unit=Unit("output", 0, (2, 2)))
    assert at(SHARED, 1, state).unit == state.unit
    assert "unit" not in steps.at_step(State(layer="cell"), SHARED, 1)


def test_calls_of_a_layer_are_steps_that_its_unit_follows() -> None:
    state = State(layer="relu", unit=Unit("relu", 4, (1, 1)))
    assert steps.step_of(state, REPEATED) == 3
    state = at(REPEATED, 2, state)
    assert (state.layer, state.call, str(state.unit)) == ("relu", 2, "relu[4]@1,1#2")
    other = at(REPEATED, 2, replace(state, unit=Unit("norm", 1)))
    assert other.unit == Unit("norm", 1)  # it is called twice only
    assert at(REPEATED, 0, other).unit == Unit("norm", 1, None, 0)
    assert steps.at_step(State(layer="conv"), REPEATED, 1) == {}


@pytest.mark.parametrize(
    ("calls", "call", "written"),
    [
        (1, 0, -1),
        (1, -1, -1),
        (3, 0, 0),
        (3, 1, 1),
        (3, 2, -1),
        (3, -3, 0),
        (3, 3, -1),
        (3, -4, -1),
    ],
)
def test_a_call_is_written_in_one_way(calls: int, call: int, written: int) -> None:
    layer = LayerInfo("relu", "ReLU", MAPS, calls)
    assert steps.call_of(layer, call) == written
    assert steps.call_of(None, call) == -1


def test_the_panel_opens_for_states_and_otherwise_as_the_user_wishes() -> None:
    shut, open_ = State(steps=StepsChoice("closed")), State(steps=StepsChoice("open"))
    assert steps.is_open(State(), SHARED)
    assert not steps.is_open(State(), REPEATED)
    assert not steps.is_open(State(), None)
    assert not steps.is_open(shut, SHARED)
    assert steps.is_open(open_, REPEATED)
    for info in (SHARED, REPEATED, None):
        for wish in (True, False):
            state = State(steps=StepsChoice(steps.choice_for_visibility(wish, info)))
            assert steps.is_open(state, info) is wish
    assert (
        steps.choice_for_visibility(True, SHARED)
        == steps.choice_for_visibility(False, REPEATED)
        == "auto"
    )


def test_the_moment_is_the_chosen_one_else_the_last() -> None:
    moments = (0, 25, 1350)
    for chosen, k in ((-1, 2), (0, 0), (1, 1), (3, 2)):
        assert steps.snapshot_index(State(steps=StepsChoice(moment=chosen)), moments) == k
    assert steps.snapshot_index(State(), ()) == -1


def test_imagination_is_asked_for_where_it_can_be_seen() -> None:
    asked = plan_for(State(layer="cell"), SHARED).requests[IMAGINE]
    assert asked == Request("imagine", Unit("cell", 0))
    assert asked.follow
    chosen = State(layer="cell", steps=StepsChoice(decoder="decoder"))
    assert plan_for(chosen, SHARED).requests[IMAGINE].params == (("decoder", "decoder"),)
    gone = State(layer="cell", steps=StepsChoice(decoder="head"))
    assert plan_for(gone, SHARED).requests[IMAGINE].params == ()
    for state, info in (
        (State(layer="cell", steps=StepsChoice("closed")), SHARED),
        (State(layer="relu"), REPEATED),
        (State(layer="conv", steps=StepsChoice("open")), REPEATED),
        (State(layer="cell"), None),
    ):
        assert IMAGINE not in plan_for(state, info).requests
    opened = plan_for(State(layer="relu", steps=StepsChoice("open")), REPEATED)
    assert opened.requests[IMAGINE].unit == Unit("relu", 0)


def test_another_channel_or_step_asks_for_no_other_imagination() -> None:
    asked = {
        plan_for(State(layer="cell", call=call, unit=unit), SHARED).requests[IMAGINE]
        for call, unit in ((-1, None), (0, Unit("cell", 3, None, 0)), (1, Unit("encoder", 1)))
    }
    assert len(asked) == 1


def test_a_walk_takes_what_grows_along_and_is_nothing_to_come_back_to() -> None:
    session = Session(State(synthesis=Synthesis()))
    session.select(Unit("cell", 3))
    session.step(steps.at_step(session.state, SHARED, 1))
    assert session.state.synthesis.goal == "cell[3]#0"
    assert (session.state.layer, session.state.call) == ("cell", 0)
    assert not session.back()
    session.update(synthesis=replace(session.state.synthesis, on_click=False))
    session.step(steps.at_step(session.state, SHARED, 2))
    assert session.state.synthesis.goal == "cell[3]#0"


def test_a_selected_units_call_is_the_one_on_show() -> None:
    session = Session()
    session.select(Unit("cell", 3, None, 1))
    assert session.state.call == 1
    session.select(Unit("output", 0))
    assert session.state.call == 1
    session.select(Unit("decoder", 0), call=1)
    assert session.state.call == 1
    session.select(Unit("cell", 4))
    assert session.state.call == -1
    while session.back():
        pass
    assert (session.state.unit, session.state.call) == (Unit("cell", 3, None, 1), 1)


def test_the_choice_comes_back_from_its_json() -> None:
    choice = StepsChoice("open", "cells", "head", False, 8.0, 4)
    assert from_json(to_json(State(steps=choice))).steps == choice
    bad = {"wish": "sometimes", "drawn": 3, "speed": 0.0, "loop": "yes"}
    assert from_json({"steps": bad}).steps == StepsChoice()
