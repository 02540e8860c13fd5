"""Factorizations: parts that are known, the objective of another algorithm, ranks."""

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.lenses.blocks.factorize import (
    apply_directions,
    factorize,
    flatten_positive,
    limit_rank,
    measure_shares,
)


def draw_parts(parts: int = 4, channels: int = 40, rows: int = 300) -> tuple[np.ndarray, ...]:
    """Rows that are made of known directions, of which half are at each row."""
    rng = np.random.default_rng(0)
    directions = rng.random((parts, channels)) * (rng.random((parts, channels)) > 0.6)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    weights = rng.random((rows, parts)) * (rng.random((rows, parts)) > 0.5)
    return directions, weights, (weights @ directions).astype(np.float32)


def test_known_parts_are_found() -> None:
    directions, _, rows = draw_parts()
    factors = factorize(rows, 4)
    cosines = factors.directions @ directions.T
    assert (cosines.max(0) >= 0.95).all()
    assert len(set(cosines.argmax(0))) == 4
    assert factors.shares.sum() > 0.999
    np.testing.assert_allclose(np.linalg.norm(factors.directions, axis=1), 1, rtol=1e-5)
    assert (np.diff(factors.shares) <= 1e-9).all()  # the greatest first


def multiplicative_updates(rows: np.ndarray, count: int, seed: int) -> float:
    """The squared error that Lee and Seung's updates reach, in plain NumPy."""
    rng = np.random.default_rng(seed)
    weights, directions = rng.random((len(rows), count)), rng.random((count, rows.shape[1]))
    for _ in range(600):
        weights *= (rows @ directions.T) / (weights @ directions @ directions.T + 1e-12)
        directions *= (weights.T @ rows) / (weights.T @ weights @ directions + 1e-12)
    return float(((rows - weights @ directions) ** 2).sum())


def test_the_objective_is_as_low_as_that_of_another_algorithm() -> None:
    rows = np.random.default_rng(1).random((80, 15)).astype(np.float32) ** 3
    factors = factorize(rows, 4)
    error = float(((rows - factors.coefficients @ factors.directions) ** 2).sum())
    energy = float((rows.astype(float) ** 2).sum())
    assert error == pytest.approx((1 - factors.shares.sum()) * energy, rel=1e-4)
    others = min(multiplicative_updates(rows.astype(float), 4, seed) for seed in range(3))
    assert error <= 1.03 * others


def test_warm_starts_keep_their_order_and_follow_what_changes() -> None:
    directions, weights, rows = draw_parts()
    first = factorize(rows, 4).directions[[2, 0, 3, 1]]
    moved = directions.copy()
    moved[0] = np.roll(moved[0], 1) * 0.3 + moved[0] * 0.7
    rows = (weights @ moved).astype(np.float32)
    later = factorize(rows, 4, first)
    assert (np.sum(later.directions * first, axis=1) > 0.8).all()
    for _ in range(20):
        later = factorize(rows, 4, later.directions)
    assert later.shares.sum() > 0.99


def test_a_direction_that_is_in_no_row_stays_until_it_is_back() -> None:
    directions, weights, rows = draw_parts()
    first = factorize(rows, 4)
    order = (first.directions @ directions.T).argmax(1)
    weights[:, order[3]] = 0
    without = rows.copy()
    without[:] = weights @ directions
    without += 1e-4 * np.random.default_rng(0).random(rows.shape).astype(np.float32)
    later = factorize(without, 4, first.directions)
    assert np.isfinite(later.directions).all()
    np.testing.assert_allclose(np.linalg.norm(later.directions, axis=1), 1, rtol=1e-5)


def test_shares_are_those_of_the_parts_where_they_do_not_overlap() -> None:
    directions = np.eye(3, 6, dtype=np.float32)
    weights = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 3]], np.float32)
    rows = weights @ directions
    factors = apply_directions(rows, directions)
    np.testing.assert_allclose(factors.coefficients, weights, rtol=1e-5)
    np.testing.assert_allclose(factors.shares, np.array([1, 4, 9]) / 14, rtol=1e-5)
    assert measure_shares(rows * 0, directions, weights).tolist() == [0, 0, 0]


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_the_rank_is_that_of_the_matrix_up_to_the_limit(rank: int) -> None:
    rng = np.random.default_rng(rank)
    rows = (rng.random((30, rank)) @ rng.random((rank, 20))).astype(np.float32)
    assert np.linalg.matrix_rank(rows) == rank
    assert limit_rank(rows, 10) == rank
    assert limit_rank(rows, 2) == min(rank, 2)


def test_too_many_groups_and_maps_of_zeros_are_refused_in_a_sentence() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.random((30, 3)) @ rng.random((3, 20))).astype(np.float32)
    with pytest.raises(BadInput, match="choose 3 or fewer"):
        factorize(rows, 4)
    assert len(factorize(rows, 3).directions) == 3
    with pytest.raises(BadInput, match="nothing to group"):
        factorize(rows * 0, 2)
    assert len(factorize(np.ones((1, 4), np.float32), 1).directions) == 1


def test_rows_are_the_positions_of_the_positive_part() -> None:
    maps = torch.arange(-12.0, 12.0).reshape(1, 2, 3, 4)
    rows, negative = flatten_positive(maps)
    assert rows.shape == (12, 2)
    np.testing.assert_array_equal(rows[5], [0, 5])
    squares = np.arange(-12.0, 12.0) ** 2
    assert negative == pytest.approx(squares[:12].sum() / squares.sum())
    half, _ = flatten_positive(maps, 2)
    np.testing.assert_array_equal(half[:, 1], [0, 2, 8, 10])
    assert flatten_positive(maps.abs())[1] == 0
