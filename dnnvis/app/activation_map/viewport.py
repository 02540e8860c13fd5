"""Which part of an activation map is seen, and where each place of it lies on the picture."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Box = tuple[float, float, float, float]  # x0, x1, y0, y1 of the map
ROOM = 1.08  # how much more than the dots the whole map shows
CLOSEST = 2e5  # times closer than the whole; float32 places end there


@dataclass(frozen=True)
class View:
    """``x``, ``y`` of the map lie in the middle of ``width`` times ``height`` pixels, of which
    ``scale`` make one unit of the map, the same both ways; y grows upwards."""

    x: float
    y: float
    scale: float
    width: int
    height: int

    def to_pixels(self, places: Floats) -> Floats:
        """Places (N, 2) of the map as x, y of the picture (N, 2); (0, 0) is its corner."""
        places = np.asarray(places, np.float64).reshape(-1, 2)
        found: Floats = (places - (self.x, self.y)) * (self.scale, -self.scale)
        found += (self.width / 2, self.height / 2)
        return found

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The place of the map under a point of the picture."""
        right, down = x - self.width / 2, y - self.height / 2
        return self.x + right / self.scale, self.y - down / self.scale

    def xs(self) -> Floats:
        """The x of the middle of each column of the picture (W,)."""
        found: Floats = self.x + (np.arange(self.width) + 0.5 - self.width / 2) / self.scale
        return found

    def ys(self) -> Floats:
        """The y of the middle of each row of the picture (H,), falling."""
        found: Floats = self.y - (np.arange(self.height) + 0.5 - self.height / 2) / self.scale
        return found

    def moved(self, right: float, down: float) -> "View":
        """What is seen after the picture was pulled so many pixels."""
        return replace(self, x=self.x - right / self.scale, y=self.y + down / self.scale)

    def zoomed(self, factor: float, x: float, y: float) -> "View":
        """So many times closer, the point x, y of the picture staying where it is."""
        here = self.place(x, y)
        closer = replace(self, scale=self.scale * factor)
        there = closer.place(x, y)
        return replace(closer, x=closer.x + here[0] - there[0], y=closer.y + here[1] - there[1])

    def grown(self, ratio: float) -> "View":
        """The same on a picture ``ratio`` times as large."""
        wide, high = (max(1, round(v * ratio)) for v in (self.width, self.height))
        return View(self.x, self.y, self.scale * ratio, wide, high)


def whole(box: Box, width: int, height: int) -> View:
    """All of ``box`` in the middle of a picture of that size."""
    x0, x1, y0, y1 = box
    wide, high = max(x1 - x0, 1e-6), max(y1 - y0, 1e-6)
    scale = min(width / wide, height / high) / ROOM
    return View((x0 + x1) / 2, (y0 + y1) / 2, scale, max(width, 1), max(height, 1))


def box_of(places: Floats) -> Box:
    """The box in which all but one place in a thousand (N, 2) lie."""
    if not len(places):
        return (-1.0, 1.0, -1.0, 1.0)
    low, high = np.percentile(places, (0.05, 99.95), axis=0)
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between ``low`` and ``high``, at most so many, equally far apart."""
    span = high - low
    if not span > 0 or most < 1:
        return []
    size = 10.0 ** np.floor(np.log10(span / most))
    step = next(size * k for k in (1, 2, 5, 10) if span / (size * k) <= most)
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    return [k * step for k in range(first, last + 1)]
