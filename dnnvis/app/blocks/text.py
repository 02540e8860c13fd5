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


def describe_position(blocks: BuildingBlocks, row: int, column: int, group: int) -> str:
    """Return what lies under the mouse: the strongest group at a position, and how strong."""
    value = float(blocks.groups[group, row, column])
    return tr(
        "{unit} at {row},{column}: {value}",
        unit=blocks.units[group],
        row=row * blocks.step,
        column=column * blocks.step,
        value=format_number(value),
    )


def describe_concept(concept: Concept) -> str:
    """Return the line below a concept: its importance by each measure, and its energy."""
    parts = []
    if "sobol" in concept.importance:
        parts.append(tr("Sobol {value:.2f}", value=concept.importance["sobol"]))
    if "drop" in concept.importance:
        parts.append(tr("drop {value:+.2g}", value=concept.importance["drop"]))
    parts.append(f"{100 * concept.share:.0f} %")
    return " · ".join(parts)
