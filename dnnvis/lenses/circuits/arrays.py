"""Weights and connected units as arrays and lists, for scripts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.unit import Unit
from dnnvis.core.weights.feeds import ConnectedUnit, Feeds
from dnnvis.lenses.look import look
from dnnvis.lenses.wiring import trace_graph
from dnnvis.network.connections.matrices import find_weights
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.network import Network

MAX_LISTED = 1000


def read_layer_weights(network: Network, layer: str) -> NDArray[np.float32]:
    """Return a copy of the weights behind a layer, float32 (units, inputs of each unit, ...).

    Raises LensMissing where there are none, and UnknownUnit for an unknown layer.
    """
    row = network.layer(layer)
    weights = find_weights(network, trace_graph(network), row)
    return np.array(weights[:])


def list_feeders(
    network: Network, unit: str | Unit, image: Any, k: int, **params: Any
) -> list[tuple[Unit, float]]:
    """Return the units that feed a unit, with what they add, or their weight without a picture."""
    feeds = look_at_feeds(network, unit, image, k, **params)
    if feeds.message:
        raise LensMissing(feeds.message)
    return _to_pairs(feeds, feeds.feeders)


def list_fed(
    network: Network, unit: str | Unit, image: Any, k: int, **params: Any
) -> list[tuple[Unit, float]]:
    """Return the units that a unit feeds, likewise."""
    feeds = look_at_feeds(network, unit, image, k, **params)
    if feeds.message or feeds.fed_message:
        raise LensMissing(feeds.message or feeds.fed_message)
    return _to_pairs(feeds, feeds.fed)


def look_at_feeds(network: Network, unit: str | Unit, image: Any, k: int, **params: Any) -> Feeds:
    """Return the Feeds of a unit; raise BadInput where k is no number of units."""
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_LISTED:
        raise BadInput(f"k is the number of units to list, 1 to {MAX_LISTED}, not {k!r}.")
    by = params.pop("by", "weight" if image is None else "frame")
    if by == "frame" and image is None:
        raise BadInput("Ranking by what units add needs a picture: pass image=, or by='weight'.")
    feeds: Feeds = look(network, "feeds", unit, image=image, k=k, by=by, **params)
    return feeds


def _to_pairs(feeds: Feeds, units: tuple[ConnectedUnit, ...]) -> list[tuple[Unit, float]]:
    pairs = []
    for each in units:
        value = each.value if feeds.by == "frame" else each.weight
        if each.unit:
            pairs.append((Unit.parse(each.unit), value))
        elif each.channel >= 0:
            pairs.append((Unit(INPUT, each.channel), value))
    return pairs
