"""Run ``dnnvis train``: make the bundled networks again."""

from pathlib import Path
from typing import Annotated

import typer

from dnnvis.cli import options, train_life
from dnnvis.cli.analysis import train_beyond, train_plane
from dnnvis.cli.analysis.training_run import run_training
from dnnvis.core.errors import BadInput
from dnnvis.core.paths import networks_folder

app = typer.Typer(no_args_is_help=True, help="Train a bundled network; resumes after a stop.")
app.command()(train_life.life)
app.command()(train_plane.plane)
app.command()(train_beyond.maze)
app.command()(train_beyond.chess)

Data = Annotated[Path, typer.Option(help="The data set: a folder (CIFAR also as a tar file).")]
Work = Annotated[Path | None, typer.Option(help="Where the run keeps its progress.")]
Out = Annotated[Path | None, typer.Option(help="Where the finished network goes.")]
Threads = Annotated[int, typer.Option(min=1, help="Processor threads.")]
Restart = Annotated[bool, typer.Option(help="Forget earlier progress.")]
Moments = Annotated[
    bool, typer.Option("--moments", help="Also write the weights at the start and after each pass.")
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Live = Annotated[
    bool, typer.Option("--live", help="With --json: write the newest weights every second.")
]


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
    live: Live = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Net1 on MNIST (about 90 processor seconds); ``--noise 1`` makes its noise-trained sister."""
    with options.report_errors(debug):
        from dnnvis.training import export, net1_task
        from dnnvis.training.datasets import mnist

        setting = net1_task.Net1Setting(noise=noise, seed=seed)
        digits = mnist(data, "train"), mnist(data, "test")
        task = net1_task.Net1Task(*digits, setting, keep_snapshots=moments)
        task.name = "net1-mnist-noise" if noise else "net1-mnist"
        steps = task.batches_per_epoch
        progress = run_training(task, work, threads, restart, steps, json_, live)
        export.export_net1(task, progress, out or networks_folder())


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
    live: Live = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Net2 on CIFAR-10 (about 90 minutes on one core with bfloat16)."""
    with options.report_errors(debug):
        from dnnvis.training import export, net2_task
        from dnnvis.training.datasets import cifar

        train, test = cifar(data, "train"), cifar(data, "test")
        if len(train[2]) != 10 or test[2] != train[2]:
            raise BadInput(
                f"{data} is not CIFAR-10: {len(train[2])} classes to train and {len(test[2])} to "
                "test, which must be the same ten."
            )
        training_phases = net2_task.parse_phases(phases)
        setting = net2_task.Net2Setting(phases=training_phases, seed=seed, half=half)
        task = net2_task.Net2Task(train[:2], test[:2], setting, keep_snapshots=moments)
        progress = run_training(task, work, threads, restart, 195, json_, live)
        export.export_net2(task, progress, train[2], out or networks_folder())
