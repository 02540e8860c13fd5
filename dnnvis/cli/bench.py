"""``dnnvis bench``: how fast, as ratios to bare references."""

import json
import os
import sys
from typing import Annotated, Any

import typer

from dnnvis.cli import options as given

app = typer.Typer(no_args_is_help=True, help="Measure speed against bare references.")

Despite = Annotated[bool, typer.Option("--despite-load", help="Measure on a busy machine.")]
MODELS = ("net2-cifar10", "alexnet", "resnet18")
FRAMES = 3000


@app.command()
def live(
    model: Annotated[list[str] | None, typer.Option(help="Networks; may be repeated.")] = None,
    layer: Annotated[str | None, typer.Option(help="The layer on show.")] = None,
    lenses: Annotated[str, typer.Option(help="The three lenses.")] = "deconvnet,guided,gradient",
    pairs: Annotated[int, typer.Option(min=1, help="Alternating pairs.")] = 5,
    seconds: Annotated[float, typer.Option(help="Seconds each.")] = 5.0,
    frames: Annotated[
        int, typer.Option(help="Follow the memory of net2-cifar10 to this frame; 0 = do not.")
    ] = FRAMES,
    threads: given.Threads = 0,
    despite_load: Despite = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Live rate, three backward views, interface, age of a picture, memory."""
    with given.plainly(debug):
        _display()
        load = _load(despite_load)
        from dnnvis.bench.live import Plan, measure

        for name in model or MODELS:
            plan = Plan(
                name, layer, tuple(lenses.split(",")), pairs, seconds, threads,
                frames if name == MODELS[0] else 0,
            )  # fmt: skip
            say = (lambda words: print(words, file=sys.stderr)) if json_ else print
            _print(measure(plan, load, say), json_)


@app.command()
def start(
    times: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 5,
    despite_load: Despite = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """From the command to the first painted frame, against the bare imports."""
    with given.plainly(debug):
        _display()
        load = _load(despite_load)
        from dnnvis.bench.start import measure

        _print(measure(times) | {"load": round(load, 3)}, json_)


def _load(despite: bool) -> float:
    from dnnvis.bench.machine import other_load, quiet

    return other_load() if despite else quiet()


def _display() -> None:
    """Without a screen, Qt draws into memory."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures), flush=True)
        return
    for name, value in figures.items():
        print(f"{name:>20}  {value}")
