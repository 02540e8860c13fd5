"""Choose which layers of two networks are compared, and which of them belong together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.messages import LayerInfo
from dnnvis.introspect.features import ACTIVATIONS
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network

MAX_CALLS = 8  # of a layer that are compared one by one; of more, the last alone
MAX_LAYERS = 64  # of a network, unless they are named


@dataclass(frozen=True)
class ComparedLayer:
    """A call of a layer."""

    #: Name of the layer.
    layer: str
    #: Number of the call, from 0.
    call: int
    #: Shape (C, H, W) of the call, as in the layer table.
    shape: tuple[int, int, int]
    #: Calls of the layer in a pass.
    calls: int = 1

    @property
    def name(self) -> str:
        """Return ``conv1``, or ``cell#2`` where the layer is called several times."""
        return self.layer if self.calls == 1 else f"{self.layer}#{self.call}"


def choose_layers(
    network: Network, layers: Sequence[str] | None = None, limit: int = MAX_LAYERS
) -> tuple[tuple[ComparedLayer, ...], str]:
    """Choose the layers of a network that are compared.

    Args:
        network: The network.
        layers: Names of layers, ``cell#1`` for one call; those that it has are taken. None, or
            where it has none of them: its activation layers, or else those with weights, its hidden
            states and its output, each call of them.
        limit: Layers at most, unless they are named; of more, so many are evenly spread.

    Returns:
        The layers in order, and what is to be said of the choice ("" for nothing).
    """
    named = [] if layers is None else find_layers(network, layers)
    if named:
        return tuple(named), ""
    rows = [row for row in network.layers if row.name != OUTPUT and row.shape[0]]
    states = {layer for layer, _ in network.states}
    active = {row.name for row in rows if row.kind in ACTIVATIONS}
    chosen = active or {row.name for row in rows if row.parameters and not _has_inner(row, rows)}
    listed = [row for row in rows if row.name in chosen | states] + [network.layer(OUTPUT)]
    result = [call for row in listed for call in _list_calls(row)]
    if len(result) <= limit:
        return tuple(result), ""
    picked = np.linspace(0, len(result) - 1, limit).round().astype(int)
    note = (
        f"{network.name}: {limit} of {len(result)} layers are compared, evenly spread; name others."
    )
    return tuple(result[k] for k in picked), note


def find_layers(network: Network, names: Sequence[str]) -> list[ComparedLayer]:
    """Return those of the named layers that a network has, each once, in its own order."""
    known = {row.name: number for number, row in enumerate(network.layers)}
    result: dict[tuple[str, int], ComparedLayer] = {}
    for name in names:
        row = network.table.find(name)
        if row is not None:
            result |= {(each.layer, each.call): each for each in _list_calls(row)}
            continue
        stem, mark, number = name.rpartition("#")
        row = network.table.find(stem) if mark and number.isdigit() else None
        if row is not None and int(number) < row.calls:
            call = ComparedLayer(row.name, int(number), row.shape, row.calls)
            result[call.layer, call.call] = call
    return sorted(result.values(), key=lambda each: (known.get(each.layer, 0), each.call))


def inputs_differ(a: Network, b: Network) -> bool:
    """Return whether two networks get the same picture in different sizes or channels."""
    is_free = a.card.fit == b.card.fit == "free"
    return a.card.channels != b.card.channels or (a.card.size != b.card.size and not is_free)


def check_names(networks: Sequence[Network], names: Sequence[str]) -> None:
    """Raise UnknownUnit for a layer that none of the networks has, BadInput for no names."""
    if not names:
        raise BadInput("Name at least one layer to compare, or leave the layers out.")
    for name in names:
        if not any(find_layers(network, [name]) for network in networks):
            titles = " and ".join(network.name for network in networks)
            raise UnknownUnit(f"Neither of {titles} has a layer '{name}'; `dnnvis layers` lists.")


def find_partners(
    a: Sequence[ComparedLayer], b: Sequence[ComparedLayer], cka: NDArray[np.float64]
) -> tuple[int, ...]:
    """Return which layer of ``b`` belongs to each of ``a``.

    It is the one of the same name, call and number of units where there is one, else the most
    similar one; -1 where neither is known.
    """
    own = {(each.name, each.shape[0]): number for number, each in enumerate(b)}
    partners = []
    for number, each in enumerate(a):
        row = cka[number]
        best = int(np.nanargmax(row)) if np.isfinite(row).any() else -1
        partners.append(own.get((each.name, each.shape[0]), best))
    return tuple(partners)


def _list_calls(row: LayerInfo) -> list[ComparedLayer]:
    first = 0 if row.calls <= MAX_CALLS else row.calls - 1
    return [ComparedLayer(row.name, k, row.shape, row.calls) for k in range(first, row.calls)]


def _has_inner(row: LayerInfo, rows: Sequence[LayerInfo]) -> bool:
    return any(other.name.startswith(f"{row.name}.") for other in rows)
