"""The part of a picture that one place of a map can see."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]


def receptive_box(
    field: tuple[int, int, float] | None, position: tuple[int, int], size: tuple[int, int]
) -> Box:
    """(y, x, h, w) in pixels of the receptive ``field`` (LayerInfo.field) of ``position`` (y, x)
    in a picture of ``size`` (H, W).

    It may reach over the edges. The whole picture where the field is None, or as high and as
    wide as the picture: then what it adds is padding.
    """
    height, width = size
    if field is None or field[0] >= max(height, width):
        return 0, 0, height, width
    extent, stride, offset = field
    top, left = (math.floor(offset + k * stride - (extent - 1) / 2 + 0.5) for k in position)
    return top, left, extent, extent


def crop_box(pixels: NDArray[Any], box: Box, fill: float) -> NDArray[Any]:
    """A copy of ``box`` (y, x, h, w) of pixels (H, W, C), ``fill`` outside of them."""
    top, left, height, width = box
    out = np.full((height, width, pixels.shape[2]), fill, pixels.dtype)
    y0, x0 = max(top, 0), max(left, 0)
    inside = pixels[y0 : max(top + height, 0), x0 : max(left + width, 0)]
    h, w = inside.shape[:2]
    out[y0 - top : y0 - top + h, x0 - left : x0 - left + w] = inside
    return out
