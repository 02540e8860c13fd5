"""How fast boards are made: our rule against torch's conv2d, in alternating pairs."""

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

ASKED = 10.0  # times conv2d on the same batch
PORTION = 128  # boards at a time with which conv2d is fastest: they stay in the cache


@dataclass(frozen=True)
class Plan:
    """``pairs`` turns of ``seconds`` for each way of making ``batch`` boards ``size``."""

    pairs: int = 5
    seconds: float = 0.5
    batch: int = 4096
    size: tuple[int, int] = (20, 20)
    border: str = "dead"


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Boards a second on one thread, and ratios: the median over the pairs, the first of
    which is a warm-up. ``step_ratio`` is to conv2d on the whole batch, as asked, and
    ``step_ratio_portions`` to conv2d in portions that suit it better."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        turns = [_turn(plan, say) for _ in range(plan.pairs + 1)][1:]
    finally:
        torch.set_num_threads(threads)
    figures: dict[str, Any] = {
        "boards": f"{plan.batch} of {plan.size[0]} x {plan.size[1]}, {plan.border} border"
    }
    for name in turns[0]:
        figures[f"{name}_per_s"] = round(median(turn[name] for turn in turns))
    for name in ("step", "step_packed"):
        whole = [turn[name] / turn["conv2d"] for turn in turns]
        portions = [turn[name] / turn["conv2d_portions"] for turn in turns]
        figures[f"{name}_ratio"] = _told(whole) | {"asked": f">= {ASKED:.0f}"}
        figures[f"{name}_ratio_portions"] = _told(portions)
    return figures


def conv2d_step(boards: Tensor, border: str = "dead") -> Tensor:
    """The reference: the successors of float boards (B, 1, H, W) of 0 and 1, as one writes the
    rule with torch, the living neighbours counted by a convolution."""
    mode = {"dead": "constant", "periodic": "circular"}[border]
    kernel = boards.new_ones(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = 0
    around = F.conv2d(F.pad(boards, (1, 1, 1, 1), mode=mode), kernel)
    return ((around == 3) | ((around == 2) & (boards == 1))).to(boards.dtype)


def _told(ratios: list[float]) -> dict[str, Any]:
    return {"median": round(median(ratios), 1), "worst": round(min(ratios), 1)}


def _turn(plan: Plan, say: Callable[[str], None]) -> dict[str, float]:
    """Boards a second of each way, all from the same boards."""
    cells = random_boards(plan.batch, plan.size, np.random.default_rng(0))
    packed, floats = pack(cells), torch.from_numpy(cells).float()[:, None]
    parts = [floats[start : start + PORTION] for start in range(0, plan.batch, PORTION)]
    with torch.inference_mode():
        rates = {
            "conv2d": _rate(plan, lambda: conv2d_step(floats, plan.border)),
            "conv2d_portions": _rate(plan, lambda: [conv2d_step(x, plan.border) for x in parts]),
            "step": _rate(plan, lambda: step(cells, plan.border)),
            "step_packed": _rate(plan, lambda: step_packed(packed, plan.border)),
        }
    say("  " + ", ".join(f"{name} {rate:,.0f} boards/s" for name, rate in rates.items()))
    return rates


def _rate(plan: Plan, once: Callable[[], Any]) -> float:
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < plan.seconds or not count:
        once()
        count += 1
    return plan.batch * count / (time.perf_counter() - began)
