"""Parametrisations: what the ascent moves, and the picture that this stands for.

Each is a pair of pure functions, ``start`` and ``picture``, on one tensor with a row per
picture, so that pictures can join and leave a batch.
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
    1e-4  # how near to black and white a start picture may be: a sigmoid never gets there
)


class Parametrization(Protocol):
    """``start`` gives the tensor to begin with, one generator a row, from noise or from
    ``pixels`` (B, C, H, W) in [0, 1]; ``picture`` gives (B, C, H, W)."""

    @property
    def size(self) -> tuple[int, int]: ...

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor: ...

    def picture(self, parameters: Tensor) -> Tensor: ...


def draw_noise(generators: Sequence[Generator], shape: tuple[int, ...]) -> Tensor:
    """Standard normal numbers (B, *shape), a generator a row."""
    return torch.stack([torch.randn(shape, generator=generator) for generator in generators])


@dataclass(frozen=True)
class PixelParametrization:
    """The picture itself, unbounded around the mean picture: ``picture`` = mean + parameters.

    Noise has standard deviation ``sd`` (Yosinski et al.'s toolbox: 10 of 255).
    """

    size: tuple[int, int]
    statistics: ImageStatistics
    sd: float = 10 / 255

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        if pixels is not None:
            return pixels - _as_column(self.statistics.mean)
        return self.sd * draw_noise(generators, (len(self.statistics.mean), *self.size))

    def picture(self, parameters: Tensor) -> Tensor:
        return parameters + _as_column(self.statistics.mean)


@dataclass(frozen=True)
class FourierParametrization:
    """Coefficients of a real Fourier transform, scaled by 1 / frequency ** ``decay``, mixed to
    correlated colours and squeezed by a sigmoid (Olah et al. 2017, section "Preconditioning
    and Parameterization"; Lucid's ``fft_image``, its factor 1/4 included)."""

    size: tuple[int, int]
    statistics: ImageStatistics
    sd: float = 0.01
    decay: float = 1.0

    @cached_property
    def scale(self) -> Tensor:
        """(H, W // 2 + 1, 1)."""
        min_frequency = 1 / max(self.size)
        scale: Tensor = frequencies(self.size).clamp(min=min_frequency).pow(-self.decay)[..., None]
        return scale.to(self.statistics.mean.device)

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        if pixels is None:
            shape = (len(self.statistics.mean), *rfft_shape(self.size), 2)
            return self.sd * draw_noise(generators, shape)
        x = unmix_colors(
            torch.logit(pixels.clamp(LOGIT_MARGIN, 1 - LOGIT_MARGIN)), self.statistics.mixing
        )
        return torch.view_as_real(torch.fft.rfft2(4 * x, norm="ortho")) / self.scale

    def picture(self, parameters: Tensor) -> Tensor:
        spectrum = torch.view_as_complex((parameters * self.scale).contiguous())
        x: Tensor = torch.fft.irfft2(spectrum, s=self.size, norm="ortho") / 4
        return torch.sigmoid(mix_colors(x, self.statistics.mixing))


@dataclass(frozen=True)
class PhaseParametrization:
    """MACO (Fel et al. 2023, section 3): the phases move, the amplitudes stay those of natural
    pictures. Phases are standardised, the picture too, then mixed to colours and squeezed by
    a sigmoid, as in the authors' code (Xplique). ``own``: phases are taken as they are, which
    those of a frame must be: no others are its phases."""

    size: tuple[int, int]
    statistics: ImageStatistics
    keep_phases: bool = False

    @cached_property
    def amplitudes(self) -> Tensor:
        """(C, H, W // 2 + 1)."""
        mean = self.statistics.mean
        if self.statistics.spectrum is None:
            return power_law(self.size, len(mean)).to(mean.device)
        spectrum_size = self.statistics.spectrum_size
        return resample_spectrum(self.statistics.spectrum, spectrum_size, self.size).to(mean.device)

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
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
        """The standardised picture before colours are mixed, (B, C, H, W)."""
        phase = parameters if self.keep_phases else standardize(parameters)
        spectrum = torch.polar(self.amplitudes.expand_as(phase).contiguous(), phase)
        return standardize(torch.fft.irfft2(spectrum, s=self.size, norm="ortho"))

    def picture(self, parameters: Tensor) -> Tensor:
        mixing = self.statistics.mixing
        return torch.sigmoid(mix_colors(self.components(parameters), mixing))


@dataclass(frozen=True)
class SoftBoard:
    """A binary board, relaxed: cells are sigmoids of their parameters while it moves, and
    0 or 1 in the end (``settled``). ``slope`` is the sigmoid's."""

    size: tuple[int, int]
    statistics: ImageStatistics
    sd: float = 0.1
    slope: float = 4.0

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        if pixels is not None:
            return torch.logit(pixels.clamp(0.1, 0.9)) / self.slope
        return self.sd * draw_noise(generators, (len(self.statistics.mean), *self.size))

    def picture(self, parameters: Tensor) -> Tensor:
        """The forward value is the rounded board, the gradient that of the sigmoid (a
        straight-through estimator, Bengio et al. 2013)."""
        soft = torch.sigmoid(self.slope * parameters)
        rounded: Tensor = soft + (soft.round() - soft).detach()
        return rounded


@dataclass(frozen=True)
class FlippedBoard:
    """A binary board itself: cells are 0 or 1, and change by being flipped (see flips)."""

    size: tuple[int, int]
    statistics: ImageStatistics

    def start(self, generators: Sequence[Generator], pixels: Tensor | None = None) -> Tensor:
        if pixels is not None:
            return (pixels > 0.5).float()
        shape = (len(self.statistics.mean), *self.size)
        return torch.cat([random_boards(shape, 1, generator) for generator in generators])

    def picture(self, parameters: Tensor) -> Tensor:
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
    """The parametrisation ``kind``: fourier | pixels (``sd`` in gray levels) | phase | board;
    ``framed``: it starts from a frame; ``flips``: the cells of its board are flipped."""
    if kind == "fourier":
        return FourierParametrization(size, statistics, sd, falloff)
    if kind == "phase":
        return PhaseParametrization(size, statistics, framed)
    if kind == "board":
        return FlippedBoard(size, statistics) if flips else SoftBoard(size, statistics, sd)
    return PixelParametrization(size, statistics, sd / GRAY_LEVELS)


def standardize(x: Tensor) -> Tensor:
    """Mean 0 and standard deviation 1 in each row."""
    axes = tuple(range(1, x.dim()))
    centered = x - x.mean(axes, keepdim=True)
    return centered / (centered.square().mean(axes, keepdim=True).sqrt() + 1e-8)


def rfft_shape(size: tuple[int, int]) -> tuple[int, int]:
    """How many coefficients rfft2 has."""
    return size[0], size[1] // 2 + 1


def _as_column(values: Tensor) -> Tensor:
    return values.view(1, -1, 1, 1)
