from dataclasses import replace

import pytest

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.session.plan_for import BACKWARD_GRID, fits, plan_for
from dnnvis.session.state import ExamplesChoice, LensPanel, State

INFO = NetworkInfo(
    "toy",
    (
        LayerInfo("conv1", "Conv2d", (6, 8, 8)),
        LayerInfo("relu", "ReLU", (6, 8, 8), calls=3),
        LayerInfo("dense", "Linear", (20, 1, 1)),
        LayerInfo("output", "result", (10, 1, 1)),
    ),
    (),
    (8, 8),
    3,
)
NET = NetworkChoice("toy")
ONE = {"a": LensPanel("guided", "norm", "one", "input")}
UNIT = Unit("dense", 4)


def asked(panel: LensPanel, unit: Unit) -> Request:
    pairs = (("to", panel.to), ("seed", panel.seed))
    return Request(panel.lens, unit, pairs)


TABLE = {
    "nothing known of the network asks for the network only": (
        State(NET, layer="conv1", unit=UNIT, panels=ONE),
        None,
        Plan(NET),
    ),
    "the layer on show and the unit's are recorded": (
        State(NET, layer="conv1", unit=UNIT, panels={}),
        INFO,
        Plan(NET, ("conv1", "dense")),
    ),
    "one layer is recorded once": (
        State(NET, layer="dense", unit=UNIT, panels={}),
        INFO,
        Plan(NET, ("dense",)),
    ),
    "an unknown layer asks for nothing": (
        State(NET, layer="layer4", unit=None, panels=ONE),
        INFO,
        Plan(NET),
    ),
    "a unit of another network asks for nothing": (
        State(NET, layer="conv1", unit=Unit("layer4", 0), panels=ONE),
        INFO,
        Plan(NET, ("conv1",)),
    ),
    "a channel that is not there asks for no lens": (
        State(NET, layer="conv1", unit=Unit("dense", 20), panels=ONE),
        INFO,
        Plan(NET, ("conv1", "dense")),
    ),
    "every panel that is shown asks for its lens": (
        State(NET, unit=UNIT, panels={**ONE, "b": LensPanel("gradient")}),
        INFO,
        Plan(
            NET,
            ("dense",),
            -1,
            {"a": asked(ONE["a"], UNIT), "b": asked(LensPanel("gradient"), UNIT)},
        ),
    ),
    "a hidden panel asks for nothing": (
        State(NET, unit=UNIT, panels={"a": replace(ONE["a"], shown=False)}),
        INFO,
        Plan(NET, ("dense",)),
    ),
    "the pinned unit is looked at while another is selected": (
        State(NET, layer="conv1", unit=Unit("conv1", 1), pinned=UNIT, panels=ONE),
        INFO,
        Plan(NET, ("conv1",), -1, {"a": asked(ONE["a"], UNIT)}),
    ),
    "the call on show is recorded": (
        State(NET, layer="relu", call=1, panels={}),
        INFO,
        Plan(NET, ("relu",), 1),
    ),
    "the backward grid looks at the layer on show with the first panel's lens": (
        State(NET, layer="conv1", unit=UNIT, grid="backward", panels=ONE),
        INFO,
        Plan(
            NET,
            ("conv1", "dense"),
            -1,
            {
                "a": asked(ONE["a"], UNIT),
                BACKWARD_GRID: asked(LensPanel("guided", "raw", "one", "conv1"), UNIT),
            },
        ),
    ),
    "the backward grid goes on with every panel hidden": (
        State(
            NET,
            layer="conv1",
            unit=UNIT,
            grid="backward",
            panels={"a": replace(ONE["a"], shown=False)},
        ),
        INFO,
        Plan(
            NET,
            ("conv1", "dense"),
            -1,
            {
                BACKWARD_GRID: asked(LensPanel("guided", "raw", "one", "conv1"), UNIT),
            },
        ),
    ),
    "there is no backward grid at the unit's own layer": (
        State(NET, layer="dense", unit=UNIT, grid="backward", panels={}),
        INFO,
        Plan(NET, ("dense",)),
    ),
    "there is no backward grid at a layer that is not there": (
        State(NET, layer="layer4", unit=UNIT, grid="backward", panels={}),
        INFO,
        Plan(NET, ("dense",)),
    ),
    "there is no backward grid without a unit": (
        State(NET, layer="conv1", grid="backward", panels={}),
        INFO,
        Plan(NET, ("conv1",)),
    ),
}


@pytest.mark.parametrize(("state", "info", "plan"), TABLE.values(), ids=TABLE)
def test_the_plan(state: State, info: NetworkInfo | None, plan: Plan) -> None:
    state = replace(state, examples=ExamplesChoice(shown=False))
    planned = plan_for(state, info)
    assert planned.activity is planned.fused is (info is not None)
    assert replace(planned, activity=False, fused=False) == plan
    assert plan_for(state, info) == plan_for(replace(state), info)


def test_passes_are_fused_unless_the_state_says_no() -> None:
    assert plan_for(State(), INFO).fused
    assert not plan_for(State(fused=False), INFO).fused


def test_what_is_only_drawn_differently_changes_no_plan() -> None:
    state = State(NET, layer="conv1", unit=UNIT)
    drawn = replace(state, gamma=0.5, colours="gray", contrast="frame", theme="dark", frozen=True)
    panels = {key: replace(panel, view="norm") for key, panel in state.panels.items()}
    assert plan_for(replace(drawn, panels=panels), INFO) == plan_for(state, INFO)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("conv1[0]", True),
        ("conv1[5]@7,7", True),
        ("conv1[6]", False),
        ("conv1[0]@8,0", False),
        ("conv1[0]@0,8", False),
        ("relu[0]#2", True),
        ("relu[0]#-3", True),
        ("relu[0]#3", False),
        ("relu[0]#-4", False),
        ("dense[19]@0,0", True),
        ("dense[0]@0,1", False),
        ("no[0]", False),
        ("output[9]", True),
    ],
)
def test_a_unit_fits_where_the_network_has_it(text: str, there: bool) -> None:
    assert fits(Unit.parse(text), INFO) is there


@pytest.mark.parametrize(
    ("state", "k"),
    [
        (State(explained_class=3), 3),
        (State(unit=Unit("output", 2)), 2),
        (State(unit=Unit("output", 2), explained_class=1), 1),
        (State(unit=Unit("conv1", 2)), None),
        (State(explained_class=99), None),  # of another network
    ],
)
def test_the_units_are_ranked_for_the_class_under_the_mouse_or_the_selected_one(
    state: State, k: int | None
) -> None:
    rows = (LayerInfo("conv1", "Conv2d", (6, 8, 8)), LayerInfo("out", "Linear", (10, 1, 1)))
    output = LayerInfo("output", "result", (10, 1, 1))
    info = NetworkInfo("n", (*rows, output), (), (8, 8), 3, logits="out", penultimate="conv1")
    request = plan_for(state, info).requests.get("attribution")
    assert request == (None if k is None else Request("attribution", Unit("out", k)))
    assert "attribution" not in plan_for(state, replace(info, penultimate="")).requests
