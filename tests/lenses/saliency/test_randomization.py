"""Shuffled weights and the likeness of pictures, beside SciPy and scikit-image."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity as skimage_ssim
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import LensMissing
from dnnvis.lenses.saliency.randomization import (
    list_weighted_modules,
    randomize_weights,
    rank_correlation,
    structural_similarity,
)
from helpers.patch_networks import small_classifier

RNG = np.random.default_rng(9)


@pytest.mark.parametrize("ties", [False, True])
def test_the_rank_correlation_is_that_of_scipy(ties: bool) -> None:
    a, b = RNG.normal(size=(2, 12, 9))
    b = b + 0.5 * a
    if ties:
        a, b = a.round(), b.round()
    expected = spearmanr(a.reshape(-1), b.reshape(-1)).statistic
    assert rank_correlation(a, b) == pytest.approx(expected, abs=1e-12)
    assert rank_correlation(a, np.exp(a)) == pytest.approx(1)
    assert rank_correlation(a, -a) == pytest.approx(-1)
    assert np.isnan(rank_correlation(a, np.ones_like(a)))


def test_the_structural_similarity_is_that_of_scikit_image() -> None:
    a = RNG.random((40, 30))
    b = 5 * (a + 0.3 * RNG.random((40, 30))) - 2
    scaled = [(each - each.min()) / np.ptp(each) for each in (a, b)]
    _, full = skimage_ssim(
        *scaled, data_range=1.0, gaussian_weights=True, use_sample_covariance=False, full=True
    )
    assert structural_similarity(a, b) == pytest.approx(full.mean(), abs=1e-9)
    assert structural_similarity(a, 3 * a + 1) == pytest.approx(1)
    assert np.isnan(structural_similarity(a, np.zeros_like(a)))


def test_shuffled_weights_are_the_same_numbers_in_a_copy() -> None:
    network = small_classifier()
    network.fingerprint  # noqa: B018 - the cached one must not go with the copy
    original = {name: value.clone() for name, value in network.module.state_dict().items()}
    modules = list_weighted_modules(network, "output")
    assert modules == ["0", "3", "7"]
    other = randomize_weights(network, modules[1:])
    for name, value in other.module.state_dict().items():
        assert torch.equal(value.flatten().sort().values, original[name].flatten().sort().values)
        assert torch.equal(value, original[name]) == name.startswith("0.")
    for name, value in network.module.state_dict().items():
        assert torch.equal(value, original[name])
    assert other.fingerprint != network.fingerprint
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    first, second = (each.record(image, ["0", "output"]) for each in (network, other))
    assert np.array_equal(first["0"], second["0"])
    assert not np.allclose(first.output, second.output)
    again = randomize_weights(network, modules[1:])
    assert np.array_equal(again.record(image).output, second.output)
    assert not np.allclose(
        randomize_weights(network, modules, 1).record(image).output, second.output
    )


def test_only_what_lies_on_the_way_to_the_unit_counts() -> None:
    assert list_weighted_modules(small_classifier(), "1") == ["0"]
    assert list_weighted_modules(small_classifier(), "3") == ["0", "3"]


def test_edits_are_those_of_the_network() -> None:
    network = small_classifier()
    other = randomize_weights(network, ["7"])
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    with network.edited("output = 7"):
        assert other.record(image).output.tolist() == [7, 7, 7]
    assert other.record(image).output.tolist() != [7, 7, 7]


class _NoWeights(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


def test_without_weights_it_says_so() -> None:
    network = dnnvis.wrap(_NoWeights(), size=8)
    assert list_weighted_modules(network, "output") == []
    with pytest.raises(LensMissing, match="no weights that could be shuffled"):
        randomize_weights(network, [])
