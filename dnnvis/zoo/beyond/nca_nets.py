"""Open a cellular automaton: its structure from the card, or from the weights themselves."""

from dataclasses import replace
from typing import Any

from torch import nn

from dnnvis.core.errors import Mismatch
from dnnvis.core.life.automaton import COLORS
from dnnvis.network.card import Card
from dnnvis.network.checkpoint import Checkpoint, load_checkpoint
from dnnvis.zoo.beyond.nca import NcaNet, NcaSpec, infer_spec, spec_from_card

NCA = "nca"
DEFAULT_SIZE = (48, 48)  # a target of 40 pixels and 4 cells around it


def nca_card(
    spec: NcaSpec,
    name: str = NCA,
    size: tuple[int, int] = DEFAULT_SIZE,
    about: dict[str, Any] | None = None,
) -> Card:
    """Return a card for a cellular automaton.

    Args:
        spec: Structure of the network.
        name: Name of the network.
        size: Rows and columns of its grid.
        about: Further entries, which override those from the structure.

    Returns:
        The card.
    """
    return Card(
        name=name,
        size=size,
        channels=COLORS,
        architecture=NCA,
        states=spec.states,
        decoder="decoder",
        state_channels=spec.channels,
        about={NCA: spec.as_dict()} | (about or {}),
    )


def build(card: Card, checkpoint: Checkpoint | None) -> tuple[nn.Module, Card, tuple[str, ...]]:
    """Build the network with the weights of ``checkpoint`` (None: initial ones, which do nothing).

    Returns it with its card and what is odd. Raises BadInput or Mismatch where they make no
    automaton.
    """
    notes: tuple[str, ...] = ()
    if NCA in card.about:
        spec = spec_from_card(card.about[NCA])
    elif checkpoint is None:
        spec = NcaSpec()
    else:
        inferred = infer_spec(checkpoint.state)
        if inferred is None:
            raise Mismatch(f"{checkpoint.path} holds no weights of a cellular automaton.")
        spec = inferred
        notes = (
            f"The weights do not say how an automaton fires: at a rate of {spec.fire_rate:g}, with "
            f"an alive threshold of {spec.alive_threshold:g}, is assumed.",
        )
    full_card = nca_card(spec, card.name, card.size, card.about)
    full_card = replace(full_card, origins=card.origins)
    module = NcaNet(spec)
    if checkpoint is not None:
        notes += load_checkpoint(module, checkpoint)
    return module, full_card, notes
