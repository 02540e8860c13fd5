"""Lay out a mosaic of maps, and locate the map under a pixel."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

LARGE_FACTOR = 3  # how many times as long the sides of a large tile are
LARGE_ROWS = 2
MIN_LARGE_COUNT = 24  # tiles; fewer are large enough all alike


@dataclass(frozen=True)
class Tiling:
    """``count`` tiles of ``height`` x ``width`` cells, row by row in ``columns`` columns.

    A line of one cell lies between them and around them. The first ``large`` ones fill rows of
    their own, each in the room of ``factor`` x ``factor`` others.
    """

    count: int
    height: int
    width: int
    columns: int
    #: Number of large tiles, whole rows of them.
    large: int = 0
    #: Side of a large tile in sides of a small one.
    factor: int = 1

    @property
    def large_columns(self) -> int:
        """Return the number of large tiles in a row."""
        return max(self.columns // self.factor, 1)

    @property
    def large_rows(self) -> int:
        """Return the number of rows of large tiles."""
        return -(-self.large // self.large_columns)

    @property
    def rows(self) -> int:
        """Return the number of rows, large and small, one where there is no tile."""
        return max(self.large_rows + -(-(self.count - self.large) // self.columns), 1)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (H, W) of the whole mosaic in cells."""
        small_rows = self.rows - self.large_rows
        height = self._large_height + small_rows * (self.height + 1) + 1
        return height, self.columns * (self.width + 1) + 1

    @property
    def _large_height(self) -> int:
        return self.large_rows * self.factor * (self.height + 1)

    def corner(self, tile: int) -> tuple[int, int]:
        """Return (y, x) of the first cell of ``tile``."""
        x, y, _, _ = self.boxes(np.array([tile]))[0]
        return int(y), int(x)

    def boxes(self, tiles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return x, y, width and height (N, 4) in cells of each of ``tiles`` (N,)."""
        is_large = tiles < self.large
        columns = np.where(is_large, self.large_columns, self.columns)
        row, column = np.divmod(np.where(is_large, tiles, tiles - self.large), columns)
        factor = np.where(is_large, self.factor, 1)
        top = np.where(is_large, 0, self._large_height)
        return np.stack(
            [
                column * factor * (self.width + 1) + 1,
                top + row * factor * (self.height + 1) + 1,
                factor * self.width,
                factor * self.height,
            ],
            1,
        )

    def unit_at(self, y: float, x: float) -> tuple[int, int, int] | None:
        """Return (tile, y, x inside it) under a point of the mosaic; None between or past tiles."""
        cell_y, cell_x = math.floor(y) - 1, math.floor(x) - 1
        is_large = cell_y < self._large_height
        factor = self.factor if is_large else 1
        columns = self.large_columns if is_large else self.columns
        first, last = (0, self.large) if is_large else (self.large, self.count)
        top = 0 if is_large else self._large_height
        row, inner_y = divmod(cell_y - top, factor * (self.height + 1))
        column, inner_x = divmod(cell_x, factor * (self.width + 1))
        tile = first + row * columns + column
        if not (0 <= column < columns and row >= 0 and tile < last):
            return None
        inner_y, inner_x = inner_y // factor, inner_x // factor
        if inner_y >= self.height or inner_x >= self.width:
            return None
        return tile, inner_y, inner_x

    def neighbor(self, tile: int, right: int, down: int) -> int:
        """Return a tile beside another, within the mosaic.

        Args:
            tile: Number of the tile.
            right: Columns to the right; negative: to the left.
            down: Rows down; negative: up. From a large tile to a small one below its middle.

        Returns:
            Number of the other tile.
        """
        if tile < self.large:
            row, column = divmod(tile, self.large_columns)
        else:
            row, column = divmod(tile - self.large, self.columns)
            row += self.large_rows
        target = min(max(row + down, 0), self.rows - 1)
        was_large, is_large = row < self.large_rows, target < self.large_rows
        if was_large and not is_large:
            column = column * self.factor + self.factor // 2
        elif is_large and not was_large:
            column //= self.factor
        columns = self.large_columns if is_large else self.columns
        column = min(max(column + right, 0), columns - 1)
        if is_large:
            return min(target * columns + column, self.large - 1)
        other = self.large + (target - self.large_rows) * columns + column
        return max(min(other, self.count - 1), 0)


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


@lru_cache(64)
def choose_large_tiling(count: int, height: int, width: int, aspect: float = 1.0) -> Tiling:
    """Choose a tiling whose first two rows are large, so that its tiles fill most of the mosaic.

    Args:
        count: Number of tiles; of fewer than MIN_LARGE_COUNT none is large.
        height: Height of a tile in cells.
        width: Width of a tile in cells.
        aspect: Width of the mosaic in proportion to its height.

    Returns:
        The tiling.
    """
    factor, rows = LARGE_FACTOR, LARGE_ROWS
    if count < MIN_LARGE_COUNT:
        return choose_tiling(count, height, width, aspect)
    per_row = np.arange(1, count // (2 * rows) + 1)
    columns = factor * per_row
    small_rows = -(-(count - rows * per_row) // columns)
    whole_height = (rows * factor + small_rows) * (height + 1) + 1
    scale = np.minimum(aspect / (columns * (width + 1) + 1), 1 / whole_height)
    best = int(per_row[np.argmax(scale)])
    return Tiling(count, height, width, factor * best, rows * best, factor)


def assemble_mosaic(
    maps: NDArray[np.generic],
    tiling: Tiling,
    fill: float = 0,
    block: tuple[int, int] = (1, 1),
) -> NDArray[np.generic]:
    """Lay out maps as a mosaic.

    Args:
        maps: Maps (N, H, W), in the order of the tiles.
        tiling: Their layout.
        fill: Value of the lines and empty tiles.
        block: Cells (y, x) of each value; a tile is as large as a map in such blocks.

    Returns:
        The mosaic (H', W'), of the maps' dtype, contiguous.
    """
    out = np.full(tiling.shape, fill, maps.dtype)
    if tiling.large:
        _lay_rows(out[1:, 1:], maps[: tiling.large], tiling, tiling.factor, block)
    top = 1 + tiling.large_rows * tiling.factor * (tiling.height + 1)
    _lay_rows(out[top:, 1:], maps[tiling.large :], tiling, 1, block)
    return out


def _lay_rows(
    out: NDArray[np.generic],
    maps: NDArray[np.generic],
    tiling: Tiling,
    factor: int,
    block: tuple[int, int],
) -> None:
    """Write maps (N, H, W) into the cells ``out`` row by row, in one pass over them.

    Args:
        out: A view of the mosaic that begins with the first map's first cell.
        maps: The maps.
        tiling: Their layout.
        factor: Side of a tile in sides of a small one; so wide are the lines.
        block: Cells (y, x) of each value of a small tile.
    """
    n, h, w = maps.shape
    columns = tiling.large_columns if factor > 1 else tiling.columns
    down, right = factor * block[0], factor * block[1]
    pitch_y, pitch_x = factor * (tiling.height + 1), factor * (tiling.width + 1)
    stride_y, stride_x = out.strides
    whole, rest = divmod(n, columns)
    for first, rows, count in ((0, whole, columns), (whole, min(rest, 1), rest)):
        if not rows:
            continue
        cells = as_strided(  # each value's cells: (row, column, y, cell down, x, cell right)
            out[first * pitch_y :],
            (rows, count, h, down, w, right),
            (
                pitch_y * stride_y,
                pitch_x * stride_x,
                down * stride_y,
                stride_y,
                right * stride_x,
                stride_x,
            ),
        )
        tiles = maps[first * columns : first * columns + rows * count].reshape(rows, count, h, w)
        if right < w:  # the longest runs that numpy can copy lie along a map's row
            for y, x in np.ndindex(down, right):
                cells[:, :, :, y, :, x] = tiles
        else:
            cells[...] = tiles[:, :, :, None, :, None]
