"""The importance of concepts on one picture, against passes with edits and a linear head."""

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.unit import Unit
from dnnvis.lenses.concepts.importance import MaskedScore, measure_picture
from dnnvis.lenses.saliency.unit_score import UnitScore
from dnnvis.network.network import Network

PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


@pytest.fixture
def net() -> Network:
    torch.manual_seed(0)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    result = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), head), size=8)
    result.add_directions("1", np.random.default_rng(1).random((3, 6)))
    return result


def test_masks_of_zero_and_one_are_edits(net: Network) -> None:
    directions, score = net.directions.get("1~"), UnitScore(net, Unit("output", 1))
    assert directions is not None
    x = net.encode(PICTURE)
    masks = np.random.default_rng(0).integers(0, 2, (40, 3)).astype(float)
    values = MaskedScore(net, directions, score, x)(masks)
    for mask, value in zip(masks[:6], values, strict=False):
        edits = [f"1~[{k}] = 0" for k in range(3) if not mask[k]]
        with net.edited(*edits):
            assert float(score.values(x)[0]) == pytest.approx(value, abs=1e-5)


def test_indices_of_a_linear_head_are_the_shares_of_the_drops(net: Network) -> None:
    """The score is a sum over concepts of mask x drop: each index is drop^2 of the sum."""
    directions, score = net.directions.get("1~"), UnitScore(net, Unit("output", 1))
    assert directions is not None
    x = net.encode(PICTURE)
    result = measure_picture(net, directions, score, x, design=64)
    full = float(score.values(x)[0])
    for number in range(3):
        with net.edited(f"1~[{number}] = 0"):
            without = float(score.values(x)[0])
        assert result.drop[number] == pytest.approx(full - without, abs=1e-5)
    expected = result.drop**2 / (result.drop**2).sum()
    np.testing.assert_allclose(result.sobol, expected, atol=0.06)
    janon = measure_picture(net, directions, score, x, design=64, estimator="janon")
    np.testing.assert_allclose(janon.sobol, expected, atol=0.06)


def test_without_a_design_there_are_drops_alone(net: Network) -> None:
    directions, score = net.directions.get("1~"), UnitScore(net, Unit("output", 1))
    assert directions is not None
    result = measure_picture(net, directions, score, net.encode(PICTURE), design=0)
    assert np.isnan(result.sobol).all()
    assert np.isfinite(result.drop).all()
