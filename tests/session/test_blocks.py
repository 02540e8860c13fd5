"""What the windows of building blocks and concepts want computed."""

from dataclasses import replace

import pytest

from dnnvis.core.messages import DIRECTIONS, LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.act_choices import BlocksChoice
from dnnvis.session.blocks import (
    BLOCK_PICTURES,
    BLOCKS,
    CONCEPTS,
    POSITIONS,
    VOTES,
    block_requests,
    blocks_layer,
    hold_group,
)
from dnnvis.session.edits import active_edits
from dnnvis.session.plan_for import plan_for
from dnnvis.session.state import SourceChoice, State

INFO = NetworkInfo(
    "net",
    (
        LayerInfo("conv", "Conv2d", (8, 4, 4)),
        LayerInfo("conv~", DIRECTIONS, (3, 4, 4), part_of="conv"),
        LayerInfo("output", "result", (5, 1, 1)),
    ),
    (),
    (8, 8),
    3,
)
SHOWN = State(layer="conv", blocks=BlocksChoice(shown=True, k=3))


def test_nothing_is_wanted_while_they_are_closed() -> None:
    assert block_requests(State(layer="conv"), INFO) == {}
    assert block_requests(replace(SHOWN, layer="gone"), INFO) == {}


def test_groups_follow_every_frame_and_pictures_grow_where_it_stays() -> None:
    requests = block_requests(SHOWN, INFO)
    assert set(requests) == {BLOCKS}
    request = requests[BLOCKS]
    assert (request.lens, request.unit, request.follow) == ("blocks", Unit("conv", 0), True)
    assert dict(request.params) == {"k": 3, "fit": "warm"}
    still = SourceChoice("pictures")
    for state in (
        replace(SHOWN, blocks=replace(SHOWN.blocks, held=True)),
        replace(SHOWN, frozen=True),
        replace(SHOWN, source=still),
    ):
        pictures = block_requests(state, INFO)[BLOCK_PICTURES]
        assert pictures.restarts
        assert not pictures.follow
    held = replace(SHOWN, blocks=replace(SHOWN.blocks, held=True))
    assert dict(block_requests(held, INFO)[BLOCKS].params)["fit"] == "held"


def test_the_groups_of_a_layer_of_groups_are_those_of_the_layer_below() -> None:
    state = replace(SHOWN, layer="conv~")
    assert blocks_layer(state, INFO) == "conv"
    assert block_requests(state, INFO)[BLOCKS].unit == Unit("conv", 0)
    assert blocks_layer(replace(SHOWN, layer="gone"), INFO) == ""


@pytest.mark.parametrize(("explained", "target"), [(-1, ""), (2, "output[2]"), (9, "")])
def test_votes_are_for_the_class_that_is_explained(explained: int, target: str) -> None:
    choice = replace(SHOWN.blocks, votes=True)
    state = replace(SHOWN, blocks=choice, explained_class=explained)
    assert dict(block_requests(state, INFO)[VOTES].params) == {"target": target}


def test_positions_are_drawn_instead_of_groups_once_for_each_wish() -> None:
    choice = replace(SHOWN.blocks, positions=True, held=True, run=4)
    requests = block_requests(replace(SHOWN, blocks=choice), INFO)
    assert BLOCK_PICTURES not in requests
    assert requests[POSITIONS].run == 4
    assert dict(requests[POSITIONS].params)["of"] == "positions"
    assert not requests[POSITIONS].restarts


def test_concepts_are_read_once_for_each_wish() -> None:
    state = State(layer="conv~", blocks=BlocksChoice(concepts=True, concepts_run=2))
    requests = block_requests(state, INFO)
    assert set(requests) == {CONCEPTS}
    assert (requests[CONCEPTS].unit, requests[CONCEPTS].run) == (Unit("conv", 0), 2)


def test_a_chosen_group_holds_them_all() -> None:
    changes, unit = hold_group(SHOWN, "conv~", 2)
    assert unit == Unit("conv~", 2)
    assert changes["blocks"] == replace(SHOWN.blocks, held=True)


def test_a_group_can_be_edited() -> None:
    state = replace(SHOWN, edits=("conv~[1] = 0", "conv~[3] = 0"))
    assert active_edits(state, INFO) == ("conv~[1] = 0",)  # there are three


def test_the_plan_has_them() -> None:
    plan = plan_for(replace(SHOWN, edits=("conv[1] = 0",)), INFO)
    assert plan.requests[BLOCKS].edits == ("conv[1] = 0",)  # groups of what really runs
