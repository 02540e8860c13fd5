"""``dnnvis bench``: how fast, as ratios to bare references."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options

app = typer.Typer(no_args_is_help=True, help="Measure speed against bare references.")

DespiteLoad = Annotated[bool, typer.Option("--despite-load", help="Measure on a busy machine.")]
MODELS = ("net2-cifar10", "alexnet", "resnet18")
MEMORY_FRAMES = 3000
REAL = "real"  # the user's own ImageNet network
NETS_FOLDER = Path("../shared/nets")
MAP_NETWORK = "net1-mnist"
DIGITS_FOLDER = Path("../shared/data/MNIST")
PHOTOGRAPHS_FOLDER = Path("../shared/data/imagenet-100")


@app.command()
def live(
    model: Annotated[list[str] | None, typer.Option(help="Networks; may be repeated.")] = None,
    layer: Annotated[str | None, typer.Option(help="The layer on show.")] = None,
    lenses: Annotated[str, typer.Option(help="The three lenses.")] = "deconvnet,guided,gradient",
    pairs: Annotated[int, typer.Option(min=1, help="Alternating pairs.")] = 5,
    seconds: Annotated[float, typer.Option(help="Seconds each.")] = 5.0,
    frames: Annotated[
        int, typer.Option(help="Follow the memory of net2-cifar10 to this frame; 0 = do not.")
    ] = MEMORY_FRAMES,
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
    threads: options.Threads = 0,
    despite_load: DespiteLoad = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Live rate, three backward views, interface, age of a picture, memory."""
    with options.report_errors(debug):
        _ensure_display()
        load = _measure_load(despite_load)
        from dnnvis.bench.live import LiveBenchConfig, measure

        log = (lambda message: print(message, file=sys.stderr)) if json_ else print
        if with_map:
            from dnnvis.bench.live_map import LiveMapBenchConfig
            from dnnvis.bench.live_map import measure as measure_map

            for name in model or [MAP_NETWORK]:
                picture_folder = str(
                    data
                    or (DIGITS_FOLDER if name == MAP_NETWORK and DIGITS_FOLDER.exists() else "")
                )
                map_config = LiveMapBenchConfig(
                    name, picture_folder, map_file, dots, pairs, seconds, threads
                )
                _print_figures(measure_map(map_config, load, log), json_)
            return
        for name in model or MODELS:
            if Path(name).stem.startswith("life"):
                from dnnvis.bench import live_life as life

                life_config = life.LiveLifeBenchConfig(name, pairs, seconds, threads)
                _print_figures(life.measure(life_config, load, log), json_)
                continue
            config = LiveBenchConfig(
                name,
                layer,
                tuple(lenses.split(",")),
                pairs,
                seconds,
                threads,
                frames if name == MODELS[0] else 0,
            )
            _print_figures(measure(config, load, log), json_)


@app.command()
def start(
    times: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 5,
    despite_load: DespiteLoad = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """From the command to the first painted frame, against the bare imports."""
    with options.report_errors(debug):
        _ensure_display()
        load = _measure_load(despite_load)
        from dnnvis.bench.start import measure

        _print_figures(measure(times) | {"load": round(load, 3)}, json_)


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
    nets: Annotated[
        Path, typer.Option(help="Where the real network's checkpoint is.")
    ] = NETS_FOLDER,
    threads: options.Threads = 0,
    despite_load: DespiteLoad = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Pictures a second of a scan, against bare decode and forward; its memory."""
    with options.report_errors(debug):
        load = _measure_load(despite_load)
        options.set_threads(threads)
        from dnnvis.bench.mobilenet import CHECKPOINT_NAME, open_real_network
        from dnnvis.bench.scan import ScanBenchConfig, measure
        from dnnvis.zoo.catalog import open_network

        log = (lambda message: print(message, file=sys.stderr)) if json_ else print
        real_models = [REAL] if (nets / CHECKPOINT_NAME).is_file() else []
        for name in model or [MODELS[0], *real_models]:
            network = open_real_network(nets) if name == REAL else open_network(name)
            repeated_count = repeated if name == MODELS[0] else 0
            config = ScanBenchConfig(data, pictures, pairs, repeated_count, workers=workers or None)
            _print_figures(measure(network, config, log) | {"load": round(load, 3)}, json_)


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
    nets: Annotated[
        Path, typer.Option(help="Where the real network's checkpoint is.")
    ] = NETS_FOLDER,
    threads: options.Threads = 0,
    despite_load: DespiteLoad = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """From the click on a unit to its synthesis, and the live view meanwhile."""
    with options.report_errors(debug):
        _ensure_display()
        load = _measure_load(despite_load)
        from dnnvis.bench.click import ClickBenchConfig, measure
        from dnnvis.bench.mobilenet import CHECKPOINT_NAME

        log = (lambda message: print(message, file=sys.stderr)) if json_ else print
        real_models = [REAL] if (nets / CHECKPOINT_NAME).is_file() else []
        for name in model or [MODELS[0], *real_models]:
            config = ClickBenchConfig(name, nets, data, units, steps, long, seconds, threads)
            _print_figures(measure(config, load, log), json_)


@app.command()
def ascent(
    rounds: Annotated[int, typer.Option(min=0, help="Turns on GoogLeNet, 0 = leave out.")] = 5,
    units: Annotated[
        int, typer.Option(min=0, help="Units a layer of the real network, 0 = leave out.")
    ] = 8,
    nets: Annotated[
        Path, typer.Option(help="Where the real network's checkpoint is.")
    ] = NETS_FOLDER,
    despite_load: DespiteLoad = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Processor time of synthesis on one thread, against a loop as Lucent has it."""
    with options.report_errors(debug):
        load = _measure_load(despite_load)
        from dnnvis.bench.ascent import AscentBenchConfig, measure

        log = (lambda message: print(message, file=sys.stderr)) if json_ else print
        figures = measure(AscentBenchConfig(nets, rounds=rounds, units=units), log)
        _print_figures(figures | {"load": round(load, 3)}, json_)


@app.command()
def quality(
    units: Annotated[int, typer.Option(min=1, help="Units of each of four layers.")] = 8,
    nets: Annotated[
        Path, typer.Option(help="Where the real network's checkpoint is.")
    ] = NETS_FOLDER,
    data: Annotated[Path, typer.Option(help="A folder of photographs.")] = PHOTOGRAPHS_FOLDER,
    threads: options.Threads = 0,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """What synthesised pictures are worth, against photographs and shuffled weights."""
    with options.report_errors(debug):
        options.set_threads(threads)
        from dnnvis.bench.quality import QualityBenchConfig, measure

        log = (lambda message: print(message, file=sys.stderr)) if json_ else print
        _print_figures(measure(QualityBenchConfig(nets, data, units), log), json_)


@app.command()
def imagination(
    seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 0,
    boards: Annotated[int, typer.Option(min=10, help="How many are judged.")] = 10_000,
    most: Annotated[int, typer.Option(min=1, help="Most steps of the training.")] = 20_000,
    despite_load: DespiteLoad = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Training and judging a life network against their bare steps; how fast boards are made."""
    with options.report_errors(debug):
        load = _measure_load(despite_load)
        from dnnvis.bench.imagination import ImaginationBenchConfig, measure

        log = (lambda message: print(message, file=sys.stderr)) if json_ else print
        figures = measure(ImaginationBenchConfig(seed, boards, max_steps=most), log)
        for name, value in figures.pop("generator").items():
            figures[f"generator_{name}"] = value
        _print_figures(figures | {"load": round(load, 3)}, json_)


@app.command(name="map")
def map_(
    net: Annotated[str, typer.Argument(help="Whose map.")] = MAP_NETWORK,
    data: Annotated[Path, typer.Option(help="The pictures of its map.")] = DIGITS_FOLDER,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="A map's file; else the one that is fitted.")
    ] = None,
    fit: Annotated[bool, typer.Option(help="Fit a map, and say what that costs.")] = True,
    limit: Annotated[int, typer.Option(min=0, help="Pictures it is fitted on, 0 = all.")] = 0,
    times: Annotated[int, typer.Option(min=10, help="How often a point is timed.")] = 2000,
    umap: Annotated[bool, typer.Option("--umap", help="Beside UMAP, where installed.")] = False,
    umap_on: Annotated[int, typer.Option(min=100, help="Examples that UMAP is fitted on.")] = 5000,
    despite_load: DespiteLoad = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """A new point on the activation map, and fitting it, against bare products and steps."""
    with options.report_errors(debug):
        load = _measure_load(despite_load)
        from dnnvis.bench.map_point import MapBenchConfig, measure
        from dnnvis.zoo.catalog import open_network

        log = (lambda message: print(message, file=sys.stderr)) if json_ else print
        config = MapBenchConfig(
            str(data), fit, limit, map_path=map_file, times=times, umap=umap * umap_on
        )
        _print_figures(measure(open_network(net), config, log) | {"load": round(load, 3)}, json_)


def _measure_load(despite_load: bool) -> float:
    from dnnvis.bench.system_load import measure_other_load, require_quiet

    return measure_other_load() if despite_load else require_quiet()


def _ensure_display() -> None:
    """Without a screen, Qt draws into memory."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _print_figures(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures), flush=True)
        return
    for name, value in figures.items():
        if isinstance(value, dict):  # median, worst, asked ...
            value = ", ".join(f"{key} {number}" for key, number in value.items())
        if not isinstance(value, list):  # rows were told one by one
            print(f"{name:>20}  {value}")
