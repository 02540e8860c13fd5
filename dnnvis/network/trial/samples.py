"""A few values of each layer, to compare passes by."""

import torch
from torch import Tensor

from dnnvis.network.values import as_shown

SAMPLES = 1024  # values of a layer that are compared between two passes
CHANGE_TOLERANCE = 1e-3  # of a layer's largest value: what other orders of sums may differ
MAX_FLIPPED = 0.002  # of the samples that may differ all the same: a threshold flips by rounding


def sample_values(value: Tensor) -> Tensor:
    """Return up to SAMPLES values of a tensor, evenly spread, float32 on the processor."""
    flat = as_shown(value.detach()).float().reshape(-1)
    if flat.numel() > SAMPLES:
        index = torch.linspace(0, flat.numel() - 1, SAMPLES, device=flat.device).long()
        flat = flat[index]
    return flat.to("cpu", copy=True)


def is_same(expected: Tensor, actual: Tensor, tolerance: float = CHANGE_TOLERANCE) -> bool:
    """Return whether two samples are the same but for rounding; NaN and infinity where both are."""
    if expected.shape != actual.shape:
        return False
    if not expected.numel():
        return True
    finite = expected[expected.isfinite()].abs()
    scale = float(finite.max()) if finite.numel() else 0.0
    near = torch.isclose(actual, expected, tolerance, tolerance * scale, equal_nan=True)
    return float((~near).float().mean()) <= MAX_FLIPPED
