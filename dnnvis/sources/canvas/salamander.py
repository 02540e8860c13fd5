"""Draw a fire salamander: the target of our own for growing automata."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Dot = tuple[float, float, float]  # x, y and radius, as shares of the side

SUPERSAMPLING = 8
SKIN, BACK = (24, 92, 138), (62, 146, 186)
SPOT, EYE = (255, 182, 20), (250, 250, 240)
# The spine from the nose to the tip of the tail, (x, y, radius) as shares of the side.
SPINE = (
    *((0.715, 0.105, 0.050), (0.67, 0.165, 0.090), (0.60, 0.23, 0.080), (0.53, 0.31, 0.075)),
    *((0.49, 0.40, 0.098), (0.51, 0.50, 0.105), (0.56, 0.59, 0.095), (0.57, 0.67, 0.078)),
    *((0.52, 0.76, 0.066), (0.42, 0.83, 0.056), (0.30, 0.85, 0.046), (0.20, 0.80, 0.036)),
    *((0.15, 0.71, 0.028), (0.16, 0.63, 0.018)),
)
# Each leg from shoulder to foot, and three toes.
LEGS = (
    ((0.46, 0.36), (0.33, 0.33), (0.27, 0.22)),
    ((0.58, 0.34), (0.72, 0.37), (0.80, 0.30)),
    ((0.51, 0.62), (0.38, 0.62), (0.33, 0.53)),
    ((0.62, 0.62), (0.75, 0.66), (0.79, 0.78)),
)
# Spots (x, y, radius).
SPOTS = (
    *((0.61, 0.175, 0.030), (0.665, 0.235, 0.026), (0.545, 0.27, 0.030), (0.44, 0.38, 0.036)),
    *((0.54, 0.385, 0.034), (0.46, 0.49, 0.038), (0.565, 0.49, 0.034), (0.51, 0.585, 0.036)),
    *((0.605, 0.60, 0.032), (0.56, 0.69, 0.036), (0.48, 0.785, 0.034), (0.37, 0.845, 0.030)),
    *((0.25, 0.83, 0.024), (0.165, 0.745, 0.018), (0.33, 0.33, 0.022), (0.72, 0.37, 0.022)),
    *((0.39, 0.62, 0.022), (0.75, 0.665, 0.022)),
)
EYES = ((0.605, 0.135, 0.032), (0.745, 0.195, 0.032))


def draw_salamander(side: int = 40) -> NDArray[np.uint8]:
    """Draw the salamander from above, RGBA (side, side, 4), transparent around it."""
    fine = side * SUPERSAMPLING
    y, x = (np.mgrid[:fine, :fine] + 0.5) / fine
    body = _draw_chain(x, y, SPINE)
    for shoulder, elbow, foot in LEGS:
        leg = ((*shoulder, 0.05), (*elbow, 0.038), (*foot, 0.034))
        body |= _draw_chain(x, y, leg)
        for angle in (-0.9, 0.0, 0.9):
            direction = np.arctan2(foot[1] - elbow[1], foot[0] - elbow[0]) + angle
            toe = foot[0] + 0.06 * np.cos(direction), foot[1] + 0.06 * np.sin(direction)
            body |= _draw_chain(x, y, ((*foot, 0.022), (*toe, 0.016)))
    for eye in EYES:
        body |= _draw_chain(x, y, (eye, eye))
    color = np.zeros((fine, fine, 3))
    color[:] = SKIN
    light = _draw_chain(x + 0.02, y + 0.02, [(a, b, r * 0.55) for a, b, r in SPINE])
    color[light] = BACK
    for layer, dots in ((SPOT, SPOTS), (EYE, EYES)):
        for dot in dots:
            color[_draw_chain(x, y, (dot, dot))] = layer
    for eye_x, eye_y, radius in EYES:
        pupil = (eye_x + 0.008, eye_y - 0.008, radius * 0.5)
        color[_draw_chain(x, y, (pupil, pupil))] = (10, 10, 14)
    return _reduce(color, body.astype(float), side)


def _draw_chain(
    x: NDArray[np.float64], y: NDArray[np.float64], chain: Sequence[Dot]
) -> NDArray[np.bool_]:
    """Return what lies within a chain of dots (x, y, radius), radii mixed in between."""
    inside = np.zeros(x.shape, bool)
    for (x0, y0, r0), (x1, y1, r1) in pairwise(chain):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / max(length, 1e-9)
        along = along.clip(0, 1)
        distance = np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))
        inside |= distance <= r0 + along * (r1 - r0)
    return inside


def _reduce(color: NDArray[np.float64], alpha: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """Average blocks of samples, colors weighted by their alpha."""
    shape = (side, SUPERSAMPLING, side, SUPERSAMPLING, -1)
    share = alpha.reshape(shape).mean((1, 3))
    mean = (color * alpha[..., None]).reshape(shape).mean((1, 3)) / np.maximum(share, 1e-9)
    rgba = np.concatenate([mean, share * 255], 2)
    pixels: NDArray[np.uint8] = np.rint(rgba).clip(0, 255).astype(np.uint8)
    return pixels
