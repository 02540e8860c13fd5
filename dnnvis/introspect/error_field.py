"""The error that the map expects at each place, and where it cannot know."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.mlp import Plain

Floats = NDArray[np.float32]
GRID = 161  # places along a side
NEIGHBOUR = 10  # this many training examples must
NEAR = 0.3  # live within this distance, of a map with at least MANY of them
MANY = 10_000


def grid(extent: tuple[float, float, float, float], side: int = GRID) -> Floats:
    """Places (side * side, 2), rows by rising y, within a row by rising x."""
    x = np.linspace(extent[0], extent[1], side, dtype=np.float32)
    y = np.linspace(extent[2], extent[3], side, dtype=np.float32)
    return np.stack([np.tile(x, side), np.repeat(y, side)], 1)


def empty_at(places: Floats, train: Floats) -> NDArray[np.bool_]:
    """Where no training example lives: the 10th nearest is farther than .3 (of a thin map in
    proportion to its spacing, up to 1). There the estimate means nothing: it calls empty space
    safe."""
    from sklearn.neighbors import NearestNeighbors  # lazy: takes a second to load

    k = min(NEIGHBOUR, len(train))
    reach = min(1.0, NEAR * max(1.0, (MANY / len(train)) ** 0.5))
    away, _ = NearestNeighbors(n_neighbors=k).fit(train).kneighbors(places)
    far: NDArray[np.bool_] = away[:, -1] > reach
    return far


def field_of(
    train: Floats, two: Plain | None, extent: tuple[float, float, float, float]
) -> tuple[Floats, NDArray[np.bool_]]:
    """The 2-d estimate float32 (G, G) on ``extent`` (NaN without an estimator), and where it
    is empty, bool (G, G)."""
    places = grid(extent)
    side = GRID, GRID
    values = np.full(side, np.nan, np.float32) if two is None else two(places).reshape(side)
    return values, empty_at(places, train).reshape(side)


def empty_there(
    empty: NDArray[np.bool_], extent: tuple[float, float, float, float], places: Floats
) -> NDArray[np.bool_]:
    """``empty_at`` of places (N, 2), bool (N,), looked up at the nearest of the grid ``empty``
    (G, G) on ``extent``; outside of it everything is empty."""
    low = np.array(extent[::2], np.float32)
    high = np.array(extent[1::2], np.float32)
    sides = np.array(empty.shape[::-1]) - 1  # x is the column
    share = (np.asarray(places, np.float32) - low) / (high - low)
    inside = np.abs(share - 0.5).max(1) <= 0.5
    x, y = np.rint(np.where(inside[:, None], share, 0) * sides).astype(int).T
    found: NDArray[np.bool_] = empty[y, x] | ~inside
    return found
