"""Select the points inside a closed line drawn by hand."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def points_in_polygon(points: Floats, polygon: Floats) -> NDArray[np.bool_]:
    """Return which of ``points`` (N, 2) lie inside ``polygon`` (n, 2), bool (N,), in any units.

    Its last corner is joined to its first. A line from the point to the left crosses its edges an
    odd number of times: what a line that crosses itself encloses twice lies outside. Fewer than
    three corners enclose nothing; a point that is not finite lies outside.
    """
    corners = np.asarray(polygon, np.float64).reshape(-1, 2)
    coordinates = np.asarray(points, np.float64).reshape(-1, 2)
    mask = np.zeros(len(coordinates), bool)
    if len(corners) < 3:
        return mask
    with np.errstate(invalid="ignore"):
        in_bounds = ((coordinates >= corners.min(0)) & (coordinates <= corners.max(0))).all(1)
    rows = np.flatnonzero(in_bounds)
    rows = rows[np.argsort(coordinates[rows, 1], kind="stable")]
    x, y = coordinates[rows, 0], coordinates[rows, 1]
    odd = np.zeros(len(rows), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        first, last = np.searchsorted(y, sorted((y0, y1)))  # lower end in, upper end out
        if first < last:
            crossing = x0 + (y[first:last] - y0) * ((x1 - x0) / (y1 - y0))
            odd[first:last] ^= crossing < x[first:last]
    mask[rows] = odd
    return mask
