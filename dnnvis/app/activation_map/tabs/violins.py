"""Compute the shapes of violins from distributions, without any Qt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
LEVELS = 128  # levels of a shape
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class ViolinSide:
    """One side of a violin."""

    #: Width (``LEVELS``,) in [0, 1] at each level from the lowest up, 1 at its widest.
    shape: Floats
    #: The 25, 50 and 75 % quantiles, () of nothing.
    quartiles: tuple[float, ...]
    #: Number of examples.
    count: int


@dataclass(frozen=True, eq=False)
class Violin:
    """Right examples on the left and wrong ones on the right (section 3.6, Figure 7)."""

    #: Side of the right examples.
    right: ViolinSide
    #: Side of the wrong examples.
    wrong: ViolinSide

    @property
    def right_fraction(self) -> float:
        """Return the fraction of right ones; NaN where there is no example."""
        total = self.right.count + self.wrong.count
        return self.right.count / total if total else float("nan")


def density(
    values: Floats, lower: float, upper: float, width: float, levels: int = LEVELS
) -> Floats:
    """Estimate the density of values: each shared between two points, then smoothed.

    The integral is the fraction of the values that lie inside, less what the Gaussian carries over
    the edges.

    Args:
        values: Values (n,).
        lower: The lowest point.
        upper: The highest point.
        width: Standard deviation of the Gaussian (> 0).
        levels: Number of points.

    Returns:
        The density at ``levels`` points from ``lower`` to ``upper``.
    """
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
    """Return the range that is drawn: all but one value in 1,000, and a little more."""
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
    """Compute one violin for each class.

    Both halves of all are smoothed alike: by a 40th of the range.

    Args:
        estimate: Estimated log10 error (n,).
        labels: Class of each example (n,).
        wrong: Which examples are wrong, bool (n,).
        classes: Classes to show.

    Returns:
        The violins, and the range (low, high) of their levels.
    """
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
