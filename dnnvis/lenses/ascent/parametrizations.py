"""Parametrizations: what the ascent optimizes, and the picture that it stands for.

Each is a pair of pure functions, ``start`` and ``picture``, on one tensor with a row per picture,
so that pictures can join and leave a batch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Generator, Tensor

from dnnvis.lenses.ascent.bit_flips import random_boards
from dnnvis.lenses.ascent.color_statistics import (
    ImageStatistics,
    frequencies,
    mix_colors,
    power_law,
    resample_spectrum,
    unmix_colors,
)

GRAY_LEVELS = 255.0  # the papers' pixel units
LOGIT_MARGIN = (
    1e-4  # distance of a start picture from black and white, which a sigmoid never reaches
)


class Parametrization(Protocol):
    """Parameters of pictures, one row each."""

    @property
    def size(self) -> tuple[int, int]:
        """Return (H, W) of the picture."""

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        """Return start parameters from noise, a generator per row, or from ``pixels``.

        ``pixels`` are (B, C, H, W) in [0, 1].
        """

    def picture(self, parameters: Tensor) -> Tensor:
        """Return the picture (B, C, H, W) of parameters."""


def draw_noise(generators: Sequence[Generator], shape: tuple[int, ...]) -> Tensor:
    """Return standard normal numbers (B, *shape), a generator per row."""
    return torch.stack([torch.randn(shape, generator=generator) for generator in generators])


@dataclass(frozen=True)
class PixelParametrization:
    """The picture itself, unbounded around the mean picture: ``picture`` = mean + parameters."""

    #: (H, W) of the picture.
    size: tuple[int, int]
    #: Statistics of natural pictures; their mean counts.
    statistics: ImageStatistics
    #: Standard deviation of the start noise, in [0, 1] (Yosinski et al.'s toolbox: 10 of 255).
    sd: float = 10 / 255

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        """Return the deviation from the mean picture: noise, or that of ``pixels``."""
        if pixels is not None:
            return pixels - _as_column(self.statistics.mean)
        return self.sd * draw_noise(generators, (len(self.statistics.mean), *self.size))

    def picture(self, parameters: Tensor) -> Tensor:
        """Return the mean picture plus the parameters, (B, C, H, W)."""
        return parameters + _as_column(self.statistics.mean)


@dataclass(frozen=True)
class FourierParametrization:
    """Fourier coefficients, scaled by frequency, mixed to natural colors and squeezed by a sigmoid.

    Coefficients of a real Fourier transform, scaled by 1 / frequency ** ``decay`` (Olah et al.
    2017, section "Preconditioning and Parameterization"; Lucid's ``fft_image``, its factor 1/4
    included).
    """

    #: (H, W) of the picture.
    size: tuple[int, int]
    #: Statistics of natural pictures; their color mixing counts.
    statistics: ImageStatistics
    #: Standard deviation of the start coefficients.
    sd: float = 0.01
    #: Exponent of the frequency.
    decay: float = 1.0

    @cached_property
    def scale(self) -> Tensor:
        """Return the scale of each coefficient, (H, W // 2 + 1, 1)."""
        min_frequency = 1 / max(self.size)
        scale: Tensor = frequencies(self.size).clamp(min=min_frequency).pow(-self.decay)[..., None]
        return scale.to(self.statistics.mean.device)

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        """Return the coefficients of noise, or of ``pixels``."""
        if pixels is None:
            shape = (len(self.statistics.mean), *rfft_shape(self.size), 2)
            return self.sd * draw_noise(generators, shape)
        x = unmix_colors(
            torch.logit(pixels.clamp(LOGIT_MARGIN, 1 - LOGIT_MARGIN)), self.statistics.mixing
        )
        return torch.view_as_real(torch.fft.rfft2(4 * x, norm="ortho")) / self.scale

    def picture(self, parameters: Tensor) -> Tensor:
        """Return the picture (B, C, H, W) in (0, 1)."""
        spectrum = torch.view_as_complex((parameters * self.scale).contiguous())
        x: Tensor = torch.fft.irfft2(spectrum, s=self.size, norm="ortho") / 4
        return torch.sigmoid(mix_colors(x, self.statistics.mixing))


@dataclass(frozen=True)
class PhaseParametrization:
    """MACO: the phases are optimized, the amplitudes stay those of natural pictures.

    Fel et al. 2023, section 3. Phases are standardized, the picture too, then mixed to colors and
    squeezed by a sigmoid, as in the authors' code (Xplique).
    """

    #: (H, W) of the picture.
    size: tuple[int, int]
    #: Statistics of natural pictures; their spectrum and color mixing count.
    statistics: ImageStatistics
    #: Whether phases are taken as they are, as those of a frame must be.
    keep_phases: bool = False

    @cached_property
    def amplitudes(self) -> Tensor:
        """Return the fixed amplitudes, (C, H, W // 2 + 1)."""
        mean = self.statistics.mean
        if self.statistics.spectrum is None:
            return power_law(self.size, len(mean)).to(mean.device)
        spectrum_size = self.statistics.spectrum_size
        return resample_spectrum(self.statistics.spectrum, spectrum_size, self.size).to(mean.device)

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        """Return the phases of noise, or of ``pixels``."""
        if pixels is not None:
            x = unmix_colors(
                torch.logit(pixels.clamp(LOGIT_MARGIN, 1 - LOGIT_MARGIN)), self.statistics.mixing
            )
            phase: Tensor = torch.fft.rfft2(x, norm="ortho").angle()
            return phase
        shape = (len(self.statistics.mean), *rfft_shape(self.size))
        drawn = [torch.rand(shape, generator=generator) for generator in generators]
        return (torch.stack(drawn) * 2 - 1) * math.pi

    def components(self, parameters: Tensor) -> Tensor:
        """Return the standardized picture before colors are mixed, (B, C, H, W)."""
        phase = parameters if self.keep_phases else standardize(parameters)
        spectrum = torch.polar(self.amplitudes.expand_as(phase).contiguous(), phase)
        return standardize(torch.fft.irfft2(spectrum, s=self.size, norm="ortho"))

    def picture(self, parameters: Tensor) -> Tensor:
        """Return the picture (B, C, H, W) in (0, 1)."""
        mixing = self.statistics.mixing
        return torch.sigmoid(mix_colors(self.components(parameters), mixing))


@dataclass(frozen=True)
class SoftBoard:
    """A relaxed binary board: sigmoids of its parameters, rounded to cells of 0 and 1."""

    #: (H, W) of the board.
    size: tuple[int, int]
    #: Statistics of natural pictures, of which only the number of channels counts.
    statistics: ImageStatistics
    #: Standard deviation of the start parameters.
    sd: float = 0.1
    #: Slope of the sigmoid.
    slope: float = 4.0

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        """Return the parameters of noise, or of ``pixels``."""
        if pixels is not None:
            return torch.logit(pixels.clamp(0.1, 0.9)) / self.slope
        return self.sd * draw_noise(generators, (len(self.statistics.mean), *self.size))

    def picture(self, parameters: Tensor) -> Tensor:
        """Return the rounded board; its gradient is the sigmoid's.

        A straight-through estimator (Bengio et al. 2013).
        """
        soft = torch.sigmoid(self.slope * parameters)
        rounded: Tensor = soft + (soft.round() - soft).detach()
        return rounded


@dataclass(frozen=True)
class FlippedBoard:
    """A binary board itself: cells are 0 or 1, and are flipped (see ``bit_flips``)."""

    #: (H, W) of the board.
    size: tuple[int, int]
    #: Statistics of natural pictures, of which only the number of channels counts.
    statistics: ImageStatistics

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        """Return random cells, or those of ``pixels``."""
        if pixels is not None:
            return (pixels > 0.5).float()
        shape = (len(self.statistics.mean), *self.size)
        return torch.cat([random_boards(shape, 1, generator) for generator in generators])

    def picture(self, parameters: Tensor) -> Tensor:
        """Return the board."""
        return parameters


def create_parametrization(
    kind: str,
    size: tuple[int, int],
    statistics: ImageStatistics,
    sd: float,
    falloff: float,
    *,
    framed: bool = False,
    flips: bool = False,
) -> Parametrization:
    """Return the parametrization of a recipe.

    Args:
        kind: "fourier", "pixels", "phase" or "board".
        size: (H, W) of the picture.
        statistics: Statistics of natural pictures.
        sd: Standard deviation of the start; for "pixels" in gray levels.
        falloff: Exponent of the frequency, for "fourier".
        framed: Whether it starts from a frame.
        flips: Whether the cells of a board are flipped.
    """
    if kind == "fourier":
        return FourierParametrization(size, statistics, sd, falloff)
    if kind == "phase":
        return PhaseParametrization(size, statistics, framed)
    if kind == "board":
        return FlippedBoard(size, statistics) if flips else SoftBoard(size, statistics, sd)
    return PixelParametrization(size, statistics, sd / GRAY_LEVELS)


def standardize(x: Tensor) -> Tensor:
    """Return rows with mean 0 and standard deviation 1."""
    axes = tuple(range(1, x.dim()))
    centered = x - x.mean(axes, keepdim=True)
    return centered / (centered.square().mean(axes, keepdim=True).sqrt() + 1e-8)


def rfft_shape(size: tuple[int, int]) -> tuple[int, int]:
    """Return the shape of the coefficients of rfft2."""
    return size[0], size[1] // 2 + 1


def _as_column(values: Tensor) -> Tensor:
    return values.view(1, -1, 1, 1)
