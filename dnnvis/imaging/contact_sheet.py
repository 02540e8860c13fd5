"""Lay out several pictures as one, without any Qt."""

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

N = TypeVar("N", bound=np.number[Any])  # stays as it is: uint8, or float

Box = tuple[float, float, float, float]  # x, y, width, height
GAP = 2  # pixels between the pictures


def choose_columns(count: int) -> int:
    """Return how many stand in a row: 1 of one, 3 of nine."""
    return max(1, math.ceil(math.sqrt(count)))


def arrange_images(images: NDArray[N], gap: int = GAP, fill: float = 0.0) -> NDArray[N]:
    """Arrange pictures in rows as one picture.

    Args:
        images: Pictures (N, H, W, C).
        gap: Pixels between them.
        fill: Value between them.

    Returns:
        One picture (H', W', C).
    """
    count, height, width, channels = images.shape
    n_columns = choose_columns(count)
    n_rows = -(-count // n_columns)
    full = np.full(
        (n_rows * (height + gap) - gap, n_columns * (width + gap) - gap, channels),
        fill,
        images.dtype,
    )
    for k, image in enumerate(images):
        x, y, w, h = (round(edge) for edge in receptive_box(k, images.shape, gap))
        full[y : y + h, x : x + w] = image
    return full


def receptive_box(k: int, shape: tuple[int, ...], gap: int = GAP) -> Box:
    """Return where a picture of a sheet lies.

    Args:
        k: Number of the picture.
        shape: Shape of the pictures, (N, H, W, ...).
        gap: Pixels between them.

    Returns:
        (x, y, width, height) in pixels of the sheet.
    """
    count, height, width = shape[:3]
    row, column = divmod(k, choose_columns(count))
    return column * (width + gap), row * (height + gap), width, height


def find_image(y: float, x: float, shape: tuple[int, ...], gap: int = GAP) -> int | None:
    """Return which picture lies under a point of a sheet.

    Args:
        y: Vertical position in pixels of the sheet.
        x: Horizontal position.
        shape: Shape of the pictures, (N, H, W, ...).
        gap: Pixels between them.

    Returns:
        Number of the picture; None between and past them.
    """
    for k in range(shape[0]):
        left, top, width, height = receptive_box(k, shape, gap)
        if left <= x < left + width and top <= y < top + height:
            return k
    return None
