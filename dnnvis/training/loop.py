"""Run one training: steps that can be stopped, killed and resumed."""

import json
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
from dnnvis.network.weights.save import save_state

MAX_SAVE_INTERVAL_SECONDS = 60.0  # of work that a killed run repeats, whatever is requested
CURVE = ("step", "loss", "test accuracy", "seconds")


class TrainingTask(Protocol):
    """What the loop must know of a training run.

    ``train_step(step)`` must depend on nothing but the step number, the seed and the weights
    (random numbers come from generators seeded by both), so that a resumed run goes the
    same way as one that never stopped. ``TrainingTaskDefaults`` has defaults for many tasks.
    """

    name: str
    optimizers: list[torch.optim.Optimizer]
    #: Number of steps.
    steps: int
    #: Settings that a resumed run must share; JSON-able.
    setting: dict[str, Any]

    @property
    def changeable_settings(self) -> tuple[str, ...]:
        """Return the names of settings that may be others when the run is resumed."""
        ...

    @property
    def curve_columns(self) -> list[str]:
        """Return the names of a curve row's numbers."""
        ...

    @property
    def module(self) -> nn.Module:
        """Return the module that learns."""
        ...

    def on_progress(self, progress: "TrainingProgress") -> None:
        """Take note of the progress; ``steps`` may change here.

        Called when the run begins or resumes and after each score.
        """
        ...

    def train_step(self, step: int) -> float:
        """Train on one batch; return the loss."""
        ...

    def score(self, step: int) -> float | Sequence[float]:
        """Return the accuracy, and further numbers after it where there are some."""
        ...


class TrainingTaskDefaults:
    """Defaults of a task of one score a row, whose setting binds, and which follows nothing."""

    changeable_settings: tuple[str, ...] = ()

    @property
    def curve_columns(self) -> list[str]:
        """Return the names of a curve row's numbers."""
        return list(CURVE)

    def on_progress(self, progress: "TrainingProgress") -> None:
        """Take note of the progress."""


@dataclass
class TrainingProgress:
    """How far a run is."""

    #: Steps done.
    step: int = 0
    #: Seconds of work.
    seconds: float = 0.0
    #: Rows: step, loss, test accuracy, seconds of work, and what else the score gave.
    curve: list[list[float]] = field(default_factory=list)
    #: Processor seconds of the learning steps alone.
    cpu: float = 0.0
    #: Step -> weights of the snapshots, where the task takes any.
    moments: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    #: Loss of the last step.
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
    """Train until the task ends, saving into a folder.

    A run killed at any moment goes on from its last save; Ctrl+C and SIGTERM wait for the step
    under way, save, and raise KeyboardInterrupt.

    Args:
        task: What is trained.
        folder: Folder of the run's progress.
        report: Called after each step with the progress, the number of steps and the loss.
        save_every: Seconds between two saves.
        score_every: Steps between two scores; 0: only one at the end.
        stop_after: Stop after so many further steps; None: at the end.

    Returns:
        The progress at the end.

    Raises:
        Mismatch: The folder holds a run with other settings.
        BadInput: The progress cannot be read or written, or another process trains into the
            folder.
        DnnvisError: The loss stops being a number.
        KeyboardInterrupt: The run was interrupted, after a save.
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
            if time.monotonic() - saved > min(save_every, MAX_SAVE_INTERVAL_SECONDS):
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
    """Return whether the curve ends at the current step."""
    return bool(progress.curve) and progress.curve[-1][0] == progress.step


def _is_score_due(step: int, steps: int, every: int) -> bool:
    return step == steps or bool(every and step % every == 0)


@contextmanager
def defer_interrupts() -> Iterator[Callable[[], bool]]:
    """Only note the first Ctrl+C or SIGTERM within the context.

    A step that is broken off leaves weights that no step number describes. The second one
    interrupts at once. Elsewhere than on the main thread nothing changes.

    Yields:
        A function that returns whether one was received.
    """
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
    save_state(state, path)


def _resume(task: TrainingTask, path: Path) -> TrainingProgress:
    if not path.exists():
        return TrainingProgress()
    try:
        state = torch.load(path, weights_only=True)
    except Exception:  # a broken archive raises anything
        raise BadInput(
            f"{path} is damaged, or no progress of a training; begin anew with --restart."
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


def _binding_settings(setting: dict[str, Any], task: TrainingTask) -> dict[str, Any]:
    """Return the settings that must stay the same when a run is resumed."""
    binding = {key: value for key, value in setting.items() if key not in task.changeable_settings}
    result: dict[str, Any] = json.loads(json.dumps(binding))
    return result
