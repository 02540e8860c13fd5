"""Give classes colors: the same everywhere a class has one."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

# after the "tab10" of Tableau, its gray (unlabelled dots) replaced by a yellow and its olive by a
# dark green, so that all ten stay apart in one small dot
FIRST_TEN_COLORS = (
    (56, 128, 226),
    (255, 132, 26),
    (66, 190, 80),
    (228, 48, 52),
    (160, 96, 220),
    (150, 96, 62),
    (250, 126, 206),
    (246, 214, 46),
    (28, 204, 214),
    (0, 112, 84),
)
UNLABELED_COLOR = (140, 140, 140)  # of what has no class
CHANNEL_STEP = 15  # between two levels of a channel among which further colors are sought

Floats = NDArray[np.float64]


def generate_class_colors(classes: int) -> NDArray[np.uint8]:
    """Return a color for each class, uint8 (classes, 3) RGB.

    The first ten are ``FIRST_TEN_COLORS``. Further ones each lie as far as they can from those
    before and from ``UNLABELED_COLOR``, in OKLab, neither nearly black nor nearly white: readable
    on a light and on a dark background. The color of a class does not depend on how many there are.
    """
    if classes <= len(FIRST_TEN_COLORS):
        return np.array(FIRST_TEN_COLORS[:classes], np.uint8).reshape(-1, 3)
    return _extend_colors(classes).copy()


@cache
def _extend_colors(classes: int) -> NDArray[np.uint8]:
    levels = np.arange(0, 256, CHANNEL_STEP)
    candidates = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), 3).reshape(-1, 3)
    points = rgb_to_oklab(candidates)
    readable = (points[:, 0] > 0.4) & (points[:, 0] < 0.9)
    candidates, points = candidates[readable], points[readable]
    colors = [np.array(color) for color in FIRST_TEN_COLORS]
    nearest = np.full(len(points), np.inf)
    for color in (*FIRST_TEN_COLORS, UNLABELED_COLOR):
        nearest = np.minimum(nearest, _compute_distances(points, np.array(color)))
    while len(colors) < classes:
        farthest = int(nearest.argmax())
        colors.append(candidates[farthest])
        nearest = np.minimum(nearest, _compute_distances(points, candidates[farthest]))
    return np.array(colors, np.uint8)


def _compute_distances(points: Floats, color: NDArray[np.int64]) -> Floats:
    distances: Floats = np.linalg.norm(points - rgb_to_oklab(color[None]), axis=1)
    return distances


def rgb_to_oklab(rgb: NDArray[np.int64]) -> Floats:
    """Convert sRGB 0..255 (N, 3) to OKLab (N, 3) (Ottosson 2020).

    Equal distances in it look equally different.
    """
    srgb = np.asarray(rgb, np.float64) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    lab: Floats = np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
    return lab
