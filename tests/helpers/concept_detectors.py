"""A network whose units are made to detect known concepts: hues, stripes by angle, textures."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

SIZE, KERNEL = 64, 15
FINE, BROAD = 4.0, 9.0  # periods in pixels at this size, as in dnnvis.sources.concepts.patterns
#: Not orange: the direction of orange is as long in a saturated red.
HUES = {
    "red": 0,
    "yellow": 60,
    "green": 120,
    "cyan": 180,
    "blue": 240,
    "purple": 280,
    "pink": 325,
}
Kernel = NDArray[np.float64]


def _grid() -> tuple[Kernel, Kernel]:
    y, x = np.mgrid[:KERNEL, :KERNEL] - KERNEL // 2
    return y.astype(float), x.astype(float)


def _window() -> Kernel:
    y, x = _grid()
    return np.exp(-(x**2 + y**2) / 32)


def hue_kernel(degrees: float) -> Kernel:
    """The mean color of 5 x 5 pixels along a direction of the plane without gray."""
    angle = np.deg2rad(degrees)
    red, green, blue = (np.cos(angle - np.deg2rad(at)) for at in (0, 120, 240))
    box = np.zeros((KERNEL, KERNEL))
    box[5:10, 5:10] = 1 / 25
    return np.stack([red * box, green * box, blue * box])


def gray(kernel: Kernel) -> Kernel:
    """The same for all colors, blind to even gray and of length 1."""
    kernel = kernel - kernel.mean()
    kernel = kernel / np.sqrt((kernel**2).sum())
    return np.stack([kernel] * 3) / 3


def stripe_kernel(degrees: float, period: float) -> Kernel:
    """A Gabor patch whose stripes run at an angle from the horizontal, against the clock."""
    y, x = _grid()
    angle = np.deg2rad(degrees)
    across = x * np.sin(angle) + y * np.cos(angle)
    return gray(_window() * np.cos(2 * np.pi * across / period))


def checks_kernel(period: float) -> Kernel:
    """Two crossed waves, which checks of that period are the product of."""
    y, x = _grid()
    return gray(_window() * np.sin(2 * np.pi * x / period) * np.sin(2 * np.pi * y / period))


def detectors() -> dict[str, Kernel]:
    """The name of each unit's concept, and its kernel (3, 15, 15)."""
    kernels = {name: hue_kernel(degrees) for name, degrees in HUES.items()}
    for angle in (0, 45, 90, 135):
        kernels[f"fine stripes {angle}°"] = stripe_kernel(angle, FINE)
        kernels[f"broad stripes {angle}°"] = stripe_kernel(angle, BROAD)
    kernels["fine checks"] = checks_kernel(FINE)
    kernels["broad checks"] = checks_kernel(BROAD)
    return kernels


def planted() -> Network:
    """A convolution of the detectors and ReLU, for pictures of 64 x 64; layers 0 and 1."""
    kernels = np.stack(list(detectors().values()))
    module = nn.Sequential(
        nn.Conv2d(3, len(kernels), KERNEL, padding=KERNEL // 2, bias=False), nn.ReLU()
    )
    with torch.no_grad():
        module[0].weight.copy_(torch.from_numpy(kernels))
    return wrap(module, size=SIZE)
