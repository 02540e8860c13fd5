"""Run ``dnnvis train nca``: an automaton that grows a picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.training_run import check_network_name, create_output_folder
from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.paths import networks_folder, user_data_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dnnvis.network.card import Card
    from dnnvis.network.network import Network
    from dnnvis.training.loop import Report, TrainingProgress
    from dnnvis.zoo.beyond.nca import NcaNet


def nca(
    target: Annotated[
        str, typer.Option(help="The picture to grow: a file, salamander, coffee, or chelsea.")
    ],
    side: Annotated[int, typer.Option(help="Pixels of its longer side, at most.")] = 40,
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 2000,
    channels: Annotated[int, typer.Option(min=4, help="Channels of a cell.")] = 16,
    hidden: Annotated[int, typer.Option(min=1, help="Units of a cell's hidden layer.")] = 80,
    start: Annotated[str, typer.Option(help="An automaton whose weights it begins with.")] = "",
    rate: Annotated[float, typer.Option(min=1e-6, max=1.0, help="Highest learning rate.")] = 2e-3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    name: Annotated[str, typer.Option(help="Of the finished network.")] = "",
    work: Annotated[Path | None, typer.Option(help="Where the run keeps its progress.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the finished network, if not in your data.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 1,
    restart: Annotated[bool, typer.Option("--restart", help="Forget earlier progress.")] = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """A cellular automaton that grows a picture and heals it (about 20 minutes on one core).

    Stopped at any moment it goes on from there.
    """
    with options.report_errors(debug):
        from dnnvis.core.run_lock import clear_run
        from dnnvis.sources.canvas.target import read_target
        from dnnvis.training.loop import train
        from dnnvis.training.nca_export import export_nca
        from dnnvis.training.nca_task import SCORE_INTERVAL_STEPS, NcaSetting, NcaTask

        options.set_threads(threads)
        picture = read_target(target, side)
        begun = _open_start(start, channels, hidden) if start else None
        setting = NcaSetting(
            target,
            picture.digest,
            begun.weights_fingerprint if begun else "",
            channels=channels,
            hidden=hidden,
            rate=rate,
            steps=steps,
            seed=options.check_seed(seed),
        )
        task = NcaTask(setting, picture, cast("NcaNet", begun.module) if begun else None)
        name = check_network_name(name) or task.name
        folder = work or user_data_folder() / "training" / f"{name}-seed{seed}"
        out = out or networks_folder()
        create_output_folder(out)  # before half an hour of learning, not after it
        if restart:
            clear_run(folder)
        with _json_reporter(name) if json_ else _progress_bar(name) as report:
            progress = train(
                task, folder, report=report, score_every=SCORE_INTERVAL_STEPS, save_every=30
            )
        card = export_nca(task, progress, picture, out, name=name)
        _print_result(card, out, json_)


def _open_start(name: str, channels: int, hidden: int) -> "Network":
    """Open the automaton to begin with; raise BadInput where it is none, Mismatch of other size."""
    from dnnvis.zoo.beyond.nca import NcaNet
    from dnnvis.zoo.catalog import open_network

    network = open_network(name)
    if not isinstance(network.module, NcaNet):
        raise BadInput(f"{name} is no automaton; begin with one, or leave out --start.")
    spec = network.module.spec
    if (spec.channels, spec.hidden) != (channels, hidden):
        raise Mismatch(
            f"{name} has {spec.channels} channels and {spec.hidden} hidden units: say --channels "
            f"{spec.channels} --hidden {spec.hidden}."
        )
    return network


def _print_result(card: "Card", out: Path, as_json: bool) -> None:
    measured = card.about["measured"]
    worst = max(measured["healed"].values())
    sentence = (
        f"{card.name} is {measured['grown']:.4f} from its target after 96 steps, at most "
        f"{worst:.4f} 96 steps after losing a half, and {measured['lasting']:.4f} at step 1,000 "
        "(mean squared error)"
    )
    warning = describe_failure(measured)
    path = out / f"{card.name}.safetensors"
    if as_json:
        message = " ".join(filter(None, (f"{sentence}.", warning)))
        options.print_json_line({"words": message, "file": str(path), "measured": measured})
    else:
        print(" ".join(filter(None, (f"{sentence}.", warning, f"It is in {path}."))))


def describe_failure(measured: "Mapping[str, Any]") -> str:
    """Return a sentence where an automaton grew nothing of its target; "" where it did.

    Args:
        measured: What ``nca_measure.measure_growth`` returns.
    """
    if measured["grown"] < measured["empty"]:  # also false for NaN
        return ""
    return (
        f"An empty grid is as near ({measured['empty']:.4f}): nothing of it has grown. Train "
        "longer, or at a lower --rate."
    )


@contextmanager
def _progress_bar(name: str) -> "Iterator[Report]":
    """Show a progress bar with the errors of the last score."""
    from rich import progress as rich

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TextColumn("{task.completed}/{task.total}"),
        rich.TimeRemainingColumn(),
        rich.TextColumn("loss {task.fields[loss]:.4f}  {task.fields[errors]}"),
    )
    bar = rich.Progress(*columns)
    bar_task = bar.add_task(f"Learning {name}", total=None, loss=float("nan"), errors="")

    def report(progress: "TrainingProgress", steps: int, loss: float) -> None:
        bar.start()  # a run that is refused leaves no bar behind
        errors = ""
        if progress.curve:
            _, _, growth, _, healed = progress.curve[-1]
            errors = f"grown {growth:.4f}  healed {healed:.4f}"
        bar.update(bar_task, completed=progress.step, total=steps, loss=loss, errors=errors)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def _json_reporter(name: str) -> "Iterator[Report]":
    """Print a JSON object a line, at every score."""

    def report(progress: "TrainingProgress", steps: int, loss: float) -> None:
        if not progress.curve or progress.curve[-1][0] != progress.step:
            return
        _, _, growth, seconds, healed = progress.curve[-1]
        left = (steps - progress.step) * seconds / max(progress.step, 1)
        options.print_json_line(
            {
                "words": f"Learning {name}",
                "done": progress.step,
                "total": steps,
                "seconds_left": round(left, 1),
                "loss": round(loss, 6),
                "grown": round(growth, 6),
                "healed": round(healed, 6),
            }
        )

    yield report
