"""A survey inverts layer after layer, and passes over what it was not asked for."""

import numpy as np
import pytest
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.lenses.inversion.survey import pick_layers, survey
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.inversion_networks import SIZE, image_fixture, network_fixture  # noqa: F401 (fixtures)


def test_a_spread_goes_evenly_from_the_first_layer_to_the_last(network: Network) -> None:
    assert pick_layers(network) == ["0", "1", "2", "3", "4", "5", "output"]
    assert pick_layers(network, 3) == ["0", "3", "output"]
    assert pick_layers(network, 1) == ["0"]


def test_a_survey_yields_the_pictures_of_each_layer_in_turn(
    network: Network, image: np.ndarray
) -> None:
    last = {layer: grown for layer, grown in survey(network, image, ("3", "0"), steps=5)}
    assert list(last) == ["3", "0"]
    for layer, grown in last.items():
        assert grown.progress == 1
        assert grown.unit == layer
        alone = look(network, "inversion", layer, image=image, steps=5)
        np.testing.assert_array_equal(grown.values, alone.values)


def test_a_survey_passes_over_a_dead_layer_unless_it_was_named(image: np.ndarray) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Threshold(1e9, 0.0), nn.Conv2d(4, 2, 1))
    network = wrap(module, size=SIZE)
    found = [layer for layer, one in survey(network, image, steps=2) if one.progress == 1]
    assert found[0] == "0"
    assert "1" not in found
    with pytest.raises(BadInput, match="zero everywhere"):
        list(survey(network, image, ("0", "1"), steps=2))
