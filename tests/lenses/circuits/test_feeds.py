"""What the lens lists of a unit's connections, and what it says about them."""

from typing import Any

import numpy as np
import pytest
from torch import nn

import dnnvis
from dnnvis.core.weights.feeds import Feeds
from dnnvis.library.store.library import open_library
from dnnvis.network.network import Network
from helpers.circuit_networks import branches_network, planted_network


def image(network: Network, seed: int = 0) -> Any:
    height, width = network.card.size
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def look(network: Network, unit: str, **params: Any) -> Feeds:
    feeds: Feeds = dnnvis.look(network, "feeds", unit, image=image(network), **params)
    return feeds


def test_units_are_ranked_listed_and_counted() -> None:
    network = planted_network()
    feeds = look(network, "relu_d[0]", k=3)
    assert feeds.feeders[0].unit == "relu_c[5]"
    assert (len(feeds.feeders), feeds.feeder_count) == (3, 8)
    values = [abs(each.value) for each in look(network, "relu_d[0]", k=8).feeders]
    assert values == sorted(values, reverse=True)
    weights = [abs(each.weight) for each in look(network, "relu_d[0]", k=8, by="weight").feeders]
    assert weights == sorted(weights, reverse=True)
    assert feeds.total + feeds.bias == pytest.approx(feeds.computed, abs=1e-4)


def test_the_caption_says_what_was_folded_passed_and_added() -> None:
    network = planted_network()
    caption = look(network, "relu_b[1]").caption
    assert caption.startswith("weights of b, norm folded in, through MaxPool2d; weight x act")
    assert caption.endswith("before ReLU")
    assert "expanded weights through '+', which is no single matrix" in (
        look(branches_network(), "relu[1]#3").caption
    )
    far = look(network, "relu_c[5]", to="relu_a", linear=True).caption
    assert "rectifiers as if they were the identity" in far
    assert look(network, "relu_c[5]", by="weight").caption.endswith("sign of the sum")


def test_without_a_picture_there_are_weights_alone_and_no_maps() -> None:
    network = planted_network()
    feeds = dnnvis.look(network, "feeds", "relu_c[5]")
    assert feeds.by == "weight"
    assert feeds.feeders[0].unit == "relu_b[1]"
    assert np.isnan(feeds.total)
    assert np.isnan(feeds.feeders[0].value)
    assert feeds.feeders[0].map is None


def test_channels_of_the_picture_have_names_and_no_unit() -> None:
    feeds = look(planted_network(), "relu_a[4]")
    assert feeds.feeders[0].name == "red"
    assert {(each.unit, each.channel) for each in feeds.feeders} == {("", 0), ("", 1), ("", 2)}


def test_a_unit_has_its_saved_picture_else_its_present_map() -> None:
    network = planted_network()
    pixels = np.zeros((6, 6, 3), np.float32)
    pixels[..., 1] = 1
    before = look(network, "relu_d[0]")
    assert before.feeders[0].picture is None
    assert before.feeders[0].map is not None
    maps = network.record(image(network), ["relu_c"])["relu_c"][0]
    np.testing.assert_allclose(before.feeders[0].map, maps[5], rtol=1e-6)
    with open_library(network) as library:
        library.save_picture("relu_c[5]", pixels, {"preset": "test"})
    after = look(network, "relu_d[0]")
    assert after.feeders[0].picture is not None
    assert tuple(after.feeders[0].picture[40, 40]) == (0, 255, 0)
    assert after.feeders[1].picture is None


def test_what_has_no_connections_says_so_in_a_sentence() -> None:
    class Attends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch = nn.Conv2d(3, 8, 4, 4)

        def forward(self, x: Any) -> Any:
            return self.patch(x).mean((2, 3))

    network = dnnvis.wrap(Attends(), size=(8, 8))
    feeds = look(network, "patch[1]", to="output")
    assert "output does not lie before patch" in feeds.message
    assert feeds.feeders == ()


def test_a_shared_layer_is_named_with_its_call() -> None:
    feeds = look(branches_network(), "bn[2]", k=20)
    names = {each.unit for each in feeds.feeders}
    assert {"relu[0]#0", "relu[5]#1"} <= names
    assert {each.unit for each in look(branches_network(), "relu[1]#0").fed} == {
        f"relu[{k}]#2" for k in range(8)
    }
