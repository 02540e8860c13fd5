"""``dnnvis bench``: how fast, as ratios to bare references."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options as given

app = typer.Typer(no_args_is_help=True, help="Measure speed against bare references.")

Despite = Annotated[bool, typer.Option("--despite-load", help="Measure on a busy machine.")]
MODELS = ("net2-cifar10", "alexnet", "resnet18")
FRAMES = 3000
REAL = "real"  # the user's own ImageNet network
NETS = Path("../shared/nets")
MAPPED = "net1-mnist"
DIGITS = Path("../shared/data/MNIST")
PHOTOGRAPHS = Path("../shared/data/imagenet-100")


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
    with_map: Annotated[
        bool, typer.Option("--map", help="The activation map open, against the window without.")
    ] = False,
    dots: Annotated[
        int, typer.Option(min=0, help="Examples on the map, copies among them; 0 = its own.")
    ] = 100_000,
    map_file: Annotated[Path | None, typer.Option(help="A map's file; else its own.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="With --map: the pictures that run meanwhile.")
    ] = None,
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

        say = (lambda words: print(words, file=sys.stderr)) if json_ else print
        if with_map:
            from dnnvis.bench.live_map import Plan as MapPlan
            from dnnvis.bench.live_map import measure as measure_map

            for name in model or [MAPPED]:
                run = str(data or (DIGITS if name == MAPPED and DIGITS.exists() else ""))
                mapped = MapPlan(name, run, map_file, dots, pairs, seconds, threads)
                _print(measure_map(mapped, load, say), json_)
            return
        for name in model or MODELS:
            if Path(name).stem.startswith("life"):
                from dnnvis.bench import live_life as life

                boards = life.Plan(name, pairs, seconds, threads)
                _print(life.measure(boards, load, say), json_)
                continue
            plan = Plan(
                name, layer, tuple(lenses.split(",")), pairs, seconds, threads,
                frames if name == MODELS[0] else 0,
            )  # fmt: skip
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


@app.command()
def scan(
    model: Annotated[list[str] | None, typer.Option(help="Networks; may be repeated.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="A folder of pictures; else such are made.")
    ] = None,
    pictures: Annotated[int, typer.Option(min=10, help="How many are made.")] = 1200,
    pairs: Annotated[int, typer.Option(min=1, help="Alternating pairs.")] = 3,
    repeated: Annotated[
        int, typer.Option(min=0, help="Pictures over which net2-cifar10's memory is followed.")
    ] = 10_000,
    workers: Annotated[int, typer.Option(min=0, help="Decoding threads, 0 = spare cores.")] = 0,
    nets: Annotated[Path, typer.Option(help="Where the real network's checkpoint is.")] = NETS,
    threads: given.Threads = 0,
    despite_load: Despite = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Pictures a second of a scan, against bare decode and forward; its memory."""
    with given.plainly(debug):
        load = _load(despite_load)
        given.set_threads(threads)
        from dnnvis.bench.mobilenet import CHECKPOINT, real_network
        from dnnvis.bench.scan import Plan, measure
        from dnnvis.zoo.catalog import open_network

        say = (lambda words: print(words, file=sys.stderr)) if json_ else print
        real = [REAL] if (nets / CHECKPOINT).is_file() else []
        for name in model or [MODELS[0], *real]:
            network = real_network(nets) if name == REAL else open_network(name)
            follow = repeated if name == MODELS[0] else 0
            plan = Plan(data, pictures, pairs, follow, workers=workers or None)
            _print(measure(network, plan, say) | {"load": round(load, 3)}, json_)


@app.command()
def click(
    model: Annotated[list[str] | None, typer.Option(help="Networks; may be repeated.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="A folder of pictures to run meanwhile; else the demo.")
    ] = None,
    units: Annotated[int, typer.Option(min=1, help="How many are clicked, over 3 layers.")] = 6,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps of a picture; else as the window has them.")
    ] = None,
    long: Annotated[int, typer.Option(min=1, help="Steps of the one it is compared with.")] = 128,
    seconds: Annotated[float, typer.Option(help="Seconds over which a rate is measured.")] = 3.0,
    nets: Annotated[Path, typer.Option(help="Where the real network's checkpoint is.")] = NETS,
    threads: given.Threads = 0,
    despite_load: Despite = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """From the click on a unit to its synthesis, and the live view meanwhile."""
    with given.plainly(debug):
        _display()
        load = _load(despite_load)
        from dnnvis.bench.click import Plan, measure
        from dnnvis.bench.mobilenet import CHECKPOINT

        say = (lambda words: print(words, file=sys.stderr)) if json_ else print
        real = [REAL] if (nets / CHECKPOINT).is_file() else []
        for name in model or [MODELS[0], *real]:
            plan = Plan(name, nets, data, units, steps, long, seconds, threads)
            _print(measure(plan, load, say), json_)


@app.command()
def ascent(
    rounds: Annotated[int, typer.Option(min=0, help="Turns on GoogLeNet, 0 = leave out.")] = 5,
    units: Annotated[
        int, typer.Option(min=0, help="Units a layer of the real network, 0 = leave out.")
    ] = 8,
    nets: Annotated[Path, typer.Option(help="Where the real network's checkpoint is.")] = NETS,
    despite_load: Despite = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Processor time of synthesis on one thread, against a loop as Lucent has it."""
    with given.plainly(debug):
        load = _load(despite_load)
        from dnnvis.bench.ascent import Plan, measure

        say = (lambda words: print(words, file=sys.stderr)) if json_ else print
        figures = measure(Plan(nets, rounds=rounds, units=units), say)
        _print(figures | {"load": round(load, 3)}, json_)


@app.command()
def quality(
    units: Annotated[int, typer.Option(min=1, help="Units of each of four layers.")] = 8,
    nets: Annotated[Path, typer.Option(help="Where the real network's checkpoint is.")] = NETS,
    data: Annotated[Path, typer.Option(help="A folder of photographs.")] = PHOTOGRAPHS,
    threads: given.Threads = 0,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """What synthesised pictures are worth, against photographs and shuffled weights."""
    with given.plainly(debug):
        given.set_threads(threads)
        from dnnvis.bench.quality import Plan, measure

        say = (lambda words: print(words, file=sys.stderr)) if json_ else print
        _print(measure(Plan(nets, data, units), say), json_)


@app.command()
def imagination(
    seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 0,
    boards: Annotated[int, typer.Option(min=10, help="How many are judged.")] = 10_000,
    most: Annotated[int, typer.Option(min=1, help="Most steps of the training.")] = 20_000,
    despite_load: Despite = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Training and judging a life network against their bare steps; how fast boards are made."""
    with given.plainly(debug):
        load = _load(despite_load)
        from dnnvis.bench.imagination import Plan, measure

        say = (lambda words: print(words, file=sys.stderr)) if json_ else print
        figures = measure(Plan(seed, boards, most=most), say)
        for name, value in figures.pop("generator").items():
            figures[f"generator_{name}"] = value
        _print(figures | {"load": round(load, 3)}, json_)


@app.command(name="map")
def map_(
    net: Annotated[str, typer.Argument(help="Whose map.")] = MAPPED,
    data: Annotated[Path, typer.Option(help="The pictures of its map.")] = DIGITS,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="A map's file; else the one that is fitted.")
    ] = None,
    fit: Annotated[bool, typer.Option(help="Fit a map, and say what that costs.")] = True,
    limit: Annotated[int, typer.Option(min=0, help="Pictures it is fitted on, 0 = all.")] = 0,
    times: Annotated[int, typer.Option(min=10, help="How often a point is timed.")] = 2000,
    umap: Annotated[bool, typer.Option("--umap", help="Beside UMAP, where installed.")] = False,
    umap_on: Annotated[int, typer.Option(min=100, help="Examples that UMAP is fitted on.")] = 5000,
    despite_load: Despite = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """A new point on the activation map, and fitting it, against bare products and steps."""
    with given.plainly(debug):
        load = _load(despite_load)
        from dnnvis.bench.map_point import Plan, measure
        from dnnvis.zoo.catalog import open_network

        say = (lambda words: print(words, file=sys.stderr)) if json_ else print
        plan = Plan(str(data), fit, limit, place=map_file, times=times, umap=umap * umap_on)
        _print(measure(open_network(net), plan, say) | {"load": round(load, 3)}, json_)


def _load(despite: bool) -> float:
    from dnnvis.bench.system_load import other_load, quiet

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
        if isinstance(value, dict):  # median, worst, asked ...
            value = ", ".join(f"{key} {number}" for key, number in value.items())
        if not isinstance(value, list):  # rows were told one by one
            print(f"{name:>20}  {value}")
