"""SqueezeNet's layers have readable titles that are accepted wherever a layer is named."""

import numpy as np
import pytest

from dnnvis.core.unit import Unit
from dnnvis.lenses.catalog import get_lens
from dnnvis.lenses.lens import resolve_target
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network


@pytest.fixture(scope="module")
def network() -> Network:
    return open_network("squeezenet-imagenet", size=64)


def test_every_layer_but_the_sequences_has_a_title_of_its_own(network: Network) -> None:
    titles = [row.title for row in network.layers if row.title]
    assert len(titles) == len(set(titles)) == len(network.layers) - 2
    assert {"conv1", "pool1", "fire2", "fire9/expand3x3", "conv10", "classes"} <= set(titles)
    assert network.layer("fire9/squeeze").name == "features.12.squeeze"


def test_a_title_records_the_layer(network: Network) -> None:
    image = np.full((64, 64, 3), 99, np.uint8)
    recording = network.record(image, ["fire9", "conv10"])
    assert list(recording) == ["features.12", "classifier.1"]
    assert "fire9" in recording
    assert np.array_equal(recording["fire9"], network.record(image, "features.12")["features.12"])


def test_a_lens_stores_the_module_s_name(network: Network) -> None:
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    picture = look(network, "gradient", "fire9/expand3x3[8]", image=image, to="conv1")
    assert picture.unit == "features.12.expand3x3[8]"
    assert resolve_target(get_lens("gradient"), network, Unit("fire9", 3))[0].layer == "features.12"
    unit, objective = resolve_target(get_lens("ascent"), network, "fire9[3] - classes[1]")
    assert (str(unit), str(objective)) == ("features.12[3]", "features.12[3] - output[1]")
