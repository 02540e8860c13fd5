"""Locate the part of a picture that one position of a map can see."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
Pair = tuple[int, int]

#: (size, stride, offset) in pixels: three numbers, or three pairs (y, x) where the axes differ.
Field = tuple[int, int, float] | tuple[Pair, Pair, tuple[float, float]]


class FieldAxes(NamedTuple):
    """A receptive field along both axes; all pairs are (y, x), in input pixels."""

    #: How many pixels one position sees.
    size: Pair
    #: Distance between what neighboring positions see.
    stride: Pair
    #: Center of what position 0 sees.
    offset: tuple[float, float]

    def center(self, position: Pair) -> tuple[float, float]:
        """Return the center (y, x) of what a position (y, x) of the map sees."""
        y, x = (o + k * s for o, k, s in zip(self.offset, position, self.stride, strict=True))
        return y, x

    def covers(self, size: Pair) -> bool:
        """Return whether every position sees at least as much as a picture of ``size`` (H, W)."""
        return self.size[0] >= size[0] and self.size[1] >= size[1]


def per_axis(field: Field) -> FieldAxes:
    """Return a field (``LayerInfo.field``) along both axes."""
    if isinstance(field[0], int | float):
        size, stride, offset = field
        return FieldAxes((size, size), (stride, stride), (offset, offset))
    return FieldAxes(*field)


def shorten_field(axes: FieldAxes) -> Field:
    """Return a field as three numbers where both axes agree, else as three pairs (y, x)."""
    if all(y == x for y, x in axes):
        return axes.size[0], axes.stride[0], axes.offset[0]
    return axes.size, axes.stride, axes.offset


def format_field(field: Field) -> str:
    """Return ``11, 4, 5`` for (size, stride, offset), or ``11 x 5, 4 x 2, 5 x 2`` (y x x)."""
    return ", ".join(
        f"{y:g}" if isinstance(field[0], int | float) else f"{y:g} x {x:g}"
        for y, x in per_axis(field)
    )


def receptive_box(field: Field | None, position: Pair, size: Pair) -> Box:
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
    if field is None or per_axis(field).covers(size):
        return 0, 0, *size
    axes = per_axis(field)
    center = axes.center(position)
    top, left = (
        math.floor(middle - (extent - 1) / 2 + 0.5)
        for middle, extent in zip(center, axes.size, strict=True)
    )
    return top, left, *axes.size


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
