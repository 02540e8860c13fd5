"""Change the pictures of any source before a network sees them: noise, blur, an occluder."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.frame import Frame
from dnnvis.core.probing.perturbation import Perturbation, clamp
from dnnvis.sources.opencv import opencv

Pixels = NDArray[np.uint8]

GRAY = 127  # of what comes in from outside of the picture, and of the occluder


def perturb(pixels: Pixels, perturbation: Perturbation, seed: int = 0) -> Pixels:
    """Return a changed copy of a picture.

    Args:
        pixels: uint8 (H, W, C).
        perturbation: What is changed.
        seed: Of the noise.

    Returns:
        uint8 (H, W, C); ``pixels`` itself where nothing is changed.
    """
    if perturbation.is_identity:
        return pixels
    p = clamp(perturbation)
    result = _move(np.ascontiguousarray(pixels), p)
    if p.blur:
        sigma = p.blur * min(result.shape[:2])
        result = _with_channels(opencv().GaussianBlur(result, (0, 0), sigma), pixels.shape)
    if p.contrast != 1 or p.brightness or p.noise:
        values = result.astype(np.float32) / 255
        values = (values - 0.5) * p.contrast + 0.5 + p.brightness
        if p.noise:
            values += np.random.default_rng(seed).normal(0, p.noise, values.shape)
        result = (np.clip(values, 0, 1) * 255).round().astype(np.uint8)
    if p.occluder:
        result = _cover(result, p)
    return result


def perturb_frame(frame: Frame, perturbation: Perturbation) -> Frame:
    """Return a frame with changed pixels, which says what was changed.

    A frame of a while ago that was changed then stays as it is. An automaton's state is left out:
    what is changed is its picture.
    """
    if perturbation.is_identity or frame.perturbed:
        return frame
    pixels = perturb(frame.pixels, perturbation, seed=max(0, frame.number))
    return replace(frame, pixels=pixels, perturbed=perturbation.describe(), state=None)


def _move(pixels: Pixels, p: Perturbation) -> Pixels:
    """Shift, zoom and turn about the center."""
    if not (p.rotation or p.shift_x or p.shift_y or p.zoom != 1):
        return pixels
    cv2 = opencv()
    height, width = pixels.shape[:2]
    center = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(center, p.rotation, p.zoom)
    matrix[:, 2] += p.shift_x * width, p.shift_y * height
    moved = cv2.warpAffine(
        pixels,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(GRAY,) * min(4, pixels.shape[2]),
    )
    return _with_channels(moved, pixels.shape)


def _cover(pixels: Pixels, p: Perturbation) -> Pixels:
    height, width = pixels.shape[:2]
    half = p.occluder * min(height, width) / 2
    y, x = p.occluder_y * height, p.occluder_x * width
    top, bottom = (int(np.clip(round(each), 0, height)) for each in (y - half, y + half))
    left, right = (int(np.clip(round(each), 0, width)) for each in (x - half, x + half))
    result = pixels.copy()
    result[top:bottom, left:right] = GRAY
    return result


def _with_channels(pixels: NDArray[np.uint8], shape: tuple[int, ...]) -> Pixels:
    """Return pixels with the axis of the channels, which OpenCV drops where it is 1."""
    return pixels.reshape(shape)
