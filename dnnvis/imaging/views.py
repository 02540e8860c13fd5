"""Turn lens values into what a view shows: contrast, backward views, blur."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.lens_results import VIEWS, Array, Scale

CLIP_QUANTILE = 0.995  # of the absolute values
CUT_FRACTION = 0.98  # of the strength (summed squares) that a cut-out holds
CUT_STEPS = 16  # a cut-out's edges lie on so many lines a side, so that it rests while frames pass
MIN_CUT_STEPS = 2
FAINT_FRACTION = 0.6  # of the pixels; where more are faint, weak values are raised
FAINT_VALUE = 0.08  # of the range: 10 of 255 levels from mid-gray
MIN_EXPONENT = 0.5
MAX_SAMPLES = 40_000  # that a quantile is taken of

PixelBox = tuple[int, int, int, int]  # y, x, height, width


@dataclass(frozen=True, eq=False)
class ClearView:
    """A backward picture with a contrast that shows something, and what was done to it."""

    #: Values float32 (h, w, C) in [-1, 1], zero kept.
    values: Array
    #: The cut-out in the whole picture.
    box: PixelBox
    #: The absolute value that is drawn as 1; 0 where all are 0.
    limit: float
    #: Exponent of the absolute values, from MIN_EXPONENT to 1.
    exponent: float


def with_contrast(values: Array) -> tuple[Array, float]:
    """Stretch the contrast of a faint picture, and return it with the factor.

    A picture (H, W, C) in [0, 1] is stretched about its median color until all but 2 pixels in
    1,000 just fit into [0, 1], by a factor in 1 to 100, as the toolbox of Yosinski et al. 2015
    shows the results of regularized optimization.
    """
    middle = np.median(values, (0, 1), keepdims=True)
    deviation = values - middle
    max_deviation = float(np.quantile(np.abs(deviation), 0.998)) if values.size else 0.0
    factor = min(max(0.5 / max_deviation, 1.0), 100.0) if max_deviation > 0 else 1.0
    if factor == 1:
        return values, 1.0
    return np.clip(0.5 + deviation * factor, 0, 1).astype(np.float32), factor


def view_of(values: Array, view: str) -> tuple[Array, Scale]:
    """A backward picture (H, W, C) as one of the toolbox's views, with its scale.

    ``raw`` as it is, ``gray`` the channel mean, ``norm`` the L2 norm over channels,
    ``normblur`` that norm blurred (sigma 4 at 227 pixels as in Yosinski et al. 2015's
    toolbox, in proportion here), ``positive`` the sum of positive parts, ``histogram`` 50
    counts of the values, zero bin included, as a (1, 50, 1) picture, ``clear`` the values of
    ``clear_view``.
    Raises ValueError for another name.
    """
    if view == "raw":
        return values, "signed"
    if view == "gray":
        return values.mean(2, keepdims=True), "signed"
    if view in ("norm", "normblur"):
        norm = np.sqrt(np.square(values).sum(2))
        if view == "normblur":
            norm = gaussian_blur(norm, 4.0 * max(norm.shape) / 227)
        return norm[:, :, None].astype(np.float32), "positive"
    if view == "positive":
        return np.maximum(values, 0).sum(2, keepdims=True), "positive"
    if view == "histogram":
        counts, _ = np.histogram(values, 50, _symmetric_range(values))
        return counts.astype(np.float32)[None, :, None], "positive"
    if view == "clear":
        return clear_view(values).values, "signed"
    raise ValueError(f"There is no view '{view}'; there are {', '.join(VIEWS)}.")


def clear_view(values: Array) -> ClearView:
    """Cut a backward picture to its strong part, clip its largest values and raise its weak ones.

    The cut-out is ``find_strong_box`` of the summed squares; the range ends at the 99.5 %
    quantile of its absolute values. Where most pixels would still be mid-gray, absolute values are
    raised to the power that makes 40 % of them visible, at most to their root.

    Args:
        values: Signed values (H, W, C), unscaled; what is not finite counts as zero.

    Returns:
        The view; of a picture without strength the whole.
    """
    clean = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    absolute = np.abs(clean)
    clipped = np.minimum(absolute, upper_quantile(absolute, CLIP_QUANTILE))  # no pixel alone
    box = find_strong_box(np.square(clipped, dtype=np.float64).sum(2))
    y, x, height, width = box
    inside = np.s_[y : y + height, x : x + width]
    clean, absolute = clean[inside], absolute[inside]
    limit = upper_quantile(absolute, CLIP_QUANTILE)
    if limit == 0:
        return ClearView(np.zeros_like(clean), box, 0.0, 1.0)
    exponent = _choose_exponent(absolute.max(2) / limit)
    scaled = np.minimum(absolute / limit, 1)
    if exponent < 1:
        np.power(scaled, np.float32(exponent), out=scaled)
    return ClearView(np.copysign(scaled, clean).astype(np.float32), box, limit, exponent)


def find_strong_box(strength: NDArray[np.float64], fraction: float = CUT_FRACTION) -> PixelBox:
    """Find the square that holds most of a picture's strength.

    Its sides are rounded up to sixteenths of the picture's.

    Args:
        strength: Strength of each pixel (H, W), none below 0.
        fraction: Share of the sum that it holds at least, in (0, 1].

    Returns:
        The box (y, x, height, width); the whole picture where all is zero.
    """
    size = strength.shape
    if not strength.any():
        return 0, 0, size[0], size[1]
    steps = [max(1, -(-side // CUT_STEPS)) for side in size]
    ranges = []
    for axis, (side, step) in enumerate(zip(size, steps, strict=True)):
        sums = np.cumsum(strength.sum(1 - axis))
        tail = (1 - fraction) / 4 * sums[-1]  # two ends of two axes
        first = int(np.searchsorted(sums, tail, side="right"))
        last = int(np.searchsorted(sums, sums[-1] - tail))
        start = min(first, side - 1) // step * step
        ranges.append((start, min(-(-(last + 1) // step) * step, side)))
    longest = max(*(end - start for start, end in ranges), MIN_CUT_STEPS * max(steps))
    lengths = [min(longest, side) for side in size]
    corner = [
        min(max((start + end - length) // 2, 0), side - length)
        for (start, end), length, side in zip(ranges, lengths, size, strict=True)
    ]
    return corner[0], corner[1], lengths[0], lengths[1]


def upper_quantile(values: NDArray[np.floating], fraction: float) -> float:
    """Return a quantile of many values, none below 0; the greatest where it would be zero.

    Of more than MAX_SAMPLES values it is that of an even sample.
    """
    flat = values.reshape(-1)
    if not flat.size:
        return 0.0
    sample = flat[:: max(1, flat.size // MAX_SAMPLES) | 1]  # odd: no column of a map alone
    k = min(int(fraction * sample.size), sample.size - 1)
    quantile = float(np.partition(sample, k)[k])
    return quantile if quantile > 0 else float(flat.max())


def _choose_exponent(strength: NDArray[np.floating]) -> float:
    """Return the exponent that draws FAINT_FRACTION of the pixels no fainter than FAINT_VALUE."""
    sample = strength.reshape(-1)[:: max(1, strength.size // MAX_SAMPLES) | 1]
    k = min(int(FAINT_FRACTION * sample.size), sample.size - 1)
    middle = float(np.partition(sample, k)[k])
    if middle >= FAINT_VALUE:
        return 1.0
    if middle <= 0:
        return MIN_EXPONENT
    return max(float(np.log(FAINT_VALUE) / np.log(middle)), MIN_EXPONENT)


def gaussian_blur(values: Array, sigma: float) -> Array:
    """A map (H, W) under a Gaussian of ``sigma`` pixels, edges repeated."""
    if sigma <= 0:
        return values
    radius = max(1, int(3 * sigma + 0.5))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        width = [(0, 0), (0, 0)]
        width[axis] = (radius, radius)
        padded = np.pad(values, width, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1, axis)
        values = (windows @ kernel).astype(np.float32)
    return values


def _symmetric_range(values: Array) -> tuple[float, float]:
    max_abs = float(
        np.abs(values, where=np.isfinite(values), out=np.zeros_like(values)).max(initial=0)
    )
    return (-max_abs, max_abs) if max_abs > 0 else (-1.0, 1.0)
