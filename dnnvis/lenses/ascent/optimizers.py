"""Optimizers: how a gradient becomes a step; every row has its own state and step count.

Sources: Kingma & Ba 2015 (Adam); Dozat 2016 (NAdam); Yosinski et al. 2015, table 1 (constant and
"progress" learning rates); google/deepdream (steps over the mean absolute gradient); Mahendran &
Vedaldi 2015, section 3.3 (momentum).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

BETA1, BETA2 = 0.9, 0.999
EPSILON = 3e-4  # fraction of a row's own root mean square
OPTIMIZERS = ("adam", "nadam", "constant", "progress", "mean", "momentum", "flips")  # of boards


@dataclass
class OptimizerState:
    """State of an optimizer, one row per picture."""

    #: First moments, like the parameters (B, ...).
    first: Tensor
    #: Second moments, like the parameters (B, ...).
    second: Tensor
    #: int64 (B,), steps done.
    clock: Tensor

    @classmethod
    def zeros(cls, parameters: Tensor) -> "OptimizerState":
        """Return the state before the first step of ``parameters``."""
        clock = torch.zeros(len(parameters), dtype=torch.long, device=parameters.device)
        return cls(torch.zeros_like(parameters), torch.zeros_like(parameters), clock)

    def rows(self, indices: Tensor) -> "OptimizerState":
        """Return the state of the rows ``indices``."""
        return OptimizerState(self.first[indices], self.second[indices], self.clock[indices])

    def append(self, other: "OptimizerState") -> "OptimizerState":
        """Return the state with the rows of ``other`` at the end."""
        pairs = ((self.first, other.first), (self.second, other.second), (self.clock, other.clock))
        return OptimizerState(*(torch.cat(pair) for pair in pairs))


def optimizer_step(
    state: OptimizerState, gradient: Tensor, optimizer: str, rate: Tensor, progress: float = 0.0
) -> Tensor:
    """Return the step to add, uphill, and update ``state``.

    Args:
        state: The optimizer's state; changed in place.
        gradient: (B, ...).
        optimizer: One of ``OPTIMIZERS`` but "flips".
        rate: (B,), learning rate of each row.
        progress: Gain per step wanted by "progress" (Yosinski et al. 2015): rate = min(rate,
            progress / |gradient|^2).

    Returns:
        Like ``gradient``.
    """
    state.clock = state.clock + 1
    rows = (-1, *(1,) * (gradient.dim() - 1))
    if optimizer in ("adam", "nadam"):
        return rate.view(rows) * _adaptive(state, gradient, optimizer == "nadam")
    if optimizer == "momentum":
        state.first = BETA1 * state.first + gradient
        return rate.view(rows) * state.first
    square = gradient.flatten(1).square().sum(1)
    if optimizer == "progress":
        rate = torch.minimum(rate, progress / square.clamp(min=1e-30))
    elif optimizer == "mean":
        rate = rate / gradient.flatten(1).abs().mean(1).clamp(min=1e-30)
    return rate.view(rows) * gradient


def _adaptive(state: OptimizerState, gradient: Tensor, nesterov: bool) -> Tensor:
    """Return Adam's step before the learning rate, in place where possible: tensors are large.

    Epsilon is a fraction of the row's own scale: a coefficient that the objective depends on only
    by rounding would else take full steps, and neighbors in a batch would show.
    """
    state.first = torch.lerp(gradient, state.first, BETA1)
    state.second = (state.second * BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
    clock = state.clock.view(-1, *(1,) * (gradient.dim() - 1)).float()
    first = state.first / (1 - BETA1**clock)
    if nesterov:
        first = state.first * (BETA1 / (1 - BETA1 ** (clock + 1)))
        first.add_(gradient * ((1 - BETA1) / (1 - BETA1**clock)))
    second = state.second.sqrt().mul_((1 - BETA2**clock).rsqrt())
    axes = tuple(range(1, second.dim()))
    scale = second.square().mean(axes, keepdim=True).sqrt()
    return first.div_(second.add_(EPSILON * scale + 1e-30))


def has_plateaued(curve: list[float], window: int = 16, gain: float = 0.005) -> bool:
    """Return whether the smoothed objective has stopped rising.

    Args:
        curve: The objective at each step; smoothed by an exponential mean with factor .9.
        window: Number of steps over which the gain counts.
        gain: Fraction of the value that must be gained over the window.
    """
    if len(curve) < 3 * window:
        return False
    smooth, means = curve[0], []
    for value in curve:
        smooth = 0.9 * smooth + 0.1 * value
        means.append(smooth)
    previous, latest = means[-1 - window], means[-1]
    return latest - previous < gain * abs(previous)
