"""Expected activations of each class, the units sorted by them and their colours (sections 2.8,
2.9), against loops."""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.introspect.brainbow import raw_unit_colors, unit_brightness, unit_colors
from dnnvis.introspect.unit_ordering import (
    agreement,
    average_decoded,
    class_means,
    preferred_classes,
    sort_units,
)

Array = NDArray[Any]


def rows(n: int = 80, width: int = 7, classes: int = 4) -> tuple[Array, Array, Array]:
    dice = np.random.default_rng(3)
    h = dice.normal(2, 3, (n, width)).astype(np.float32)
    return h, dice.normal(size=(n, 2)).astype(np.float32), dice.integers(-1, classes, n)


def test_class_means_are_plain_means() -> None:
    h, z, labels = rows()
    labels[labels == 2] = -1  # a class without examples
    found = class_means(lambda some: h[some], z, labels, 4, chunk=9)
    for k in range(4):
        mine = [i for i in range(80) if labels[i] == k]
        assert found.counts[k] == len(mine)
        if k == 2:
            assert np.isnan(found.direct[k]).all()
            assert np.isnan(found.z[k]).all()
            continue
        for unit in range(7):
            wanted = sum(float(h[i, unit]) for i in mine) / len(mine)
            assert found.direct[k, unit] == pytest.approx(wanted, rel=1e-5)
        for axis in range(2):
            wanted = sum(float(z[i, axis]) for i in mine) / len(mine)
            assert found.z[k, axis] == pytest.approx(wanted, abs=1e-6)


def test_the_halves_are_of_different_examples_and_together_all() -> None:
    labels = np.zeros(200, np.int64)
    h = np.eye(200, dtype=np.float32)  # which example counts in which half
    found = class_means(lambda some: h[some], np.zeros((200, 2), np.float32), labels, 1)
    first, second = (found.halves[half, 0] > 0 for half in (0, 1))
    assert (first ^ second).all()
    assert 70 < first.sum() < 130
    assert found.halves[0, 0].sum() == pytest.approx(1, abs=1e-4)


def test_no_classes_have_no_means() -> None:
    h, z, labels = rows()
    found = class_means(lambda some: h[some], z, np.full(80, -1), 0)
    assert found.direct.shape[0] == 0 == len(found.z) == len(found.counts)
    assert len(average_decoded(lambda places: h[: len(places)], z, labels, 0)) == 0


def test_the_mean_of_decoded_places_is_over_evenly_taken_examples() -> None:
    _, z, labels = rows()

    def decode(places: Array) -> Array:  # bent: the mean of it is not it of the mean
        return np.stack([places[:, 0] ** 2, places[:, 1], places.sum(1)], 1)

    found = average_decoded(decode, z, labels, 5)
    for k in range(4):
        wanted = np.mean([decode(z[i : i + 1])[0] for i in range(80) if labels[i] == k], axis=0)
        assert np.allclose(found[k], wanted, atol=1e-6)
    assert np.isnan(found[4]).all()
    few = average_decoded(decode, z, labels, 1, limit=2)
    ends = np.flatnonzero(labels == 0)[[0, -1]]
    assert np.allclose(few[0], decode(z[ends]).mean(0), atol=1e-6)


def test_each_unit_belongs_to_its_greatest_class() -> None:
    table = np.random.default_rng(0).normal(size=(5, 30)).astype(np.float32)
    table[1] = np.nan
    for unit, owner in enumerate(preferred_classes(table)):
        best = max((k for k in range(5) if k != 1), key=lambda k: table[k, unit])
        assert owner == best


def test_agreement_counts_units() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 3, 40))
    same = [
        max(range(3), key=lambda k: a[k, u]) == max(range(3), key=lambda k: b[k, u])
        for u in range(40)
    ]
    assert agreement(a, b) == pytest.approx(sum(same) / 40)
    among = np.arange(40) < 10
    assert agreement(a, b, among) == pytest.approx(sum(same[:10]) / 10)
    assert agreement(a, a) == 1


def test_units_are_sorted_within_their_layer_by_class_then_by_margin() -> None:
    table = np.random.default_rng(2).normal(size=(4, 50)).astype(np.float32)
    owner = preferred_classes(table)
    found = sort_units(owner, table, 20, 45).tolist()
    assert sorted(found) == list(range(20, 45))

    def key(unit: int) -> tuple[int, float]:
        own = int(owner[unit])
        others = [float(table[k, unit]) for k in range(4) if k != own]
        return own, -(float(table[own, unit]) - sum(others) / 3)

    keys = [key(unit) for unit in found]
    assert all(a[0] <= b[0] for a, b in itertools.pairwise(keys))
    assert all(a[1] <= b[1] + 1e-6 for a, b in itertools.pairwise(keys) if a[0] == b[0])


LAYERS = (("one", 0, 20), ("two", 20, 50))


def table() -> Array:
    return np.random.default_rng(4).normal(0.5, 2, (10, 50)).astype(np.float32)


def test_raw_is_equation_11_with_the_colours_of_the_classes() -> None:
    expected, palette = table(), generate_class_colors(10)
    found = raw_unit_colors(expected, palette)
    for unit in range(50):
        for channel in range(3):
            total = 0.0
            for k in range(10):
                total += int(palette[k, channel]) / 255 * float(expected[k, unit])
            assert found[unit, channel] == pytest.approx(total / 10, abs=1e-5)
    assert found.min() < 0  # the reason why it is not what is drawn
    gap = np.vstack([expected, np.full((1, 50), np.nan)])
    assert np.allclose(raw_unit_colors(gap, generate_class_colors(11)), found, atol=1e-6)


def test_colours_are_mixed_by_the_cube_of_each_class_share() -> None:
    expected, palette = table(), generate_class_colors(10)
    found = unit_colors(expected, palette, np.ones(50, np.float32), LAYERS)
    assert (found.shape, found.dtype) == ((50, 3), np.uint8)
    for unit in range(50):
        column = [float(value) for value in expected[:, unit]]
        low, high = min(column), max(column)
        weights = [((value - low) / (high - low)) ** 3 for value in column]
        for channel in range(3):
            mixed = sum(w * int(palette[k, channel]) for k, w in enumerate(weights))
            assert abs(int(found[unit, channel]) - mixed / sum(weights)) <= 1


def test_a_unit_of_one_class_has_its_colour_and_one_of_all_is_their_mean() -> None:
    palette = generate_class_colors(10)
    expected = np.zeros((10, 11), np.float32)
    expected[np.arange(10), np.arange(10)] = 3
    found = unit_colors(expected, palette, np.ones(11, np.float32), (("a", 0, 11),))
    assert np.array_equal(found[:10], palette)
    mean = palette.mean(0)
    assert np.abs(found[10] - mean).max() <= 1
    assert np.ptp(mean) < 45  # the mean of the palette is grayish


def test_scaling_or_shifting_a_unit_does_not_change_its_colour() -> None:
    expected, palette = table(), generate_class_colors(10)
    ones = np.ones(50, np.float32)
    dice = np.random.default_rng(5)
    other = expected * dice.uniform(0.1, 30, 50) + dice.normal(0, 9, 50)
    apart = unit_colors(expected, palette, ones, LAYERS).astype(int) - unit_colors(
        other.astype(np.float32), palette, ones, LAYERS
    )
    assert np.abs(apart).max() <= 1


def test_brightness_is_relative_to_the_layer() -> None:
    spread = np.array([0, 1, 2, 4, np.inf, 10, 20, 40], np.float32)
    found = unit_brightness(spread, (("a", 0, 5), ("b", 5, 8)))
    assert found == pytest.approx([0.15, 0.575, 1, 1, 0.15, 0.575, 1, 1])
    dim = unit_colors(
        np.eye(2, 8, dtype=np.float32), generate_class_colors(2), spread, (("a", 0, 8),)
    )
    assert np.abs(dim[0] - 0.15 * generate_class_colors(1)[0]).max() <= 1
    still = unit_brightness(np.zeros(4, np.float32), (("a", 0, 4),))
    assert still == pytest.approx([0.15] * 4)


def test_without_classes_units_are_gray() -> None:
    for expected in (np.zeros((0, 4), np.float32), np.full((3, 4), np.nan, np.float32)):
        palette = generate_class_colors(len(expected))
        found = unit_colors(expected, palette, np.ones(4, np.float32), (("a", 0, 4),))
        assert (found == 255).all()
        assert not raw_unit_colors(expected, palette).any()
