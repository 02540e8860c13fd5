"""Weights and connections for scripts."""

import numpy as np
import pytest

import dnnvis
from dnnvis.core.errors import BadInput, LensMissing, UnknownUnit
from dnnvis.core.unit import Unit
from helpers.circuit_networks import planted_network


def test_weights_are_a_copy_that_one_may_change() -> None:
    network = planted_network()
    module = dict(network.module.named_modules())["c"]
    weights = dnnvis.weights(network, "relu_c")
    np.testing.assert_array_equal(weights, module.weight.detach().numpy())
    weights[:] = 0
    assert float(module.weight.abs().sum()) > 0
    with pytest.raises(UnknownUnit):
        dnnvis.weights(network, "nothing")


def test_feeders_and_feeds_are_units_with_values() -> None:
    network = planted_network()
    pixels = np.random.default_rng(0).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    by_weight = dnnvis.feeders(network, "relu_d[0]", k=3)
    assert [unit for unit, _ in by_weight] == [Unit("relu_c", k) for k in (5, 2, 7)]
    assert [round(value, 5) for _, value in by_weight] == [1.0, -0.7, 0.5]
    on_frame = dnnvis.feeders(network, "relu_c[5]", pixels, k=100)
    assert len(on_frame) == 5
    assert on_frame[0][0] == Unit("relu_b", 1)
    assert dnnvis.feeds(network, "relu_b[1]", pixels, k=1)[0][0] == Unit("relu_c", 5)
    assert dnnvis.feeders(network, "relu_a[4]", k=1)[0][0] == Unit("input", 0)
    same = dnnvis.feeders(network, "relu_c[5]", pixels, k=1, by="weight")
    assert same == dnnvis.feeders(network, "relu_c[5]", k=1)
    far = dnnvis.feeders(network, "relu_d[0]", pixels, k=1, to="relu_b", linear=True)
    assert far[0][0] == Unit("relu_b", 1)


def test_what_cannot_be_listed_is_one_sentence() -> None:
    network = planted_network()
    for k in (0, 1001, 2.5, True):
        with pytest.raises(BadInput, match="k is the number of units"):
            dnnvis.feeders(network, "relu_d[0]", k=k)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="needs a picture"):
        dnnvis.feeders(network, "relu_d[0]", by="frame")
    with pytest.raises(LensMissing, match="No layer with weights takes what d returns"):
        dnnvis.feeds(network, "d[0]")
    with pytest.raises(UnknownUnit):
        dnnvis.feeders(network, "relu_d[9]")
