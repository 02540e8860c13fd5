"""Frames for the tests of the panels."""

import numpy as np

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live


def make_live(number: int = 142, output: tuple[float, ...] = (0.1, 0.7, 0.2)) -> Live:
    """A frame whose maps hold distinct values: channel, then place."""
    pixels = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    conv = np.arange(6 * 8 * 8, dtype=np.float32).reshape(6, 8, 8)
    conv[5] = 0
    pool = np.arange(6 * 4 * 4, dtype=np.float32).reshape(6, 4, 4)
    dense = np.arange(20, dtype=np.float32).reshape(20, 1, 1)
    return Live(
        Frame(pixels, number, "test", "dog"),
        "toy",
        pixels,
        {"block.conv": conv, "block.pool": pool, "dense": dense},
        np.array(output, np.float32),
        0.01,
    )
