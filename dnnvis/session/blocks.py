"""What the windows of building blocks and of concepts want computed."""

from dataclasses import replace
from typing import Any

from dnnvis.core.messages import DIRECTIONS, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Request
from dnnvis.session.state import State

BLOCKS, VOTES, BLOCK_PICTURES, POSITIONS = "blocks", "votes", "block pictures", "positions"
CONCEPTS = "concepts"
POSITION_STEPS = 24  # of a picture of one position: there may be two hundred
POSITION_PIXELS = 64
PICTURES_AT_ONCE = 1  # beside the frames, so that each step is short
STILL_SOURCES = (
    "pictures",
)  # whose frames stay; groups that follow a film change too fast to grow


def blocks_layer(state: State, info: NetworkInfo) -> str:
    """Return the layer whose groups are shown: that on show, or the one that it is made of.

    "" where the network has no such layer.
    """
    row = info.layer(state.layer)
    if row is None:
        return ""
    return row.part_of if row.kind == DIRECTIONS else row.name


def block_requests(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the requests of both windows, by key."""
    layer = blocks_layer(state, info)
    if not layer:
        return {}
    choice, unit = state.blocks, Unit(layer, 0)
    requests: dict[str, Request] = {}
    if choice.concepts:
        requests[CONCEPTS] = Request(CONCEPTS, unit, (), False, choice.concepts_run)
    if not choice.shown:
        return requests
    params = (("k", choice.k), ("fit", "held" if choice.held else "warm"))
    requests[BLOCKS] = Request("blocks", unit, params)
    if choice.votes:
        requests[VOTES] = Request("block_votes", unit, (("target", _target(state, info)),))
    if choice.positions:
        drawn = (("of", "positions"), ("steps", POSITION_STEPS), ("size", POSITION_PIXELS))
        requests[POSITIONS] = Request("block_pictures", unit, drawn, False, choice.run)
    elif choice.held or state.frozen or state.source.kind in STILL_SOURCES:
        settings = (("batch", PICTURES_AT_ONCE),)
        requests[BLOCK_PICTURES] = Request(
            "block_pictures", unit, settings, False, choice.k, restarts=True
        )
    return requests


def _target(state: State, info: NetworkInfo) -> str:
    """Return the class that votes are for, as text; "" takes the strongest of each frame."""
    output = info.layer("output")
    number = state.explained_class
    is_class = output is not None and 0 <= number < output.shape[0]
    return str(Unit("output", number)) if is_class else ""


def hold_group(state: State, name: str, number: int) -> tuple[dict[str, Any], Unit]:
    """Return the changes of ``state`` that hold the groups, and the unit of one.

    Args:
        state: The present state.
        name: Name of the layer of directions.
        number: Number of the group.
    """
    return {"blocks": replace(state.blocks, held=True)}, Unit(name, number)
