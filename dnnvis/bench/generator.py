"""Measure how fast boards are made: our rule against torch's conv2d, in alternating pairs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.sources.life.rule import pack, step, step_packed
from dnnvis.sources.life.starts import random_boards

MIN_STEP_RATIO = 10.0  # times conv2d on the same batch
PORTION_BOARDS = 128  # boards at a time with which conv2d is fastest: they stay in the cache


@dataclass(frozen=True)
class GeneratorBenchConfig:
    """Say which boards are made, and for how long."""

    #: Turns of each way of making boards.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 0.5
    #: Boards made at once.
    batch: int = 4096
    #: Rows and columns of a board.
    size: tuple[int, int] = (20, 20)
    #: ``dead`` or ``periodic``.
    border: str = "dead"


def measure(config: GeneratorBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure boards a second on one thread, and ratios.

    Each is the median over the pairs, the first of which is a warm-up. ``step_ratio`` is to conv2d
    on the whole batch, as asked, and ``step_ratio_portions`` to conv2d in portions that suit it
    better.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        turns = [_measure_turn(config, log) for _ in range(config.pairs + 1)][1:]
    finally:
        torch.set_num_threads(threads)
    figures: dict[str, Any] = {
        "boards": f"{config.batch} of {config.size[0]} x {config.size[1]}, {config.border} border"
    }
    for name in turns[0]:
        figures[f"{name}_per_s"] = round(median(turn[name] for turn in turns))
    for name in ("step", "step_packed"):
        ratios = [turn[name] / turn["conv2d"] for turn in turns]
        portion_ratios = [turn[name] / turn["conv2d_portions"] for turn in turns]
        figures[f"{name}_ratio"] = _summarize(ratios) | {"asked": f">= {MIN_STEP_RATIO:.0f}"}
        figures[f"{name}_ratio_portions"] = _summarize(portion_ratios)
    return figures


def conv2d_step(boards: Tensor, border: str = "dead") -> Tensor:
    """Compute the successors of float boards (B, 1, H, W) of 0 and 1: the reference.

    It is as one writes the rule with torch, the living neighbours counted by a convolution.
    """
    mode = {"dead": "constant", "periodic": "circular"}[border]
    kernel = boards.new_ones(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = 0
    neighbor_counts = F.conv2d(F.pad(boards, (1, 1, 1, 1), mode=mode), kernel)
    return ((neighbor_counts == 3) | ((neighbor_counts == 2) & (boards == 1))).to(boards.dtype)


def _summarize(ratios: list[float]) -> dict[str, Any]:
    return {"median": round(median(ratios), 1), "worst": round(min(ratios), 1)}


def _measure_turn(config: GeneratorBenchConfig, log: Callable[[str], None]) -> dict[str, float]:
    """Measure boards a second of each way, all from the same boards."""
    cells = random_boards(config.batch, config.size, np.random.default_rng(0))
    packed, floats = pack(cells), torch.from_numpy(cells).float()[:, None]
    parts = [
        floats[start : start + PORTION_BOARDS] for start in range(0, config.batch, PORTION_BOARDS)
    ]
    with torch.inference_mode():
        rates = {
            "conv2d": _measure_rate(config, lambda: conv2d_step(floats, config.border)),
            "conv2d_portions": _measure_rate(
                config, lambda: [conv2d_step(x, config.border) for x in parts]
            ),
            "step": _measure_rate(config, lambda: step(cells, config.border)),
            "step_packed": _measure_rate(config, lambda: step_packed(packed, config.border)),
        }
    log("  " + ", ".join(f"{name} {rate:,.0f} boards/s" for name, rate in rates.items()))
    return rates


def _measure_rate(config: GeneratorBenchConfig, generate: Callable[[], Any]) -> float:
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < config.seconds or not count:
        generate()
        count += 1
    return config.batch * count / (time.perf_counter() - start)
