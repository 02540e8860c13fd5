"""Several pictures laid out as one, without any Qt."""

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

N = TypeVar("N", bound=np.number[Any])  # stays as it is: uint8, or float

Box = tuple[float, float, float, float]  # x, y, width, height
GAP = 2  # pixels between the pictures


def columns(count: int) -> int:
    """How many stand in a row: 1 of one, 3 of nine."""
    return max(1, math.ceil(math.sqrt(count)))


def laid_out(sheet: NDArray[N], gap: int = GAP, shade: float = 0.0) -> NDArray[N]:
    """Pictures (N, H, W, C) in rows as one picture, ``shade`` between them."""
    count, height, width, channels = sheet.shape
    across = columns(count)
    down = -(-count // across)
    full = np.full(
        (down * (height + gap) - gap, across * (width + gap) - gap, channels), shade, sheet.dtype
    )
    for k, picture in enumerate(sheet):
        x, y, w, h = (round(edge) for edge in box_of(k, sheet.shape, gap))
        full[y : y + h, x : x + w] = picture
    return full


def box_of(k: int, shape: tuple[int, ...], gap: int = GAP) -> Box:
    """Where picture ``k`` of a sheet (N, H, W, C) lies in the layout."""
    count, height, width = shape[:3]
    row, column = divmod(k, columns(count))
    return column * (width + gap), row * (height + gap), width, height


def index_at(y: float, x: float, shape: tuple[int, ...], gap: int = GAP) -> int | None:
    """Which picture lies under a point of the layout; None between and past them."""
    for k in range(shape[0]):
        left, top, width, height = box_of(k, shape, gap)
        if left <= x < left + width and top <= y < top + height:
            return k
    return None
