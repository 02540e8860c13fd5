"""In which order the units of a layer stand."""

import numpy as np
import pytest

from dnnvis.imaging.unit_order import SettledOrder, UnitActivity, rank_names, rank_units

KEY = ("net", "layer")


def test_silent_units_are_last_and_equal_ones_by_strength_then_number() -> None:
    values = np.array([1.0, 5.0, 5.0, 9.0, 1.0])
    strength = np.array([2.0, 1.0, 3.0, 0.0, 2.0])
    order = rank_units(values, strength, np.array([3]))
    assert order.tolist() == [2, 1, 0, 4, 3]
    assert rank_units(np.zeros(0), np.zeros(0), np.zeros(0, np.int64)).tolist() == []


def test_names_are_in_alphabetical_order_whatever_their_case() -> None:
    assert rank_names(("wolf", "Ape", "cat", "ape")).tolist() == [1, 3, 2, 0]


def test_variance_is_numpys_over_all_frames_and_places() -> None:
    frames = np.random.default_rng(0).normal(3, 2, (6, 4, 5, 5)).astype(np.float32)
    activity = UnitActivity()
    for maps in frames:
        activity.update(KEY, maps, maps.max((1, 2)))
    np.testing.assert_allclose(activity.variance(KEY), frames.var((0, 2, 3)), rtol=1e-5)
    assert activity.variance(("net", "other")).size == 0
    activity.reset()
    assert activity.variance(KEY).size == 0


def test_selectivity_is_one_for_a_single_frame_of_many_and_zero_for_all_alike() -> None:
    activity = UnitActivity()
    peaks = np.zeros((10, 3), np.float32)
    peaks[:, 0], peaks[4, 1] = 2, 7
    for high in peaks:
        activity.update(KEY, high.reshape(-1, 1, 1), high)
    np.testing.assert_allclose(activity.selectivity(KEY), [0, 1, 0], atol=1e-9)


def test_large_layers_are_sampled_and_values_without_number_count_as_zero() -> None:
    maps = np.random.default_rng(1).normal(size=(64, 111, 111)).astype(np.float32)
    maps[0, 0, 0] = np.nan
    activity = UnitActivity()
    activity.update(KEY, maps, np.ones(64))
    np.testing.assert_allclose(activity.variance(KEY), 1, atol=0.25)


def test_an_order_is_renewed_after_its_interval_and_at_once_for_another_subject() -> None:
    settled = SettledOrder(0.5)
    assert settled.remaining("a", 100.0) == 0
    settled.renew("a", np.arange(4), 100.0, None)
    assert settled.remaining("a", 100.2) == pytest.approx(0.3)
    assert settled.remaining("b", 100.2) == 0
    assert settled.remaining("a", 101.0) == 0


@pytest.mark.parametrize("held", range(4))
def test_a_held_unit_keeps_its_tile_and_the_others_their_order(held: int) -> None:
    settled = SettledOrder()
    settled.renew("a", np.array([2, 0, 3, 1]), 0.0, None)
    order = settled.renew("a", np.array([1, 3, 2, 0]), 1.0, held).tolist()
    assert order.index(held) == [2, 0, 3, 1].index(held)
    assert [k for k in order if k != held] == [k for k in (1, 3, 2, 0) if k != held]
    assert settled.renew("b", np.arange(4), 1.0, held).tolist() == [0, 1, 2, 3]
