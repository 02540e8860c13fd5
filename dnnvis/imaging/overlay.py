"""Lay a map of importance over the picture that it is about."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.colorize import to_three_channels

ABOVE, BELOW = (255, 170, 0), (70, 150, 255)  # of values above and below zero
BASE_FRACTION = 0.7  # of the picture's brightness, so that the colors stand out
MAX_OPACITY = 0.85  # of the color where the map is strongest
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def overlay(values: NDArray[np.floating], picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture in gray with the map over it, uint8 (H, W, 3).

    Orange is above zero and blue below, the more opaque the greater the magnitude beside the
    largest one; what is not a finite number counts as zero.

    Args:
        values: The map (H, W).
        picture: Pixels (H, W, C) of the same size.

    Raises:
        ValueError: The sizes differ.
    """
    if values.shape != picture.shape[:2]:
        raise ValueError(f"A map of {values.shape} does not fit a picture of {picture.shape[:2]}.")
    clean = np.nan_to_num(np.asarray(values, np.float32), posinf=0.0, neginf=0.0)
    largest = float(np.abs(clean).max(initial=0)) or 1.0
    opacity = (MAX_OPACITY * np.abs(clean) / largest)[:, :, None]
    gray = to_three_channels(picture).astype(np.float32) @ np.array(LUMA, np.float32)
    color = np.where(clean[:, :, None] < 0, BELOW, ABOVE).astype(np.float32)
    mixed = (1 - opacity) * BASE_FRACTION * gray[:, :, None] + opacity * color
    return np.rint(mixed).clip(0, 255).astype(np.uint8)
