"""Quality metrics of a synthesized picture, and the picture's spectrum."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.lenses.ascent.color_statistics import frequencies

HIGH_FREQUENCY = 0.25  # cycles per pixel


def high_frequency_fraction(values: NDArray[np.float32]) -> float:
    """Return the fraction of the spectral energy above 0.25 cycles per pixel.

    Of a picture (H, W, C), the mean removed per channel; 0 for a constant one. Natural photographs
    at 224 pixels: median .021, 95 % below .108.
    """
    height, width = values.shape[:2]
    x = torch.from_numpy(np.moveaxis(values, 2, 0).astype(np.float64))
    spectrum = torch.fft.rfft2(x - x.mean((1, 2), keepdim=True)).numpy()
    energy = np.square(spectrum.real).sum(0) + np.square(spectrum.imag).sum(0)
    energy[:, 1 : (width + 1) // 2] *= 2  # each of them stands for its mirror image, too
    total = float(energy.sum())
    return float(energy[_high_frequencies(height, width)].sum() / total) if total > 1e-12 else 0.0


@lru_cache(maxsize=16)
def _high_frequencies(height: int, width: int) -> NDArray[np.bool_]:
    """Return which coefficients of rfft2 are of high frequency, (H, W // 2 + 1)."""
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    mask: NDArray[np.bool_] = np.hypot(fy, fx) > HIGH_FREQUENCY
    return mask


def variation(values: NDArray[np.float32]) -> float:
    """Return the mean absolute difference of neighbors, |dx| + |dy|.

    Of a picture (H, W, C) in [0, 1]. Natural photographs at 224 pixels: median .062, 95 % below
    .142.
    """
    dy = np.abs(np.diff(values, axis=0)).mean() if values.shape[0] > 1 else 0.0
    dx = np.abs(np.diff(values, axis=1)).mean() if values.shape[1] > 1 else 0.0
    return float(dx + dy)


def spectral_slope(values: NDArray[np.float32]) -> float:
    """Return the slope of log amplitude over log frequency between .01 and .35 cycles per pixel.

    Natural photographs: about -1.36.
    """
    size = min(values.shape[:2])
    square = torch.from_numpy(values[:size, :size].mean(2).astype(np.float32))
    amplitude = torch.fft.rfft2(square - square.mean()).abs()
    f = frequencies((size, size))
    inside = (f >= 0.01) & (f <= 0.35)
    slope = np.polyfit(f[inside].log().numpy(), (amplitude[inside] + 1e-9).log().numpy(), 1)[0]
    return float(slope)
