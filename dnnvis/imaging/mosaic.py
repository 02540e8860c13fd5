"""How the maps of a layer are laid out on screen, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.colorize import LINE
from dnnvis.imaging.tiling import Tiling, mosaic, tiling_for

LEAST = 12  # cells: a smaller map is drawn in blocks, so that lines stay thin beside it

Place = tuple[int, int]
Box = tuple[float, float, float, float]  # x, y, width, height in cells of the mosaic


@dataclass(frozen=True)
class Grid:
    """``tiling`` in cells; a value of a map is a block of ``block`` (y, x) cells."""

    tiling: Tiling
    block: tuple[int, int]

    def paint(self, indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The mosaic of maps (N, H, W), contiguous."""
        down, right = self.block
        if (down, right) != (1, 1):
            n, h, w = indices.shape
            blocks = np.broadcast_to(indices[:, :, None, :, None], (n, h, down, w, right))
            indices = blocks.reshape(n, h * down, w * right)
        return np.ascontiguousarray(mosaic(indices, self.tiling, LINE), np.uint8)

    def unit_at(self, y: float, x: float) -> tuple[int, Place] | None:
        """(channel, place) under a point of the mosaic; None between or past the maps."""
        found = self.tiling.unit_at(y, x)
        if found is None:
            return None
        tile, inner_y, inner_x = found
        return tile, (inner_y // self.block[0], inner_x // self.block[1])

    def box(self, channel: int, place: Place | None = None) -> Box:
        """Where a map, or one place of it, lies."""
        y, x = self.tiling.corner(channel)
        if place is None:
            return x, y, self.tiling.width, self.tiling.height
        down, right = self.block
        return x + place[1] * right, y + place[0] * down, right, down


def grid_for(count: int, height: int, width: int, aspect: float) -> Grid:
    """A grid for ``count`` maps whose mosaic is about ``aspect`` times as wide as high."""
    block = blocks_for(height, width)
    return Grid(tiling_for(count, height * block[0], width * block[1], aspect), block)


def blocks_for(height: int, width: int) -> tuple[int, int]:
    """Cells per value: at least LEAST cells a map; a list of tokens gets LEAST across."""
    if min(height, width) == 1:
        return max(1, -(-LEAST // height)), max(1, -(-LEAST // width))
    block = max(1, -(-LEAST // max(height, width)))
    return block, block


def chosen(clicked: Unit, selected: Unit | None, with_place: bool) -> Unit:
    """What a click on ``clicked`` (a unit with its place) selects.

    The channel at first; its place when the channel is already selected or ``with_place``;
    the channel again when that very place is.
    """
    if clicked == selected:
        return clicked.whole()
    if with_place or (selected is not None and clicked.whole() == selected.whole()):
        return clicked
    return clicked.whole()


def pixel_of(info: LayerInfo | None, place: Place) -> tuple[float, float] | None:
    """The centre (y, x), in input pixels, of what a place sees; None where not known."""
    if info is None or info.field is None:
        return None
    _, stride, offset = info.field
    return offset + place[0] * stride, offset + place[1] * stride


def field_box(info: LayerInfo, place: Place, size: tuple[int, int]) -> Box:
    """The receptive field of a place, cut off at the edges of an input of ``size`` (H, W);
    the whole input where it is not known. Edges of pixel p lie at p and p + 1."""
    height, width = size
    centre = pixel_of(info, place)
    if centre is None or info.field is None:
        return 0.0, 0.0, float(width), float(height)
    half = info.field[0] / 2
    top, bottom = (min(max(centre[0] + 0.5 + s * half, 0), height) for s in (-1, 1))
    left, right = (min(max(centre[1] + 0.5 + s * half, 0), width) for s in (-1, 1))
    return left, top, right - left, bottom - top


def rows(info: NetworkInfo) -> tuple[LayerInfo, ...]:
    """The layers to choose from: those that hold no other one, and the hidden states. What
    happens within a recurrent layer has rows besides the layer's own."""
    plain = tuple(layer for layer in info.layers if not layer.part_of)
    shown = {layer.name for layer in leaves(plain)} | {layer for layer, _ in info.states}
    return tuple(layer for layer in info.layers if layer.part_of or layer.name in shown)


def leaves(layers: tuple[LayerInfo, ...]) -> tuple[LayerInfo, ...]:
    """The layers that hold no other one (class tokens ``name.cls``, and the gates and states
    inside of a recurrent module, do not count)."""
    names = [info.name for info in layers if not info.name.endswith(".cls") and not info.part_of]
    parents = {name[:k] for name in names for k, letter in enumerate(name) if letter == "."}
    return tuple(info for info in layers if info.name not in parents)
