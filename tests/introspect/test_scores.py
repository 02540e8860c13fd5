"""The figures of a map, and where it knows nothing, each by counting."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dnnvis.introspect import error_field, scores
from dnnvis.introspect.mlp import NumpyMLP, build_mlp

Array = NDArray[Any]


def scored(n: int = 60, seed: int = 0) -> tuple[Array, Array]:
    dice = np.random.default_rng(seed)
    return dice.integers(0, 8, n).astype(np.float32), dice.random(n) < 0.3  # with ties


def test_auroc_counts_pairs() -> None:
    score, wrong = scored()
    won = 0.0
    for bad in score[wrong]:
        for good in score[~wrong]:
            won += 1.0 if bad > good else 0.5 if bad == good else 0.0
    wanted = won / (wrong.sum() * (~wrong).sum())
    assert scores.auroc(score, wrong) == pytest.approx(wanted)
    assert np.isnan(scores.auroc(score, np.ones(60, bool)))
    assert np.isnan(scores.auroc(score, np.zeros(60, bool)))
    assert np.isnan(scores.auroc(score[:0], wrong[:0]))


def test_neighbours_vote_by_brute_force() -> None:
    dice = np.random.default_rng(1)
    train, its = dice.normal(size=(70, 2)).astype(np.float32), dice.integers(-1, 3, 70)
    test, labels = dice.normal(size=(40, 2)).astype(np.float32), dice.integers(-1, 3, 40)
    right = asked = 0
    for place, label in zip(test, labels, strict=True):
        if label < 0:
            continue
        away = sorted(
            (float(np.hypot(*(p - place))), int(k))
            for p, k in zip(train, its, strict=True)
            if k >= 0
        )
        votes = [sum(k == one for _, k in away[:15]) for one in range(3)]
        right, asked = right + (votes.index(max(votes)) == label), asked + 1
    found = scores.knn_accuracy(train, its, test, labels)
    assert found == pytest.approx(right / asked)
    assert np.isnan(scores.knn_accuracy(train[:10], its[:10], test, labels))
    assert np.isnan(scores.knn_accuracy(train, its, test, np.full(40, -1)))


def test_the_line_leaves_one_in_twenty_of_the_right_ones_above() -> None:
    score = np.arange(2000, dtype=np.float32)
    np.random.default_rng(2).shuffle(score)
    wrong = np.zeros(2000, bool)
    wrong[score >= 1000] = True
    line = scores.false_alarm_line(score, wrong)
    assert (score[~wrong] > line).mean() == pytest.approx(0.05, abs=0.001)
    assert np.isnan(scores.false_alarm_line(score, np.ones(2000, bool)))


def test_the_gap_is_between_medians() -> None:
    score, wrong = scored()
    bad, good = sorted(score[wrong]), sorted(score[~wrong])

    def middle(values: list[float]) -> float:
        return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2

    assert scores.median_gap(score, wrong) == pytest.approx(middle(bad) - middle(good))
    assert np.isnan(scores.median_gap(score, np.zeros(60, bool)))


def test_inside_counts_the_square() -> None:
    z = np.array([[0, 0], [4, -4], [4.1, 0], [0, -5]], np.float32)
    assert scores.fraction_in_frame(z) == 0.5
    assert np.isnan(scores.fraction_in_frame(z[:0]))


def test_explained_variance_does_not_depend_on_the_portions() -> None:
    dice = np.random.default_rng(3)
    s = dice.normal(size=(30, 4)).astype(np.float32)
    found = (s + dice.normal(0, 0.3, s.shape)).astype(np.float32)
    apart = sum(float(s[i, j] - found[i, j]) ** 2 for i in range(30) for j in range(4))
    whole = sum(float(s[i, j]) ** 2 for i in range(30) for j in range(4))
    pairs = [(s[k : k + 7], found[k : k + 7]) for k in range(0, 30, 7)]
    assert scores.explained_variance(iter(pairs)) == pytest.approx(1 - apart / whole, rel=1e-6)
    assert scores.explained_variance(iter([(s, np.zeros_like(s))])) == pytest.approx(0)
    assert np.isnan(scores.explained_variance(iter([])))


def test_the_discrepancy_is_without_bias() -> None:
    """Of draws of the very distribution its mean is 0 (a biased one's is above), and it is the
    sum over pairs of different places."""
    dice = np.random.default_rng(4)
    values = [
        scores.mmd_to_prior(dice.normal(size=(60, 2)).astype(np.float32), seed=k)
        for k in range(200)
    ]
    biased = 2 * (1 - 1 / 3) / 60  # E k(p, p) - E k(p, q), of both samples
    error = np.std(values) / 200**0.5
    assert abs(np.mean(values)) < 3 * error < biased / 2
    assert min(values) < 0
    z = dice.normal(1, 1, (12, 2)).astype(np.float32)
    chance = torch.Generator().manual_seed(5)
    torch.randperm(12, generator=chance)
    p = torch.randn(12, 2, generator=chance).numpy()

    def k(a: Array, b: Array) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / 2))

    pairs = [(i, j) for i in range(12) for j in range(12)]
    wanted = sum(k(z[i], z[j]) + k(p[i], p[j]) for i, j in pairs if i != j) / (12 * 11)
    wanted -= 2 * sum(k(z[i], p[j]) for i, j in pairs) / 144
    assert scores.mmd_to_prior(z, seed=5) == pytest.approx(wanted, abs=1e-5)
    assert np.isnan(scores.mmd_to_prior(z[:1]))


def test_violins_are_quantiles_of_each_class() -> None:
    score, wrong = scored(200)
    labels = np.random.default_rng(5).integers(0, 3, 200)
    found = scores.class_quantiles(score, labels, wrong, 4)
    assert len(found) == 4
    for k in range(3):
        for name, mine in (("right", ~wrong), ("wrong", wrong)):
            values = score[(labels == k) & mine]
            assert found[k][name]["count"] == len(values)
            wanted = [np.percentile(values, q) for q in (5, 25, 50, 75, 95)]
            assert found[k][name]["quantiles"] == pytest.approx(wanted, abs=1e-3)
    assert found[3] == {name: {"count": 0, "quantiles": []} for name in ("right", "wrong")}


def test_estimates_name_every_kind_and_the_baseline() -> None:
    score, wrong = scored()
    found = scores.score_estimates({"2d": score, "rich": -score}, score * 2, wrong)
    assert set(found) == {
        f"{what} {kind}" for what in ("auroc", "gap", "line") for kind in ("2d", "rich", "1-max")
    }
    assert found["auroc 2d"] == found["auroc 1-max"] == pytest.approx(1 - found["auroc rich"])


@pytest.mark.parametrize(("many", "reach"), [(10_000, 0.3), (2500, 0.6), (200, 1.0)])
def test_a_place_is_empty_where_the_tenth_example_is_far(many: int, reach: float) -> None:
    train = np.random.default_rng(6).normal(size=(many, 2)).astype(np.float32)
    places = error_field.grid_points((-4, 4, -4, 4), 12)
    found = error_field.is_empty_at(places, train)
    for place, empty in zip(places, found, strict=True):
        near = sum(np.hypot(train[:, 0] - place[0], train[:, 1] - place[1]) <= reach)
        assert empty == (near < 10)
    assert 0 < found.mean() < 1


def test_the_field_lies_row_by_row_of_rising_y() -> None:
    two = NumpyMLP.from_module(build_mlp(2, 1, torch.Generator().manual_seed(0)))
    train = np.random.default_rng(7).normal(size=(50, 2)).astype(np.float32)
    values, empty = error_field.compute_error_field(train, two, (-4, 5, -6, 4))
    side = error_field.GRID_SIZE
    assert values.shape == empty.shape == (side, side)
    for row, column in ((0, 0), (3, 150), (160, 20)):
        place = np.array([[-4 + 9 * column / (side - 1), -6 + 10 * row / (side - 1)]], np.float32)
        assert values[row, column] == pytest.approx(float(two(place)[0, 0]), abs=1e-4)
        assert empty[row, column] == error_field.is_empty_at(place, train)[0]
    nothing, same = error_field.compute_error_field(train, None, (-4, 5, -6, 4))
    assert np.isnan(nothing).all()
    assert np.array_equal(same, empty)
