"""Describe a network in values that may cross threads."""

from typing import TYPE_CHECKING, Any

from dnnvis.core.messages import NetworkInfo
from dnnvis.network import card as cards
from dnnvis.network.output_meaning import find_class_layers

if TYPE_CHECKING:
    from dnnvis.network.network import Network


class CachedInfo:
    """The latest ``NetworkInfo`` of a network, built anew only when something in it may differ.

    Lenses ask for it several times a frame, and to build it takes about a millisecond.
    """

    def __init__(self) -> None:
        self._sources: tuple[Any, ...] = ()
        self._changed_settings: frozenset[str] = frozenset()
        self._info: NetworkInfo | None = None

    def get(self, network: "Network", notes: tuple[str, ...]) -> NetworkInfo:
        """Return what the window must know of ``network``.

        Args:
            network: The network.
            notes: Sentences that it was opened with; the same object as long as they are the same.

        Returns:
            The same object as before where table, card, notes, snapshots and changed settings are.
        """
        sources = (network.table, network.card, notes, network.snapshots)
        changed_settings = frozenset(network.guard.changed_settings)
        if (
            self._info is None
            or changed_settings != self._changed_settings
            or any(new is not old for new, old in zip(sources, self._sources, strict=True))
        ):
            self._info = build_info(network)
            self._sources, self._changed_settings = sources, changed_settings
        return self._info


def build_info(network: "Network") -> NetworkInfo:
    """Return what the window must know of a network; see ``core.messages.NetworkInfo``."""
    card, meaning, layers = network.card, network.meaning, network.table.layers
    logits, penultimate = find_class_layers(layers, meaning)
    return NetworkInfo(
        card.name,
        layers,
        card.labels,
        card.size,
        card.channels,
        cards.describe_preprocessing(card),
        network.notes,
        binary=card.binary,
        mazes="maze" in card.about,
        pieces="pieces" in card.about,
        states=network.states,
        decoder=card.decoder,
        border=str(card.about.get("border", "dead")),
        game_steps=int(card.about.get("game_steps", 0)),
        snapshots=network.snapshots.steps if network.snapshots is not None else (),
        losses=cards.read_losses(card),
        meaning=meaning,
        synsets=card.synsets,
        logits=logits,
        penultimate=penultimate,
        state_channels=card.state_channels,
    )
