"""Odd modules whose values, kinds of numbers, states and settings are odd."""

import random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.odd_kinds import (
    After,
    needs_maps,
    odd,
    ramp_like,
)

# --- shapes and places ----------------------------------------------------------------------------


@odd("view")
class View(After):
    def change(self, y: Tensor) -> Tensor:
        return y.view(y.shape[0], -1).view(y.shape) * 1.1


class Permute(nn.Module):
    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, y: Tensor) -> Tensor:
        return y.permute(self.order)


@odd("channels last and back")
def channels_last(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    needs_maps(shape)
    norm = nn.LayerNorm(shape[1]) if variant % 2 else nn.Linear(shape[1], shape[1])
    return nn.Sequential(inner, Permute(0, 2, 3, 1), norm, Permute(0, 3, 1, 2))


# --- random numbers -------------------------------------------------------------------------------

RANDOM = ("random", "batch")


@odd("functional dropout", words=RANDOM)
class FunctionalDropout(After):
    def change(self, y: Tensor) -> Tensor:
        return F.dropout(y, 0.3)


@odd("noise", words=RANDOM)
class Noise(After):
    def change(self, y: Tensor) -> Tensor:
        if self.variant % 3 == 1:
            return y * (1 + 0.2 * random.random())
        if self.variant % 3 == 2:
            return y * (1 + 0.2 * float(np.random.rand()))
        return y + 0.1 * torch.randn_like(y)


# --- kinds of numbers -----------------------------------------------------------------------------


class Spectrum(nn.Module):
    def forward(self, y: Tensor) -> Tensor:
        return torch.fft.fft(y, dim=-1)


class FromSpectrum(nn.Module):
    def forward(self, y: Tensor) -> Tensor:
        return torch.fft.ifft(y * 1.2, dim=-1).real


@odd("complex", words=("complex",), said="absolute value of complex")
def complex_numbers(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    return nn.Sequential(inner, Spectrum(), FromSpectrum())


class As(nn.Module):
    def __init__(self, variant: int) -> None:
        super().__init__()
        self.variant = variant % 4

    def forward(self, y: Tensor) -> Tensor:
        if self.variant == 2:
            return torch.quantize_per_tensor(y, 0.05, 128, torch.quint8)
        if self.variant == 3:
            return y.relu().to_sparse()
        return y.to((torch.bfloat16, torch.float64)[self.variant])


class AsFloat(nn.Module):
    def forward(self, y: Tensor) -> Tensor:
        if y.is_quantized:
            return y.dequantize()
        return (y.to_dense() if y.is_sparse else y).float()


@odd("stored as another type", words=("dequantized", "sparse"))
def another_type(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    return nn.Sequential(inner, As(variant), AsFloat())


# --- what is kept ---------------------------------------------------------------------------------

STATE = ("state",)


@odd("cached grid", words=STATE)
class CachedGrid(After):
    def prepare(self, shape: torch.Size) -> None:
        self.grid: Tensor | None = None

    def change(self, y: Tensor) -> Tensor:
        if self.grid is None or self.grid.shape != y.shape:
            self.grid = ramp_like(y)
        return y * self.grid


@odd("counter in a buffer", words=STATE)
class CounterBuffer(After):
    seen: Tensor

    def prepare(self, shape: torch.Size) -> None:
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def change(self, y: Tensor) -> Tensor:
        self.seen += len(y)
        return y


@odd("counter that scales", words=STATE)
class Counter(After):
    def prepare(self, shape: torch.Size) -> None:
        self.calls = 0

    def change(self, y: Tensor) -> Tensor:
        self.calls += 1
        return y * (1 + 0.1 * self.calls)


@odd("running average", words=(*STATE, "batch"))
class RunningAverage(After):
    def prepare(self, shape: torch.Size) -> None:
        self.average: Tensor | None = None

    def change(self, y: Tensor) -> Tensor:
        new = y.mean(0)
        self.average = new if self.average is None else 0.9 * self.average + 0.1 * new
        return y - 0.5 * self.average


@odd("membrane", words=STATE)
class Membrane(After):
    def prepare(self, shape: torch.Size) -> None:
        self.v: Any = 0.0

    def change(self, y: Tensor) -> Tensor:
        self.v = 0.9 * self.v + y
        return torch.sigmoid(4 * (self.v - 0.5)) * self.v


@odd("weights that move", words=("own weights", "batch"), said="own weights")
class MovingWeights(After):
    def prepare(self, shape: torch.Size) -> None:
        self.scale = nn.Parameter(torch.ones(()))

    def change(self, y: Tensor) -> Tensor:
        with torch.no_grad():
            self.scale += 0.1
        return y * self.scale.detach().clone()


# --- in place -------------------------------------------------------------------------------------


@odd("in-place slice")
class InPlaceSlice(After):
    def change(self, y: Tensor) -> Tensor:
        y[:, :1] = 0
        return y


@odd("in-place rectifier")
class InPlaceRectifier(After):
    def change(self, y: Tensor) -> Tensor:
        return y.clamp_(-0.1, 1.5) if self.variant % 2 else F.relu_(y)


# --- torch's settings -----------------------------------------------------------------------------

SETTINGS = ("in torch for everybody",)


@odd("global settings", words=SETTINGS, said="in torch for everybody")
class GlobalSettings(After):
    def change(self, y: Tensor) -> Tensor:
        if self.variant % 3 == 0:
            torch.set_default_dtype(torch.float64)
            return (y + torch.zeros(1)).float()
        if self.variant % 3 == 1:
            torch.set_num_threads(2)
            torch.use_deterministic_algorithms(True, warn_only=True)
            return y
        torch.autograd.set_detect_anomaly(True, check_nan=False)
        torch.set_float32_matmul_precision("medium")
        return y


@odd("gradients off for good", words=SETTINGS, said="gradient mode")
class GradientsOff(After):
    def change(self, y: Tensor) -> Tensor:
        torch.set_grad_enabled(False)
        return y * 1.1


@odd("no gradients inside")
class NoGradients(After):
    def forward(self, *given: Any) -> Any:
        with torch.inference_mode() if self.variant % 2 else torch.no_grad():
            y = self.inner(*given)
        return y.clone()
