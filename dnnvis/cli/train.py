"""``dnnvis train``: make the bundled networks again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dnnvis.cli import options as given
from dnnvis.cli import train_life
from dnnvis.core.errors import BadInput
from dnnvis.core.paths import shipped, user_data

if TYPE_CHECKING:
    from dnnvis.training.loop import Course, Report
    from dnnvis.training.loop import Progress as Standing

app = typer.Typer(no_args_is_help=True, help="Train a bundled network; resumes after a stop.")
app.command()(train_life.life)

Data = Annotated[Path, typer.Option(help="The data set: a folder (CIFAR also as a tar file).")]
Work = Annotated[Path | None, typer.Option(help="Where the run keeps its progress.")]
Out = Annotated[Path | None, typer.Option(help="Where the finished network goes.")]
Threads = Annotated[int, typer.Option(min=1, help="Processor threads.")]
Restart = Annotated[bool, typer.Option(help="Forget earlier progress.")]
Moments = Annotated[
    bool, typer.Option("--moments", help="Also write the weights at the start and after each pass.")
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]


@app.command()
def net1(
    data: Data,
    noise: Annotated[float, typer.Option(help="Largest sigma of the training noise.")] = 0.0,
    seed: Seed = 0,
    moments: Moments = False,
    work: Work = None,
    out: Out = None,
    threads: Threads = 1,
    restart: Restart = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Net1 on MNIST (about 90 processor seconds); ``--noise 1`` makes its noise-trained sister."""
    with given.plainly(debug):
        from dnnvis.training import export, net1_task
        from dnnvis.training.datasets import mnist

        setting = net1_task.Net1Setting(noise=noise, seed=seed)
        digits = mnist(data, "train"), mnist(data, "test")
        course = net1_task.Net1Course(*digits, setting, keep_moments=moments)
        course.name = "net1-mnist-noise" if noise else "net1-mnist"
        progress = _train(course, work, threads, restart, course.per_pass, json_)
        export.net1(course, progress, out or shipped("models"))


@app.command()
def net2(
    data: Data,
    seed: Seed = 0,
    half: Annotated[bool, typer.Option(help="Multiply in bfloat16 (where it is faster).")] = True,
    phases: Annotated[str, typer.Option(help="Pixels x passes over the data, in turn.")] = (
        "16x8,24x5,32x4"
    ),
    moments: Moments = False,
    work: Work = None,
    out: Out = None,
    threads: Threads = 1,
    restart: Restart = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Net2 on CIFAR-10 (about 90 minutes on one core with bfloat16)."""
    with given.plainly(debug):
        from dnnvis.training import export, net2_task
        from dnnvis.training.datasets import cifar

        train, test = cifar(data, "train"), cifar(data, "test")
        if len(train[2]) != 10 or test[2] != train[2]:
            raise BadInput(
                f"{data} is not CIFAR-10: {len(train[2])} classes to train and {len(test[2])} to "
                "test, which must be the same ten."
            )
        plan = net2_task.phases_of(phases)
        setting = net2_task.Net2Setting(phases=plan, seed=seed, half=half)
        course = net2_task.Net2Course(train[:2], test[:2], setting, keep_moments=moments)
        progress = _train(course, work, threads, restart, 195, json_)
        export.net2(course, progress, train[2], out or shipped("models"))


def _train(
    course: "Course", work: Path | None, threads: int, restart: bool, every: int, as_json: bool
) -> "Standing":
    import torch

    from dnnvis.training.loop import run
    from dnnvis.training.run_lock import forget

    torch.set_num_threads(threads)
    folder = work or user_data() / "training" / course.name
    if restart:
        forget(folder)
    with _lines(every) if as_json else _bar(course) as report:
        return run(course, folder, report=report, score_every=every)


@contextmanager
def _bar(course: "Course") -> "Iterator[Report]":
    """A progress bar with the time that is left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  test {task.fields[score]}"),
    )
    with Progress(*columns) as bar:
        task = bar.add_task(course.name, total=course.steps, loss=float("nan"), score="-")

        def report(progress: "Standing", steps: int, loss: float) -> None:
            score = f"{progress.curve[-1][2]:.2%}" if progress.curve else "-"
            bar.update(task, completed=progress.step, loss=loss, score=score)

        yield report


@contextmanager
def _lines(every: int) -> "Iterator[Report]":
    """A JSON object a line, at every score."""

    def report(progress: "Standing", steps: int, loss: float) -> None:
        if progress.curve and progress.curve[-1][0] == progress.step:
            accuracy = progress.curve[-1][2]
            row = {"step": progress.step, "steps": steps, "loss": loss, "accuracy": accuracy}
            print(json.dumps(row | {"seconds": round(progress.seconds, 1)}), flush=True)

    yield report
