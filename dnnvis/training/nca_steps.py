"""Step an automaton fast: only cells that fire and can live are computed.

The same as ``zoo.beyond.nca.Cell``, with other firing, to rounding: cells that do not fire do not
change, and cells without a living neighbor are emptied whatever they would become.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.zoo.beyond.nca import ALPHA_CHANNEL, STATE_LIMIT, Cell


def step_cells(cell: Cell, state: Tensor, fires: Tensor) -> Tensor:
    """Return the next state, with gradients where they are on.

    Args:
        cell: The weights.
        state: The state (B, H, W, C).
        fires: Which cells fire, bool (B, H, W).

    Returns:
        The next state (B, H, W, C).
    """
    threshold, channels = cell.spec.alive_threshold, state.shape[3]
    alive = find_alive(state, threshold)
    rows = (alive & fires).flatten().nonzero().squeeze(1)
    perceived = _Perceive.apply(state, rows)  # type: ignore[no-untyped-call]
    weight = cell.hidden.weight.view(-1, channels, 3).transpose(1, 2).flatten(1)  # (hidden, 3 C)
    hidden = torch.addmm(cell.hidden.bias, perceived, weight.T).relu()
    change = hidden @ cell.output.weight.flatten(1).T
    moved = state.reshape(-1, channels).index_add(0, rows, change).view(state.shape)
    moved = moved.clamp(-STATE_LIMIT, STATE_LIMIT)
    alive = alive & find_alive(moved, threshold)
    return moved * alive.unsqueeze(3)


def find_alive(state: Tensor, threshold: float) -> Tensor:
    """Return where a cell of (B, H, W, C) or a neighbor exceeds the threshold, bool (B, H, W)."""
    alpha = state[..., ALPHA_CHANNEL].detach()
    return F.max_pool2d(alpha, 3, stride=1, padding=1) > threshold


class _Perceive(torch.autograd.Function):
    """Value and Sobel differences of chosen cells, (rows, 3 C): filter by filter.

    Sobel filters are odd and the edge is padded with zeros: their adjoints are their negatives.
    """

    @staticmethod
    def forward(ctx: Any, state: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.shape = state.shape
        along_x, along_y = _sobel(state)
        channels = state.shape[3]
        result = state.new_empty(len(rows), 3 * channels)
        for k, part in enumerate((state, along_x, along_y)):
            result[:, k * channels : (k + 1) * channels] = part.reshape(-1, channels)[rows]
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        channels = ctx.shape[3]
        parts = gradients[0].new_zeros(3, ctx.shape.numel() // channels, channels)
        parts[:, rows] = gradients[0].view(-1, 3, channels).transpose(0, 1)
        value, along_x, along_y = parts.view(3, *ctx.shape)
        return value.sub_(_sobel(along_x)[0]).sub_(_sobel(along_y)[1]), None


def _sobel(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the differences of (B, H, W, C) along x and along y, beyond the edge all is 0."""
    padded = F.pad(values, (0, 0, 1, 1, 1, 1))  # (B, H + 2, W + 2, C)
    wide = padded[:, :, 2:] - padded[:, :, :-2]
    along_x = torch.add(wide[:, :-2] + wide[:, 2:], wide[:, 1:-1], alpha=2).mul_(0.125)
    tall = padded[:, 2:] - padded[:, :-2]
    along_y = torch.add(tall[:, :, :-2] + tall[:, :, 2:], tall[:, :, 1:-1], alpha=2).mul_(0.125)
    return along_x, along_y
