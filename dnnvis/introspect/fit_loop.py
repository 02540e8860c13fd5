"""Gradient descent of the small networks: a pure function of the step number, so that a fit
that was stopped or killed goes the same way on."""

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Cancelled

SAVED = 5.0  # seconds between two saves
TOLD = 0.25  # seconds between two reports

Loss = Callable[[Tensor, int], Tensor]  # rows of the data (B,), step -> a number
Told = Callable[[int, int, float], None]  # step, steps, loss


@dataclass(frozen=True)
class Schedule:
    """``steps`` of ``batch`` rows; the rate rises in a line to ``peak`` over the share ``warm``
    of the steps, and falls in a line to 0 (Smith 2018, one cycle)."""

    steps: int
    peak: float
    warm: float
    batch: int = 256

    def rate(self, step: int) -> float:
        share = (step + 0.5) / self.steps
        return self.peak * min(share / self.warm, (1 - share) / (1 - self.warm))


@dataclass
class Learned:
    """``cpu`` seconds of the steps, saves and reports included; ``losses`` every tenth."""

    cpu: float = 0.0
    losses: list[float] = field(default_factory=list)


def learn(
    module: nn.Module,
    loss: Loss,
    rows: int,
    schedule: Schedule,
    seed: int,
    place: Path | None = None,
    told: Told = lambda step, steps, loss: None,
    stop: threading.Event | None = None,
) -> Learned:
    """Train ``module`` with AdamW (betas .9, .98, no decay; Loshchilov & Hutter 2019).

    ``place``: where the state is saved now and then and taken up again. Raises Cancelled, after
    a save, once ``stop`` is set; BadInput where the loss is no number.
    """
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=schedule.peak, betas=(0.9, 0.98), weight_decay=0.0,
        fused=next(module.parameters()).device.type in ("cpu", "cuda"),
    )  # fmt: skip
    learned, step = _resumed(module, optimizer, place), 0
    step = len(learned.losses) * 10 if place is not None else 0
    state = _State(module, optimizer, place, learned)
    batch = min(schedule.batch, rows)
    order, passed = torch.arange(0), -1
    saved = reported = time.monotonic()
    began = time.process_time() - learned.cpu
    group = optimizer.param_groups[0]
    while step < schedule.steps:
        now, within = divmod(step, rows // batch)
        if now != passed:
            dice = torch.Generator().manual_seed(seed * 1_000_003 + now)
            order, passed = torch.randperm(rows, generator=dice), now
        group["lr"] = schedule.rate(step)
        found = loss(order[within * batch : (within + 1) * batch], step)
        optimizer.zero_grad()
        found.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        if step % 10 and step < schedule.steps:
            continue
        number = float(found.detach())
        if not math.isfinite(number):
            raise BadInput(f"The fit went astray: its loss is {number} at step {step}.")
        learned.losses.append(number)
        clock = time.monotonic()
        if clock - reported > TOLD or step == schedule.steps:
            told(step, schedule.steps, number)
            reported = clock
        learned.cpu = time.process_time() - began
        asked = stop is not None and stop.is_set()
        if clock - saved > SAVED or asked or step == schedule.steps:
            state.save()
            saved = clock
        if asked and step < schedule.steps:
            raise Cancelled("The fit was stopped; the same command goes on.")
    return learned


@dataclass
class _State:
    module: nn.Module
    optimizer: torch.optim.Optimizer
    place: Path | None
    learned: Learned

    def save(self) -> None:
        if self.place is None:
            return
        state = {
            "weights": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "learned": vars(self.learned),
        }
        fresh = self.place.with_suffix(".new")
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            torch.save(state, fresh)
            os.replace(fresh, self.place)
        except (OSError, RuntimeError) as why:  # torch tells of a full disk by a RuntimeError
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            words = getattr(why, "strerror", None) or "the disk may be full"
            raise BadInput(f"{self.place} cannot be written: {words}.") from None


def _resumed(module: nn.Module, optimizer: torch.optim.Optimizer, place: Path | None) -> Learned:
    """The state in ``place``, where there is one that can be read; else a fresh one."""
    if place is None or not place.is_file():
        return Learned()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    try:
        state: dict[str, Any] = torch.load(place, weights_only=True)
        learned = Learned(**state["learned"])
        module.load_state_dict(state["weights"])
        optimizer.load_state_dict(state["optimizer"])
        return learned
    except Exception:  # a broken archive raises anything; the steps are made again
        place.unlink(missing_ok=True)
        module.load_state_dict(before)
        return Learned()
