"""The part of the plan that takes longer than a frame: synthesis, examples, patterns."""

from dataclasses import replace
from typing import Any

import pytest

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Request
from dnnvis.session.plan_for import (
    EXAMPLES,
    PARENTS,
    PATTERNS,
    SYNTHESIS,
    find_parents,
    invalid_reason,
    parse_objective,
    plan_for,
)
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis

INFO = NetworkInfo(
    "toy",
    (
        LayerInfo("conv1", "Conv2d", (6, 8, 8)),
        LayerInfo("relu", "ReLU", (6, 8, 8), calls=3),
        LayerInfo("output", "result", (10, 1, 1)),
    ),
    (),
    (8, 8),
    3,
)
NET = NetworkChoice("toy")
UNIT = Unit("conv1", 4, (1, 2))
STATE = State(NET, layer="conv1", unit=UNIT, panels={})


def growing(goal: str = "conv1[4]", **changes: Any) -> State:
    return replace(STATE, synthesis=Synthesis(goal=goal, **changes))


def test_what_grows_is_asked_for_with_preset_seed_and_overrides() -> None:
    state = growing(preset="maco", seed=7, seeds=9, params=(("lr", 0.1),), run=3)
    wished = plan_for(state, INFO).requests[SYNTHESIS]
    pairs = {"preset": "maco", "seed": 7, "seeds": 9, "lr": 0.1}
    assert wished == Request("ascent", Unit("conv1", 4), tuple(pairs.items()), False, 3, True)


@pytest.mark.parametrize("text", ["0.5*conv1[1] + output[2]", "conv1", "-conv1[1]"])
def test_a_goal_that_is_no_unit_is_asked_for_as_a_goal(text: str) -> None:
    assert plan_for(growing(text), INFO).requests[SYNTHESIS].unit == Objective.parse(text)


@pytest.mark.parametrize(
    "text", ["", " ", "conv1[", "gone[1]", "conv1[6]", "conv1[1] + gone", "relu[0]#3", "relu#-4"]
)
def test_a_goal_that_this_network_does_not_have_asks_for_nothing(text: str) -> None:
    plan = plan_for(growing(text, paused=True), INFO)
    assert SYNTHESIS not in plan.requests
    assert not plan.paused
    assert not plan.keep


def test_why_a_goal_does_not_fit_is_said() -> None:
    assert invalid_reason(Objective.parse("conv1[1] - relu[5]#2"), INFO) == ""
    assert invalid_reason(Objective.parse("conv1 + gone[1]"), INFO) == "toy has no layer 'gone'."
    assert "conv1[6] lies outside: conv1 is 6 x 8 x 8" in invalid_reason(
        Objective.parse("conv1[6]"), INFO
    )
    assert parse_objective("conv1[") is None


def test_pause_and_keep_are_no_part_of_the_request() -> None:
    held = growing(paused=True, keep=2, kept=5, which=3)
    plain, other = plan_for(growing(), INFO), plan_for(held, INFO)
    assert plain.requests == other.requests
    assert other.paused == {SYNTHESIS}
    assert other.keep == {SYNTHESIS: 2}
    assert other.which == {SYNTHESIS: 3}
    assert plain.computes_as(other)
    assert plain != other


def test_examples_are_of_the_whole_selected_unit() -> None:
    choice = ExamplesChoice(by="mean", bottom=True, k=4, where="memory", shown_as="guided", run=2)
    wished = plan_for(replace(STATE, examples=choice), INFO).requests[EXAMPLES]
    pairs = {"k": 4, "by": "mean", "bottom": True, "source": "memory", "backs": "guided"}
    pairs |= {"distinct": True}
    assert wished == Request("examples", Unit("conv1", 4), tuple(pairs.items()), False, 2)


def test_hidden_panels_ask_for_nothing() -> None:
    hidden = replace(
        growing(shown=False), examples=ExamplesChoice(shown=False, minutes=2.0), grid="forward"
    )
    plan = plan_for(hidden, INFO)
    assert not plan.requests
    assert plan.memory == 2.0  # the source is remembered all the same


def test_crop_and_whole_are_drawn_of_the_same_examples() -> None:
    crop, whole = (replace(STATE, examples=ExamplesChoice(shown_as=s)) for s in ("crop", "whole"))
    assert plan_for(crop, INFO) == plan_for(whole, INFO)


def test_patterns_are_of_the_layer_on_show_and_come_again_when_more_are_kept() -> None:
    state = replace(STATE, grid="patterns", synthesis=Synthesis(kept=3))
    wished = plan_for(state, INFO).requests[PATTERNS]
    assert wished == Request("patterns", Unit("conv1", 0), (), False, 3)
    assert PATTERNS not in plan_for(replace(state, layer="gone"), INFO).requests


def test_a_long_lens_of_a_panel_starts_with_the_present_frame_and_again_when_asked() -> None:
    panels = {"a": LensPanel("inversion", run=2), "b": LensPanel("guided")}
    state = replace(STATE, panels=panels, grid="backward", layer="relu")
    requests = plan_for(state, INFO).requests
    assert requests["a"] == Request("inversion", UNIT, (), False, 2)
    assert requests["grid"].lens == "guided"  # the backward mosaic needs a backward lens


def test_a_sum_of_two_asks_for_the_kept_pictures_of_both() -> None:
    state = growing(goal="conv1[1] + 0.5*conv1[2]@0,0", kept=4)
    requests = plan_for(state, INFO).requests
    wished = [requests[key] for key in PARENTS]
    own = (("own", True),)
    assert wished == [Request("patterns", Unit("conv1", k), own, False, 4) for k in (1, 2)]
    for goal in ("conv1[1]", "conv1[1] + conv1", "conv1[1] + conv1[2] + conv1[3]", "conv1[1] + x"):
        assert not set(PARENTS) & plan_for(growing(goal=goal), INFO).requests.keys()
    assert not set(PARENTS) & plan_for(replace(state, mode="map"), INFO).requests.keys()


def test_a_class_in_a_sum_is_grown_by_its_logit() -> None:
    info = replace(INFO, logits="relu")
    assert find_parents("conv1[1] + output[0]", info) == (Unit("conv1", 1), Unit("relu", 0))
