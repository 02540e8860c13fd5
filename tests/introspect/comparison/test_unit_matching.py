"""Units matched by correlation, against NumPy and brute force."""

from itertools import permutations

import numpy as np
import pytest
import torch

from dnnvis.introspect.comparison.unit_matching import (
    CorrelationSums,
    common_grid,
    match_units,
    pool_to_grid,
)

RNG = np.random.default_rng(1)


def test_streamed_correlations_are_those_of_numpy() -> None:
    x = RNG.normal(size=(20, 3, 4, 5)) * 2 + 100
    y = RNG.normal(size=(20, 4, 4, 5)) + x[:, [0, 1, 2, 0]]
    sums = CorrelationSums(3, 4)
    for start in range(0, 20, 7):
        part = slice(start, start + 7)
        order = np.arange(len(x[part]))[::-1].copy()
        sums.add(torch.from_numpy(x[part]), torch.from_numpy(y[part]), order)
    flat = [values.transpose(1, 0, 2, 3).reshape(values.shape[1], -1) for values in (x, y)]
    expected = np.corrcoef(*flat)[:3, 3:]
    np.testing.assert_allclose(sums.correlation(), expected, atol=1e-4)
    assert abs(sums.chance()).max() < 0.4 < expected.max()


def test_six_units_are_matched_as_the_best_of_all_permutations() -> None:
    for _ in range(20):
        correlation = RNG.uniform(-1, 1, (6, 6))
        pairs = match_units(correlation)
        best = max(correlation[range(6), order].sum() for order in permutations(range(6)))
        assert pairs.correlation.sum() == pytest.approx(best)
        assert sorted(pairs.b) == list(range(6))


def test_a_unit_that_does_not_vary_has_no_correlation() -> None:
    x = RNG.normal(size=(9, 2, 1, 1))
    x[:, 1] = 0.1
    sums = CorrelationSums(2, 2)
    sums.add(torch.from_numpy(x), torch.from_numpy(x), np.arange(9))
    correlation = sums.correlation()
    assert correlation[0, 0] == pytest.approx(1)
    assert np.isnan(correlation[1]).all()
    assert match_units(correlation).a.tolist() == [0, 1]


def test_the_smaller_layer_decides_how_many_pairs_there_are() -> None:
    pairs = match_units(RNG.uniform(size=(3, 5)))
    assert len(pairs.a) == len(pairs.b) == len(pairs.correlation) == 3


def test_maps_meet_on_the_smaller_grid() -> None:
    assert common_grid((8, 6), (4, 7)) == (4, 6)
    assert common_grid((56, 56), (112, 112)) == (16, 16)
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    expected = [[2.5, 4.5], [10.5, 12.5]]
    assert pool_to_grid(maps, (2, 2))[0, 0].tolist() == expected
    assert pool_to_grid(maps, (4, 4)) is maps
