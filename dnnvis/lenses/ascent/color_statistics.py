"""Colors and spectra of natural pictures, and how a synthesis gets them.

Sources: Olah, Mordvintsev & Schubert 2017, "Feature Visualization" (decorrelated colors: the
published matrix); Fel et al. 2023, "Unlocking Feature Visualization for Deeper Networks with
MAgnitude Constrained Optimization", section 3 (a fixed amplitude spectrum).
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

# Olah et al. 2017: square root of the color covariance of ImageNet; rows are R, G, B,
# columns the decorrelated components (brightness first)
IMAGENET = ((0.26, 0.09, 0.02), (0.27, 0.0, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True)
class ImageStatistics:
    """Statistics of natural pictures that a synthesis is given."""

    #: (C, C) from decorrelated components to colors, its largest column of norm 1.
    mixing: Tensor
    #: (C,) in [0, 1], mean color.
    mean: Tensor
    #: (C, H, W // 2 + 1), mean amplitude of rfft2; None for a power law.
    spectrum: Tensor | None = None
    #: (H, W) of the pictures that ``spectrum`` belongs to.
    spectrum_size: tuple[int, int] = (0, 0)
    #: Where the numbers come from.
    source: str = ""

    def to(self, device: torch.device) -> "ImageStatistics":
        """Return the statistics with what every step needs on ``device``; the spectrum stays."""
        return replace(self, mixing=self.mixing.to(device), mean=self.mean.to(device))


def default_statistics(channels: int, mean: tuple[float, ...] = ()) -> ImageStatistics:
    """Return ImageNet's colors for 3 channels, independent ones for any other number.

    ``mean`` is used where it is informative (any value above 0), else mid-gray.
    """
    mean_color = torch.full((channels,), 0.5)
    if any(mean):
        mean_color = torch.tensor(mean, dtype=torch.float32).expand(channels).clone()
    if channels == 3:
        return ImageStatistics(
            normalize_mixing(torch.tensor(IMAGENET)), mean_color, source="ImageNet"
        )
    return ImageStatistics(torch.eye(channels), mean_color, source="independent channels")


def mixing_of(covariance: Tensor) -> Tensor:
    """Return U sqrt(S) of a covariance U S U', normalized (C, C).

    Each component points where it makes pictures brighter. The identity where the covariance is
    zero.
    """
    values, vectors = torch.linalg.eigh(covariance.double())
    order = values.argsort(descending=True)
    mixing = vectors[:, order] * values[order].clamp(min=0).sqrt()
    sign = torch.where(mixing.sum(0) < 0, -1.0, 1.0)
    mixing = mixing * sign
    if not mixing.any():
        return torch.eye(len(covariance))
    return normalize_mixing(mixing.float())


def normalize_mixing(mixing: Tensor) -> Tensor:
    """Return the matrix divided by its largest column's norm (as Lucid does)."""
    largest: Tensor = mixing.norm(dim=0).max()
    return mixing / largest


def mix_colors(components: Tensor, mixing: Tensor) -> Tensor:
    """Return components (B, C, H, W) as colors."""
    return torch.einsum("dc,bchw->bdhw", mixing, components)


def unmix_colors(colors: Tensor, mixing: Tensor) -> Tensor:
    """Return the inverse of ``mix_colors``.

    For colors that no components mix to (as where all pictures scanned were gray) that of the
    nearest ones that they do.
    """
    return torch.einsum("dc,bchw->bdhw", torch.linalg.pinv(mixing, rtol=1e-5), colors)


def power_law(size: tuple[int, int], channels: int) -> Tensor:
    """Return amplitudes (C, H, W // 2 + 1) of natural photographs, where no data set was scanned.

    They fall with frequency f by slope -1.3 below 0.1 cycles per pixel, -2.2 up to 0.3 and -6.7
    above (measured on the spectrum that Xplique ships for MACO, of pictures 512 pixels wide; the
    exponents are used at other sizes).
    """
    f = frequencies(size).clamp(min=1 / max(size))
    low = f.clamp(max=0.1) ** -1.3
    middle = (f.clamp(0.1, 0.3) / 0.1) ** -2.2
    high = (f.clamp(min=0.3) / 0.3) ** -6.7
    return (low * middle * high).expand(channels, -1, -1).clone()


def frequencies(size: tuple[int, int]) -> Tensor:
    """Return |f| in cycles per pixel of each coefficient of rfft2, (H, W // 2 + 1)."""
    fy = torch.fft.fftfreq(size[0])[:, None]
    fx = torch.fft.rfftfreq(size[1])[None]
    square: Tensor = fy * fy + fx * fx
    return square.sqrt()


def resample_spectrum(
    spectrum: Tensor, source_size: tuple[int, int], size: tuple[int, int]
) -> Tensor:
    """Return the spectrum of pictures of one size at another, by frequency in cycles per pixel.

    A smaller picture of the same scene has the same amplitude law in cycles per pixel. Amplitudes
    are averaged over directions where the sizes differ.

    Args:
        spectrum: (C, H, W // 2 + 1), amplitudes of rfft2.
        source_size: (H, W) of the pictures that it belongs to.
        size: (H', W') of the pictures wanted.

    Returns:
        (C, H', W' // 2 + 1).
    """
    if source_size == size:
        return spectrum
    target, source = frequencies(size), frequencies(source_size).flatten()
    rings = max(min(source_size) // 2, 1)
    ring = (source * 2 * rings).round().long().clamp(max=2 * rings)  # |f| reaches 0.71
    count = torch.zeros(2 * rings + 1).index_add_(0, ring, torch.ones_like(source))
    total = torch.zeros(len(spectrum), 2 * rings + 1).index_add_(1, ring, spectrum.flatten(1))
    mean = total / count.clamp(min=1)
    last = int(count.nonzero().max())  # rings beyond hold no frequencies
    position = (target.flatten() * 2 * rings).clamp(max=last)
    low = position.floor().long()
    weight = position - low
    result = mean[:, low] * (1 - weight) + mean[:, (low + 1).clamp(max=last)] * weight
    return result.view(len(spectrum), *target.shape)
