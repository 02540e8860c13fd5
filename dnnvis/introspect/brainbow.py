"""Color units as an artificial brainbow: by the classes that each works for.

Source: Pardo et al. 2019, section 2.9, equation 11, which prints c_i where it means c_k: the
colors belong to the classes. Ours: as printed its values leave [0, 1] (activations have no
range), so ``unit_colors`` gives each class a weight in a unit instead.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
SHARPNESS = 3  # power of a class' weight: 1 turns most units gray
MIN_BRIGHTNESS = 0.15  # brightness of a unit that never changes


def raw_unit_colors(expected: Floats, palette: Pixels) -> Floats:
    """Return equation 11 to the letter: alpha_i = 1/K sum_k c_k E[h_i|H_k], float32 (D, 3).

    c_k in [0, 1]; the result is not limited to any range. ``expected`` (K, D), ``palette`` uint8
    (K, 3). K counts the classes that have examples: rows of NaN are left out. Without any: 0.
    """
    present = ~np.isnan(expected).any(1)
    class_colors = palette[present].astype(np.float32) / 255  # (K, 3)
    return (expected[present].T @ class_colors / np.float32(max(present.sum(), 1))).astype(
        np.float32
    )


def unit_colors(
    expected: Floats, palette: Pixels, spread: Floats, layers: Sequence[tuple[str, int, int]]
) -> Pixels:
    """Return a color for each unit.

    Equation 11 with weights w_k in place of E[h_i|H_k]: sum_k w_k c_k / sum_k w_k, where w_k is
    E[h_i|H_k] from 0 at the unit's lowest class to 1 at its highest, to the third power. A unit
    that all classes excite alike gets the mean of all colors, a gray.

    Args:
        expected: E[h|H_k] (K, D). Rows of NaN (classes without examples) count for nothing.
        palette: Colors of the classes, uint8 (K, 3).
        spread: Standard deviation of each unit (D,); see ``unit_brightness``.
        layers: (name, start, stop) of each layer.

    Returns:
        Colors uint8 (D, 3).
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
    """Return how bright a unit is drawn, float32 (D,) in [``MIN_BRIGHTNESS``, 1].

    It is the standard deviation relative to the median of the unit's layer, at most 1; the minimum
    where it is 0 or not finite.
    """
    result = np.full(len(spread), MIN_BRIGHTNESS, np.float32)
    known = np.where(np.isfinite(spread), spread, 0).astype(np.float32)
    for _, start, stop in layers:
        own = known[start:stop]
        varying = own[own > 0]
        if len(varying):
            relative_spread = np.minimum(own / np.median(varying), 1)
            result[start:stop] = MIN_BRIGHTNESS + (1 - MIN_BRIGHTNESS) * relative_spread
    return result
