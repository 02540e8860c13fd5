"""One run of a row: its training and its two later stages, each resumable on its own."""

from dataclasses import dataclass, replace
from pathlib import Path

from dnnvis.reproduce.imagination.rows import TableRow
from dnnvis.training.life_adversarial import AdversarialSetting, AdversarialTask
from dnnvis.training.life_task import VALIDATION_INTERVAL_STEPS, LifeTask
from dnnvis.training.loop import Report, TrainingProgress, TrainingTask, train
from dnnvis.zoo.life import LifeNet

STAGES = ("plain", "adversarial", "control")
STEPS_PER_CHECK = 100  # steps between two looks at the validation boards in the later stages


@dataclass(frozen=True)
class TrainedRun:
    """A finished course: its network, and how it went."""

    task: LifeTask | AdversarialTask
    progress: TrainingProgress
    net: LifeNet


def run_folder(row: TableRow, seed: int, work: Path) -> Path:
    """Return where the run keeps its progress.

    Args:
        row: The run's row.
        seed: The run's seed.
        work: The folder of all trainings.
    """
    return work / f"{row.name}-seed{seed}"


def train_run(row: TableRow, seed: int, work: Path, report: Report | None = None) -> TrainedRun:
    """Train the run's network as far as it is not yet.

    Args:
        row: The run's row.
        seed: The run's seed.
        work: The folder of all trainings.
        report: Told how far the training is.

    Returns:
        The finished course.

    Raises:
        Mismatch: Where a training with other settings lies there.
        BadInput: Where its progress cannot be read.
    """
    task = LifeTask(row.with_seed(seed), keep_snapshots=False)
    progress = _train(task, run_folder(row, seed, work), VALIDATION_INTERVAL_STEPS, report)
    assert isinstance(task.module, LifeNet)
    return TrainedRun(task, progress, task.module)


def train_stage(
    row: TableRow,
    seed: int,
    work: Path,
    stage: str,
    report: Report | None = None,
    setting: AdversarialSetting | None = None,
) -> TrainedRun:
    """Train the run's network and then the adversarial stage, or its ``control``.

    Args:
        row: The run's row.
        seed: The run's seed.
        work: The folder of all trainings.
        stage: "adversarial" or "control".
        report: Told how far each of both trainings is.
        setting: How the stage learns; None for the defaults.

    Returns:
        The finished stage.

    Raises:
        Mismatch: Where a training with other settings lies there.
        BadInput: Where its progress cannot be read.
    """
    base = train_run(row, seed, work, report)
    assert isinstance(base.task, LifeTask)
    setting = replace(setting or AdversarialSetting(), adversarial=stage == "adversarial")
    task = AdversarialTask(base.net, base.task.config, setting)
    progress = _train(task, run_folder(row, seed, work) / stage, STEPS_PER_CHECK, report)
    return TrainedRun(task, progress, task.network)


def _train(task: TrainingTask, folder: Path, every: int, report: Report | None) -> TrainingProgress:
    return train(task, folder, report=report or _ignore_report, score_every=every, save_every=20)


def _ignore_report(progress: TrainingProgress, steps: int, loss: float) -> None:
    """Do nothing: nobody listens."""
