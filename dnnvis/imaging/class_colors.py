"""Colours of classes: the same everywhere a class has one."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

# after the "tab10" of Tableau, its gray (unlabelled dots) replaced by a yellow and its olive by a
# dark green, so that all ten stay apart in one small dot
TEN = (
    (56, 128, 226), (255, 132, 26), (66, 190, 80), (228, 48, 52), (160, 96, 220),
    (150, 96, 62), (250, 126, 206), (246, 214, 46), (28, 204, 214), (0, 112, 84),
)  # fmt: skip
GRAY = (140, 140, 140)  # of what has no class
STEP = 15  # between two levels of a channel among which further colours are sought

Floats = NDArray[np.float64]


def class_colours(classes: int) -> NDArray[np.uint8]:
    """A colour for each class, uint8 (classes, 3) RGB; the first ten are ``TEN``.

    Further ones each lie as far as they can from those before and from ``GRAY``, in OKLab,
    neither nearly black nor nearly white: readable on a light and on a dark ground. The colour
    of a class does not depend on how many there are.
    """
    if classes <= len(TEN):
        return np.array(TEN[:classes], np.uint8).reshape(-1, 3)
    return _many(classes).copy()


@cache
def _many(classes: int) -> NDArray[np.uint8]:
    levels = np.arange(0, 256, STEP)
    offered = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), 3).reshape(-1, 3)
    places = oklab(offered)
    light = (places[:, 0] > 0.4) & (places[:, 0] < 0.9)
    offered, places = offered[light], places[light]
    found = [np.array(colour) for colour in TEN]
    away = np.full(len(places), np.inf)
    for colour in (*TEN, GRAY):
        away = np.minimum(away, _gaps(places, np.array(colour)))
    while len(found) < classes:
        at = int(away.argmax())
        found.append(offered[at])
        away = np.minimum(away, _gaps(places, offered[at]))
    return np.array(found, np.uint8)


def _gaps(places: Floats, colour: NDArray[np.int64]) -> Floats:
    found: Floats = np.linalg.norm(places - oklab(colour[None]), axis=1)
    return found


def oklab(rgb: NDArray[np.int64]) -> Floats:
    """sRGB 0..255 (N, 3) as OKLab (N, 3), in which equal distances look equally different
    (Ottosson 2020)."""
    share = np.asarray(rgb, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.array(
        [[0.4122214708, 0.2119034982, 0.0883024619],
         [0.5363325363, 0.6806995451, 0.2817188376],
         [0.0514459929, 0.1073969566, 0.6299787005]]
    )  # fmt: skip
    found: Floats = np.cbrt(cones) @ np.array(
        [[0.2104542553, 1.9779984951, 0.0259040371],
         [0.7936177850, -2.4285922050, 0.7827717662],
         [-0.0040720468, 0.4505937099, -0.8086757660]]
    )  # fmt: skip
    return found
