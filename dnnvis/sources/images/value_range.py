"""Map pixel values of any type to 8 bits, and describe the range that was assumed."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_OVERSHOOT = 8.0  # highlights of a float picture in [0, 1] may be as many times as bright
WINDOW_PERCENTILES = (0.1, 99.9)  # single broken pixels must not decide what is black and white
SAMPLED_VALUES = 1_000_000  # percentiles are of as many values, evenly spread
INTEGER_BITS = (8, 10, 12, 14, 16)  # of detectors


class ValueWindow(NamedTuple):
    """Which values become black and white."""

    #: The value that becomes 0.
    low: float
    #: The value that becomes 255.
    high: float
    #: What was assumed, as the end of a sentence; "" where nothing was.
    note: str


def choose_window(values: NDArray[Any]) -> ValueWindow:
    """Choose which values (any shape, real) are black and white.

    ==========================================  ==================================================
    8 bit, and truth values                     their whole range
    unsigned and positive integers              0 to the greatest number of the bits in use
    integers with negative ones (CT)            their 0.1 to 99.9 percentile
    floats in [0, 1], highlights up to 8        0 to 1
    floats in [0, 255]                          0 to 255
    any other floats                            their 0.1 to 99.9 percentile
    ==========================================  ==================================================
    """
    if values.dtype == np.bool_:
        return ValueWindow(0, 1, "")
    if values.dtype == np.uint8:
        return ValueWindow(0, 255, "")
    if values.dtype.kind in "iu":
        return _choose_integer_window(values)
    return _choose_float_window(values)


def to_uint8(values: NDArray[Any], window: ValueWindow) -> NDArray[np.uint8]:
    """Map ``values`` linearly to uint8 of the same shape; NaN is black, the rest is clipped."""
    if values.dtype == np.uint8 and (window.low, window.high) == (0, 255):
        return np.array(values, np.uint8)
    exact: Any = np.float32 if values.dtype.itemsize <= 2 else np.float64
    scaled = (values.astype(exact) - exact(window.low)) * exact(255 / (window.high - window.low))
    np.nan_to_num(scaled, copy=False, nan=0, posinf=255, neginf=0)
    np.clip(np.rint(scaled, out=scaled), 0, 255, out=scaled)
    pixels: NDArray[np.uint8] = scaled.astype(np.uint8)
    return pixels


def _choose_integer_window(values: NDArray[Any]) -> ValueWindow:
    low, high = int(values.min()), int(values.max())
    if low < 0:
        return _choose_percentiles(values.reshape(-1))
    bits = next((bits for bits in INTEGER_BITS if high < 1 << bits), max(high, 1).bit_length())
    white = (1 << bits) - 1
    full = values.dtype.itemsize * 8 == bits
    note = (
        "" if full or high == 0 else f"its values reach {high:,}: {white:,} ({bits} bit) is white"
    )
    return ValueWindow(0, white, note)


def _choose_float_window(values: NDArray[Any]) -> ValueWindow:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return ValueWindow(0, 1, "it holds no finite value")
    low, high = float(finite.min()), float(finite.max())
    if low >= 0 and high <= 1:
        return ValueWindow(0, 1, "")
    median = float(np.percentile(_sample(finite).astype(np.float64), 50))
    if low >= 0 and median <= 1 and high <= MAX_OVERSHOOT:
        return ValueWindow(0, 1, f"its values reach {high:g}: what is above 1 is white")
    if low >= 0 and high <= 255:
        return ValueWindow(0, 255, f"its values reach {high:g}: 255 is white")
    return _choose_percentiles(finite)


def _choose_percentiles(values: NDArray[Any]) -> ValueWindow:
    sample = _sample(values).astype(np.float64)
    low, high = (float(value) for value in np.percentile(sample, WINDOW_PERCENTILES))
    if not low < high:
        low, high = float(values.min()), float(values.max())
    if not low < high:
        high = low + 1
    return ValueWindow(
        low, high, f"its values are of no known range: {low:g} is black, {high:g} white"
    )


def _sample(values: NDArray[Any]) -> NDArray[Any]:
    return values[:: max(1, values.size // SAMPLED_VALUES)]
