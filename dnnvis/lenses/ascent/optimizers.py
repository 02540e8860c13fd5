"""How a gradient becomes a step: optimisers whose every row has its own state and clock.

Sources: Kingma & Ba 2015 (Adam); Dozat 2016 (NAdam); Yosinski et al. 2015, table 1 (constant
and "progress" learning rates); google/deepdream (steps over the mean absolute gradient);
Mahendran & Vedaldi 2015, section 3.3 (momentum).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

BETA1, BETA2 = 0.9, 0.999
EPSILON = 3e-4  # of a row's own root-mean-square
OPTIMIZERS = ("adam", "nadam", "constant", "progress", "mean", "momentum", "flips")  # of boards


@dataclass
class OptimizerState:
    """What the optimiser remembers, a row per picture: first and second moments, steps."""

    first: Tensor
    second: Tensor
    clock: Tensor  # (B,) steps done

    @classmethod
    def zeros(cls, parameters: Tensor) -> "OptimizerState":
        clock = torch.zeros(len(parameters), dtype=torch.long, device=parameters.device)
        return cls(torch.zeros_like(parameters), torch.zeros_like(parameters), clock)

    def rows(self, indices: Tensor) -> "OptimizerState":
        return OptimizerState(self.first[indices], self.second[indices], self.clock[indices])

    def append(self, other: "OptimizerState") -> "OptimizerState":
        pairs = ((self.first, other.first), (self.second, other.second), (self.clock, other.clock))
        return OptimizerState(*(torch.cat(pair) for pair in pairs))


def optimizer_step(
    state: OptimizerState, gradient: Tensor, optimizer: str, rate: Tensor, progress: float = 0.0
) -> Tensor:
    """The step to add, like ``gradient`` (B, ...), uphill. ``rate`` (B,); ``progress`` is the
    progress of ``progress``: rate = min(rate, wanted / |gradient|^2). Changes ``state``."""
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
    """Before the rate. In place where it can be: these tensors are as large as the pictures.

    Epsilon is a share of the row's own scale: a coefficient that the objective does not depend
    on but for rounding would else take full steps, and neighbours in a batch would show."""
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
    """Whether the smoothed objective gained less than ``gain`` of itself over that many
    steps (an exponential mean with factor .9)."""
    if len(curve) < 3 * window:
        return False
    smooth, means = curve[0], []
    for value in curve:
        smooth = 0.9 * smooth + 0.1 * value
        means.append(smooth)
    previous, latest = means[-1 - window], means[-1]
    return latest - previous < gain * abs(previous)
