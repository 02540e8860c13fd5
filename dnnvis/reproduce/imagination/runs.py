"""One run of a row: its training and its two later stages, each resumable on its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dnnvis.reproduce.imagination.rows import Row
from dnnvis.training.life_adversarial import AdversarialCourse, AdversarialSetting
from dnnvis.training.life_task import EVERY, LifeCourse
from dnnvis.training.loop import Course, Progress, Report, run
from dnnvis.zoo.life import LifeNet

STAGES = ("plain", "adversarial", "control")
LOOKS = 100  # steps between two looks at the validation boards in the later stages


@dataclass(frozen=True)
class Trained:
    """A finished course: its network, and how it went."""

    course: LifeCourse | AdversarialCourse
    progress: Progress
    net: LifeNet


def folder_of(row: Row, seed: int, work: Path) -> Path:
    """Where the run keeps its progress."""
    return work / f"{row.name}-seed{seed}"


def trained(row: Row, seed: int, work: Path, report: Report | None = None) -> Trained:
    """The run's network, trained as far as it is not yet."""
    course = LifeCourse(row.with_seed(seed), keep_moments=False)
    progress = _run(course, folder_of(row, seed, work), EVERY, report)
    assert isinstance(course.module, LifeNet)
    return Trained(course, progress, course.module)


def staged(
    row: Row,
    seed: int,
    work: Path,
    stage: str,
    report: Report | None = None,
    setting: AdversarialSetting | None = None,
) -> Trained:
    """The run's network after the adversarial stage, or after its ``control``."""
    base = trained(row, seed, work, report)
    assert isinstance(base.course, LifeCourse)
    setting = replace(setting or AdversarialSetting(), adversarial=stage == "adversarial")
    course = AdversarialCourse(base.net, base.course.plan, setting)
    progress = _run(course, folder_of(row, seed, work) / stage, LOOKS, report)
    return Trained(course, progress, course.network)


def _run(course: Course, folder: Path, every: int, report: Report | None) -> Progress:
    quiet: Callable[[Progress, int, float], None] = lambda progress, steps, loss: None  # noqa: E731
    return run(course, folder, report=report or quiet, score_every=every, save_every=20)
