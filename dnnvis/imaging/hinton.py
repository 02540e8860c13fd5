"""Draw matrices of weights: Hinton diagrams, and rasters where there are more cells than pixels.

Source: Hinton & Shallice 1991, "Lesioning an Attractor Network", figure 5 (a square's area is the
size of a weight, its color the sign).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.colorize import map_to_rgb

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

MIN_SQUARE_PIXELS = 5  # room of a cell, below which squares become a raster
MAX_CELL_PIXELS = 28
NEUTRAL_GRAY = 128  # behind the squares
POSITIVE_RGB, NEGATIVE_RGB = (255, 255, 255), (0, 0, 0)
INVALID_RGB = (255, 0, 255)
SIGNED = "signed"  # the color map of a raster: zero in the middle


class Rows(Protocol):
    """A matrix, or what reads one by and by."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (rows, columns)."""

    def __getitem__(self, rows: slice, /) -> Floats:
        """Return some rows, float32 (n, columns)."""


@dataclass(frozen=True, eq=False)
class Cells:
    """A matrix, or one whose cells each stand for the strongest of a block."""

    #: Values float32 (rows, columns).
    values: Floats
    #: Row and column of the matrix that each value is of, int32 (rows, columns).
    rows: Indices
    columns: Indices


def aggregate_strongest(matrix: Rows, max_rows: int, max_columns: int) -> Cells:
    """Let each cell stand for a block of a matrix: its value that is strongest by magnitude.

    Blocks differ by at most one row and one column in size. NaN is stronger than any number, so
    that none is hidden.

    Args:
        matrix: Float32 (rows, columns), or what has its ``shape`` and gives slices of rows.
        max_rows: Rows of the result at most.
        max_columns: Columns of the result at most.

    Returns:
        The cells; the matrix itself where it is small enough.
    """
    rows, columns = matrix.shape
    height, width = min(rows, max(max_rows, 1)), min(columns, max(max_columns, 1))
    if (height, width) == (rows, columns):
        grid = np.indices((rows, columns), np.int32)
        return Cells(matrix[:], grid[0], grid[1])
    row_edges = np.linspace(0, rows, height + 1).astype(np.int64)
    column_edges = np.linspace(0, columns, width + 1).astype(np.int64)
    starts, sizes = column_edges[:-1], np.diff(column_edges)
    values = np.zeros((height, width), np.float32)
    from_row, from_column = np.zeros((2, height, width), np.int32)
    every_column = np.arange(columns)
    for k in range(height):
        block = matrix[row_edges[k] : row_edges[k + 1]]
        strength = np.abs(block)
        strength[np.isnan(strength)] = np.inf
        best_row = strength.argmax(0)  # (columns,)
        best = strength[best_row, every_column]
        highest = np.maximum.reduceat(best, starts)
        is_highest = best == np.repeat(highest, sizes)
        numbers = np.where(is_highest, every_column, columns)
        column = np.minimum.reduceat(numbers, starts)  # the first of equals
        values[k] = block[best_row[column], column]
        from_column[k], from_row[k] = column, best_row[column] + row_edges[k]
    return Cells(values, from_row, from_column)


def measure_limit(values: Floats) -> float:
    """Return the largest finite magnitude, 1 where there is none: a square of it fills its cell."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0


def choose_cell_side(shape: tuple[int, int], height: int, width: int) -> int:
    """Return the side of a cell in pixels, so that a matrix fits; 0: only a raster does."""
    rows, columns = max(shape[0], 1), max(shape[1], 1)
    side = min(height // rows, width // columns, MAX_CELL_PIXELS)
    return side if side >= MIN_SQUARE_PIXELS else 0


def draw_hinton(values: Floats, side: int, limit: float) -> Bytes:
    """Draw a Hinton diagram on mid-gray: white squares are positive, black ones negative.

    The area of a square is proportional to the magnitude of its value; one of ``limit`` fills its
    cell but for a pixel. Values that are not finite are magenta.

    Args:
        values: Float32 (rows, columns).
        side: Side of a cell in pixels, MIN_SQUARE_PIXELS or more.
        limit: The largest magnitude.

    Returns:
        Pixels uint8 (rows * side, columns * side, 3).
    """
    finite = np.isfinite(values)
    sizes = np.sqrt(np.clip(np.abs(np.where(finite, values, limit)) / limit, 0, 1)) * (side - 1)
    distance = np.abs(np.arange(side) + 0.5 - side / 2)  # of a pixel's middle from the cell's
    inside = 2 * distance[None, :] < sizes[..., None]  # (rows, columns, side)
    squares = inside[:, :, :, None] & inside[:, :, None, :]  # (rows, columns, side, side)
    colors = np.where(
        values[..., None] < 0, np.array(NEGATIVE_RGB, np.uint8), np.array(POSITIVE_RGB, np.uint8)
    )
    colors = np.where(finite[..., None], colors, np.array(INVALID_RGB, np.uint8))
    pixels = np.where(squares[..., None], colors[:, :, None, None], np.uint8(NEUTRAL_GRAY))
    rows, columns = values.shape
    drawn: Bytes = pixels.transpose(0, 2, 1, 3, 4).reshape(rows * side, columns * side, 3)
    return np.ascontiguousarray(drawn)


def draw_raster(values: Floats, height: int, width: int, limit: float) -> Bytes:
    """Draw a matrix as a raster that fills a room, blue below zero and red above.

    Cells of several pixels differ by at most one in width and height, and are no larger than
    MAX_CELL_PIXELS.

    Args:
        values: Float32 (rows, columns), no more than ``height`` by ``width``.
        height: Height of the room in pixels.
        width: Its width.
        limit: The magnitude at which the colors end.

    Returns:
        Pixels uint8 (h, w, 3), h and w at most those of the room.
    """
    rows, columns = values.shape
    height = max(min(height, rows * MAX_CELL_PIXELS), rows)
    width = max(min(width, columns * MAX_CELL_PIXELS), columns)
    pixels = map_to_rgb(values, -limit, limit, SIGNED)
    from_row, from_column = _spread(rows, height), _spread(columns, width)
    return np.ascontiguousarray(pixels[from_row][:, from_column])


def _spread(cells: int, pixels: int) -> NDArray[np.int64]:
    """Return the cell that each pixel of a row or column shows."""
    return np.arange(pixels) * cells // max(pixels, 1)


def draw_matrix(values: Floats, height: int, width: int) -> tuple[Bytes, Cells]:
    """Draw a matrix into a room: a Hinton diagram where its squares fit, else a raster.

    Args:
        values: Float32 (rows, columns).
        height: Height of the room in pixels.
        width: Its width.

    Returns:
        The pixels uint8 (h, w, 3), and the cells that they show, each of h / rows by w / columns
        pixels.
    """
    limit = measure_limit(values)
    side = choose_cell_side((values.shape[0], values.shape[1]), height, width)
    if side:
        cells = aggregate_strongest(values, len(values), values.shape[1])
        return draw_hinton(values, side, limit), cells
    cells = aggregate_strongest(values, height, width)
    return draw_raster(cells.values, height, width, limit), cells
