"""Turn lens values into what a view shows: contrast, backward views, blur."""

import numpy as np

from dnnvis.core.lens_results import VIEWS, Array, Scale


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
    counts of the values, zero bin included, as a (1, 50, 1) picture.
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
    raise ValueError(f"There is no view '{view}'; there are {', '.join(VIEWS)}.")


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
