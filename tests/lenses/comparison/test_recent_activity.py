"""CKA and pairs over recent frames, against those of all values at once."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.introspect.comparison.cka import linear_cka
from dnnvis.introspect.comparison.compared_layers import choose_layers
from dnnvis.lenses.comparison.recent_activity import (
    MAX_FRAMES,
    MIN_FRAMES,
    RecentLayers,
    RecentUnits,
)

RNG = np.random.default_rng(2)


def build(seed: int) -> dnnvis.Network:
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Tanh(), nn.Flatten(), nn.Linear(5 * 16, 3))
    return dnnvis.wrap(module, size=6)


def test_the_matrix_is_that_of_whole_layers_where_nothing_is_averaged() -> None:
    nets = build(0), build(1)
    rows = [choose_layers(net)[0] for net in nets]
    recent = RecentLayers(*rows)
    features: list[list[np.ndarray]] = [[], []]
    for number in range(40):
        image = RNG.integers(0, 256, (6, 6, 3), np.uint8)
        recordings = [net.record(image) for net in nets]
        recent.add(*recordings)
        for which in (0, 1):
            features[which].append(recordings[which]["1"].ravel())
        assert (recent.measure() is None) == (number + 1 < MIN_FRAMES)
    matrix = recent.measure()
    assert matrix is not None
    assert recent.names == (("1", "output"), ("1", "output"))
    expected = linear_cka(*(np.stack(values) for values in features))
    assert matrix[0, 0] == pytest.approx(expected, abs=0.3)  # without the bias of 80 features
    assert matrix[0, 0] < expected


def test_of_the_same_network_the_diagonal_is_1_and_old_frames_are_forgotten() -> None:
    net = build(0)
    rows = choose_layers(net)[0]
    recent = RecentLayers(rows, rows)
    for _ in range(MAX_FRAMES + 5):
        recording = net.record(RNG.integers(0, 256, (6, 6, 3), np.uint8))
        recent.add(recording, recording)
    assert len(recent) == MAX_FRAMES
    matrix = recent.measure()
    assert matrix is not None
    np.testing.assert_allclose(np.diag(matrix), 1, atol=1e-5)


def test_permuted_units_are_matched_the_strongest_first() -> None:
    units, order = RecentUnits(), RNG.permutation(6)
    for _ in range(12):
        maps = torch.from_numpy(RNG.normal(size=(1, 6, 5, 5)))
        other = maps[:, order].clone()
        other[:, 2] += torch.from_numpy(RNG.normal(size=(1, 5, 5)))  # a's unit order[2]
        units.add(maps, other)
    pairs = units.match()
    assert pairs is not None
    a, b, correlation = pairs
    assert order[b].tolist() == a.tolist()
    assert a[-1] == order[2]
    assert (np.diff(correlation) <= 0).all()
    assert correlation[:5] == pytest.approx(1, abs=1e-5)
    assert len(units) == 12
    assert 0 < units.chance < 0.2  # of noise, in which the best of 6 x 6 pairings is looked for


def test_another_size_of_the_maps_begins_anew() -> None:
    units = RecentUnits()
    for _ in range(MIN_FRAMES):
        units.add(torch.rand(1, 2, 4, 4), torch.rand(1, 3, 8, 8))
    assert units.match() is not None
    units.add(torch.rand(1, 2, 2, 2), torch.rand(1, 3, 8, 8))
    assert units.match() is None


def test_units_that_never_vary_have_no_chance_level() -> None:
    units = RecentUnits()
    for _ in range(MIN_FRAMES):
        units.add(torch.ones(1, 2, 4, 4), torch.zeros(1, 2, 4, 4))
    assert units.match() is not None
    assert math.isnan(units.chance)
