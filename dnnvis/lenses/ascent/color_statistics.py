"""Colours and spectra of natural pictures, and how a synthesis is given them.

Sources: Olah, Mordvintsev & Schubert 2017, "Feature Visualization" (decorrelated colours: the
published matrix); Fel et al. 2023, "Unlocking Feature Visualization for Deeper Networks with
MAgnitude Constrained Optimization", section 3 (a fixed amplitude spectrum).
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

# Olah et al. 2017: square root of the colour covariance of ImageNet; rows are R, G, B,
# columns the decorrelated components (brightness first)
IMAGENET = ((0.26, 0.09, 0.02), (0.27, 0.0, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True)
class ImageStatistics:
    """How natural pictures are: ``mixing`` (C, C) from decorrelated components to colours,
    its largest column of norm 1; ``mean`` (C,) in [0, 1]; ``spectrum`` (C, H, W // 2 + 1),
    the mean amplitude of rfft2 of pictures of ``spectrum_size``, None: a power law."""

    mixing: Tensor
    mean: Tensor
    spectrum: Tensor | None = None
    spectrum_size: tuple[int, int] = (0, 0)
    source: str = ""

    def to(self, device: torch.device) -> "ImageStatistics":
        """With what every step needs on ``device``; the spectrum stays where it is."""
        return replace(self, mixing=self.mixing.to(device), mean=self.mean.to(device))


def default_statistics(channels: int, mean: tuple[float, ...] = ()) -> ImageStatistics:
    """ImageNet's colours for 3 channels, independent ones for any other number.

    ``mean`` is taken where it has something to say (any value above 0), else mid-gray."""
    mean_color = torch.full((channels,), 0.5)
    if any(mean):
        mean_color = torch.tensor(mean, dtype=torch.float32).expand(channels).clone()
    if channels == 3:
        return ImageStatistics(
            normalize_mixing(torch.tensor(IMAGENET)), mean_color, source="ImageNet"
        )
    return ImageStatistics(torch.eye(channels), mean_color, source="independent channels")


def mixing_of(covariance: Tensor) -> Tensor:
    """U sqrt(S) of a covariance U S U', normalised (C, C); each component points where it
    makes pictures brighter. The identity where the covariance is zero."""
    values, vectors = torch.linalg.eigh(covariance.double())
    order = values.argsort(descending=True)
    mixing = vectors[:, order] * values[order].clamp(min=0).sqrt()
    sign = torch.where(mixing.sum(0) < 0, -1.0, 1.0)
    mixing = mixing * sign
    if not mixing.any():
        return torch.eye(len(covariance))
    return normalize_mixing(mixing.float())


def normalize_mixing(mixing: Tensor) -> Tensor:
    """Divided by its largest column's norm (as Lucid does)."""
    largest: Tensor = mixing.norm(dim=0).max()
    return mixing / largest


def mix_colors(components: Tensor, mixing: Tensor) -> Tensor:
    """Components (B, C, H, W) as colours."""
    return torch.einsum("dc,bchw->bdhw", mixing, components)


def unmix_colors(colors: Tensor, mixing: Tensor) -> Tensor:
    """The inverse of ``mix_colors``; of colours that no components mix to, of the nearest that they
    do (as where all pictures scanned were gray)."""
    return torch.einsum("dc,bchw->bdhw", torch.linalg.pinv(mixing, rtol=1e-5), colors)


def power_law(size: tuple[int, int], channels: int) -> Tensor:
    """Amplitudes (C, H, W // 2 + 1) of natural photographs where no data set was
    scanned: falling with frequency f by slope -1.3 below 0.1 cycles per pixel, -2.2 up to
    0.3 and -6.7 above (measured on the spectrum that Xplique ships for MACO, which are 512
    pixels wide; the exponents are kept at other sizes)."""
    f = frequencies(size).clamp(min=1 / max(size))
    low = f.clamp(max=0.1) ** -1.3
    middle = (f.clamp(0.1, 0.3) / 0.1) ** -2.2
    high = (f.clamp(min=0.3) / 0.3) ** -6.7
    return (low * middle * high).expand(channels, -1, -1).clone()


def frequencies(size: tuple[int, int]) -> Tensor:
    """|f| in cycles per pixel of each coefficient of rfft2, (H, W // 2 + 1)."""
    fy = torch.fft.fftfreq(size[0])[:, None]
    fx = torch.fft.rfftfreq(size[1])[None]
    square: Tensor = fy * fy + fx * fx
    return square.sqrt()


def resample_spectrum(
    spectrum: Tensor, source_size: tuple[int, int], size: tuple[int, int]
) -> Tensor:
    """A spectrum (C, H, W // 2 + 1) of pictures of size ``source_size`` at another ``size``, by
    frequency in cycles per pixel (averaged over directions where the sizes differ).

    A smaller picture of the same scene has the same amplitude law in cycles per pixel."""
    if source_size == size:
        return spectrum
    target, source = frequencies(size), frequencies(source_size).flatten()
    rings = max(min(source_size) // 2, 1)
    ring = (source * 2 * rings).round().long().clamp(max=2 * rings)  # |f| reaches 0.71
    count = torch.zeros(2 * rings + 1).index_add_(0, ring, torch.ones_like(source))
    total = torch.zeros(len(spectrum), 2 * rings + 1).index_add_(1, ring, spectrum.flatten(1))
    mean = total / count.clamp(min=1)
    last = int(count.nonzero().max())  # there are no frequencies in rings beyond
    position = (target.flatten() * 2 * rings).clamp(max=last)
    low = position.floor().long()
    weight = position - low
    result = mean[:, low] * (1 - weight) + mean[:, (low + 1).clamp(max=last)] * weight
    return result.view(len(spectrum), *target.shape)
