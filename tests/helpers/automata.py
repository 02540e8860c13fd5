"""Small automata, and what is done with them by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from dnnvis.network.card import write_card
from dnnvis.sources.canvas.target import GrowthTarget
from dnnvis.training.nca_task import NcaSetting, NcaTask
from dnnvis.zoo.beyond.nca import NcaNet, NcaSpec
from dnnvis.zoo.beyond.nca_nets import nca_card

SMALL = NcaSpec(channels=6, hidden=10, steps=7, live_steps=2)


def moving(spec: NcaSpec = SMALL, seed: int = 0, strength: float = 0.1) -> NcaNet:
    """An automaton whose last weights are not zero, so that its cells change."""
    torch.manual_seed(seed)
    net = NcaNet(spec).eval()
    with torch.no_grad():
        net.cell.output.weight.normal_(std=strength)
        net.cell.output.weight[3].abs_()  # alpha grows: nothing dies of itself
    return net


def some_state(spec: NcaSpec = SMALL, size: tuple[int, int] = (9, 11), seed: int = 1) -> np.ndarray:
    """A state (C, H, W) with living cells, and a corner that is empty."""
    state = np.random.default_rng(seed).random((spec.channels, *size)).astype(np.float32)
    state[:, :4, :5] = 0
    return state


def automaton_file(folder: Path, spec: NcaSpec = SMALL, name: str = "mine") -> Path:
    """A file with the weights of a small automaton, its card beside."""
    file = folder / f"{name}.safetensors"
    save_file(moving(spec).state_dict(), file)
    write_card(nca_card(spec, name, (12, 12)), file.with_suffix(".json"))
    return file


def disk(side: int = 8) -> GrowthTarget:
    """An orange disk on nothing."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    alpha = (np.hypot(y, x) < side / 2 - 1).astype(np.float32)
    pixels = np.stack([alpha, 0.6 * alpha, 0 * alpha, alpha], 2)
    return GrowthTarget("disk", "a disk", np.ascontiguousarray(pixels, np.float32))


def small_task(target: GrowthTarget | None = None, **changes: Any) -> NcaTask:
    """A task that takes milliseconds a step."""
    target = target or disk()
    usual = {
        "padding": 2,
        "channels": 6,
        "hidden": 8,
        "batch": 3,
        "pool": 5,
        "seeds": 1,
        "damage": 1,
    }
    setting = NcaSetting("disk", target.digest, **{**usual, "steps": 8, **changes})
    return NcaTask(setting, target)
