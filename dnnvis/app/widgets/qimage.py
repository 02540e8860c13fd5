"""Wrap the pixels of an array as a QImage."""

from math import prod
from typing import Any

from numpy.typing import NDArray
from PyQt6.QtGui import QImage


def wrap_pixels(pixels: NDArray[Any], kind: QImage.Format) -> QImage:
    """Return an image over contiguous pixels, uint8 or packed, without a copy.

    They are (H, W) or (H, W, C). The image only borrows them: its owner has to keep the array as
    well.
    """
    height, width = pixels.shape[:2]
    stride = prod(pixels.shape[1:]) * pixels.itemsize  # bytes a row
    # PyQt6's stubs know bytes only; any buffer is accepted
    return QImage(pixels.data, width, height, stride, kind)  # type: ignore[call-overload, no-any-return]
