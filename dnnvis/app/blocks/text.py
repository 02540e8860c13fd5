"""Sentences of the windows of building blocks and of concepts."""

from dnnvis.core.concepts.blocks import BlockVotes, BuildingBlocks
from dnnvis.core.concepts.concepts import Concept
from dnnvis.core.formatting import format_number
from dnnvis.core.translation.catalog import tr

NO_LAYER = "No layer is on show: choose one in the tree of layers."
WAITING = "The groups of {layer} appear with the next frame."
GROWING = "pictures of the groups grow, {percent} %"


def describe_group(blocks: BuildingBlocks, votes: BlockVotes | None, number: int) -> str:
    """Return the line below a group: its part of the energy, and what it adds to the class."""
    text = f"{100 * float(blocks.shares[number]):.0f} %"
    if votes is not None and number < len(votes.groups):
        text += f" · {float(votes.groups[number]):+.3g}"
    return text


def describe_position(
    blocks: BuildingBlocks, votes: BlockVotes | None, row: int, column: int, group: int
) -> str:
    """Return what lies under the mouse: the strongest group there, and what the position adds.

    Args:
        blocks: The groups.
        votes: What positions add to a class; None where that was not asked for.
        row: Row of the position in the groups' maps.
        column: Its column.
        group: The group.

    Returns:
        A line: how strong the group is, and by gradient x activation the position's vote.
    """
    value = float(blocks.groups[group, row, column])
    y, x = row * blocks.step, column * blocks.step  # in the layer's map, whose positions vote
    text = tr(
        "{unit} at {row},{column}: {value}",
        unit=blocks.units[group],
        row=y,
        column=x,
        value=format_number(value),
    )
    if votes is None or y >= votes.positions.shape[0] or x >= votes.positions.shape[1]:
        return text
    vote = tr(
        "the position adds {vote:+.3g} to {target}",
        vote=float(votes.positions[y, x]),
        target=votes.target,
    )
    return f"{text} · {vote}"


def describe_concept(concept: Concept) -> str:
    """Return the line below a concept: its importance by each measure, and its energy."""
    parts = []
    if "sobol" in concept.importance:
        parts.append(tr("Sobol {value:.2f}", value=concept.importance["sobol"]))
    if "drop" in concept.importance:
        parts.append(tr("drop {value:+.2g}", value=concept.importance["drop"]))
    parts.append(f"{100 * concept.share:.0f} %")
    return " · ".join(parts)
