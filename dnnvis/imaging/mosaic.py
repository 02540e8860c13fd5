"""Lay out the maps of a layer on screen, without any Qt."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import LayerInfo
from dnnvis.core.receptive_field import per_axis
from dnnvis.core.unit import Unit
from dnnvis.imaging.colorize import LINE_INDEX
from dnnvis.imaging.tiling import Tiling, assemble_mosaic, choose_tiling

MIN_CELLS = 12  # a smaller map is drawn in blocks of cells, so that lines stay thin beside it
MIN_CROWDED_CELLS = 3  # where there are so many maps that they have few pixels each
MAX_BLOCK_CELLS = 1_000_000  # of all maps together; a screen has few more pixels

Position = tuple[int, int]
Box = tuple[float, float, float, float]  # x, y, width, height in cells of the mosaic


@dataclass(frozen=True)
class MosaicGrid:
    """The layout of a mosaic."""

    #: Tiles in cells.
    tiling: Tiling
    #: A value of a map is a block of (y, x) cells.
    block: tuple[int, int]

    def render(self, indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the mosaic of maps (N, H, W), contiguous."""
        down, right = self.block
        if (down, right) != (1, 1):
            n, h, w = indices.shape
            blocks = np.broadcast_to(indices[:, :, None, :, None], (n, h, down, w, right))
            indices = blocks.reshape(n, h * down, w * right)
        return np.ascontiguousarray(assemble_mosaic(indices, self.tiling, LINE_INDEX), np.uint8)

    def unit_at(self, y: float, x: float) -> tuple[int, Position] | None:
        """Return (channel, position) under a point of the mosaic; None between or past the maps."""
        hit = self.tiling.unit_at(y, x)
        if hit is None:
            return None
        tile, inner_y, inner_x = hit
        return tile, (inner_y // self.block[0], inner_x // self.block[1])

    def corners(self, channels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the first cell (N, 2), x and y, of each of ``channels`` (N,)."""
        rows, columns = np.divmod(channels, self.tiling.columns)
        x, y = columns * (self.tiling.width + 1) + 1, rows * (self.tiling.height + 1) + 1
        return np.stack([x, y], 1).astype(np.float64)

    def box(self, channel: int, position: Position | None = None) -> Box:
        """Return where a map, or one position of it, lies."""
        y, x = self.tiling.corner(channel)
        if position is None:
            return x, y, self.tiling.width, self.tiling.height
        down, right = self.block
        return x + position[1] * right, y + position[0] * down, right, down


def build_grid(count: int, height: int, width: int, aspect: float) -> MosaicGrid:
    """Build the grid of a mosaic.

    Args:
        count: Number of maps.
        height: Height of a map.
        width: Width of a map.
        aspect: Width of the mosaic in proportion to its height, about.

    Returns:
        The grid.
    """
    crowded = max(MIN_CROWDED_CELLS, math.isqrt(MAX_BLOCK_CELLS // max(count, 1)))
    block = choose_block(height, width, min(MIN_CELLS, crowded))
    tiling = choose_tiling(count, height * block[0], width * block[1], aspect)
    return MosaicGrid(replace(tiling, count=count), block)  # of no map, no tile


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
