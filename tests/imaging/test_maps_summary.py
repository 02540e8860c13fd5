import gc

import numpy as np
import pytest

from dnnvis.imaging.colormaps import AUTO
from dnnvis.imaging.maps_summary import MapsSummary, summarize_maps


def draw_maps(shape: tuple[int, int, int] = (6, 9, 7)) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def test_the_same_maps_are_summarized_once_while_somebody_has_the_summary() -> None:
    maps = draw_maps()
    first = summarize_maps(maps)
    assert summarize_maps(maps) is first
    assert summarize_maps(maps.copy()) is not first
    maps[0, 0, 0] = 99.0  # seen only by a summary that is made anew
    del first
    gc.collect()
    assert summarize_maps(maps).high[0] == 99.0


def test_a_clip_is_the_quantiles_and_signed_that_of_the_absolute_values() -> None:
    maps = draw_maps((20, 10, 10))  # fewer values than are sampled
    summary = MapsSummary(maps)
    ordered = sorted(maps.ravel().tolist())
    minimum, maximum = (float(end[0]) for end in summary.clip(signed=False))
    assert (minimum, maximum) == (ordered[10], ordered[1990])
    absolute = sorted(abs(value) for value in ordered)
    low, high = (float(end[0]) for end in summary.clip(signed=True))
    assert (low, high) == (-absolute[1990], absolute[1990])


def test_where_nearly_all_are_zero_the_clip_reaches_the_maximum() -> None:
    maps = np.zeros((4, 20, 20), np.float32)
    maps[2, 3, 4] = 7.0
    summary = MapsSummary(maps)
    assert [float(end[0]) for end in summary.clip(signed=False)] == [0.0, 7.0]
    assert [float(end[0]) for end in summary.clip(signed=True)] == [-7.0, 7.0]


def test_single_values_are_not_clipped() -> None:
    maps = np.array([-1.0, 0.0, 8.0], np.float32).reshape(3, 1, 1)
    low, high = MapsSummary(maps).clip(signed=False)
    np.testing.assert_array_equal(low, [-1, 0, 8])
    np.testing.assert_array_equal(high, [-1, 0, 8])


def test_what_is_not_finite_has_no_part_in_it() -> None:
    maps = draw_maps((3, 20, 20))
    clean = MapsSummary(maps[:, 1:])
    maps[:, 0] = np.inf
    maps[0, 0, 0] = np.nan
    summary = MapsSummary(maps)
    assert not summary.is_finite
    assert clean.is_finite
    np.testing.assert_array_equal(summary.low, clean.low)
    np.testing.assert_array_equal(summary.high, clean.high)
    assert np.isfinite(summary.clip(signed=False)).all()


@pytest.mark.parametrize(("sign", "name"), [(1.0, "signed"), (0.0, "magma")])
def test_auto_is_signed_where_negative_values_count(sign: float, name: str) -> None:
    maps = np.abs(draw_maps())
    maps[:3] *= -sign
    chosen = MapsSummary(maps).choose_colormap(AUTO)
    assert (chosen == "signed") == (name == "signed")
    assert MapsSummary(maps).choose_colormap("gray") == "gray"
