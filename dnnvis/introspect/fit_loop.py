"""Train the small networks by gradient descent: a pure function of the step number.

So a fit that was stopped or killed goes the same way on.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.network.weights.save import save_state

SAVE_INTERVAL_SECONDS = 5.0
REPORT_INTERVAL_SECONDS = 0.25

Loss = Callable[[Tensor, int], Tensor]  # rows of the data (B,), step -> a number
OnStep = Callable[[int, int, float], None]  # step, steps, loss


@dataclass(frozen=True)
class Schedule:
    """One cycle of the learning rate (Smith 2018).

    It rises linearly to ``peak`` and falls linearly to 0.
    """

    #: Number of steps.
    steps: int
    peak: float
    #: Fraction of the steps in which the rate rises.
    warm: float
    #: Rows a step.
    batch: int = 256

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        fraction = (step + 0.5) / self.steps
        return self.peak * min(fraction / self.warm, (1 - fraction) / (1 - self.warm))


@dataclass
class TrainingLog:
    """Cost and course of a training."""

    #: Processor seconds of the steps, saves and reports included.
    cpu: float = 0.0
    #: Loss of every tenth step.
    losses: list[float] = field(default_factory=list)


def learn(
    module: nn.Module,
    loss: Loss,
    rows: int,
    schedule: Schedule,
    seed: int,
    path: Path | None = None,
    on_step: OnStep = lambda step, steps, loss: None,
    stop: threading.Event | None = None,
) -> TrainingLog:
    """Train a module with AdamW (betas .9, .98, no decay; Loshchilov & Hutter 2019).

    Args:
        module: What is trained.
        loss: Called with the rows (B,) of a batch and the step; returns the loss.
        rows: Number of rows of the data.
        schedule: Steps, batch and learning rate.
        seed: Seed of the order of the rows.
        path: Where the state is saved now and then, and read to resume; None: nowhere.
        on_step: Called now and then with the step, the number of steps and the loss.
        stop: Stops the training once it is set.

    Returns:
        The log.

    Raises:
        Cancelled: ``stop`` is set; after a save.
        BadInput: The loss is no number, or the state cannot be written.
    """
    optimizer = torch.optim.AdamW(
        module.parameters(),
        lr=schedule.peak,
        betas=(0.9, 0.98),
        weight_decay=0.0,
        fused=next(module.parameters()).device.type in ("cpu", "cuda"),
    )
    log, step = _resume(module, optimizer, path), 0
    step = len(log.losses) * 10 if path is not None else 0
    checkpoint = _Checkpoint(module, optimizer, path, log)
    batch = min(schedule.batch, rows)
    order, current_epoch = torch.arange(0), -1
    saved = reported = time.monotonic()
    start = time.process_time() - log.cpu
    group = optimizer.param_groups[0]
    while step < schedule.steps:
        epoch, position = divmod(step, rows // batch)
        if epoch != current_epoch:
            generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
            order, current_epoch = torch.randperm(rows, generator=generator), epoch
        group["lr"] = schedule.rate(step)
        batch_loss = loss(order[position * batch : (position + 1) * batch], step)
        optimizer.zero_grad()
        batch_loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        if step % 10 and step < schedule.steps:
            continue
        number = float(batch_loss.detach())
        if not math.isfinite(number):
            raise BadInput(f"The fit went astray: its loss is {number} at step {step}.")
        log.losses.append(number)
        now = time.monotonic()
        if now - reported > REPORT_INTERVAL_SECONDS or step == schedule.steps:
            on_step(step, schedule.steps, number)
            reported = now
        log.cpu = time.process_time() - start
        stop_requested = stop is not None and stop.is_set()
        if now - saved > SAVE_INTERVAL_SECONDS or stop_requested or step == schedule.steps:
            checkpoint.save()
            saved = now
        if stop_requested and step < schedule.steps:
            raise Cancelled("The fit was stopped; the same command goes on.")
    return log


@dataclass
class _Checkpoint:
    module: nn.Module
    optimizer: torch.optim.Optimizer
    path: Path | None
    log: TrainingLog

    def save(self) -> None:
        if self.path is None:
            return
        state = {
            "weights": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "learned": vars(self.log),
        }
        save_state(state, self.path)


def _resume(module: nn.Module, optimizer: torch.optim.Optimizer, path: Path | None) -> TrainingLog:
    """Return the log in ``path``, where there is one that can be read; else a new one."""
    if path is None or not path.is_file():
        return TrainingLog()
    initial_weights = {name: value.clone() for name, value in module.state_dict().items()}
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
        log = TrainingLog(**state["learned"])
        module.load_state_dict(state["weights"])
        optimizer.load_state_dict(state["optimizer"])
        return log
    except Exception:  # a broken archive raises anything; the steps are repeated
        path.unlink(missing_ok=True)
        module.load_state_dict(initial_weights)
        return TrainingLog()
