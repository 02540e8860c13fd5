"""Estimate how much noise and variation photographs have, at the size of a picture.

Measured on the 92 photographs of 100 of ImageNet (one of every tenth class) with a side of 224 or
more: short side to 256, center 224, then to each size by area. A small picture of the same scene
has the larger fraction of high frequencies.
"""

import math
from dataclasses import dataclass

import numpy as np

# side -> (median, 95th percentile) of the fraction above 0.25 cycles per pixel, of |dx| + |dy|
_MEASURED = {
    28: (0.114, 0.240, 0.142, 0.217),
    32: (0.102, 0.222, 0.136, 0.212),
    48: (0.071, 0.170, 0.111, 0.186),
    64: (0.058, 0.147, 0.098, 0.166),
    96: (0.042, 0.096, 0.082, 0.145),
    128: (0.030, 0.081, 0.072, 0.127),
    224: (0.026, 0.097, 0.065, 0.144),
}


@dataclass(frozen=True)
class PhotoRange:
    """Statistics of photographs to compare a picture with."""

    #: The median of photographs.
    median: float
    #: The value that 95 % of photographs lie below.
    percentile_95: float


def estimate_photo_ranges(side: int) -> tuple[PhotoRange, PhotoRange]:
    """Return high-frequency fraction and variation of photographs with that side in pixels.

    In between and outside of the measured sizes they are estimated by the logarithm of the side.
    """
    sides = [math.log(measured_side) for measured_side in _MEASURED]
    table = np.array(list(_MEASURED.values()))
    values = [float(np.interp(math.log(max(side, 1)), sides, column)) for column in table.T]
    return PhotoRange(*values[:2]), PhotoRange(*values[2:])
