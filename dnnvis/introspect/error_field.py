"""Compute the error that the map expects at each point, and where it cannot know."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.mlp import NumpyMLP

Floats = NDArray[np.float32]
GRID_SIZE = 161  # points along a side
NEIGHBOR_COUNT = 10  # this many training examples must
MAX_NEIGHBOR_DISTANCE = 0.3  # live within this distance,
DENSE_MAP_EXAMPLES = 10_000  # of a map with at least so many


def grid_points(extent: tuple[float, float, float, float], side: int = GRID_SIZE) -> Floats:
    """Return points (side * side, 2), rows by rising y, within a row by rising x."""
    x = np.linspace(extent[0], extent[1], side, dtype=np.float32)
    y = np.linspace(extent[2], extent[3], side, dtype=np.float32)
    return np.stack([np.tile(x, side), np.repeat(y, side)], 1)


def is_empty_at(points: Floats, train: Floats) -> NDArray[np.bool_]:
    """Return where no training example lives: the 10th nearest is farther than .3.

    Of a thin map in proportion to its spacing, up to 1. There the estimate means nothing: it calls
    empty space safe.
    """
    from sklearn.neighbors import NearestNeighbors  # lazy: takes a second to load

    k = min(NEIGHBOR_COUNT, len(train))
    radius = min(1.0, MAX_NEIGHBOR_DISTANCE * max(1.0, (DENSE_MAP_EXAMPLES / len(train)) ** 0.5))
    distances, _ = NearestNeighbors(n_neighbors=k).fit(train).kneighbors(points)
    far: NDArray[np.bool_] = distances[:, -1] > radius
    return far


def compute_error_field(
    train: Floats, estimator: NumpyMLP | None, extent: tuple[float, float, float, float]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Compute the 2-d estimate on a grid, and where the grid is empty.

    Args:
        train: Points of the training examples (N, 2).
        estimator: The 2-d estimator, or None.
        extent: Limits (x0, x1, y0, y1) of the grid.

    Returns:
        The estimate of log10 e, float32 (G, G), NaN without an estimator, and where no example
        lives, bool (G, G).
    """
    points = grid_points(extent)
    side = GRID_SIZE, GRID_SIZE
    values = (
        np.full(side, np.nan, np.float32) if estimator is None else estimator(points).reshape(side)
    )
    return values, is_empty_at(points, train).reshape(side)


def look_up_empty(
    empty: NDArray[np.bool_], extent: tuple[float, float, float, float], points: Floats
) -> NDArray[np.bool_]:
    """Look up ``is_empty_at`` on a grid, at its nearest point.

    Args:
        empty: The grid, bool (G, G).
        extent: Its limits (x0, x1, y0, y1); outside of them everything is empty.
        points: Points (N, 2).

    Returns:
        Whether each point is empty, bool (N,).
    """
    lower = np.array(extent[::2], np.float32)
    upper = np.array(extent[1::2], np.float32)
    sides = np.array(empty.shape[::-1]) - 1  # x is the column
    fraction = (np.asarray(points, np.float32) - lower) / (upper - lower)
    inside = np.abs(fraction - 0.5).max(1) <= 0.5
    x, y = np.rint(np.where(inside[:, None], fraction, 0) * sides).astype(int).T
    result: NDArray[np.bool_] = empty[y, x] | ~inside
    return result
