"""One training run: steps that can be stopped, killed and taken up again."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from dnnvis.core.errors import DnnvisError, Mismatch


class Course(Protocol):
    """What the loop must know of a training run.

    ``learn(step)`` must depend on nothing but the step number, the seed and the weights
    (random numbers come from generators seeded by both), so that a resumed run goes the
    same way as one that never stopped.
    """

    name: str
    module: nn.Module
    optimizers: list[torch.optim.Optimizer]
    steps: int
    setting: dict[str, Any]

    def learn(self, step: int) -> float: ...

    def score(self, step: int) -> float: ...


@dataclass
class Progress:
    """Where a run stands. ``curve`` rows: step, loss, test accuracy, seconds of work."""

    step: int = 0
    seconds: float = 0.0
    curve: list[list[float]] = field(default_factory=list)


Report = Callable[[Progress, int, float], None]  # progress, steps in all, last loss


def run(
    course: Course,
    folder: Path,
    *,
    report: Report = lambda progress, steps, loss: None,
    save_every: float = 60.0,
    score_every: int = 0,
    stop_after: int | None = None,
) -> Progress:
    """Train until the course ends or ``stop_after`` further steps, saving into ``folder``.

    A run killed at any moment goes on from its last save (at most ``save_every`` seconds
    old). Raises Mismatch if the folder holds a run with other settings, DnnvisError if the
    loss stops being a number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "progress.pt"
    progress = _resume(course, place)
    end = course.steps if stop_after is None else min(course.steps, progress.step + stop_after)
    saved = began = time.monotonic()
    earlier = progress.seconds
    try:
        while progress.step < end:
            loss = course.learn(progress.step)
            progress.step += 1
            progress.seconds = earlier + time.monotonic() - began
            if loss != loss:
                raise DnnvisError(f"The loss is not a number at step {progress.step}.")
            last = progress.step == course.steps
            if last or (score_every and progress.step % score_every == 0):
                row = [progress.step, loss, course.score(progress.step), progress.seconds]
                progress.curve.append(row)
            report(progress, course.steps, loss)
            if time.monotonic() - saved > save_every:
                _save(course, progress, place)
                saved = time.monotonic()
    except KeyboardInterrupt:
        _save(course, progress, place)
        raise
    _save(course, progress, place)
    return progress


def _save(course: Course, progress: Progress, place: Path) -> None:
    state = {
        "weights": course.module.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in course.optimizers],
        "progress": vars(progress),
        "setting": json.dumps(course.setting, sort_keys=True),
    }
    fresh = place.with_suffix(".new")
    torch.save(state, fresh)
    os.replace(fresh, place)


def _resume(course: Course, place: Path) -> Progress:
    if not place.exists():
        return Progress()
    state = torch.load(place, weights_only=True)
    if state["setting"] != json.dumps(course.setting, sort_keys=True):
        raise Mismatch(
            f"{place.parent} holds a run with other settings ({state['setting']}); "
            "name another folder with --work, or begin anew with --restart."
        )
    course.module.load_state_dict(state["weights"])
    for optimizer, saved in zip(course.optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return Progress(**state["progress"])
