"""Lay out several pictures as one, without any Qt."""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

N = TypeVar("N", bound=np.number[Any])  # stays as it is: uint8, or float

Box = tuple[float, float, float, float]  # x, y, width, height
Bytes = NDArray[np.uint8]
GAP = 2  # pixels between the pictures
TILE_GAP_PIXELS, PAPER_GRAY = 4, 255  # between and around the tiles of a sheet on paper


def choose_columns(count: int) -> int:
    """Return how many stand in a row: 1 of one, 3 of nine."""
    return max(1, math.ceil(math.sqrt(count)))


def arrange_images(
    images: NDArray[N], gap: int = GAP, fill: float = 0.0, columns: int | None = None
) -> NDArray[N]:
    """Arrange pictures (N, H, W, C) row by row as one picture.

    Args:
        images: The pictures, all of one size.
        gap: Pixels between them.
        fill: The value between them and where the last row has none.
        columns: How many stand in a row; None for about a square.

    Returns:
        The sheet (H, W, C), without a margin.
    """
    count, height, width, channels = images.shape
    n_columns = columns or choose_columns(count)
    n_rows = -(-count // n_columns)
    full = np.full(
        (n_rows * (height + gap) - gap, n_columns * (width + gap) - gap, channels),
        fill,
        images.dtype,
    )
    for k, image in enumerate(images):
        row, column = divmod(k, n_columns)
        y, x = row * (height + gap), column * (width + gap)
        full[y : y + height, x : x + width] = image
    return full


def arrange_tiles(tiles: Sequence[Bytes], columns: int) -> Bytes:
    """Arrange tiles (h, w, 3) of one size row by row on white paper, with a margin."""
    sheet = arrange_images(np.stack(tiles), TILE_GAP_PIXELS, PAPER_GRAY, columns)
    margin = ((TILE_GAP_PIXELS, TILE_GAP_PIXELS),) * 2 + ((0, 0),)
    return np.pad(sheet, margin, constant_values=PAPER_GRAY)


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
