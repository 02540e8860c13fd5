"""Optimize with Muon: momentum whose update is orthogonalized (K. Jordan et al. 2024, "Muon").

torch.optim.Muon takes two-dimensional parameters only; convolutions are what we train.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


def orthogonalize(gradient: Tensor, steps: int = 3) -> Tensor:
    """Return the (m, n) matrix U V^T-like: all singular values pulled to about 1.

    Quintic Newton-Schulz iteration with the coefficients of Jordan's note.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    is_wide = gradient.shape[0] <= gradient.shape[1]
    x = gradient if is_wide else gradient.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T  # (m, m)
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x if is_wide else x.T
    return result


class Muon(torch.optim.Optimizer):
    """Optimizer for weights followed by batch norm.

    Each weight is also rescaled to row norm 1 every step (its scale does not matter there), so that
    ``lr`` is a relative step size.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.6) -> None:
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, weight.grad, group["lr"], group["momentum"])

    def _update(self, weight: Tensor, gradient: Tensor, lr: float, momentum: float) -> None:
        state = self.state[weight]
        if "speed" not in state:
            state["speed"] = torch.zeros_like(weight)
        momentum_buffer = state["speed"].mul_(momentum).add_(gradient)
        lookahead = gradient.add(momentum_buffer, alpha=momentum)  # Nesterov
        update = orthogonalize(lookahead.reshape(len(lookahead), -1)).reshape(weight.shape)
        weight.mul_(len(weight) ** 0.5 / weight.norm())
        weight.add_(update, alpha=-lr)
