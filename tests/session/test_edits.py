"""What the user has changed in the network, as choices."""

from dataclasses import replace
from typing import Any

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import ATTENTION_HEADS, LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.edits import (
    active_edits,
    describe_edits,
    edit_error,
    held_edit,
    with_edit,
    with_switch,
    with_unit_switched,
    without_edit,
)
from dnnvis.session.plan_for import plan_for
from dnnvis.session.state import State, from_json, to_json

INFO = NetworkInfo(
    "toy",
    (
        LayerInfo("conv1", "Conv2d", (6, 8, 8)),
        LayerInfo("cell", "LSTMCell", (4, 1, 1), calls=3),
        LayerInfo("attn.heads", ATTENTION_HEADS, (3, 4, 4), part_of="attn"),
        LayerInfo("lstm.forget", "gate", (4, 1, 1), calls=3, part_of="lstm"),
        LayerInfo("output", "result", (10, 1, 1)),
    ),
    (),
    (8, 8),
    3,
)


def change(state: State, changes: dict[str, Any]) -> State:
    return replace(state, **changes)


def test_edits_are_added_switched_and_removed() -> None:
    state = change(State(), with_edit(State(), "conv1[2]=0"))
    state = change(state, with_edit(state, "cell[1]#2 *= .5"))
    assert active_edits(state, INFO) == ("conv1[2] = 0", "cell[1]#2 *= 0.5")
    assert describe_edits(state, INFO) == "2 edits: conv1[2] off, cell[1]#2 *= 0.5"
    state = change(state, with_switch(state, "conv1[2] = 0", False))
    assert active_edits(state, INFO) == ("cell[1]#2 *= 0.5",)
    assert describe_edits(state, INFO) == "1 edit: cell[1]#2 *= 0.5"
    state = change(state, with_edit(state, "conv1[2] off"))  # there already: comes on again
    assert active_edits(state, INFO) == ("conv1[2] = 0", "cell[1]#2 *= 0.5")
    state = change(state, without_edit(state, "conv1[2] = 0"))
    assert state.edits == ("cell[1]#2 *= 0.5",)
    with pytest.raises(BadInput, match="is no edit"):
        with_edit(state, "conv1")
    assert from_json(to_json(state)).edits == state.edits


def test_a_unit_is_switched_off_and_on_again() -> None:
    unit = Unit("conv1", 3, (1, 2))
    state = change(State(), with_unit_switched(State(), unit))
    assert active_edits(state, INFO) == ("conv1[3]@1,2 = 0",)
    state = change(state, with_switch(state, "conv1[3]@1,2 = 0", False))
    state = change(state, with_unit_switched(state, unit))  # it was on: off again
    assert active_edits(state, INFO) == ("conv1[3]@1,2 = 0",)
    state = change(state, with_unit_switched(state, unit))
    assert state.edits == ()


def test_the_edit_of_a_held_key_comes_last() -> None:
    state = replace(State(), edits=("conv1 *= 2",), held_edit=held_edit(Unit("cell", 1, None, 2)))
    assert active_edits(state, INFO) == ("conv1 *= 2", "cell[1]#2 = 0")
    assert held_edit(None) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv2[0] = 0", "no layer"),
        ("conv1[6] = 0", "outside"),
        ("conv1[5] <-> [6]", "outside"),
        ("conv1[0]@7:9,0 = 0", "outside"),
        ("cell[0]#3 = 0", "outside"),
        ("attn.heads[0] = mean", "head"),
        ("conv1[0] = x", "is no edit"),
    ],
)
def test_what_this_network_does_not_have_is_left_out_and_explained(text: str, message: str) -> None:
    assert message in edit_error(text, INFO)
    assert active_edits(replace(State(), edits=(text,)), INFO) == ()
    assert edit_error(text, None)


def test_lenses_on_the_frame_follow_and_what_is_known_of_the_network_does_not() -> None:
    state = replace(
        State(NetworkChoice("toy")), layer="conv1", unit=Unit("conv1", 1), edits=("conv1[2] = 0",)
    )
    state = replace(state, synthesis=replace(state.synthesis, shown=True, goal="conv1[1]"))
    plan = plan_for(state, INFO)
    assert plan.edits == ("conv1[2] = 0",)
    assert plan.requests["lens1"].edits == plan.edits
    assert plan.requests["synthesis"].edits == plan.edits
    assert plan.requests["examples"].edits == ()


def test_of_a_head_all_of_it_is_held_off_and_of_a_gate_nothing() -> None:
    head = Unit("attn.heads", 1, (2, 3))
    assert held_edit(head, INFO) == "attn.heads[1] = 0"
    assert not edit_error(held_edit(head, INFO), INFO)
    assert held_edit(Unit("conv1", 1, (2, 3)), INFO) == "conv1[1]@2,3 = 0"
    state = change(State(), with_unit_switched(State(), head, INFO))
    assert state.edits == ("attn.heads[1] = 0",)
    assert change(state, with_unit_switched(state, head, INFO)).edits == ()
    assert "whole attention head" in edit_error("attn.heads[1]@2,3 = 0", INFO)
    assert "edit lstm, its hidden state" in edit_error("lstm.forget[1] = 0", INFO)
    assert active_edits(replace(State(), edits=("lstm.forget[1] = 0",)), INFO) == ()
