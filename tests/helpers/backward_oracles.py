"""What the exact tests of the backward lenses share: their rules, slopes and one distance."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

RULES = ("gradient", "guided", "deconvnet")


def difference(ours: np.ndarray, oracle: Any) -> float:
    """max|a - b| / max|b|."""
    oracle = np.asarray(oracle)
    assert ours.shape == oracle.shape
    assert np.abs(oracle).max() > 0, "the oracle is zero: this would test nothing"
    return float(np.abs(ours - oracle).max() / np.abs(oracle).max())


def as_picture(signal: Tensor) -> np.ndarray:
    return signal[0].permute(1, 2, 0).numpy()


def derivative(kind: str, x: Tensor) -> Tensor:
    if kind == "relu":
        return (x > 0).float()
    if kind == "relu6":
        return ((x > 0) & (x < 6)).float()
    if kind == "silu":
        s = torch.sigmoid(x)
        return s * (1 + x * (1 - s))
    if kind == "gelu":
        density = torch.exp(-0.5 * x * x) / (2 * torch.pi) ** 0.5
        return 0.5 * (1 + torch.erf(x / 2**0.5)) + x * density
    if kind == "elu":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if kind == "leaky_relu":
        return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, 0.01))
    assert kind == "hardswish"
    inner = torch.where(x < 3, x / 3 + 0.5, torch.ones_like(x))
    return torch.where(x > -3, inner, torch.zeros_like(x))
