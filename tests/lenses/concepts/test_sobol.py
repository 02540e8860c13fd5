"""Total Sobol indices, against closed forms."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.lenses.concepts.sobol import (
    draw_design,
    estimate_janon,
    estimate_jansen,
    split_values,
)

ESTIMATORS = [estimate_jansen, estimate_janon]


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_ishigamis_function_has_the_indices_of_its_closed_form(estimate: object) -> None:
    """Ishigami and Homma 1990, a = 7, b = 0.1; the closed form as in Saltelli et al. 2008."""
    a, b = 7.0, 0.1
    points = draw_design(3, 2048) * 2 * np.pi - np.pi
    x1, x2, x3 = points.T
    values = np.sin(x1) + a * np.sin(x2) ** 2 + b * x3**4 * np.sin(x1)
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    only_1 = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    both = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    expected = np.array([only_1 + both, a**2 / 8, both]) / variance
    np.testing.assert_allclose(expected, [0.5576, 0.4424, 0.2437], atol=1e-4)
    np.testing.assert_allclose(estimate(values, 3), expected, atol=0.02)  # type: ignore[operator]


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_a_sum_has_the_share_of_each_term(estimate: object) -> None:
    weights = np.array([1.0, 2.0, 0.0, 3.0])
    values = draw_design(4, 512) @ weights
    expected = weights**2 / (weights**2).sum()
    np.testing.assert_allclose(estimate(values, 4), expected, atol=0.03)  # type: ignore[operator]


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_a_constant_has_none(estimate: object) -> None:
    assert estimate(np.full(5 * 8, 3.0), 3).tolist() == [0, 0, 0]  # type: ignore[operator]


def test_a_design_exchanges_one_column_at_a_time() -> None:
    points = draw_design(3, 8, seed=1)
    assert points.shape == (8 * 5, 3)
    assert ((points >= 0) & (points < 1)).all()
    a, b, mixed = points[:8], points[8:16], points[16:].reshape(3, 8, 3)
    for number in range(3):
        np.testing.assert_array_equal(mixed[number][:, number], b[:, number])
        others = [k for k in range(3) if k != number]
        np.testing.assert_array_equal(mixed[number][:, others], a[:, others])
    np.testing.assert_array_equal(draw_design(3, 8, seed=1), points)
    values = split_values(np.arange(40.0), 3)
    assert [part.shape for part in values] == [(8,), (8,), (3, 8)]
    for size in (1, 12):
        with pytest.raises(BadInput, match="power of two"):
            draw_design(3, size)
