import numpy as np
import pytest

from dnnvis.imaging.running_range import FiredUnits, RunningRanges, choose_range

KEY = ("toy", "conv")


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_running_range_widens_at_once_and_shrinks_slowly() -> None:
    levels = RunningRanges(decay=0.1)
    levels.update(KEY, floats(0), floats(10))
    levels.update(KEY, floats(-5), floats(2))
    low, high = levels.get(KEY)
    assert low.tolist() == [-5]
    assert high == pytest.approx(10 - 0.1 * 8)
    levels.update(KEY, floats(-5), floats(20))
    assert levels.get(KEY)[1].tolist() == [20]


def test_a_layer_of_another_width_begins_anew() -> None:
    levels = RunningRanges()
    levels.update(KEY, floats(0), floats(10))
    levels.update(KEY, floats(0, 0), floats(1, 2))
    assert levels.get(KEY)[1].tolist() == [1, 2]


def test_the_range_is_shared_unless_each_unit_has_its_own() -> None:
    low, high = floats(0, -1), floats(2, 1)
    shared = choose_range(low, high, fixed=None, per_unit=False, signed=False)
    assert (shared.low, shared.high, shared.bar_range) == (-1, 2, (-1, 2))
    own = choose_range(low, high, fixed=None, per_unit=True, signed=False)
    assert (own.low.tolist(), own.high.tolist(), own.bar_range) == ([0, -1], [2, 1], None)


def test_signed_ranges_are_symmetric_about_zero() -> None:
    low, high = floats(-3, -1), floats(2, 1)
    assert choose_range(low, high, fixed=None, per_unit=False, signed=True).bar_range == (-3, 3)
    own = choose_range(low, high, fixed=None, per_unit=True, signed=True)
    assert (own.low.tolist(), own.high.tolist()) == ([-3, -1], [3, 1])


def test_a_fixed_range_holds_whatever_comes() -> None:
    fixed = choose_range(floats(-9), floats(9), fixed=(1, 0), per_unit=True, signed=False)
    assert fixed.bar_range == (0, 1)


def test_units_that_never_fired_are_named_until_they_do() -> None:
    fired = FiredUnits()
    assert fired.silent(KEY).tolist() == []
    fired.update(KEY, floats(0, 0, -2), floats(0, 1, -1))
    assert fired.silent(KEY).tolist() == [0, 2]
    fired.update(KEY, floats(0, 0, 0), floats(3, 0, 0))
    assert fired.silent(KEY).tolist() == [2]


def test_a_constant_unit_counts_as_silent_only_beside_ones_that_vary() -> None:
    fired = FiredUnits()
    fired.update(KEY, floats(0.5, 0.7), floats(0.5, 0.7))  # a vector layer's first frame
    assert fired.silent(KEY).tolist() == []
    fired.update(KEY, floats(0.5, 0.9), floats(0.5, 0.9))
    assert fired.silent(KEY).tolist() == [0]
