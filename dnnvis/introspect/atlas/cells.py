"""Average the vectors of each cell of a grid over a layout.

Source: Carter et al. 2019, section "Aggregating": cells with too few vectors stay empty.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
CHUNK_ROWS = 8192


@dataclass(frozen=True, eq=False)
class GridCells:
    """The n cells of a grid that hold enough vectors, by row, then by column."""

    #: (row, column) of each cell, row 0 on top, int64 (n, 2).
    cells: Ints
    #: Number of vectors in each, int64 (n,).
    counts: Ints
    #: Cell of each of all vectors, int64 (N,); -1 where it lies in none of these.
    membership: Ints


def assign_cells(points: Floats, grid: int, min_members: int) -> GridCells:
    """Assign points of the unit square to the cells of a grid.

    Args:
        points: (N, 2), (x, y) in [0, 1), y upwards; rows of NaN lie in no cell.
        grid: Cells along a side.
        min_members: Cells with fewer vectors are left out.

    Returns:
        The cells.
    """
    numbers = number_cells(points, grid)
    known = np.all(np.isfinite(points), axis=1)
    counts = np.bincount(numbers[known], minlength=grid * grid)
    chosen = np.flatnonzero(counts >= max(min_members, 1))
    order = np.full(grid * grid, -1, np.int64)
    order[chosen] = np.arange(len(chosen))
    membership = np.where(known, order[np.maximum(numbers, 0)], -1)
    return GridCells(np.stack([chosen // grid, chosen % grid], 1), counts[chosen], membership)


def number_cells(points: Floats, grid: int) -> Ints:
    """Return row * grid + column of points (N, 2) of the unit square; -1 for NaN. int64 (N,)."""
    finite = np.all(np.isfinite(points), axis=1)
    safe = np.where(finite[:, None], points, 0)
    column = np.clip((safe[:, 0] * grid).astype(np.int64), 0, grid - 1)
    row = grid - 1 - np.clip((safe[:, 1] * grid).astype(np.int64), 0, grid - 1)
    numbers: Ints = np.where(finite, row * grid + column, -1)
    return numbers


def center_points(cells: Ints, grid: int) -> Floats:
    """Return the centers (x, y) in the unit square of cells (n, 2), float32 (n, 2)."""
    row, column = cells[:, 0], cells[:, 1]
    return np.stack([(column + 0.5) / grid, (grid - 1 - row + 0.5) / grid], 1).astype(np.float32)


def average_members(values: NDArray[Any], membership: Ints, count: int) -> Floats:
    """Return the mean of the members of each cell, float32 (count, ...).

    Args:
        values: (N, ...), may lie on disk.
        membership: Cell of each row, -1 = none, (N,).
        count: Number of cells, each with a member.
    """
    sums = np.zeros((count, *values.shape[1:]))
    members = np.bincount(membership[membership >= 0], minlength=count)
    for start in range(0, len(values), CHUNK_ROWS):
        cells = membership[start : start + CHUNK_ROWS]
        chunk = np.asarray(values[start : start + CHUNK_ROWS], np.float64)
        np.add.at(sums, cells[cells >= 0], chunk[cells >= 0])
    shape = (-1, *[1] * (values.ndim - 1))
    return (sums / np.maximum(members, 1).reshape(shape)).astype(np.float32)


def nearest_members(vectors: NDArray[Any], membership: Ints, means: Floats, count: int) -> Ints:
    """Return for each cell the rows of its ``count`` members nearest to its mean, nearest first.

    Args:
        vectors: (N, C), may lie on disk.
        membership: Cell of each row, -1 = none, (N,).
        means: Mean of each cell, (n, C).
        count: Rows a cell.

    Returns:
        int64 (n, count); -1 where a cell has fewer members.
    """
    distances = np.full(len(vectors), np.inf)
    for start in range(0, len(vectors), CHUNK_ROWS):
        cells = membership[start : start + CHUNK_ROWS]
        chunk = np.asarray(vectors[start : start + CHUNK_ROWS], np.float32)
        distances[start : start + CHUNK_ROWS] = np.square(chunk - means[np.maximum(cells, 0)]).sum(
            1
        )
    rows = np.full((len(means), count), -1, np.int64)
    order = np.lexsort((distances, membership))
    order = order[membership[order] >= 0]
    starts = np.searchsorted(membership[order], np.arange(len(means) + 1))
    for cell in range(len(means)):
        some = order[starts[cell] : starts[cell + 1]][:count]
        rows[cell, : len(some)] = some
    return rows
