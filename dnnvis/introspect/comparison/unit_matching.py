"""Match the units of two layers by the correlation of their activations.

Li et al. 2016, "Convergent Learning", sections 3.1 (correlation over pictures and positions) and
3.2 (one-to-one, by the Hungarian method). Ours: maps of different sizes are averaged down to a
common grid, of at most ``MAX_GRID`` positions a side, and a control with shuffled pictures says
which correlations chance gives.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

MAX_GRID = 16  # positions a side that units are correlated over
MIN_CORRELATION = 0.5  # below it a unit counts as one without a partner

Matrix = NDArray[np.float64]


class UnitPairs(NamedTuple):
    """Units of two layers, matched one to one; as many as the smaller layer has."""

    #: Channels of the one network, ascending, int64 (P,).
    a: NDArray[np.int64]
    #: The channels of the other network that belong to them, int64 (P,).
    b: NDArray[np.int64]
    #: Correlation of each pair, float64 (P,) in [-1, 1]; NaN where a unit does not vary.
    correlation: Matrix


def match_units(correlation: Matrix) -> UnitPairs:
    """Match units one to one so that the correlations add up to the most (Hungarian method).

    Args:
        correlation: Correlation (P, Q) of units of two layers; NaN counts as 0.

    Returns:
        The min(P, Q) pairs.
    """
    from scipy.optimize import linear_sum_assignment  # lazy: 25 MB, and nothing to start with

    rows, columns = linear_sum_assignment(np.nan_to_num(correlation, nan=0.0), maximize=True)
    return UnitPairs(
        np.asarray(rows, np.int64), np.asarray(columns, np.int64), correlation[rows, columns]
    )


def common_grid(first: Sequence[int], second: Sequence[int]) -> tuple[int, int]:
    """Return the grid (H, W) that maps of two sizes are averaged to before they are correlated."""
    return min(first[0], second[0], MAX_GRID), min(first[1], second[1], MAX_GRID)


def pool_to_grid(maps: Tensor, grid: tuple[int, int]) -> Tensor:
    """Return maps (B, C, H, W) averaged to (B, C, *grid); as they are where that is their size."""
    if tuple(maps.shape[2:]) == grid:
        return maps
    return F.adaptive_avg_pool2d(maps, grid)


class CorrelationSums:
    """The sums behind the correlation of each unit of a layer with each of another.

    Their size depends on the number of units alone.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self._samples = 0
        self._shift: tuple[Tensor, Tensor] | None = None  # first means, for less rounding
        self._sums = [np.zeros(rows), np.zeros(columns)]
        self._squares = [np.zeros(rows), np.zeros(columns)]
        self._both = np.zeros((rows, columns))
        self._shuffled = np.zeros((rows, columns))

    def add(self, rows: Tensor, columns: Tensor, order: NDArray[np.int64]) -> None:
        """Add a portion of pictures.

        Args:
            rows: Maps (B, P, h, w) of the one layer.
            columns: Maps (B, Q, h, w) of the other, on the same pictures and the same grid.
            order: A random order (B,) of the pictures, for the control.
        """
        first, second = (maps.to(torch.float32).transpose(0, 1) for maps in (rows, columns))
        if self._shift is None:
            self._shift = first.mean((1, 2, 3)), second.mean((1, 2, 3))
        first = first - self._shift[0][:, None, None, None]  # (P, B, h, w)
        second = second - self._shift[1][:, None, None, None]
        shuffled = second[:, torch.from_numpy(order)].flatten(1)
        first, second = first.flatten(1), second.flatten(1)
        self._samples += first.shape[1]
        for k, values in enumerate((first, second)):
            self._sums[k] += values.double().sum(1).cpu().numpy()
            self._squares[k] += values.double().square().sum(1).cpu().numpy()
        self._both += (first @ second.T).double().cpu().numpy()
        self._shuffled += (first @ shuffled.T).double().cpu().numpy()

    def correlation(self) -> Matrix:
        """Return the correlation (rows, columns); NaN where a unit does not vary."""
        return self._correlate(self._both)

    def chance(self) -> Matrix:
        """Return the same where the other network saw the pictures of a portion in another order.

        It is not 0: over positions units are alike at the edges of every picture, and the best of
        many pairings is better than one.
        """
        return self._correlate(self._shuffled)

    def _correlate(self, products: Matrix) -> Matrix:
        n = max(self._samples, 1)
        means = [sums / n for sums in self._sums]
        variances = [
            squares / n - mean**2 for squares, mean in zip(self._squares, means, strict=True)
        ]
        floors = [1e-10 * squares / n for squares in self._squares]  # what rounding leaves
        deviations = [
            np.sqrt(np.where(variance > floor, variance, 0.0))
            for variance, floor in zip(variances, floors, strict=True)
        ]
        scale = deviations[0][:, None] * deviations[1][None]
        result = np.full_like(products, np.nan)
        covariance = products / n - means[0][:, None] * means[1][None]
        np.divide(covariance, scale, out=result, where=scale > 0)
        return np.clip(result, -1.0, 1.0)
