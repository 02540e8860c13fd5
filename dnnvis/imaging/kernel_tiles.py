"""Draw the weights of convolutions as small tiles."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.colorize import map_to_rgb

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
SIGNED = "signed"  # the color map of weights: zero in the middle
POSITIVE = "viridis"  # that of activations


def draw_colors(kernel: Floats, colors: Sequence[int]) -> Bytes:
    """Draw a kernel that sees red, green and blue: mid-gray is zero.

    Args:
        kernel: Weights (C, h, w).
        colors: Its inputs that are red, green and blue.

    Returns:
        Pixels (h, w, 3); the kernel's largest absolute weight is a whole step from gray.
    """
    picked = _finite(kernel[list(colors)]).transpose(1, 2, 0)
    scaled = 0.5 + picked / (2 * _largest(kernel))
    pixels: Bytes = (np.clip(scaled, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def draw_signed(values: Floats, limit: float) -> Bytes:
    """Draw values (h, w) on a diverging color map that ends at ``limit`` on both sides."""
    limit = limit if limit > 0 else 1.0
    return np.ascontiguousarray(map_to_rgb(values, -limit, limit, SIGNED))


def undo_scales(weights: Floats, scales: Sequence[float]) -> Floats:
    """Return weights (units, inputs, h, w) per step of a pixel in [0, 1], not of a scaled one.

    Args:
        weights: What multiplies pixels that were divided by ``scales``.
        scales: The standard deviation of each input, all above 0; () = nothing is undone.

    Returns:
        The weights divided by it.
    """
    if not scales:
        return weights
    divisor = np.asarray(scales, np.float32)[:, None, None]
    return np.asarray(weights / divisor, np.float32)


def draw_units(weights: Floats, colors: Sequence[int] = ()) -> list[Bytes]:
    """Draw one tile for each unit of a convolution.

    Args:
        weights: Weights (units, inputs, h, w).
        colors: The inputs that are red, green and blue; () where none are.

    Returns:
        Pixels (h, w, 3) for each unit: its kernel in colors, else the weights of its strongest
        input, each scaled by the unit's largest absolute weight.
    """
    if colors:
        return [draw_colors(kernel, colors) for kernel in weights]
    clean = _finite(weights)
    units, _, height, width = clean.shape
    strongest = np.einsum("uihw,uihw->ui", clean, clean, dtype=np.float64).argmax(1)
    limits = np.abs(clean).max((1, 2, 3), initial=0.0)
    scaled = clean[np.arange(units), strongest] / np.where(limits > 0, limits, 1)[:, None, None]
    pixels = draw_signed(scaled.reshape(units * height, width), 1.0)  # all at once
    return list(pixels.reshape(units, height, width, 3))


def draw_map(values: Floats) -> Bytes:
    """Draw a unit's map (h, w) on its own scale: blue and red about 0 where it has negative values.

    Returns:
        Pixels (h, w, 3).
    """
    limit = _largest(values)
    finite = values[np.isfinite(values)]
    if finite.size and float(finite.min()) < 0:
        return draw_signed(values, limit)
    return np.ascontiguousarray(map_to_rgb(values, 0.0, limit, POSITIVE))


def draw_inputs(kernel: Floats) -> list[Bytes]:
    """Draw one tile for each input of a unit (C, h, w), all on the same scale."""
    limit = _largest(kernel)
    return [draw_signed(weights, limit) for weights in kernel]


def sort_inputs(kernel: Floats) -> NDArray[np.int64]:
    """Return the inputs of a unit (C, h, w) by the strength of their weights, strongest first.

    Strength is the root of the sum of squares.
    """
    strength = (_finite(kernel).astype(np.float64) ** 2).sum((1, 2))
    return np.argsort(-strength, kind="stable")


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0).astype(np.float32)


def _largest(kernel: Floats) -> float:
    return float(np.abs(_finite(kernel)).max(initial=0.0)) or 1.0
