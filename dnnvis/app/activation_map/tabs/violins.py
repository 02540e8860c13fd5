"""Distributions as shapes, without any Qt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
LEVELS = 128  # levels of a shape
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class ViolinSide:
    """One side of a violin: ``shape`` (``LEVELS``,) in [0, 1], how wide at each level from the
    lowest up, 1 at its widest; ``quartiles`` the 25, 50 and 75 % quantiles, () of nothing."""

    shape: Floats
    quartiles: tuple[float, ...]
    count: int


@dataclass(frozen=True, eq=False)
class Violin:
    """Right examples on the left and wrong ones on the right (section 3.6, Figure 7)."""

    right: ViolinSide
    wrong: ViolinSide

    @property
    def right_fraction(self) -> float:
        """The share of right ones; NaN where there is no example."""
        total = self.right.count + self.wrong.count
        return self.right.count / total if total else float("nan")


def density(
    values: Floats, lower: float, upper: float, width: float, levels: int = LEVELS
) -> Floats:
    """How densely ``values`` (n,) lie at ``levels`` points from ``lower`` to ``upper``: each value
    shared between its two neighbouring points, then a Gaussian of standard deviation ``width``
    (> 0). Its integral is the share of the values that lie inside, less what the Gaussian
    carries over the edges."""
    spacing = (upper - lower) / (levels - 1)
    positions = (np.asarray(values, np.float64) - lower) / spacing
    positions = positions[(positions >= 0) & (positions <= levels - 1)]
    lower_index = np.minimum(positions.astype(np.int64), levels - 2)
    upper_weight = positions - lower_index
    counts = np.bincount(lower_index, 1 - upper_weight, levels) + np.bincount(
        lower_index + 1, upper_weight, levels
    )
    radius = max(int(4 * width / spacing + 1), 1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) * spacing / width) ** 2)
    kernel /= kernel.sum()
    smooth = np.convolve(counts, kernel)[radius : radius + levels]
    result: Floats = smooth / (max(len(values), 1) * spacing)
    return result


def span(values: Floats) -> tuple[float, float]:
    """The range that is drawn: all but one value in 1,000, and a little more."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return -8.0, 0.0
    lower, upper = (float(q) for q in np.quantile(finite, (0.0005, 0.9995)))
    margin = max(0.05 * (upper - lower), 0.1)
    return lower - margin, upper + margin


def violins(
    estimate: Floats,
    labels: NDArray[np.int64],
    wrong: NDArray[np.bool_],
    classes: Sequence[int],
) -> tuple[tuple[Violin, ...], tuple[float, float]]:
    """One violin for each of ``classes`` of the estimated log10 error (n,), and the range (low,
    high) of their levels. Both halves of all are smoothed alike: by a 40th of the range."""
    lower, upper = span(estimate)
    width = (upper - lower) / 40

    def half(values: Floats) -> ViolinSide:
        if not len(values):
            return ViolinSide(np.zeros(LEVELS), (), 0)
        shape = density(values, lower, upper, width)
        quartiles = tuple(float(q) for q in np.quantile(values, QUARTILES))
        return ViolinSide(shape / max(shape.max(), 1e-12), quartiles, len(values))

    shapes = []
    for k in classes:
        of_class = (labels == k) & np.isfinite(estimate)
        shapes.append(Violin(half(estimate[of_class & ~wrong]), half(estimate[of_class & wrong])))
    return tuple(shapes), (lower, upper)
