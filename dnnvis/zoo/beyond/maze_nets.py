"""Open a maze network: its structure from the card, or from the weights themselves."""

from dataclasses import replace
from typing import Any

from torch import nn

from dnnvis.core.errors import Mismatch
from dnnvis.network.card import Card
from dnnvis.network.checkpoint import Checkpoint, load_checkpoint
from dnnvis.zoo.beyond.maze import MazeNet, MazeSpec, infer_maze_spec, maze_spec_from_card

MAZE = "maze"
DEFAULT_MAZE_SIZE = (9, 9)  # squares, of the mazes that it learns on


def maze_card(spec: MazeSpec, name: str = MAZE, about: dict[str, Any] | None = None) -> Card:
    """Return a card for a maze network.

    Args:
        spec: Structure of the network.
        name: Name of the network.
        about: Further entries, which override those from the structure.

    Returns:
        The card.
    """
    return Card(
        name=name,
        size=DEFAULT_MAZE_SIZE,
        fit="free",
        architecture=MAZE,
        states=("encoder", "cell"),
        decoder="decoder",
        about={MAZE: spec.as_dict()} | (about or {}),
    )


def build_maze(
    card: Card, checkpoint: Checkpoint | None
) -> tuple[nn.Module, Card, tuple[str, ...]]:
    """Build the network with the weights of ``checkpoint`` (None: initial ones).

    Returns it with its card and what is odd. Raises BadInput or Mismatch where they make no maze
    network.
    """
    notes: tuple[str, ...] = ()
    if MAZE in card.about:
        spec = maze_spec_from_card(card.about[MAZE])
    elif checkpoint is None:
        spec = MazeSpec()
    else:
        inferred = infer_maze_spec(checkpoint.state)
        if inferred is None:
            raise Mismatch(f"{checkpoint.path} holds no weights of a maze network.")
        spec = inferred
        notes = (
            f"The weights do not say how often the cell is applied: {spec.steps} times is assumed.",
        )
    full_card = maze_card(spec, card.name, card.about)
    full_card = replace(full_card, size=card.size, origins=card.origins)
    module = MazeNet(spec)
    if checkpoint is not None:
        notes += load_checkpoint(module, checkpoint)
    return module, full_card, notes
