"""``dnnvis train``: make the bundled networks again."""

from pathlib import Path
from typing import Annotated

import typer

from dnnvis.core.folders import shipped, user_data

app = typer.Typer(no_args_is_help=True, help="Train a bundled network; resumes after a stop.")

Data = Annotated[Path, typer.Option(help="The data set: a folder (CIFAR also as a tar file).")]
Work = Annotated[Path | None, typer.Option(help="Where the run keeps its progress.")]
Out = Annotated[Path | None, typer.Option(help="Where the finished network goes.")]
Threads = Annotated[int, typer.Option(help="Processor threads.")]
Restart = Annotated[bool, typer.Option(help="Forget earlier progress.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]


@app.command()
def net1(
    data: Data,
    noise: Annotated[float, typer.Option(help="Largest sigma of the training noise.")] = 0.0,
    seed: Seed = 0,
    work: Work = None,
    out: Out = None,
    threads: Threads = 1,
    restart: Restart = False,
) -> None:
    """Net1 on MNIST (about 90 processor seconds); ``--noise 1`` makes its noise-trained sister."""
    from dnnvis.training import finish, net1_course
    from dnnvis.training.data import mnist

    name = "net1-mnist-noise" if noise else "net1-mnist"
    setting = net1_course.Net1Setting(noise=noise, seed=seed)
    course = net1_course.Net1Course(mnist(data, "train"), mnist(data, "test"), setting)
    course.name = name
    progress = _train(course, work, threads, restart, score_every=course.per_pass)
    finish.net1(course, progress, out or shipped("models"))


@app.command()
def net2(
    data: Data,
    seed: Seed = 0,
    half: Annotated[bool, typer.Option(help="Multiply in bfloat16 (where it is faster).")] = True,
    work: Work = None,
    out: Out = None,
    threads: Threads = 1,
    restart: Restart = False,
) -> None:
    """Net2 on CIFAR-10 (about 90 minutes on one core with bfloat16)."""
    from dnnvis.training import finish, net2_course
    from dnnvis.training.data import cifar

    train, test = cifar(data, "train"), cifar(data, "test")
    setting = net2_course.Net2Setting(seed=seed, half=half)
    course = net2_course.Net2Course(train[:2], test[:2], setting)
    progress = _train(course, work, threads, restart, score_every=195)
    finish.net2(course, progress, train[2], out or shipped("models"))


def _train(course, work, threads, restart, score_every):  # type: ignore[no-untyped-def]
    import shutil
    import signal

    import torch
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from dnnvis.training.course import run

    torch.set_num_threads(threads)
    folder = work or user_data() / "training" / course.name
    if restart and folder.exists():
        shutil.rmtree(folder)
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # stop = save, then end
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  test {task.fields[score]}"),
    )
    with Progress(*columns) as bar:
        task = bar.add_task(course.name, total=course.steps, loss=float("nan"), score="-")

        def report(progress, steps, loss):  # type: ignore[no-untyped-def]
            score = f"{progress.curve[-1][2]:.2%}" if progress.curve else "-"
            bar.update(task, completed=progress.step, loss=loss, score=score)

        return run(course, folder, report=report, score_every=score_every)
