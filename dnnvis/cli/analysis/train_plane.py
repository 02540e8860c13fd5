"""Run ``dnnvis train plane``: a small network that learns points while one watches."""

import json
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.training_run import check_network_name, create_output_folder
from dnnvis.core.errors import BadInput
from dnnvis.core.paths import networks_folder

if TYPE_CHECKING:
    from dnnvis.training.plane_run import PlaneRun

END = None  # in the queue of commands: nobody can send any more


def plane(
    net: Annotated[
        str, typer.Option(help="mlp-2d:8-8,tanh,x,y (widths, activation, features), or a file.")
    ] = "mlp-2d",
    data: Annotated[
        str, typer.Option(help="circle, xor, gaussians, spiral, moons, checkerboard, FILE.csv.")
    ] = "circle",
    noise: Annotated[float, typer.Option(help="How far points go astray, 0 to 0.5.")] = 0.0,
    rate: Annotated[float, typer.Option(help="Learning rate.")] = 0.03,
    optimizer: Annotated[str, typer.Option(help="adam, or sgd.")] = "adam",
    batch: Annotated[int, typer.Option(min=1, help="Points a step.")] = 32,
    sparsity: Annotated[
        float, typer.Option(help="L1: factor of the absolute weights in the loss.")
    ] = 0.0,
    decay: Annotated[float, typer.Option(help="L2: factor of half the squared weights.")] = 0.0,
    steps: Annotated[int, typer.Option(min=1, help="End after so many steps.")] = 2000,
    goal: Annotated[
        float, typer.Option(help="End before that at such a loss on the test points.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    name: Annotated[str, typer.Option(help="Of the finished network.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the finished network, if not in your data.")
    ] = None,
    listen: Annotated[
        bool, typer.Option("--listen", help="Wait for commands on standard input, as the window.")
    ] = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """A small dense network on points of the plane (seconds on one core).

    Its moments are written beside it, so that the window's training slider goes back in time.
    """
    with options.report_errors(debug):
        check_network_name(name)
        import torch

        from dnnvis.training.plane_run import PlaneRun
        from dnnvis.training.plane_task import PlaneSetting, change_setting

        torch.set_num_threads(1)
        penalties = {"l1": sparsity, "l2": decay}
        changes = {"rate": rate, "optimizer": optimizer, "batch": batch, **penalties}
        setting = change_setting(PlaneSetting(), changes)
        points = {"name": data, "noise": noise, "seed": seed}
        folder = out or networks_folder()
        if not listen:
            create_output_folder(folder)  # before it learns, not after it
        options.check_seed(seed)
        run = PlaneRun(net, points, setting, seed=seed, out=folder)
        with _flushed_denormals():
            if listen:
                _follow_commands(run)
                return
            _learn(run, steps, goal, json_)
            _finish(run, folder, name, json_)


@contextmanager
def _flushed_denormals() -> Iterator[None]:
    """Count the smallest numbers as zero, which is quicker, and no longer than this."""
    import torch

    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _learn(run: "PlaneRun", steps: int, goal: float, as_json: bool) -> None:
    """Learn to the end, with a report a second."""
    run.handle({"play": True})
    trainer, reported = run.trainer, 0
    while trainer.step_count < steps and run.is_playing and not run.losses[1] <= goal:
        run.handle({"step": min(100, steps - trainer.step_count)})
        run.handle({"play": True})
        if as_json and trainer.step_count >= reported:
            options.print_json_line(_brief_report(run))
            reported = trainer.step_count + max(steps // 20, 1)
    if trainer.diverged:
        raise BadInput(trainer.diverged)


def _finish(run: "PlaneRun", folder: Path, name: str, as_json: bool) -> None:
    path = run.write(folder, name)
    train, test = run.losses
    sentence = (
        f"{path.stem} has taken {run.trainer.step_count:,} steps: loss {train:.4f}, "
        f"on test points {test:.4f}."
    )
    warning = run.trainer.describe_warning(train)
    if as_json:
        options.print_json_line({**_brief_report(run), "words": sentence, "file": str(path)})
    else:
        print(" ".join(filter(None, (sentence, warning, f"It is in {path}."))))


def _brief_report(run: "PlaneRun") -> dict[str, Any]:
    """Return a report without the weights, which the file has."""
    report = run.report()
    return {key: report[key] for key in ("words", "done", "net", "loss", "test_loss", "warning")}


def _follow_commands(run: "PlaneRun") -> None:
    """Carry out commands, one JSON object a line, until standard input ends."""
    commands: queue.Queue[dict[str, Any] | None] = queue.Queue()
    reader = threading.Thread(target=_read_commands, args=(commands,), daemon=True)
    reader.name = "dnnvis-commands"
    reader.start()
    options.print_json_line(run.report())
    while True:
        waiting = [] if run.is_playing else [commands.get()]
        while True:
            try:
                waiting.append(commands.get_nowait())
            except queue.Empty:
                break
        for command in waiting:
            if command is not END:
                run.handle(command)
        if run.is_playing and END not in waiting:
            run.advance()
        options.print_json_line(run.report())
        if END in waiting:
            return


def _read_commands(commands: "queue.Queue[dict[str, Any] | None]") -> None:
    """Put each line of standard input into the queue; END where there are no more."""
    for line in sys.stdin:
        try:
            command = json.loads(line)
        except (ValueError, RecursionError):
            continue  # half a line of a window that was killed
        if isinstance(command, dict):
            commands.put(command)
    commands.put(END)
