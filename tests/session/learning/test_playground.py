from dataclasses import replace

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane_lessons import PLANE_LESSONS, find_plane_lesson
from dnnvis.core.learning.plane_network import parse_spec
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import KernelsChoice, PlaygroundChoice
from dnnvis.session.choices import find_changes, split_choices, with_choices
from dnnvis.session.learning.playground import (
    apply_lesson,
    find_shown_lesson,
    is_plane_network,
    learning_choice,
    open_playground,
    plane_layers,
    resting_net,
)
from dnnvis.session.map_state import MOVING, MapChoice, moving_request
from dnnvis.session.modes import enter_mode, enter_mode_again
from dnnvis.session.plan_for import plan_for
from dnnvis.session.state import SourceChoice, State, Synthesis, from_json, to_json
from dnnvis.sources.plane.sets import PLANE_SETS
from dnnvis.training.plane_task import PlaneSetting, change_setting

ROWS = (
    LayerInfo("features", "PlaneFeatures", (2, 86, 86)),
    LayerInfo("dense1", "Conv2d", (4, 86, 86), parameters=12),
    LayerInfo("active1", "Tanh", (4, 86, 86)),
    LayerInfo("last", "Conv2d", (1, 86, 86), parameters=5),
    LayerInfo("answer", "Tanh", (1, 86, 86)),
    LayerInfo("output", "result", (1, 86, 86)),
)
INFO = NetworkInfo("mlp-2d", ROWS, (), (86, 86), 2, "plane")
STATE = State(
    network=NetworkChoice(net="mlp-2d:4"),
    source=SourceChoice(kind="plane", path="spiral"),
    playground=PlaygroundChoice(shown=True, rate=0.1, noise=0.2, seed=4),
)


def test_a_network_over_the_plane_is_known_by_its_first_layer(info: NetworkInfo) -> None:
    assert is_plane_network(INFO)
    assert not is_plane_network(info)
    assert not is_plane_network(None)
    assert plane_layers(INFO) == ("features", "active1", "answer")


def test_what_is_trained_follows_from_the_state() -> None:
    choice = learning_choice(STATE, INFO)
    assert choice is not None
    assert (choice.net, choice.seed) == ("mlp-2d:4", 4)
    assert dict(choice.data) == {"name": "spiral", "noise": 0.2, "seed": 4}
    setting = change_setting(PlaneSetting(), dict(choice.setting))  # the task knows all of them
    assert setting.rate == 0.1
    assert learning_choice(STATE, None) == choice  # also while the network opens


def test_painted_points_go_with_their_data_alone() -> None:
    painted = replace(STATE.playground, points=(1.0, 2.0, 1.0))
    state = replace(STATE, playground=painted)
    choice = learning_choice(state, INFO)
    assert choice is not None
    assert "painted" not in dict(choice.data)
    state = replace(state, source=SourceChoice(kind="plane", path="painted"))
    choice = learning_choice(state, INFO)
    assert choice is not None
    assert dict(choice.data)["painted"] == (1.0, 2.0, 1.0)


def test_nothing_is_trained_out_of_sight_or_on_another_source(info: NetworkInfo) -> None:
    hidden = replace(STATE, playground=replace(STATE.playground, shown=False))
    assert learning_choice(hidden, INFO) is None
    mapped = replace(hidden, map=replace(hidden.map, shown=True, tab="learning"))
    assert learning_choice(mapped, INFO) == learning_choice(STATE, INFO)
    assert resting_net(hidden, INFO) == "mlp-2d:4"  # what was learned stays
    assert resting_net(replace(hidden, source=SourceChoice()), INFO) == ""
    assert resting_net(hidden, info) == ""
    assert learning_choice(replace(STATE, source=SourceChoice()), INFO) is None
    assert learning_choice(STATE, info) is None
    other = replace(STATE, network=NetworkChoice(net="life-3"))
    assert learning_choice(other, None) is None


def test_all_columns_are_recorded_while_they_are_drawn() -> None:
    shown = replace(STATE, layer="dense1")
    assert set(plan_for(shown, INFO).layers) == {"dense1", "features", "active1", "answer"}
    hidden = replace(shown, playground=PlaygroundChoice())
    assert plan_for(hidden, INFO).layers == ("dense1",)


def test_kernels_are_read_again_with_every_frame_while_it_learns() -> None:
    state = replace(STATE, layer="dense1", kernels=KernelsChoice(shown=True))
    assert plan_for(state, INFO).requests["kernels"].follow
    state = replace(state, playground=PlaygroundChoice())
    assert not plan_for(state, INFO).requests["kernels"].follow


def test_a_picture_grows_anew_on_the_weights_of_a_network_of_pictures(info: NetworkInfo) -> None:
    state = State(synthesis=Synthesis(goal="block.conv[2]"))
    assert not plan_for(state, info).requests["synthesis"].restarts
    state = replace(state, playground=PlaygroundChoice(pictures=True))
    assert plan_for(state, info).requests["synthesis"].restarts


@pytest.mark.parametrize("name", PLANE_LESSONS)
def test_a_lesson_names_a_network_data_and_settings_that_there_are(name: str) -> None:
    lesson = find_plane_lesson(name)
    assert parse_spec(lesson.net) is not None
    assert lesson.data in PLANE_SETS
    state = replace(State(), **apply_lesson(State(mode="map"), lesson))
    assert (state.mode, state.playground.shown) == ("explore", True)
    assert (state.network.net, state.source.path) == (lesson.net, lesson.data)
    assert find_shown_lesson(state) is lesson
    other = replace(state, playground=replace(state.playground, rate=0.123))
    assert find_shown_lesson(other) is None
    choice = learning_choice(state, None)
    assert choice is not None
    change_setting(PlaneSetting(), dict(choice.setting))


def test_a_lesson_keeps_what_was_painted_and_an_unknown_one_is_said() -> None:
    state = State(playground=PlaygroundChoice(points=(1.0, 1.0, 1.0), rate=9.0))
    changed = apply_lesson(state, find_plane_lesson("spiral"))["playground"]
    assert changed.points == (1.0, 1.0, 1.0)
    assert changed.rate == 0.03
    with pytest.raises(BadInput, match="no lesson 'x' of the playground; there are redundant"):
        find_plane_lesson("x")


def test_another_mode_closes_it_and_the_next_start_shows_it_again() -> None:
    opened = replace(State(mode="map"), **open_playground(State(mode="map")))
    assert opened.playground.shown
    assert not replace(opened, **enter_mode(opened, "time")).playground.shown
    assert replace(opened, **enter_mode_again(opened)).playground.shown
    docks = State(unlocked=True)
    assert open_playground(docks) == {"playground": PlaygroundChoice(shown=True)}


def test_choices_are_saved_and_undone_one_by_one() -> None:
    state = replace(STATE, playground=replace(STATE.playground, points=(1.5, -2.0, 1.0)))
    assert from_json(to_json(state)).playground == state.playground
    changed = replace(state, playground=replace(state.playground, rate=1.0))
    assert find_changes(state, changed) == {"playground.rate": 0.1}
    assert with_choices(State(), split_choices(state)).playground == state.playground


def test_pictures_of_the_moving_map_run_also_without_a_frame() -> None:
    choice = MapChoice(shown=True, tab="learning")
    places = moving_request(choice, "active1", "")[MOVING]
    pictures = moving_request(choice, "active1", "mnist")[MOVING]
    assert (places.follow, places.restarts) == (True, False)
    assert (pictures.follow, pictures.restarts) == (False, True)
    assert moving_request(replace(choice, tab="noise"), "active1", "mnist") == {}
