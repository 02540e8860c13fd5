"""The map of the network that runs: opened once, and what is made of it kept at hand."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.storage import open_map
from dnnvis.network.network import Network
from dnnvis.network.snapshots import WHOLE

KEY = "map"  # in network.twins


@dataclass
class Opened:
    """The ``map``, or None and ``why``; ``made``: what was made of it (clouds, trees)."""

    version: int | None
    map: Map | None
    why: str = ""
    made: dict[Any, Any] = field(default_factory=dict)


def opened(network: Network, version: int | None = None) -> Opened:
    """What is known of the network's map; read from disk once for each ``version`` (None:
    whichever is there). Also that there is none is found out once only. Never raises."""
    found: Opened | None = network.twins.get(KEY)
    if found is not None:
        if version is None or found.version == version:
            return found
        if found.version is None:  # it was opened for this very frame
            found.version = version
            return found
    try:
        found = Opened(version, _open(network))
    except DnnvisError as why:
        found = Opened(version, None, _why(network, str(why)))
    network.twins[KEY] = found
    return found


def map_of(network: Network, version: int = 0) -> Map:
    """The network's map; another ``version`` than before (MapChoice.fitted) opens it anew.

    Raises BadInput where it has none, with a sentence that says how to get one; so it does for
    a network at an earlier moment of its training.
    """
    found = opened(network, version)
    if found.map is None:
        raise BadInput(found.why)
    return found.map


def whole(network: Network) -> Network:
    """The finished network of one that is at a moment of its training; else itself."""
    found: Network = network.twins.get(WHOLE, network)
    return found


def once(found: Opened, key: Any, make: Callable[[Map], Any]) -> Any:
    """What ``make`` gives for the map, made once as long as it is open."""
    assert found.map is not None
    if key not in found.made:
        found.made[key] = make(found.map)
    return found.made[key]


def _open(network: Network) -> Map:
    """Its own map; the last moment of a training is the finished network."""
    finished = whole(network)
    if finished is not network and finished.fingerprint == network.fingerprint:
        return replace(open_map(finished), network=network)
    return open_map(network)


def _why(network: Network, why: str) -> str:
    finished = whole(network)
    if finished is network or opened(finished).map is None:
        return why
    return (
        f"The map is of the finished {finished.name}; {network.name} has no place on it. Go to "
        "the end of the training."
    )
