"""A mosaic of maps: where each one lies, and which one lies under a pixel."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tiling:
    """``count`` tiles of ``height`` x ``width`` cells, row by row in ``columns`` columns,
    with a line of one cell between them and around them."""

    count: int
    height: int
    width: int
    columns: int

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the whole mosaic in cells."""
        return self.rows * (self.height + 1) + 1, self.columns * (self.width + 1) + 1

    def corner(self, tile: int) -> tuple[int, int]:
        """(y, x) of the first cell of ``tile``."""
        row, column = divmod(tile, self.columns)
        return row * (self.height + 1) + 1, column * (self.width + 1) + 1

    def unit_at(self, y: float, x: float) -> tuple[int, int, int] | None:
        """(tile, y, x inside it) under a point of the mosaic; None between or past tiles."""
        row, inner_y = divmod(int(math.floor(y)) - 1, self.height + 1)
        column, inner_x = divmod(int(math.floor(x)) - 1, self.width + 1)
        tile = row * self.columns + column
        if not (0 <= column < self.columns and row >= 0 and tile < self.count):
            return None
        if inner_y >= self.height or inner_x >= self.width:
            return None
        return tile, inner_y, inner_x

    def neighbor(self, tile: int, right: int, down: int) -> int:
        """The tile so many columns and rows further, kept inside the mosaic."""
        row, column = divmod(tile, self.columns)
        row = min(max(row + down, 0), self.rows - 1)
        column = min(max(column + right, 0), self.columns - 1)
        return min(row * self.columns + column, self.count - 1)


def choose_tiling(count: int, height: int, width: int, aspect: float = 1.0) -> Tiling:
    """A tiling whose mosaic is about ``aspect`` times as wide as high."""
    count = max(count, 1)
    ideal = math.sqrt(count * aspect * (height + 1) / (width + 1))
    return Tiling(count, height, width, min(max(round(ideal), 1), count))


def assemble_mosaic(
    maps: NDArray[np.generic], tiling: Tiling, fill: float = 0
) -> NDArray[np.generic]:
    """Maps (N, H, W) laid out as ``tiling`` says, ``fill`` in the lines and empty places."""
    n, h, w = maps.shape
    full = np.full((tiling.rows * tiling.columns, h + 1, w + 1), fill, maps.dtype)
    full[:n, :h, :w] = maps
    grid = full.reshape(tiling.rows, tiling.columns, h + 1, w + 1).swapaxes(1, 2)
    out = np.full(tiling.shape, fill, maps.dtype)
    out[1:, 1:] = grid.reshape(tiling.rows * (h + 1), tiling.columns * (w + 1))
    return out
