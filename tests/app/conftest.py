"""No screen is needed: Qt draws into memory unless the caller says otherwise."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from dnnvis.core.frame import Frame
from dnnvis.core.mail import LayerInfo, Live, NetworkInfo


@pytest.fixture
def info() -> NetworkInfo:
    layers = (
        LayerInfo("block", "Sequential", (6, 8, 8), field=(3, 1, 0.0)),
        LayerInfo("block.conv", "Conv2d", (6, 8, 8), field=(3, 1, 0.0)),
        LayerInfo("block.pool", "MaxPool2d", (6, 4, 4), field=(4, 2, 0.5)),
        LayerInfo("dense", "Linear", (20, 1, 1)),
    )
    labels = ("cat", "dog", "ship")
    return NetworkInfo("toy", layers, labels, (8, 8), 3, "8 x 8 RGB, crop")


@pytest.fixture
def live() -> Live:
    return make_live()


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
