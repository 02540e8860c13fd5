"""Step an automaton fast: only cells that fire and can live are computed.

The same as ``zoo.beyond.nca.NcaCell`` to rounding, with other firing: cells that do not fire do
not change, and cells without a living neighbor are emptied whatever they would become.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.life.automaton import ALPHA
from dnnvis.zoo.beyond.nca import STATE_LIMIT, NcaCell

SOBEL_SCALE = 0.125


def step_cells(cell: NcaCell, state: Tensor, fires: Tensor) -> Tensor:
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
    weight = cell.hidden.weight.view(-1, channels, 3).transpose(1, 2).flatten(1)  # (hidden, 3 C)
    assert cell.hidden.bias is not None
    hidden = torch.addmm(cell.hidden.bias, _perceive(state)[rows], weight.T).relu()
    change = hidden @ cell.output.weight.flatten(1).T
    moved = state.reshape(-1, channels).index_add(0, rows, change).view(state.shape)
    moved = moved.clamp(-STATE_LIMIT, STATE_LIMIT)
    alive = alive & find_alive(moved, threshold)
    return moved * alive.unsqueeze(3)


def find_alive(state: Tensor, threshold: float) -> Tensor:
    """Return where a cell of (B, H, W, C) or a neighbor exceeds the threshold, bool (B, H, W)."""
    alpha = state[..., ALPHA].detach()
    return F.max_pool2d(alpha, 3, stride=1, padding=1) > threshold


def _perceive(state: Tensor) -> Tensor:
    """Return values and Sobel differences of all cells, filter by filter, (B H W, 3 C)."""
    padded = F.pad(state, (0, 0, 1, 1, 1, 1))  # (B, H + 2, W + 2, C), beyond the edge all is 0
    right_left = padded[:, :, 2:] - padded[:, :, :-2]
    below_above = padded[:, 2:] - padded[:, :-2]
    along_x = right_left[:, :-2] + 2 * right_left[:, 1:-1] + right_left[:, 2:]
    along_y = below_above[:, :, :-2] + 2 * below_above[:, :, 1:-1] + below_above[:, :, 2:]
    parts = (state, along_x * SOBEL_SCALE, along_y * SOBEL_SCALE)
    return torch.cat(parts, 3).reshape(-1, 3 * state.shape[3])
