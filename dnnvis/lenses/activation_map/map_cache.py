"""Cache the map of the running network and what is derived from it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.storage import open_map
from dnnvis.network.cache import NetworkCache
from dnnvis.network.network import Network


@dataclass
class CachedMap:
    """A network's map as read from disk, or the reason why there is none."""

    #: Version that was asked for; None for whichever was there.
    version: int | None
    #: The map; None where there is none.
    map: Map | None
    #: Why there is no map; "" where there is one.
    reason: str = ""
    #: Values computed from the map (map data, search trees), by key.
    derived: dict[Any, Any] = field(default_factory=dict)


_CACHED = NetworkCache[Literal["map"], CachedMap]()


def get_cached_map(network: Network, version: int | None = None) -> CachedMap:
    """Return the network's map, read from disk once for each ``version`` (None: any version).

    That there is none is cached, too. Never raises.
    """
    cached: CachedMap | None = _CACHED.of(network).get("map")
    if cached is not None:
        if version is None or cached.version == version:
            return cached
        if cached.version is None:  # it was read for this very frame
            cached.version = version
            return cached
    try:
        cached = CachedMap(version, _read_map(network))
    except DnnvisError as error:
        cached = CachedMap(version, None, _missing_reason(network, str(error)))
    _CACHED.of(network)["map"] = cached
    return cached


@contextmanager
def override_map(network: Network, activation_map: Map, version: int | None) -> Iterator[None]:
    """Take ``activation_map`` for the network's own inside of the ``with``.

    Args:
        network: The network whose map it is said to be.
        activation_map: Fitted on the same weights; it may know no network.
        version: The ``MapChoice.fitted`` that it counts as.
    """
    cached = _CACHED.of(network)
    previous = cached.pop("map", None)
    cached["map"] = CachedMap(version, replace(activation_map, network=network))
    try:
        yield
    finally:
        cached.pop("map")
        if previous is not None:
            cached["map"] = previous


def require_map(network: Network, version: int = 0) -> Map:
    """Return the network's map; another ``version`` than last time reads it again.

    Raises BadInput, with a sentence that says how to get one, where there is none, and for a
    network at a snapshot of its training.
    """
    cached = get_cached_map(network, version)
    if cached.map is None:
        raise BadInput(cached.reason)
    return cached.map


def final_network(network: Network) -> Network:
    """Return the fully trained network of a training snapshot; else the network itself."""
    return network if network.finished is None else network.finished


def compute_once(cached: CachedMap, key: Any, compute: Callable[[Map], Any]) -> Any:
    """Return what ``compute`` gives for the map, computed once as long as the map is open.

    Args:
        cached: The map, which must be there, and where the value is stored.
        key: Hashable key of the value.
        compute: Computes the value from the map.
    """
    assert cached.map is not None
    if key not in cached.derived:
        cached.derived[key] = compute(cached.map)
    return cached.derived[key]


def _read_map(network: Network) -> Map:
    """Return the network's own map; the last snapshot of a training is the final network."""
    final = final_network(network)
    if final is not network and final.fingerprint == network.fingerprint:
        return replace(open_map(final), network=network)
    return open_map(network)


def _missing_reason(network: Network, reason: str) -> str:
    final = final_network(network)
    if final is network or get_cached_map(final).map is None:
        return reason
    return (
        f"The map is of the finished {final.name}; {network.name} has no place on it. Go to "
        "the end of the training."
    )
