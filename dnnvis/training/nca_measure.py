"""Measure how an automaton grows, heals and lasts."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from dnnvis.training.nca_task import GROWTH_STEPS, grow
from dnnvis.zoo.beyond.nca import NcaNet, plant_seed

LASTING_STEPS = 1000
GOAL_MSE = 0.01
HALVES = ("left", "right", "top", "bottom")


@torch.inference_mode()
def measure_growth(network: NcaNet, target: Tensor, seed: int = 0) -> dict[str, Any]:
    """Grow from a seed, lose each half in turn, and go on to 1,000 steps.

    Mean squared errors are over red, green and blue, multiplied by alpha, and alpha, of the whole
    grid.

    Args:
        network: The automaton.
        target: What it was trained for, float32 (H, W, 4), with the empty cells around it.
        seed: Seed of the firing.

    Returns:
        ``grown`` (at step 96), ``lasting`` (at step 1,000), and by the half that is erased at
        step 96 ``damaged`` (right after it) and ``healed`` (96 steps later); ``empty``, the error
        of a grid without any living cell.
    """
    spec = network.spec
    own, network.cell.spec = network.cell.spec, replace(spec, seed=seed)
    try:
        size = (int(target.shape[0]), int(target.shape[1]))
        state = grow(network, plant_seed(spec, size).to(target))
        damaged = {half: erase_half(state, half) for half in HALVES}
        healed = {
            half: grow(network, rest, first_step=GROWTH_STEPS) for half, rest in damaged.items()
        }
        lasting = grow(network, state, LASTING_STEPS - GROWTH_STEPS, first_step=GROWTH_STEPS)
    finally:
        network.cell.spec = own
    return {
        "seed": seed,
        "grown": _error(state, target),
        "lasting": _error(lasting, target),
        "damaged": {half: _error(rest, target) for half, rest in damaged.items()},
        "healed": {half: _error(rest, target) for half, rest in healed.items()},
        "empty": _error(torch.zeros_like(state), target),
    }


def erase_half(state: Tensor, half: str) -> Tensor:
    """Return the state (1, C, H, W) with one half empty: left, right, top or bottom."""
    middle_row, middle_column = state.shape[2] // 2, state.shape[3] // 2
    result = state.clone()
    match half:
        case "left":
            result[..., :middle_column] = 0
        case "right":
            result[..., middle_column:] = 0
        case "top":
            result[:, :, :middle_row] = 0
        case _:
            result[:, :, middle_row:] = 0
    return result


def _error(state: Tensor, target: Tensor) -> float:
    return float((state[0, :4].permute(1, 2, 0) - target).square().mean())
