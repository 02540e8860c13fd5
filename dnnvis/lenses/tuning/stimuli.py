"""Draw the pictures of a tuning curve: bars, gratings, dots and hues, as float arrays.

Pictures are (H, W, 3) in [0, 1] on a gray background of 0.5, anti-aliased over one pixel. Angles
are those of the stripes, in degrees: 0 is horizontal, counted counter-clockwise as seen.
"""

import colorsys

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.probing.tuning import StimulusKind, TuningAxis, TuningCurve

Pixels = NDArray[np.float32]

BACKGROUND = 0.5
PHASES = 4  # of each grating; the response is the mean over them
ANGLES = tuple(float(k) * 180 / 16 for k in range(16))
HUES = tuple(float(k) * 15 for k in range(24))
#: Periods of gratings, as fractions of the shorter side.
PERIOD_FRACTIONS = (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32)
MIN_PERIOD_PIXELS = 2.0
WIDTH_FRACTIONS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4)
DIAMETER_FRACTIONS = tuple(k / 16 for k in range(1, 17))
MAX_CONTRAST = 0.5


def list_axes(kind: StimulusKind, size: tuple[int, int]) -> tuple[TuningAxis, ...]:
    """Return what is varied, for pictures of a size (H, W)."""
    side = min(size)
    angles = TuningAxis("angle", ANGLES, "degrees", 180.0)
    if kind == "gratings":
        periods = sorted({max(MIN_PERIOD_PIXELS, side * part) for part in PERIOD_FRACTIONS})
        frequencies = tuple(1 / period for period in reversed(periods))
        return angles, TuningAxis("frequency", frequencies, "cycles per pixel")
    if kind == "bars":
        widths = sorted({max(1.0, side * part) for part in WIDTH_FRACTIONS})
        return angles, TuningAxis("width", tuple(widths), "pixels")
    if kind == "dots":
        diameters = sorted({max(1.0, side * part) for part in DIAMETER_FRACTIONS})
        return TuningAxis("diameter", tuple(diameters), "pixels"), _POLARITY
    return (TuningAxis("hue", HUES, "degrees", 360.0),)


_POLARITY = TuningAxis("contrast", (-1.0, 1.0), "of dark and light")


def draw_stimuli(kind: StimulusKind, values: tuple[float, ...], size: tuple[int, int]) -> Pixels:
    """Draw the pictures of one point of the curve.

    Args:
        kind: The family.
        values: A value of each axis of ``list_axes``.
        size: (H, W).

    Returns:
        float32 (N, H, W, 3) in [0, 1]: the phases of a grating, dark and light of a bar, else one.
    """
    if kind == "gratings":
        phases = [2 * np.pi * k / PHASES for k in range(PHASES)]
        return np.stack([draw_grating(values[0], values[1], phase, size) for phase in phases])
    if kind == "bars":
        return np.stack([draw_bar(values[0], values[1], sign, size) for sign in (-1, 1)])
    if kind == "dots":
        return draw_dot(values[0], values[1], size)[None]
    return draw_hue(values[0], size)[None]


def draw_preferred(curve: TuningCurve, size: tuple[int, int]) -> NDArray[np.uint8] | None:
    """Draw a picture of the point of a curve with the greatest response, uint8 (H, W, 3)."""
    if not curve.best:
        return None
    picture = draw_stimuli(curve.kind, curve.best, size)[-1]
    pixels: NDArray[np.uint8] = (picture * 255).round().astype(np.uint8)
    return pixels


def draw_grating(angle: float, frequency: float, phase: float, size: tuple[int, int]) -> Pixels:
    """Draw a sinusoidal grating of full contrast.

    Args:
        angle: Of the stripes, in degrees.
        frequency: In cycles per pixel, across the stripes.
        phase: In radians, at the center.
        size: (H, W).
    """
    across = _distance_across(angle, size)
    wave = np.cos(2 * np.pi * frequency * across + phase)
    return _gray(BACKGROUND + MAX_CONTRAST * wave)


def draw_bar(angle: float, width: float, sign: float, size: tuple[int, int]) -> Pixels:
    """Draw a bar through the center, as long as the picture.

    Args:
        angle: Of the bar, in degrees.
        width: In pixels.
        sign: 1 light, -1 dark.
        size: (H, W).
    """
    inside = _cover(width / 2 - np.abs(_distance_across(angle, size)))
    return _gray(BACKGROUND + sign * MAX_CONTRAST * inside)


def draw_dot(diameter: float, sign: float, size: tuple[int, int]) -> Pixels:
    """Draw a disk at the center.

    Args:
        diameter: In pixels.
        sign: 1 light, -1 dark.
        size: (H, W).
    """
    rows, columns = _center_grid(size)
    inside = _cover(diameter / 2 - np.hypot(rows, columns))
    return _gray(BACKGROUND + sign * MAX_CONTRAST * inside)


def draw_hue(hue: float, size: tuple[int, int]) -> Pixels:
    """Draw a plain field of a hue (degrees of HSV, saturation and value 1)."""
    color = np.array(colorsys.hsv_to_rgb(hue / 360, 1, 1), np.float32)
    return np.broadcast_to(color, (*size, 3)).astype(np.float32)


def draw_background(size: tuple[int, int]) -> Pixels:
    """Draw the plain background."""
    return np.full((*size, 3), BACKGROUND, np.float32)


def _center_grid(size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distances of each pixel's center from that of the picture, down and across."""
    height, width = size
    rows = np.arange(height, dtype=np.float64) - (height - 1) / 2
    columns = np.arange(width, dtype=np.float64) - (width - 1) / 2
    return np.repeat(rows[:, None], width, 1), np.repeat(columns[None], height, 0)


def _distance_across(angle: float, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the signed distance from the line through the center at an angle, in pixels."""
    rows, columns = _center_grid(size)
    turn = np.deg2rad(angle)
    across: NDArray[np.float64] = columns * np.sin(turn) + rows * np.cos(turn)
    return across


def _cover(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of each pixel lies inside, from the depth of its center inside."""
    inside: NDArray[np.float64] = np.clip(depth + 0.5, 0, 1)
    return inside


def _gray(values: NDArray[np.float64]) -> Pixels:
    return np.repeat(np.clip(values, 0, 1)[..., None], 3, 2).astype(np.float32)
