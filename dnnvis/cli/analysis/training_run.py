"""Run a training from the command line, with a progress bar or a JSON object a line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dnnvis.core.paths import user_data_folder

if TYPE_CHECKING:
    from dnnvis.training.loop import Report, TrainingTask
    from dnnvis.training.loop import TrainingProgress as TrainingStatus


def run_training(
    task: "TrainingTask", work: Path | None, threads: int, restart: bool, every: int, as_json: bool
) -> "TrainingStatus":
    """Train a task, or go on with it.

    Args:
        task: What is trained.
        work: Folder of the run's progress; None: one of the task's name in the user's data.
        threads: Processor threads.
        restart: Whether earlier progress is forgotten.
        every: Steps between two scores.
        as_json: Whether progress is JSON lines instead of a bar.

    Returns:
        The progress at the end.
    """
    import torch

    from dnnvis.core.run_lock import clear_run
    from dnnvis.training.loop import train

    torch.set_num_threads(threads)
    folder = work or user_data_folder() / "training" / task.name
    if restart:
        clear_run(folder)
    with _json_reporter(every) if as_json else _progress_bar(task) as report:
        return train(task, folder, report=report, score_every=every)


@contextmanager
def _progress_bar(task: "TrainingTask") -> "Iterator[Report]":
    """Show a progress bar with the time that is left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  test {task.fields[score]}"),
    )
    with Progress(*columns) as bar:
        bar_task = bar.add_task(task.name, total=task.steps, loss=float("nan"), score="-")

        def report(progress: "TrainingStatus", steps: int, loss: float) -> None:
            score = f"{progress.curve[-1][2]:.2%}" if progress.curve else "-"
            bar.update(bar_task, completed=progress.step, loss=loss, score=score)

        yield report


@contextmanager
def _json_reporter(every: int) -> "Iterator[Report]":
    """Print a JSON object a line, at every score."""

    def report(progress: "TrainingStatus", steps: int, loss: float) -> None:
        if progress.curve and progress.curve[-1][0] == progress.step:
            accuracy = progress.curve[-1][2]
            record = {"step": progress.step, "steps": steps, "loss": loss, "accuracy": accuracy}
            print(json.dumps(record | {"seconds": round(progress.seconds, 1)}), flush=True)

    yield report
