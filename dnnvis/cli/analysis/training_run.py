"""Run a training from the command line, with a progress bar or a JSON object a line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dnnvis.cli import options
from dnnvis.core.errors import BadInput
from dnnvis.core.paths import user_data_folder

if TYPE_CHECKING:
    from dnnvis.training.loop import Report, TrainingTask
    from dnnvis.training.loop import TrainingProgress as TrainingStatus


def run_training(
    task: "TrainingTask",
    work: Path | None,
    threads: int,
    restart: bool,
    every: int,
    as_json: bool,
    live: bool = False,
) -> "TrainingStatus":
    """Train a task, or go on with it.

    Args:
        task: What is trained.
        work: Folder of the run's progress; None: one of the task's name in the user's data.
        threads: Processor threads.
        restart: Whether earlier progress is forgotten.
        every: Steps between two scores.
        as_json: Whether progress is JSON lines instead of a bar.
        live: Whether these also say where the newest weights are written, about every second.

    Returns:
        The progress at the end.
    """
    from dnnvis.core.run_lock import clear_run
    from dnnvis.training.loop import train

    options.set_threads(threads)
    folder = work or user_data_folder() / "training" / task.name
    if restart:
        clear_run(folder)
    reporter = _json_reporter(task, folder if live else None) if as_json else _progress_bar(task)
    with reporter as report:
        return train(task, folder, report=report, score_every=every)


def create_output_folder(folder: Path) -> None:
    """Make the folder of a finished network; raise BadInput where nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"Nothing can be written to {folder} ({error.strerror}); "
            "name another folder with --out."
        ) from None


def check_network_name(name: str) -> str:
    """Return the name of a network; raise BadInput where it can name no file."""
    if name and not all(letter.isalnum() or letter in "-_." for letter in name):
        raise BadInput(f"'{name}' cannot name a file; use letters, digits, - and _.")
    return name


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
def _json_reporter(task: "TrainingTask", folder: Path | None) -> "Iterator[Report]":
    """Print a JSON object a line, at every score; with a folder also where weights were written.

    These are ``weights_file``, with every line between two scores.
    """
    from dnnvis.training.live_file import LiveFile

    live = None if folder is None else LiveFile(folder)

    def report(progress: "TrainingStatus", steps: int, loss: float) -> None:
        is_scored = bool(progress.curve) and progress.curve[-1][0] == progress.step
        is_written = live is not None and live.write_due(task)
        if not (is_scored or is_written):
            return
        accuracy = progress.curve[-1][2] if progress.curve else None
        record = {"step": progress.step, "steps": steps, "loss": loss, "accuracy": accuracy}
        written = {"weights_file": str(live.path)} if live is not None and is_written else {}
        seconds = {"seconds": round(progress.seconds, 1)}
        print(json.dumps(record | seconds | written), flush=True)

    yield report
