"""Opening a life network: its structure from the card, or from the weights themselves."""

from dataclasses import replace
from typing import Any

from torch import nn

from dnnvis.core.errors import Mismatch
from dnnvis.network.card import Card
from dnnvis.network.checkpoint import Checkpoint, fit_state
from dnnvis.zoo.life import LifeNet, LifeSpec, spec_from, spec_in

NAME = "life"
SIZE = (20, 20)  # of the paper's boards


def card_of(spec: LifeSpec, name: str = NAME, about: dict[str, Any] | None = None) -> Card:
    """A card for a network of that structure; ``about`` goes over what the structure says."""
    told = {"life": spec.as_dict(), "border": spec.border, "game_steps": spec.steps}
    return Card(
        name=name, size=SIZE, channels=1, fit="free", architecture=NAME, binary=True,
        states=spec.states, decoder="decoder", about=told | (about or {}),
    )  # fmt: skip


def build(card: Card, given: Checkpoint | None) -> tuple[nn.Module, Card, tuple[str, ...]]:
    """The network with the weights ``given`` (None: those it begins with), its card, and what
    is odd. Raises BadInput or Mismatch where they make no life network."""
    notes: tuple[str, ...] = ()
    if "life" in card.about:
        spec = spec_from(card.about["life"])
    elif given is None:
        spec = LifeSpec()
    else:
        found = spec_in(given.state)
        if found is None:
            raise Mismatch(f"{given.path} holds no weights of a life network.")
        spec = found
        if spec.shared:
            notes = (
                f"The weights do not say how often the cell is applied: {spec.steps} times is "
                "assumed, with a residual and a dead border.",
            )
    described = card_of(spec, card.name, card.about)
    described = replace(described, size=card.size)
    module = LifeNet(spec)
    if given is not None:
        notes += fit_state(module, given.state)
    return module, described, notes
