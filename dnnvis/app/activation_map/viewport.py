"""Map the part of an activation map on show to pixels of its picture, and back."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Box = tuple[float, float, float, float]  # x0, x1, y0, y1 of the map
WHOLE_MAP_MARGIN = 1.08  # how much more than the dots the whole map shows
MAX_ZOOM = 2e5  # times closer than the whole; float32 positions end there


@dataclass(frozen=True)
class MapViewport:
    """The part of the map that a picture shows; y grows upwards."""

    #: x of the map in the middle of the picture.
    x: float
    #: y of the map in the middle of the picture.
    y: float
    #: Pixels for one unit of the map, the same both ways.
    scale: float
    #: Width of the picture, in pixels.
    width: int
    #: Height of the picture, in pixels.
    height: int

    def to_pixels(self, points: Floats) -> Floats:
        """Return positions (N, 2) of the map as x, y of the picture (N, 2), from its corner."""
        points = np.asarray(points, np.float64).reshape(-1, 2)
        pixels: Floats = (points - (self.x, self.y)) * (self.scale, -self.scale)
        pixels += (self.width / 2, self.height / 2)
        return pixels

    def to_map(self, x: float, y: float) -> tuple[float, float]:
        """Return the position on the map under a point of the picture."""
        right, down = x - self.width / 2, y - self.height / 2
        return self.x + right / self.scale, self.y - down / self.scale

    def xs(self) -> Floats:
        """Return the x of the middle of each column of the picture (W,)."""
        centers: Floats = self.x + (np.arange(self.width) + 0.5 - self.width / 2) / self.scale
        return centers

    def ys(self) -> Floats:
        """Return the y of the middle of each row of the picture (H,), falling."""
        centers: Floats = self.y - (np.arange(self.height) + 0.5 - self.height / 2) / self.scale
        return centers

    def pan(self, right: float, down: float) -> "MapViewport":
        """Return the view after the picture was dragged so many pixels."""
        return replace(self, x=self.x - right / self.scale, y=self.y + down / self.scale)

    def magnify(self, factor: float, x: float, y: float) -> "MapViewport":
        """Return the view so many times closer, a point of the picture staying where it is.

        Args:
            factor: How many times closer.
            x: Column of the point, in pixels.
            y: Row of the point, in pixels.

        Returns:
            The new view.
        """
        previous = self.to_map(x, y)
        closer = replace(self, scale=self.scale * factor)
        point_after = closer.to_map(x, y)
        return replace(
            closer,
            x=closer.x + previous[0] - point_after[0],
            y=closer.y + previous[1] - point_after[1],
        )

    def upscale(self, ratio: float) -> "MapViewport":
        """Return the same view on a picture ``ratio`` times as large."""
        pixel_width, pixel_height = (max(1, round(v * ratio)) for v in (self.width, self.height))
        return MapViewport(self.x, self.y, self.scale * ratio, pixel_width, pixel_height)


def fit_box(box: Box, width: int, height: int) -> MapViewport:
    """Return the view of all of ``box`` in the middle of a picture.

    Args:
        box: x0, x1, y0, y1 of the map.
        width: Width of the picture, in pixels.
        height: Height of the picture, in pixels.

    Returns:
        The view.
    """
    x0, x1, y0, y1 = box
    box_width, box_height = max(x1 - x0, 1e-6), max(y1 - y0, 1e-6)
    scale = min(width / box_width, height / box_height) / WHOLE_MAP_MARGIN
    return MapViewport((x0 + x1) / 2, (y0 + y1) / 2, scale, max(width, 1), max(height, 1))


def bounding_box(points: Floats) -> Box:
    """Return the box in which all but one position in a thousand (N, 2) lie."""
    if not len(points):
        return (-1.0, 1.0, -1.0, 1.0)
    lower, upper = np.percentile(points, (0.05, 99.95), axis=0)
    return float(lower[0]), float(upper[0]), float(lower[1]), float(upper[1])


def tick_values(lower: float, upper: float, max_count: int) -> list[float]:
    """Return round numbers between two values, equally far apart.

    Args:
        lower: The lowest value.
        upper: The highest value.
        max_count: Number of ticks at most.

    Returns:
        The numbers, rising; [] of an empty range.
    """
    span = upper - lower
    if not span > 0 or max_count < 1:
        return []
    magnitude = 10.0 ** np.floor(np.log10(span / max_count))
    step = next(magnitude * k for k in (1, 2, 5, 10) if span / (magnitude * k) <= max_count)
    first, last = int(np.ceil(lower / step)), int(np.floor(upper / step))
    return [k * step for k in range(first, last + 1)]
