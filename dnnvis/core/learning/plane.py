"""Define points on the plane in two classes, and the plane itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PLANE_LIMIT = 6.0  # the plane goes from -PLANE_LIMIT to PLANE_LIMIT, to the right and upwards
PLANE_SIDE = 86  # pixels: 255 / 85 is whole, so that 8 bits hold the coordinates exactly
LIMITS = (-PLANE_LIMIT, PLANE_LIMIT)
CLASSES = ("orange", "blue")  # labels -1 and 1


@dataclass(frozen=True, eq=False)
class PlanePoints:
    """Points on the plane, each of one of two classes."""

    #: Coordinates x and y in [-PLANE_LIMIT, PLANE_LIMIT], float32 (N, 2).
    points: NDArray[np.float32]
    #: Labels -1 or 1, float32 (N,).
    labels: NDArray[np.float32]
    #: Which of them are for testing, bool (N,).
    is_test: NDArray[np.bool_]
    #: What the two axes are called.
    axes: tuple[str, str] = ("x", "y")
    #: What the labels -1 and 1 are called.
    classes: tuple[str, str] = CLASSES
    #: Lowest and highest value of each axis in the data's own units.
    ranges: tuple[tuple[float, float], tuple[float, float]] = (LIMITS, LIMITS)
    #: Sentences on rows that were left out; () where all is as it was given.
    notes: tuple[str, ...] = ()

    def part(self, test: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return points and labels of the part for testing, or for training."""
        chosen = self.is_test if test else ~self.is_test
        return self.points[chosen], self.labels[chosen]


def plane_pixels() -> NDArray[np.uint8]:
    """Return the plane as a picture (PLANE_SIDE, PLANE_SIDE, 2): x and y as 0 to 255.

    x grows to the right and y upwards: the first row is y = PLANE_LIMIT.
    """
    line = (np.arange(PLANE_SIDE) * (255 // (PLANE_SIDE - 1))).astype(np.uint8)
    x = np.broadcast_to(line, (PLANE_SIDE, PLANE_SIDE))
    y = np.broadcast_to(line[::-1, None], (PLANE_SIDE, PLANE_SIDE))
    return np.ascontiguousarray(np.stack([x, y], 2))
