"""Lay out the maps of a layer on screen, without any Qt."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import LayerInfo
from dnnvis.core.receptive_field import per_axis
from dnnvis.core.unit import Unit
from dnnvis.imaging.colorize import LINE_INDEX
from dnnvis.imaging.tiling import Tiling, assemble_mosaic, choose_large_tiling, choose_tiling

MIN_CELLS = 12  # a smaller map is drawn in blocks of cells, so that lines stay thin beside it
MIN_CROWDED_CELLS = 3  # where there are so many maps that they have few pixels each
MAX_BLOCK_CELLS = 1_000_000  # of all maps together; a screen has few more pixels
MAX_LARGE_CELLS = 2_000_000  # of all maps together; of more, larger tiles would cost too much time

Position = tuple[int, int]
Box = tuple[float, float, float, float]  # x, y, width, height in cells of the mosaic


@dataclass(frozen=True)
class MosaicGrid:
    """The layout of a mosaic."""

    #: Tiles in cells.
    tiling: Tiling
    #: A value of a map is a block of (y, x) cells.
    block: tuple[int, int]
    #: Channels (N,) in the order of their tiles; None: each channel's number is its tile's.
    order: NDArray[np.int64] | None = field(default=None, compare=False)

    @cached_property
    def _tiles(self) -> NDArray[np.int64] | None:
        """Return the tile of each channel (N,)."""
        if self.order is None:
            return None
        tiles = np.empty_like(self.order)
        tiles[self.order] = np.arange(len(self.order))
        return tiles

    def render(self, indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the mosaic of maps (N, H, W) by channel, contiguous."""
        mosaic: NDArray[Any] = assemble_mosaic(
            self._order_tiles(indices), self.tiling, LINE_INDEX, self.block
        )
        return mosaic

    def assemble(self, tiles: NDArray[Any], fill: float) -> NDArray[Any]:
        """Lay out tiles (N, H, W) by channel, as large as the tiling has them.

        Args:
            tiles: Pictures of the tiles, by channel.
            fill: Value of the lines.

        Returns:
            The mosaic (H', W').
        """
        return assemble_mosaic(self._order_tiles(tiles), self.tiling, fill)

    def _order_tiles(self, tiles: NDArray[Any]) -> NDArray[Any]:
        """Return tiles (N, H, W) by channel in the order of the mosaic."""
        return tiles if self.order is None else tiles.take(self.order, 0)

    def unit_at(self, y: float, x: float) -> tuple[int, Position] | None:
        """Return (channel, position) under a point of the mosaic; None between or past the maps."""
        hit = self.tiling.unit_at(y, x)
        if hit is None:
            return None
        tile, inner_y, inner_x = hit
        return self.channel_of(tile), (inner_y // self.block[0], inner_x // self.block[1])

    def channel_of(self, tile: int) -> int:
        """Return the channel whose map lies in a tile."""
        return tile if self.order is None else int(self.order[tile])

    def tile_of(self, channel: int) -> int:
        """Return the number of a channel's tile."""
        return channel if self._tiles is None else int(self._tiles[channel])

    def neighbor(self, channel: int, right: int, down: int) -> int:
        """Return the channel that lies so many tiles to the right and down, within the mosaic."""
        if not 0 <= channel < self.tiling.count:
            return max(min(channel, self.tiling.count - 1), 0)
        return self.channel_of(self.tiling.neighbor(self.tile_of(channel), right, down))

    def boxes(self, channels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the maps of ``channels`` (N,) lie: x, y, width, height (N, 4)."""
        return self.tiling.boxes(channels if self._tiles is None else self._tiles[channels])

    def box(self, channel: int, position: Position | None = None) -> Box:
        """Return where a map, or one position of it, lies."""
        x, y, width, height = (int(side) for side in self.boxes(np.array([channel]))[0])
        if position is None:
            return x, y, width, height
        factor = height // self.tiling.height
        down, right = factor * self.block[0], factor * self.block[1]
        return x + position[1] * right, y + position[0] * down, right, down


def build_grid(
    count: int,
    height: int,
    width: int,
    aspect: float,
    *,
    order: NDArray[np.int64] | None = None,
    with_large: bool = False,
) -> MosaicGrid:
    """Build the grid of a mosaic.

    Args:
        count: Number of maps.
        height: Height of a map.
        width: Width of a map.
        aspect: Width of the mosaic in proportion to its height, about.
        order: Channels in the order of their tiles; None: by number.
        with_large: Whether the first tiles are larger, where there are maps to see in them.

    Returns:
        The grid.
    """
    crowded = max(MIN_CROWDED_CELLS, math.isqrt(MAX_BLOCK_CELLS // max(count, 1)))
    block = choose_block(height, width, min(MIN_CELLS, crowded))
    cells = height * block[0], width * block[1]
    is_small = count * cells[0] * cells[1] <= MAX_LARGE_CELLS
    if with_large and min(height, width) > 1 and is_small:
        tiling = choose_large_tiling(count, *cells, aspect)
    else:
        tiling = choose_tiling(count, *cells, aspect)
    return MosaicGrid(replace(tiling, count=count), block, order)  # of no map, no tile


def choose_block(height: int, width: int, cells: int = MIN_CELLS) -> tuple[int, int]:
    """Return the cells (y, x) per value: at least ``cells`` a map.

    A list of tokens gets ``cells`` across.
    """
    if min(height, width) == 1:
        return max(1, -(-cells // height)), max(1, -(-cells // width))
    block = max(1, -(-cells // max(height, width, 1)))
    return block, block


def resolve_click(clicked: Unit, selected: Unit | None, with_position: bool) -> Unit:
    """Return what a click selects.

    The channel at first; its position when the channel is already selected or ``with_position``;
    the channel again when that very position is.

    Args:
        clicked: The unit under the cursor, with its position.
        selected: The selected unit.
        with_position: Whether the click selects the position at once.

    Returns:
        The unit to select.
    """
    if clicked == selected:
        return clicked.whole()
    if with_position or (selected is not None and clicked.whole() == selected.whole()):
        return clicked
    return clicked.whole()


def locate_pixel(info: LayerInfo | None, position: Position) -> tuple[float, float] | None:
    """Return the center (y, x), in input pixels, of what a position sees; None where not known."""
    if info is None or info.field is None:
        return None
    return per_axis(info.field).center(position)


def locate_receptive_field(info: LayerInfo, position: Position, size: tuple[int, int]) -> Box:
    """Return the receptive field of a position, cut off at the edges of the input.

    Edges of pixel p lie at p and p + 1.

    Args:
        info: The layer.
        position: Position (y, x) in its maps.
        size: Size (H, W) of the input in pixels.

    Returns:
        (x, y, width, height) in pixels; the whole input where the field is not known.
    """
    height, width = size
    center = locate_pixel(info, position)
    if center is None or info.field is None:
        return 0.0, 0.0, float(width), float(height)
    half_height, half_width = (extent / 2 for extent in per_axis(info.field).size)
    top, bottom = (min(max(center[0] + 0.5 + s * half_height, 0), height) for s in (-1, 1))
    left, right = (min(max(center[1] + 0.5 + s * half_width, 0), width) for s in (-1, 1))
    return left, top, right - left, bottom - top
