"""Lay out a mosaic of maps, and locate the map under a pixel."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tiling:
    """``count`` tiles of ``height`` x ``width`` cells, row by row in ``columns`` columns.

    A line of one cell lies between them and around them.
    """

    count: int
    height: int
    width: int
    columns: int

    @property
    def rows(self) -> int:
        """Return the number of rows, one where there is no tile."""
        return max(-(-self.count // self.columns), 1)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (H, W) of the whole mosaic in cells."""
        return self.rows * (self.height + 1) + 1, self.columns * (self.width + 1) + 1

    def corner(self, tile: int) -> tuple[int, int]:
        """Return (y, x) of the first cell of ``tile``."""
        row, column = divmod(tile, self.columns)
        return row * (self.height + 1) + 1, column * (self.width + 1) + 1

    def unit_at(self, y: float, x: float) -> tuple[int, int, int] | None:
        """Return (tile, y, x inside it) under a point of the mosaic; None between or past tiles."""
        row, inner_y = divmod(math.floor(y) - 1, self.height + 1)
        column, inner_x = divmod(math.floor(x) - 1, self.width + 1)
        tile = row * self.columns + column
        if not (0 <= column < self.columns and row >= 0 and tile < self.count):
            return None
        if inner_y >= self.height or inner_x >= self.width:
            return None
        return tile, inner_y, inner_x

    def neighbor(self, tile: int, right: int, down: int) -> int:
        """Return a tile beside another, within the mosaic.

        Args:
            tile: Number of the tile.
            right: Columns to the right; negative: to the left.
            down: Rows down; negative: up.

        Returns:
            Number of the other tile.
        """
        row, column = divmod(tile, self.columns)
        row = min(max(row + down, 0), self.rows - 1)
        column = min(max(column + right, 0), self.columns - 1)
        return max(min(row * self.columns + column, self.count - 1), 0)


def choose_tiling(count: int, height: int, width: int, aspect: float = 1.0) -> Tiling:
    """Choose a tiling for a mosaic of a given shape.

    Args:
        count: Number of tiles.
        height: Height of a tile in cells.
        width: Width of a tile in cells.
        aspect: Width of the mosaic in proportion to its height, about.

    Returns:
        The tiling.
    """
    count = max(count, 1)
    ideal = math.sqrt(count * aspect * (height + 1) / (width + 1))
    return Tiling(count, height, width, min(max(round(ideal), 1), count))


def assemble_mosaic(
    maps: NDArray[np.generic], tiling: Tiling, fill: float = 0
) -> NDArray[np.generic]:
    """Lay out maps as a mosaic.

    Args:
        maps: Maps (N, H, W).
        tiling: Their layout.
        fill: Value of the lines and empty tiles.

    Returns:
        The mosaic (H', W'), of the maps' dtype.
    """
    n, h, w = maps.shape
    full = np.full((tiling.rows * tiling.columns, h + 1, w + 1), fill, maps.dtype)
    full[:n, :h, :w] = maps
    grid = full.reshape(tiling.rows, tiling.columns, h + 1, w + 1).swapaxes(1, 2)
    out = np.full(tiling.shape, fill, maps.dtype)
    out[1:, 1:] = grid.reshape(tiling.rows * (h + 1), tiling.columns * (w + 1))
    return out
