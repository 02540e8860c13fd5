"""Locate the part of a picture that one position of a map can see."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]


def receptive_box(
    field: tuple[int, int, float] | None, position: tuple[int, int], size: tuple[int, int]
) -> Box:
    """Return the box of the picture that a position of a map can see.

    It may extend over the edges. It is the whole picture where the field is None, or as tall and
    as wide as the picture: then all that it adds is padding.

    Args:
        field: Receptive field (size, stride, offset) in pixels (``LayerInfo.field``).
        position: Position (y, x) in the map.
        size: Size (H, W) of the picture in pixels.

    Returns:
        The box (y, x, h, w) in pixels.
    """
    height, width = size
    if field is None or field[0] >= max(height, width):
        return 0, 0, height, width
    extent, stride, offset = field
    top, left = (math.floor(offset + k * stride - (extent - 1) / 2 + 0.5) for k in position)
    return top, left, extent, extent


def crop_box(pixels: NDArray[Any], box: Box, fill: float) -> NDArray[Any]:
    """Return a copy of a box of a picture.

    Args:
        pixels: Picture (H, W, C).
        box: Box (y, x, h, w) in pixels; it may extend over the edges.
        fill: Value outside of the picture.

    Returns:
        Pixels (h, w, C) of the picture's dtype.
    """
    top, left, height, width = box
    out = np.full((height, width, pixels.shape[2]), fill, pixels.dtype)
    y0, x0 = max(top, 0), max(left, 0)
    inside = pixels[y0 : max(top + height, 0), x0 : max(left + width, 0)]
    h, w = inside.shape[:2]
    out[y0 - top : y0 - top + h, x0 - left : x0 - left + w] = inside
    return out
