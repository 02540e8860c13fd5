"""The lens ``inversion``: what comes of it on small networks."""

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.lenses.look import look, looks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.zoo.catalog import open_network
from helpers.inversion_networks import (  # noqa: F401 (fixtures)
    FREE,
    SIZE,
    error_of,
    image_fixture,
    network_fixture,
    seeded,
)


@pytest.mark.parametrize("preset", ["fourier", "mahendran"])
@pytest.mark.parametrize("layer", ["1", "3", "output"])
def test_the_error_falls_and_the_recipe_says_that_of_the_picture(
    network: Network, image: np.ndarray, layer: str, preset: str
) -> None:
    every: list[SynthesisResult] = list(
        looks(network, "inversion", layer, image=image, preset=preset)
    )
    first, last = every[0], every[-1]
    assert last.steps == len(every) - 1 == {"fourier": 150, "mahendran": 400}[preset]
    assert last.values.shape == (SIZE, SIZE, 3)
    assert last.values.min() >= 0
    assert last.values.max() <= 1
    assert last.recipe["error"] == pytest.approx(
        error_of(network, layer, image, last.values), rel=1e-3, abs=1e-7
    )
    assert first.recipe["error"] == pytest.approx(
        error_of(network, layer, image, first.values), rel=1e-3
    )
    assert last.recipe["error"] < min(0.1 * first.recipe["error"], 0.05)
    assert last.curve.shape == (last.steps, 1)
    assert last.curve[-1, 0] < 0.2 * last.curve[0, 0]
    assert last.recipe["error"] == last.measures[0].value == last.recipe["objective"]
    assert [one.progress for one in every] == sorted(one.progress for one in every)
    assert last.progress == 1
    assert all(one.progress < 1 for one in every[:-1])
    assert f"{last.recipe['error']:.3g}" in last.caption
    assert not last.error
    json.dumps(last.recipe)


def test_a_linear_layer_that_keeps_everything_gives_the_picture_back(image: np.ndarray) -> None:
    network = wrap(seeded(nn.Sequential(nn.Conv2d(3, 30, 3, padding=1))), size=SIZE)
    shown = look(network, "inversion", "0", image=image, steps=500, rate=0.3, **FREE)
    assert shown.recipe["error"] < 1e-4
    assert np.abs(shown.values - image / 255).mean() < 0.01


def test_what_was_lost_does_not_come_back(image: np.ndarray) -> None:
    """Of a layer that adds all colours up, only their sum is right."""
    module = nn.Conv2d(3, 1, 1, bias=False)
    nn.init.ones_(module.weight)
    shown = look(wrap(nn.Sequential(module), size=SIZE), "inversion", "0", image=image, **FREE)
    wanted = image / 255
    assert np.abs(shown.values.sum(2) - wanted.sum(2)).mean() < 0.03
    assert np.abs(shown.values - wanted).mean() > 0.1


@pytest.mark.parametrize("preset", ["fourier", "mahendran"])
def test_more_variation_penalty_gives_a_smoother_picture(
    network: Network, image: np.ndarray, preset: str
) -> None:
    rough, smooth = (
        look(network, "inversion", "3", image=image, preset=preset, tv=tv) for tv in (0.0, 200.0)
    )
    assert smooth.measures[0].variation < 0.8 * rough.measures[0].variation
    assert (rough.recipe["tv"], smooth.recipe["tv"]) == (0.0, 200.0)


def test_the_weights_are_the_presets_own_where_nothing_is_said(
    network: Network, image: np.ndarray
) -> None:
    for preset, tv, alpha in (("fourier", 0.1, 2e-10), ("mahendran", 1.0, 8e-10)):
        recipe = look(network, "inversion", "0", image=image, preset=preset, steps=1).recipe
        assert (recipe["tv"], recipe["alpha"]) == (pytest.approx(tv), pytest.approx(alpha))


def test_the_whole_layer_of_a_unit_is_inverted(network: Network, image: np.ndarray) -> None:
    layer = look(network, "inversion", "3", image=image, steps=20)
    unit = look(network, "inversion", "3[2]@1,1", image=image, steps=20)
    np.testing.assert_array_equal(layer.values, unit.values)
    assert (layer.unit, unit.unit) == ("3", "3[2]@1,1")


def test_the_same_seed_gives_the_same_picture_and_another_another(
    network: Network, image: np.ndarray
) -> None:
    one, same, other = (
        look(network, "inversion", "output", image=image, steps=30, seed=seed) for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(one.values, same.values)
    assert np.abs(one.values - other.values).mean() > 1e-3


@pytest.mark.parametrize("changes", [{}, {"preset": "mahendran"}])
def test_pictures_of_several_seeds_do_not_depend_on_each_other(
    network: Network, image: np.ndarray, changes: dict[str, Any]
) -> None:
    both = look(network, "inversion", "3", image=image, steps=30, seed=7, seeds=3, **changes)
    assert both.sheet.shape == (3, SIZE, SIZE, 3)
    assert both.curve.shape == (30, 3)
    errors = [one.value for one in both.measures]
    best = int(np.argmin(errors))
    assert both.recipe["best_seed"] == 7 + best
    assert both.recipe["error"] == errors[best]
    np.testing.assert_array_equal(both.values, both.sheet[best])
    for row in range(3):
        alone = look(network, "inversion", "3", image=image, steps=30, seed=7 + row, **changes)
        np.testing.assert_allclose(both.sheet[row], alone.values, atol=2e-3)
        assert errors[row] == pytest.approx(alone.recipe["error"], rel=0.02)


class Again(nn.Module):
    """A layer that is run three times."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = torch.tanh(self.inner(x))
        return x


def test_each_call_of_a_recurrent_layer_has_its_own_code(image: np.ndarray) -> None:
    network = wrap(seeded(Again(), 1.5), size=SIZE)
    errors = {}
    for layer in ("inner#0", "inner#2", "inner"):
        shown = look(network, "inversion", layer, image=image, steps=100)
        errors[layer] = shown.recipe["error"]
        assert errors[layer] == pytest.approx(
            error_of(network, layer, image, shown.values), rel=1e-3
        )
        assert shown.recipe["unit"] == layer
    assert errors["inner"] == errors["inner#2"] != errors["inner#0"] < 0.01
    with pytest.raises(UnknownUnit, match="called 3 times"):
        look(network, "inversion", "inner#3", image=image)


def test_a_network_of_one_channel_gets_a_gray_picture(image: np.ndarray) -> None:
    network = wrap(seeded(nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU())), size=SIZE, channels=1)
    shown = look(network, "inversion", "1", image=image[:, :, 0])
    assert shown.values.shape == (SIZE, SIZE, 1)
    assert shown.recipe["error"] < 0.01
    assert np.abs(shown.values[:, :, 0] - image[:, :, 0] / 255).mean() < 0.06


def test_early_layers_of_a_trained_network_know_nearly_all_and_late_ones_little(
    photograph: np.ndarray,
) -> None:
    network = open_network("net2-cifar10")
    wanted = network.encode(photograph)[0].permute(1, 2, 0).numpy()
    apart = {}
    for layer in ("conv1", "conv3", "out"):
        shown = look(network, "inversion", layer, image=photograph)
        assert shown.recipe["error"] < 0.005
        apart[layer] = float(np.abs(shown.values - wanted).mean())
    assert apart["conv1"] < 0.03
    assert apart["conv3"] < 0.06
    assert apart["out"] > 0.12


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    from skimage import data

    return np.asarray(data.astronaut())
