"""Resize pictures without any library: exact means where they shrink."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def resize_pixels(pixels: Bytes, height: int, width: int) -> Bytes:
    """Return a picture at another size: each pixel is the mean of what it covers.

    Args:
        pixels: uint8 (H, W, C).
        height: New height, at least 1.
        width: New width, at least 1.

    Returns:
        uint8 (height, width, C); where it grows, pixels repeat.
    """
    rows = build_cover(pixels.shape[0], height)
    columns = build_cover(pixels.shape[1], width)
    values = np.einsum("yh,hwc,xw->yxc", rows, pixels.astype(np.float32), columns, optimize=True)
    result: Bytes = (values + 0.5).clip(0, 255).astype(np.uint8)
    return result


def build_cover(size: int, target: int) -> NDArray[np.float32]:
    """Return how much of each of ``size`` pixels each of ``target`` covers, (target, size).

    Each row sums to 1.
    """
    edges = np.linspace(0, size, target + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixel = np.arange(size)[None]
    overlap = np.minimum(high, pixel + 1) - np.maximum(low, pixel)
    weights = overlap.clip(min=0)
    result: NDArray[np.float32] = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return result
