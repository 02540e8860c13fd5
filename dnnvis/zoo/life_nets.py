"""Open a life network: its structure from the card, or from the weights themselves."""

from dataclasses import replace
from typing import Any

from torch import nn

from dnnvis.core.errors import Mismatch
from dnnvis.network.card import Card
from dnnvis.network.checkpoint import Checkpoint, load_checkpoint
from dnnvis.zoo.life import LifeNet, LifeSpec, infer_spec, spec_from_card

LIFE = "life"
DEFAULT_SIZE = (20, 20)  # of the paper's boards


def life_card(spec: LifeSpec, name: str = LIFE, about: dict[str, Any] | None = None) -> Card:
    """Return a card for a life network.

    Args:
        spec: Structure of the network.
        name: Name of the network.
        about: Further entries, which override those from the structure.

    Returns:
        The card.
    """
    known: dict[str, Any] = {"life": spec.as_dict(), "border": spec.border}
    if spec.planes == 1:
        known["game_steps"] = spec.steps
    return Card(
        name=name,
        size=DEFAULT_SIZE,
        channels=spec.planes,
        fit="free",
        architecture=LIFE,
        binary=spec.planes == 1,  # else a colored picture
        states=spec.states,
        decoder="decoder",
        about=known | (about or {}),
    )


def build(card: Card, checkpoint: Checkpoint | None) -> tuple[nn.Module, Card, tuple[str, ...]]:
    """Build the network with the weights of ``checkpoint`` (None: initial ones).

    Returns it with its card and what is odd. Raises BadInput or Mismatch where they make no life
    network.
    """
    notes: tuple[str, ...] = ()
    if "life" in card.about:
        spec = spec_from_card(card.about["life"])
    elif checkpoint is None:
        spec = LifeSpec()
    else:
        inferred = infer_spec(checkpoint.state)
        if inferred is None:
            raise Mismatch(f"{checkpoint.path} holds no weights of a life network.")
        spec = inferred
        if spec.shared:
            notes = (
                f"The weights do not say how often the cell is applied: {spec.steps} times is "
                "assumed, with a residual and a dead border.",
            )
    life_network_card = life_card(spec, card.name, card.about)
    life_network_card = replace(life_network_card, size=card.size, origins=card.origins)
    module = LifeNet(spec)
    if checkpoint is not None:
        notes += load_checkpoint(module, checkpoint)
    return module, life_network_card, notes
