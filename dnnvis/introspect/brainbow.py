"""The artificial brainbow: each unit in the colour of the classes that it works for.

Source: Pardo et al. 2019, section 2.9, equation 11, which prints c_i where it means c_k: the
colours belong to the classes. Ours: as printed its values leave [0, 1] (activations have no
range), so ``unit_colors`` gives each class a share of a unit instead.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
SHARPNESS = 3  # power of a class' share: 1 turns most units gray
MIN_BRIGHTNESS = 0.15  # brightness of a unit that never changes


def raw_unit_colors(expected: Floats, palette: Pixels) -> Floats:
    """Equation 11 to the letter: alpha_i = 1/K sum_k c_k E[h_i|H_k], float32 (D, 3), with
    c_k in [0, 1]; not limited to any range.

    ``expected`` (K, D), ``palette`` uint8 (K, 3). K counts the classes that have examples: rows
    of NaN are left out. Without any: 0.
    """
    present = ~np.isnan(expected).any(1)
    class_colors = palette[present].astype(np.float32) / 255  # (K, 3)
    return (expected[present].T @ class_colors / np.float32(max(present.sum(), 1))).astype(
        np.float32
    )


def unit_colors(
    expected: Floats, palette: Pixels, spread: Floats, layers: Sequence[tuple[str, int, int]]
) -> Pixels:
    """A colour for each unit, uint8 (D, 3).

    Equation 11 with weights w_k in place of E[h_i|H_k]: sum_k w_k c_k / sum_k w_k, where w_k is
    E[h_i|H_k] of ``expected`` (K, D) from 0 at the unit's least class to 1 at its greatest, to
    the third power. A unit that all classes excite alike gets the mean of all colours, a gray.
    Brightness: ``unit_brightness`` of ``spread`` (D,), each unit's standard deviation, in
    ``layers``
    (name, start, stop). Rows of NaN (classes without examples) count for nothing.
    """
    present = ~np.isnan(expected).any(1)
    table = expected[present].astype(np.float64)
    if not len(table):
        table, class_colors = np.zeros((1, expected.shape[1])), np.full((1, 3), 255.0)
    else:
        class_colors = palette[present].astype(np.float64)
    value_range = np.ptp(table, 0)
    constant = value_range <= 0
    weights = (
        np.where(constant, 1, (table - table.min(0)) / np.where(constant, 1, value_range))
        ** SHARPNESS
    )
    mixed = weights.T @ class_colors / weights.sum(0)[:, None]
    dimmed = mixed * unit_brightness(spread, layers)[:, None]
    pixels: Pixels = np.rint(dimmed).astype(np.uint8)
    return pixels


def unit_brightness(spread: Floats, layers: Sequence[tuple[str, int, int]]) -> Floats:
    """How bright a unit is drawn, float32 (D,) in [``MIN_BRIGHTNESS``, 1]: its standard deviation
    relative to the median of its layer, at most 1; the least where it is 0 or not finite."""
    result = np.full(len(spread), MIN_BRIGHTNESS, np.float32)
    known = np.where(np.isfinite(spread), spread, 0).astype(np.float32)
    for _, start, stop in layers:
        own = known[start:stop]
        varying = own[own > 0]
        if len(varying):
            relative_spread = np.minimum(own / np.median(varying), 1)
            result[start:stop] = MIN_BRIGHTNESS + (1 - MIN_BRIGHTNESS) * relative_spread
    return result
