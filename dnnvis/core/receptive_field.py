"""The part of a picture that one place of a map can see."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]


def box_of(
    field: tuple[int, int, float] | None, place: tuple[int, int], size: tuple[int, int]
) -> Box:
    """(y, x, h, w) in pixels of the receptive ``field`` (LayerInfo.field) of ``place`` (y, x)
    in a picture of ``size`` (H, W).

    It may reach over the edges. The whole picture where the field is None, or as high and as
    wide as the picture: then what it adds is padding.
    """
    high, wide = size
    if field is None or field[0] >= max(high, wide):
        return 0, 0, high, wide
    extent, stride, offset = field
    top, left = (math.floor(offset + k * stride - (extent - 1) / 2 + 0.5) for k in place)
    return top, left, extent, extent


def cropped(pixels: NDArray[Any], box: Box, fill: float) -> NDArray[Any]:
    """A copy of ``box`` (y, x, h, w) of pixels (H, W, C), ``fill`` outside of them."""
    top, left, high, wide = box
    out = np.full((high, wide, pixels.shape[2]), fill, pixels.dtype)
    y0, x0 = max(top, 0), max(left, 0)
    inside = pixels[y0 : max(top + high, 0), x0 : max(left + wide, 0)]
    h, w = inside.shape[:2]
    out[y0 - top : y0 - top + h, x0 - left : x0 - left + w] = inside
    return out
