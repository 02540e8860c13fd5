"""One training run: steps that can be stopped, killed and taken up again."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, DnnvisError, Mismatch
from dnnvis.core.run_lock import run_lock

CURVE = ("step", "loss", "test accuracy", "seconds")


class TrainingTask(Protocol):
    """What the loop must know of a training run.

    ``train_step(step)`` must depend on nothing but the step number, the seed and the weights
    (random numbers come from generators seeded by both), so that a resumed run goes the
    same way as one that never stopped. ``score`` gives the accuracy, and further numbers after
    it where there are some; ``curve_columns`` names what a row of the curve holds. ``on_progress``
    is told where the run stands when it begins or resumes and after each score, and may change
    ``steps`` then; what ``changeable_settings`` names of the setting may be another when the run
    is taken up
    again. ``TrainingTaskDefaults`` has what many courses need not say.
    """

    name: str
    optimizers: list[torch.optim.Optimizer]
    steps: int
    setting: dict[str, Any]

    @property
    def changeable_settings(self) -> tuple[str, ...]: ...

    @property
    def curve_columns(self) -> list[str]: ...

    @property
    def module(self) -> nn.Module: ...

    def on_progress(self, progress: "TrainingProgress") -> None: ...

    def train_step(self, step: int) -> float: ...

    def score(self, step: int) -> float | Sequence[float]: ...


class TrainingTaskDefaults:
    """A course of one score a row, all of whose setting binds, and which follows nothing."""

    changeable_settings: tuple[str, ...] = ()

    @property
    def curve_columns(self) -> list[str]:
        """What a row of the curve holds."""
        return list(CURVE)

    def on_progress(self, progress: "TrainingProgress") -> None:
        """Take note of where the run stands."""


@dataclass
class TrainingProgress:
    """Where a run stands. ``curve`` rows: step, loss, test accuracy, seconds of work, and what
    else the score gave; ``cpu``: processor seconds of the learning steps alone; ``moments``:
    step -> weights on the way, where the course keeps any; ``loss`` of the last step."""

    step: int = 0
    seconds: float = 0.0
    curve: list[list[float]] = field(default_factory=list)
    cpu: float = 0.0
    moments: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    loss: float = float("nan")


Report = Callable[[TrainingProgress, int, float], None]  # progress, steps in all, last loss


def train(
    task: TrainingTask,
    folder: Path,
    *,
    report: Report = lambda progress, steps, loss: None,
    save_every: float = 60.0,
    score_every: int = 0,
    stop_after: int | None = None,
) -> TrainingProgress:
    """Train until the course ends or ``stop_after`` further steps, saving into ``folder``.

    A run killed at any moment goes on from its last save (at most ``save_every`` seconds
    old); Ctrl+C and SIGTERM wait for the step under way, save, and raise KeyboardInterrupt.
    Raises Mismatch if the folder holds a run with other settings, BadInput if what it holds
    cannot be read or another process trains into it, DnnvisError if the loss stops being a
    number.
    """
    with run_lock(folder):
        return _train(task, folder / "progress.pt", report, save_every, score_every, stop_after)


def _train(
    task: TrainingTask,
    path: Path,
    report: Report,
    save_every: float,
    score_every: int,
    stop_after: int | None,
) -> TrainingProgress:
    progress = _resume(task, path)
    last_step = None if stop_after is None else progress.step + stop_after
    task.on_progress(progress)
    saved = start = time.monotonic()
    earlier_seconds = progress.seconds
    with defer_interrupts() as interrupted:
        while progress.step < task.steps and progress.step != last_step and not interrupted():
            cpu_start = time.process_time()
            loss = task.train_step(progress.step)
            progress.cpu += time.process_time() - cpu_start
            if loss != loss:
                raise DnnvisError(f"The loss is not a number at step {progress.step + 1}.")
            progress.step += 1
            progress.loss = loss
            progress.seconds = earlier_seconds + time.monotonic() - start
            if _is_score_due(progress.step, task.steps, score_every):
                progress.curve.append(_curve_row(task, progress, loss))
                task.on_progress(progress)
            try:
                report(progress, task.steps, loss)
            except KeyboardInterrupt:
                _save(task, progress, path)
                raise
            if time.monotonic() - saved > save_every:
                _save(task, progress, path)
                saved = time.monotonic()
        if progress.step >= task.steps and not _is_scored(progress) and not interrupted():
            progress.curve.append(_curve_row(task, progress, progress.loss))
        _save(task, progress, path)
        if interrupted():
            raise KeyboardInterrupt
    return progress


def _curve_row(task: TrainingTask, progress: TrainingProgress, loss: float) -> list[float]:
    score = task.score(progress.step)
    first, *others = score if isinstance(score, Sequence) else (score,)
    return [progress.step, loss, first, progress.seconds, *others]


def _is_scored(progress: TrainingProgress) -> bool:
    """Whether the curve ends where the run stands."""
    return bool(progress.curve) and progress.curve[-1][0] == progress.step


def _is_score_due(step: int, steps: int, every: int) -> bool:
    return step == steps or bool(every and step % every == 0)


@contextmanager
def defer_interrupts() -> Iterator[Callable[[], bool]]:
    """Within, the first Ctrl+C or SIGTERM is only noted (yields the function that says so),
    since a step that is broken off leaves weights that no step number describes. The second
    one interrupts at once. Elsewhere than on the main thread nothing changes."""
    received: list[int] = []

    def note(number: int, stack: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    is_main_thread = threading.current_thread() is threading.main_thread()
    signals = (signal.SIGINT, signal.SIGTERM) if is_main_thread else ()
    previous = {number: signal.signal(number, note) for number in signals}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _save(task: TrainingTask, progress: TrainingProgress, path: Path) -> None:
    state = {
        "weights": task.module.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in task.optimizers],
        "progress": vars(progress),
        "setting": json.dumps(task.setting, sort_keys=True),
    }
    temporary_path = path.with_suffix(".new")
    torch.save(state, temporary_path)
    os.replace(temporary_path, path)


def _resume(task: TrainingTask, path: Path) -> TrainingProgress:
    if not path.exists():
        return TrainingProgress()
    try:
        state = torch.load(path, weights_only=True)
    except Exception as error:  # a broken archive raises anything
        raise BadInput(
            f"{path} cannot be read ({first_sentence(error)}); begin anew with --restart."
        ) from None
    stored = _binding_settings(json.loads(state["setting"]), task)
    requested = _binding_settings(task.setting, task)
    if stored != requested:
        differing = sorted(
            k for k in stored.keys() | requested.keys() if stored.get(k) != requested.get(k)
        )
        differences = ", ".join(f"{k} {stored.get(k)}, not {requested.get(k)}" for k in differing)
        raise Mismatch(
            f"{path.parent} holds a run with other settings ({differences}); "
            "name another folder with --work, or begin anew with --restart."
        )
    task.module.load_state_dict(state["weights"])
    for optimizer, saved in zip(task.optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return TrainingProgress(**state["progress"])


def first_sentence(error: Exception) -> str:
    """The start of an error; torch goes on with advice that is not ours to give."""
    return (str(error) or type(error).__name__).splitlines()[0].split(". ")[0]


def _binding_settings(setting: dict[str, Any], task: TrainingTask) -> dict[str, Any]:
    """What of a setting must stay the same when a run is taken up again."""
    binding = {key: value for key, value in setting.items() if key not in task.changeable_settings}
    result: dict[str, Any] = json.loads(json.dumps(binding))
    return result
