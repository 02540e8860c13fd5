"""Cache what other modules compute of a network as long as it lives."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, cast

from dnnvis.network.network import Network

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class NetworkCache(Generic[K, V]):
    """One owner's values of each network; a module that computes them has one of its own.

    The values lie with the network and end with it. A WeakKeyDictionary could not do that: it
    never lets go of a network that its own value refers to, as the map of a network does, and a
    network at a snapshot. A folded copy of a network shares the values of its original. As the
    network itself, not for several threads at once.
    """

    def of(self, network: Network) -> dict[K, V]:
        """Return the network's values, to read and to write."""
        return cast("dict[K, V]", network.caches.setdefault(self, {}))

    def get_or_compute(self, network: Network, key: K, compute: Callable[[], V]) -> V:
        """Return the network's value for ``key``, computed at the first call only.

        Args:
            network: The network that the value belongs to.
            key: Distinguishes it from other values of the same network.
            compute: Computes the value; what it raises is passed on, and nothing is stored.

        Returns:
            The value.
        """
        values = self.of(network)
        if key not in values:
            values[key] = compute()
        return values[key]
