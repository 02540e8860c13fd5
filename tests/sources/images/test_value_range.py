"""Which values are black and white, and that it is said where it was guessed."""

import numpy as np
import pytest

from dnnvis.sources.images.value_range import choose_window, to_uint8

RAMP = np.linspace(0, 1, 1001)


@pytest.mark.parametrize(
    ("values", "low", "high", "is_noted"),
    [
        (np.array([False, True]), 0, 1, False),
        (np.arange(256, dtype=np.uint8), 0, 255, False),
        ((RAMP * 65535).astype(np.uint16), 0, 65535, False),
        ((RAMP * 4095).astype(np.uint16), 0, 4095, True),
        ((RAMP * 1000).astype(np.uint16), 0, 1023, True),
        ((RAMP * 9).astype(np.int64), 0, 255, True),
        (np.zeros(4, np.uint16), 0, 255, False),
        (RAMP.astype(np.float32), 0, 1, False),
        ((RAMP * 150).astype(np.float32), 0, 255, True),
        (np.array([0, 0.5, 0.9, 7.0]), 0, 1, True),
        (np.array([np.nan, np.inf, 0.5]), 0, 1, False),
    ],
)
def test_the_range_of_each_kind(
    values: np.ndarray, low: float, high: float, is_noted: bool
) -> None:
    window = choose_window(values)
    assert (window.low, window.high) == (low, high)
    assert bool(window.note) == is_noted


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_a_ct_slice_fills_the_range_though_one_pixel_is_broken(dtype: type) -> None:
    values = (RAMP * 3000 - 1000).astype(dtype)
    values[500] = 32_000
    pixels = to_uint8(values, choose_window(values))
    assert pixels[0] == 0
    assert pixels[-1] == 255
    assert abs(int(pixels[250]) - 64) <= 2
    assert "of no known range" in choose_window(values).note


def test_a_constant_picture_and_one_of_nothing_finite_have_a_range() -> None:
    for values in (np.full(5, -3.0), np.full(5, np.nan)):
        window = choose_window(values)
        assert window.low < window.high
        assert (to_uint8(values, window) == 0).all()


def test_values_are_mapped_as_by_exact_arithmetic() -> None:
    values = np.array([-5, 0, 100, 1023, 2000], np.int32)
    window = choose_window(np.array([0, 1023], np.int32))
    expected = [min(max(round(v * 255 / 1023), 0), 255) for v in values.tolist()]
    assert to_uint8(values, window).tolist() == expected
