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
from dnnvis.training.run_lock import alone

CURVE = ("step", "loss", "test accuracy", "seconds")


class Course(Protocol):
    """What the loop must know of a training run.

    ``learn(step)`` must depend on nothing but the step number, the seed and the weights
    (random numbers come from generators seeded by both), so that a resumed run goes the
    same way as one that never stopped. ``score`` gives the accuracy, and further numbers after
    it where there are some; ``curve_columns`` names what a row of the curve holds. ``follow``
    is told where the run stands when it begins or resumes and after each score, and may change
    ``steps`` then; what ``free`` names of the setting may be another when the run is taken up
    again. ``CourseDefaults`` has what many courses need not say.
    """

    name: str
    optimizers: list[torch.optim.Optimizer]
    steps: int
    setting: dict[str, Any]

    @property
    def free(self) -> tuple[str, ...]: ...

    @property
    def curve_columns(self) -> list[str]: ...

    @property
    def module(self) -> nn.Module: ...

    def follow(self, progress: "Progress") -> None: ...

    def learn(self, step: int) -> float: ...

    def score(self, step: int) -> float | Sequence[float]: ...


class CourseDefaults:
    """A course of one score a row, all of whose setting binds, and which follows nothing."""

    free: tuple[str, ...] = ()

    @property
    def curve_columns(self) -> list[str]:
        """What a row of the curve holds."""
        return list(CURVE)

    def follow(self, progress: "Progress") -> None:
        """Take note of where the run stands."""


@dataclass
class Progress:
    """Where a run stands. ``curve`` rows: step, loss, test accuracy, seconds of work, and what
    else the score gave; ``cpu``: processor seconds of the learning steps alone; ``moments``:
    step -> weights on the way, where the course keeps any; ``loss`` of the last step."""

    step: int = 0
    seconds: float = 0.0
    curve: list[list[float]] = field(default_factory=list)
    cpu: float = 0.0
    moments: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    loss: float = float("nan")


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
    old); Ctrl+C and SIGTERM wait for the step under way, save, and raise KeyboardInterrupt.
    Raises Mismatch if the folder holds a run with other settings, BadInput if what it holds
    cannot be read or another process trains into it, DnnvisError if the loss stops being a
    number.
    """
    with alone(folder):
        return _run(course, folder / "progress.pt", report, save_every, score_every, stop_after)


def _run(
    course: Course,
    place: Path,
    report: Report,
    save_every: float,
    score_every: int,
    stop_after: int | None,
) -> Progress:
    progress = _resume(course, place)
    last = None if stop_after is None else progress.step + stop_after
    course.follow(progress)
    saved = began = time.monotonic()
    earlier = progress.seconds
    with held_interrupts() as interrupted:
        while progress.step < course.steps and progress.step != last and not interrupted():
            worked = time.process_time()
            loss = course.learn(progress.step)
            progress.cpu += time.process_time() - worked
            if loss != loss:
                raise DnnvisError(f"The loss is not a number at step {progress.step + 1}.")
            progress.step += 1
            progress.loss = loss
            progress.seconds = earlier + time.monotonic() - began
            if _scored(progress.step, course.steps, score_every):
                progress.curve.append(_row(course, progress, loss))
                course.follow(progress)
            try:
                report(progress, course.steps, loss)
            except KeyboardInterrupt:
                _save(course, progress, place)
                raise
            if time.monotonic() - saved > save_every:
                _save(course, progress, place)
                saved = time.monotonic()
        if progress.step >= course.steps and not _is_scored(progress) and not interrupted():
            progress.curve.append(_row(course, progress, progress.loss))
        _save(course, progress, place)
        if interrupted():
            raise KeyboardInterrupt
    return progress


def _row(course: Course, progress: Progress, loss: float) -> list[float]:
    score = course.score(progress.step)
    first, *others = score if isinstance(score, Sequence) else (score,)
    return [progress.step, loss, first, progress.seconds, *others]


def _is_scored(progress: Progress) -> bool:
    """Whether the curve ends where the run stands."""
    return bool(progress.curve) and progress.curve[-1][0] == progress.step


def _scored(step: int, steps: int, every: int) -> bool:
    return step == steps or bool(every and step % every == 0)


@contextmanager
def held_interrupts() -> Iterator[Callable[[], bool]]:
    """Within, the first Ctrl+C or SIGTERM is only noted (yields the function that says so),
    since a step that is broken off leaves weights that no step number describes. The second
    one interrupts at once. Elsewhere than on the main thread nothing changes."""
    asked: list[int] = []

    def note(number: int, stack: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1:
            raise KeyboardInterrupt

    here = threading.current_thread() is threading.main_thread()
    signals = (signal.SIGINT, signal.SIGTERM) if here else ()
    before = {number: signal.signal(number, note) for number in signals}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
    try:
        state = torch.load(place, weights_only=True)
    except Exception as why:  # a broken archive raises anything
        raise BadInput(
            f"{place} cannot be read ({first_sentence(why)}); begin anew with --restart."
        ) from None
    begun = _binding(json.loads(state["setting"]), course)
    wanted = _binding(course.setting, course)
    if begun != wanted:
        other = sorted(k for k in begun.keys() | wanted.keys() if begun.get(k) != wanted.get(k))
        told = ", ".join(f"{k} {begun.get(k)}, not {wanted.get(k)}" for k in other)
        raise Mismatch(
            f"{place.parent} holds a run with other settings ({told}); "
            "name another folder with --work, or begin anew with --restart."
        )
    course.module.load_state_dict(state["weights"])
    for optimizer, saved in zip(course.optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return Progress(**state["progress"])


def first_sentence(why: Exception) -> str:
    """The start of an error; torch goes on with advice that is not ours to give."""
    return (str(why) or type(why).__name__).splitlines()[0].split(". ")[0]


def _binding(setting: dict[str, Any], course: Course) -> dict[str, Any]:
    """What of a setting must stay the same when a run is taken up again."""
    kept = {key: value for key, value in setting.items() if key not in course.free}
    found: dict[str, Any] = json.loads(json.dumps(kept))
    return found
