"""Distributions as shapes, without any Qt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
GRID = 128  # levels of a shape
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class Half:
    """One side of a violin: ``shape`` (``GRID``,) in [0, 1], how wide at each level from the
    lowest up, 1 at its widest; ``quarters`` the 25, 50 and 75 % quantiles, () of nothing."""

    shape: Floats
    quarters: tuple[float, ...]
    count: int


@dataclass(frozen=True, eq=False)
class Violin:
    """Right examples on the left and wrong ones on the right (section 3.6, Figure 7)."""

    right: Half
    wrong: Half

    @property
    def share(self) -> float:
        """The share of right ones; NaN where there is no example."""
        total = self.right.count + self.wrong.count
        return self.right.count / total if total else float("nan")


def density(values: Floats, low: float, high: float, width: float, levels: int = GRID) -> Floats:
    """How densely ``values`` (n,) lie at ``levels`` points from ``low`` to ``high``: each value
    shared between its two neighbouring points, then a Gaussian of standard deviation ``width``
    (> 0). Its integral is the share of the values that lie inside, less what the Gaussian
    carries over the edges."""
    apart = (high - low) / (levels - 1)
    at = (np.asarray(values, np.float64) - low) / apart
    at = at[(at >= 0) & (at <= levels - 1)]
    below = np.minimum(at.astype(np.int64), levels - 2)
    upper = at - below
    counts = np.bincount(below, 1 - upper, levels) + np.bincount(below + 1, upper, levels)
    reach = max(int(4 * width / apart + 1), 1)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) * apart / width) ** 2)
    taps /= taps.sum()
    smooth = np.convolve(counts, taps)[reach : reach + levels]
    found: Floats = smooth / (max(len(values), 1) * apart)
    return found


def span(values: Floats) -> tuple[float, float]:
    """The range that is drawn: all but one value in 1,000, and a little more."""
    good = values[np.isfinite(values)]
    if not len(good):
        return -8.0, 0.0
    low, high = (float(q) for q in np.quantile(good, (0.0005, 0.9995)))
    more = max(0.05 * (high - low), 0.1)
    return low - more, high + more


def violins(
    estimate: Floats,
    labels: NDArray[np.int64],
    wrong: NDArray[np.bool_],
    classes: Sequence[int],
) -> tuple[tuple[Violin, ...], tuple[float, float]]:
    """One violin for each of ``classes`` of the estimated log10 error (n,), and the range (low,
    high) of their levels. Both halves of all are smoothed alike: by a 40th of the range."""
    low, high = span(estimate)
    width = (high - low) / 40

    def half(values: Floats) -> Half:
        if not len(values):
            return Half(np.zeros(GRID), (), 0)
        shape = density(values, low, high, width)
        marks = tuple(float(q) for q in np.quantile(values, QUARTERS))
        return Half(shape / max(shape.max(), 1e-12), marks, len(values))

    made = []
    for k in classes:
        mine = (labels == k) & np.isfinite(estimate)
        made.append(Violin(half(estimate[mine & ~wrong]), half(estimate[mine & wrong])))
    return tuple(made), (low, high)
