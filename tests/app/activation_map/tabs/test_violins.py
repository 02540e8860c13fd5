"""The shapes of the violins, counted another way."""

import numpy as np
import pytest

from dnnvis.app.activation_map.tabs.violins import LEVELS, density, span, violins


def kernel_density(values: np.ndarray, levels: np.ndarray, width: float) -> np.ndarray:
    """Slow and plain: one Gaussian a value, at every level."""
    apart = (levels[:, None] - values[None]) / width
    return np.exp(-0.5 * apart**2).sum(1) / (len(values) * width * np.sqrt(2 * np.pi))


@pytest.mark.parametrize("many", [1, 7, 3000])
def test_the_density_is_that_of_one_gaussian_a_value(many: int) -> None:
    values = np.random.default_rng(many).normal(-4, 1.5, many).clip(-7, -1)
    found = density(values, -9.0, 1.0, 0.25)
    expected = kernel_density(values, np.linspace(-9, 1, LEVELS), 0.25)
    assert found == pytest.approx(expected, abs=0.02 * expected.max())


def test_the_density_of_what_lies_inside_is_one_in_all() -> None:
    values = np.linspace(-5, -3, 200)
    assert density(values, -9.0, 1.0, 0.25).sum() * 10 / (LEVELS - 1) == pytest.approx(1, abs=1e-3)


def test_what_lies_outside_is_left_out_but_counted() -> None:
    values = np.array([-4.0, 50.0])
    assert density(values, -9.0, 1.0, 0.25).sum() * 10 / (LEVELS - 1) == pytest.approx(
        0.5, abs=1e-3
    )


def test_the_range_holds_all_but_a_few_and_has_a_width() -> None:
    values = np.append(np.linspace(-8, 0, 9999), 1e6)
    low, high = span(values)
    assert -8.5 < low < -7.9
    assert -0.1 < high < 0.5
    assert span(np.zeros(0)) == (-8, 0)
    assert span(np.full(5, -3.0)) == pytest.approx((-3.1, -2.9))
    assert span(np.array([np.nan, -3.0])) == pytest.approx((-3.1, -2.9))


def test_right_and_wrong_examples_of_each_class_have_their_own_half() -> None:
    estimate = np.array([-8, -7, -6, -2, -5, np.nan, -1], np.float32)
    labels = np.array([0, 0, 0, 0, 1, 1, -1])
    wrong = np.array([False, False, False, True, False, True, False])
    (zero, one, two), extent = violins(estimate, labels, wrong, range(3))
    assert (zero.right.count, zero.wrong.count, zero.right_fraction) == (3, 1, 0.75)
    assert zero.right.quartiles[1] == -7
    assert zero.wrong.quartiles[1] == -2
    levels = np.linspace(*extent, LEVELS)
    assert levels[zero.wrong.shape.argmax()] == pytest.approx(-2, abs=0.1)
    assert zero.right.shape.max() == 1
    assert (one.right.count, one.wrong.count) == (1, 0)  # what is not a number has no place
    assert np.isnan(two.right_fraction)
    assert two.right.quartiles == ()
    assert not two.right.shape.any()
