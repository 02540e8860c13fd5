"""Values that are kept with a network: each owner's own, and no longer than the network."""

import gc
import weakref

import pytest
from torch import nn

from dnnvis.network.bn_folding import fold_batch_norms
from dnnvis.network.cache import NetworkCache
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


def network() -> Network:
    return wrap(nn.Sequential(nn.Conv2d(3, 2, 1)), size=4)


def test_a_value_is_computed_once_for_each_network_owner_and_key() -> None:
    calls: list[str] = []

    def compute() -> int:
        calls.append("")
        return len(calls)

    first, second = network(), network()
    one, other = NetworkCache[str, int](), NetworkCache[str, int]()
    asked = [(one, first, "a"), (one, first, "b"), (one, second, "a"), (other, first, "a")]
    numbers = [cache.get_or_compute(net, key, compute) for cache, net, key in asked * 2]
    assert numbers == [1, 2, 3, 4] * 2
    assert one.of(first) == {"a": 1, "b": 2}
    assert one.of(second) == {"a": 3}


def test_what_could_not_be_computed_is_tried_again() -> None:
    cache, net = NetworkCache[str, float](), network()
    with pytest.raises(ZeroDivisionError):
        cache.get_or_compute(net, "a", lambda: 1 / 0)
    assert cache.get_or_compute(net, "a", lambda: 2.0) == 2.0


def test_a_value_that_refers_to_its_network_does_not_keep_it_alive() -> None:
    cache, net = NetworkCache[str, Network](), network()
    cache.of(net)["itself"] = net
    assert fold_batch_norms(net) is net  # nothing to fold: kept as itself too
    gone = weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None
