"""``dnnvis bench``: how fast, as ratios to bare references."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.bench_registry import BenchRun, app, register
from dnnvis.core.errors import BadInput

__all__ = ["app"]

Nets = Annotated[Path, typer.Option(help="Where the real network's checkpoint is.")]

MODELS = ("net2-cifar10", "alexnet", "resnet18")
EDITED_MODELS = ("net2-cifar10", "squeezenet-imagenet")
MEMORY_FRAMES = 3000
FRAMES_UNTIL_MEMORY = 500
WINDOW_NET = "squeezenet-imagenet"
WINDOW_UNIT = "features.12.expand3x3_activation[20]"
REAL = "real"  # the user's own ImageNet network
NETS_FOLDER = Path("../shared/nets")
MAP_NETWORK = "net1-mnist"
DIGITS_FOLDER = Path("../shared/data/MNIST")
DATA_FOLDER = Path("../shared/data")
PHOTOGRAPHS_FOLDER = DATA_FOLDER / "imagenet-100"


@register(window=True)
def live(
    run: BenchRun,
    model: Annotated[list[str] | None, typer.Option(help="Networks; may be repeated.")] = None,
    layer: Annotated[str | None, typer.Option(help="The layer on show.")] = None,
    lenses: Annotated[str, typer.Option(help="The three lenses.")] = "deconvnet,guided,gradient",
    pairs: Annotated[int, typer.Option(min=1, help="Alternating pairs.")] = 5,
    seconds: Annotated[float, typer.Option(help="Seconds each.")] = 5.0,
    frames: Annotated[
        int, typer.Option(help="Follow the memory of net2-cifar10 to this frame; 0 = do not.")
    ] = MEMORY_FRAMES,
    fused: Annotated[
        bool, typer.Option("--fused", help="What nobody looks at fused, against bare torch.")
    ] = False,
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
    ring: Annotated[
        bool, typer.Option("--ring", help="The last seconds in memory, against none.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Frames recorded on disk, against none.")
    ] = False,
    compare: Annotated[bool, typer.Option("--compare", help="Two networks against each.")] = False,
    edits: Annotated[
        int, typer.Option(min=0, help="Units switched off, against the window without edits.")
    ] = 0,
    blocks: Annotated[
        bool, typer.Option("--blocks", help="Building blocks on, against the window without.")
    ] = False,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """Live rate, three backward views, interface, age of a picture, memory."""
    if ring or record:
        settings = (layer, pairs, seconds, threads)
        yield from _measure_recording(run, model or [WINDOW_NET], (ring, record), settings)
    elif compare:
        from dnnvis.bench.window.live_compare import measure_models

        yield measure_models(model or (), pairs, seconds, threads, fused, run.load, run.log)
    elif blocks:
        settings = (layer, pairs, seconds, threads)
        yield from (_measure_blocks(run, name, settings) for name in model or [MODELS[0]])
    elif with_map:
        map_settings = (data, map_file, dots, pairs, seconds, threads)
        yield from (_measure_map(run, name, map_settings) for name in model or [MAP_NETWORK])
    elif edits:
        edit_settings = (edits, layer, pairs, seconds, threads)
        yield from (_measure_edits(run, name, edit_settings) for name in model or EDITED_MODELS)
    else:
        live_settings = (layer, tuple(lenses.split(",")), pairs, seconds, threads)
        yield from (
            _measure_live(run, name, live_settings, frames, fused) for name in model or MODELS
        )


def _measure_recording(
    run: BenchRun, names: Sequence[str], kinds: tuple[bool, bool], settings: tuple[Any, ...]
) -> Iterator[dict[str, Any]]:
    from dnnvis.bench.live_recording import LiveRecordingBenchConfig, measure

    layer, *others = settings
    for name in names:
        for is_recording, is_wanted in zip((False, True), kinds, strict=True):
            if is_wanted:
                config = LiveRecordingBenchConfig(name, layer, is_recording, *others)
                yield measure(config, run.load, run.log)


def _measure_map(run: BenchRun, name: str, settings: tuple[Any, ...]) -> dict[str, Any]:
    from dnnvis.bench.live_map import LiveMapBenchConfig, measure

    data, *others = settings
    digits = DIGITS_FOLDER if name == MAP_NETWORK and DIGITS_FOLDER.exists() else ""
    return measure(LiveMapBenchConfig(name, str(data or digits), *others), run.load, run.log)


def _measure_blocks(run: BenchRun, name: str, settings: tuple[Any, ...]) -> dict[str, Any]:
    from dnnvis.bench.window.live_blocks import LiveBlocksBenchConfig, measure

    layer, pairs, seconds, threads = settings
    config = LiveBlocksBenchConfig(name, layer, pairs=pairs, seconds=seconds, threads=threads)
    return measure(config, run.load, run.log)


def _measure_edits(run: BenchRun, name: str, settings: tuple[Any, ...]) -> dict[str, Any]:
    from dnnvis.bench.edits.live import LiveEditsBenchConfig, measure

    return measure(LiveEditsBenchConfig(name, *settings), run.load, run.log)


def _measure_live(
    run: BenchRun, name: str, settings: tuple[Any, ...], frames: int, fused: bool
) -> dict[str, Any]:
    layer, lens_names, pairs, seconds, threads = settings
    if Path(name).stem.startswith("life"):
        from dnnvis.bench import live_life as life

        life_config = life.LiveLifeBenchConfig(name, pairs, seconds, threads)
        return life.measure(life_config, run.load, run.log)
    if Path(name).stem.startswith("nca"):
        from dnnvis.bench.window import live_nca as nca

        return nca.measure(nca.LiveNcaBenchConfig(name, pairs, seconds, threads), run.load, run.log)
    from dnnvis.bench.live import LiveBenchConfig, measure

    followed = frames if name == MODELS[0] else 0
    config = LiveBenchConfig(name, layer, lens_names, pairs, seconds, threads, followed, fused)
    return measure(config, run.load, run.log)


@register(window=True)
def start(
    run: BenchRun,
    times: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 5,
    panels: Annotated[
        bool, typer.Option("--panels", help="Until each card of the unit shows a picture.")
    ] = False,
    memory: Annotated[
        bool, typer.Option("--memory", help="The memory of the window, against the imports'.")
    ] = False,
    frames: Annotated[
        int, typer.Option(min=2, help="Frames painted until that is read.")
    ] = FRAMES_UNTIL_MEMORY,
) -> Iterator[dict[str, Any]]:
    """From the command to the first painted frame, against the bare imports."""
    if panels:
        from dnnvis.bench.window.first_minute import measure_panels

        yield measure_panels(times, run.log) | {"load": round(run.load, 3)}
    if memory:
        from dnnvis.bench.window.first_minute import measure_memory

        yield measure_memory(frames, times, run.log) | {"load": round(run.load, 3)}
    if panels or memory:
        return
    from dnnvis.bench.start import measure

    yield measure(times) | {"load": round(run.load, 3)}


@register()
def scan(
    run: BenchRun,
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
    concepts: Annotated[
        bool, typer.Option("--concepts", help="Measure a dissection instead, on such as are made.")
    ] = False,
    nets: Nets = NETS_FOLDER,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """Pictures a second of a scan, against bare decode and forward; its memory."""
    options.set_threads(threads)
    from dnnvis.bench.jobs import dissection
    from dnnvis.bench.mobilenet import CHECKPOINT_NAME, open_real_network
    from dnnvis.bench.scan import ScanBenchConfig, measure
    from dnnvis.zoo.catalog import open_network

    real_models = [REAL] if (nets / CHECKPOINT_NAME).is_file() else []
    for name in model or [MODELS[0], *real_models]:
        network = open_real_network(nets) if name == REAL else open_network(name)
        repeated_count = repeated if name == MODELS[0] else 0
        if concepts:
            about = dissection.DissectionBenchConfig(
                pictures, pairs, repeated_count, workers or None
            )
            yield dissection.measure(network, about, run.log) | {"load": round(run.load, 3)}
            continue
        config = ScanBenchConfig(data, pictures, pairs, repeated_count, workers=workers or None)
        yield measure(network, config, run.log) | {"load": round(run.load, 3)}


@register(window=True)
def click(
    run: BenchRun,
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
    nets: Nets = NETS_FOLDER,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """From the click on a unit to its synthesis, and the live view meanwhile."""
    from dnnvis.bench.click import ClickBenchConfig, measure
    from dnnvis.bench.mobilenet import CHECKPOINT_NAME

    real_models = [REAL] if (nets / CHECKPOINT_NAME).is_file() else []
    for name in model or [MODELS[0], *real_models]:
        config = ClickBenchConfig(name, nets, data, units, steps, long, seconds, threads)
        yield measure(config, run.load, run.log)


@register()
def ascent(
    run: BenchRun,
    rounds: Annotated[int, typer.Option(min=0, help="Turns on GoogLeNet, 0 = leave out.")] = 5,
    units: Annotated[
        int, typer.Option(min=0, help="Units a layer of the real network, 0 = leave out.")
    ] = 8,
    sample: Annotated[
        int,
        typer.Option(min=0, help="Units of GoogLeNet 4c and 5b grown to their end, 0 = leave out."),
    ] = 2,
    nets: Nets = NETS_FOLDER,
) -> Iterator[dict[str, Any]]:
    """Processor time of synthesis on one thread, against a loop as Lucent has it."""
    from dnnvis.bench.synthesis.ascent import AscentBenchConfig, measure

    config = AscentBenchConfig(nets, rounds=rounds, units=units, sample=sample)
    figures = measure(config, run.log)
    yield figures | {"load": round(run.load, 3)}


@register(quiet=False)
def device(
    run: BenchRun,
    device: Annotated[
        str, typer.Option(help="cuda, mps or cpu; auto takes the accelerator that is there.")
    ] = "auto",
    model: Annotated[
        list[str] | None, typer.Option(help="A network, may be given several times.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each rate.")] = 2.0,
    pictures: Annotated[int, typer.Option(min=16, help="How many are scanned.")] = 512,
) -> Iterator[dict[str, Any]]:
    """An accelerator beside the processor: lenses right, live, views, ascent, scan and map."""
    from dnnvis.bench.device import DeviceBenchConfig, measure

    config = DeviceBenchConfig(device, seconds=seconds, pictures=pictures)
    yield from measure(replace(config, models=tuple(model)) if model else config, run.log)


@register()
def unit(
    run: BenchRun,
    rounds: Annotated[int, typer.Option(min=0, help="Turns of a step's cost, 0 = leave out.")] = 5,
    units: Annotated[
        int, typer.Option(min=0, help="Units a layer beside Lucent's loop, 0 = leave out.")
    ] = 8,
    nets: Nets = NETS_FOLDER,
) -> Iterator[dict[str, Any]]:
    """One unit's picture: its step against a bare pass, the whole against Lucent's loop."""
    from dnnvis.bench.synthesis.one_unit import UnitBenchConfig, measure

    figures = measure(UnitBenchConfig(nets, rounds=rounds, units=units), run.log)
    yield figures | {"load": round(run.load, 3)}


@register(quiet=False)
def quality(
    run: BenchRun,
    units: Annotated[int, typer.Option(min=1, help="Units of each of four layers.")] = 8,
    nets: Nets = NETS_FOLDER,
    data: Annotated[Path, typer.Option(help="A folder of photographs.")] = PHOTOGRAPHS_FOLDER,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """What synthesised pictures are worth, against photographs and shuffled weights."""
    options.set_threads(threads)
    from dnnvis.bench.synthesis.quality import QualityBenchConfig, measure

    yield measure(QualityBenchConfig(nets, data, units), run.log)


@register()
def imagination(
    run: BenchRun,
    seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 0,
    boards: Annotated[int, typer.Option(min=10, help="How many are judged.")] = 10_000,
    most: Annotated[int, typer.Option(min=1, help="Most steps of the training.")] = 20_000,
) -> Iterator[dict[str, Any]]:
    """Training and judging a life network against their bare steps; how fast boards are made."""
    from dnnvis.bench.imagination import ImaginationBenchConfig, measure

    figures = measure(ImaginationBenchConfig(seed, boards, max_steps=most), run.log)
    for name, value in figures.pop("generator").items():
        figures[f"generator_{name}"] = value
    yield figures | {"load": round(run.load, 3)}


@register(name="map")
def map_(
    run: BenchRun,
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
) -> Iterator[dict[str, Any]]:
    """A new point on the activation map, and fitting it, against bare products and steps."""
    from dnnvis.bench.map_point import MapBenchConfig, measure
    from dnnvis.zoo.catalog import open_network

    config = MapBenchConfig(
        str(data), fit, limit, map_path=map_file, times=times, umap=umap * umap_on
    )
    yield measure(open_network(net), config, run.log) | {"load": round(run.load, 3)}


@register(quiet=False)
def zoo(
    run: BenchRun,
    only: Annotated[str, typer.Option(help="Networks with this in their names.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="So many of them, 0 = all.")] = 0,
    frames: Annotated[int, typer.Option(min=1, help="Live frames of each.")] = 60,
    record: Annotated[
        Path | None, typer.Option(help="Rows that are finished, a file that the next run goes on.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="After so many one is given up.")] = 900.0,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 1,
) -> Iterator[dict[str, Any]]:
    """Whether 160 networks of six libraries open, run live, and are read and seen right."""
    from dnnvis.bench.zoo.run import ZooBenchConfig, measure

    yield measure(ZooBenchConfig(only, limit, frames, record, seconds, threads), run.log)


@register(name="open")
def open_(
    run: BenchRun,
    model: Annotated[list[str] | None, typer.Option(help="Networks; may be repeated.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Alternating turns.")] = 5,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """Opening a network, and its first live frame, against building it and one pass.

    First the reader of weights, against torch.load.
    """
    options.set_threads(threads)
    from dnnvis.bench.open_network import DEFAULT_MODELS, measure, measure_reader

    if not model:
        yield measure_reader(2 * rounds, run.log) | {"load": round(run.load, 3)}
    for name in model or DEFAULT_MODELS:
        yield measure(name, rounds, run.log) | {"load": round(run.load, 3)}


@register(quiet=False)
def kills(
    run: BenchRun,
    kills: Annotated[int, typer.Option("--kills", min=1, help="Kills in all.")] = 200,
    job: Annotated[
        list[str] | None, typer.Option(help="Only this: scan, render, train ...; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the moments.")] = 0,
) -> Iterator[dict[str, Any]]:
    """Whether jobs that are killed at random moments end as if they never had been."""
    from dnnvis.bench.reliability.kills import KillsConfig, measure

    config = KillsConfig(kills, seed)
    figures = measure(replace(config, jobs=tuple(job)) if job else config, run.log)
    yield figures
    if figures["lost"]:
        raise typer.Exit(1)


@register(window=True, quiet=False)
def soak(
    run: BenchRun,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 60.0,
    warm_up: Annotated[
        float, typer.Option(min=0, help="Minutes at the start that do not count.")
    ] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Of what is clicked.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 1,
) -> Iterator[dict[str, Any]]:
    """Hard use of the window: does its memory grow, do threads, files or hooks pile up?"""
    from dnnvis.bench.reliability.soak import SoakConfig, measure

    yield measure(SoakConfig(minutes, warm_up, seed, threads), run.log)


@register()
def data(
    run: BenchRun,
    pictures: Annotated[int, typer.Option(min=10, help="How many are made.")] = 50_000,
    rounds: Annotated[int, typer.Option(min=1, help="Alternating turns.")] = 5,
) -> Iterator[dict[str, Any]]:
    """The first frame of many pictures in folders, a zip, a tar, against listing them; memory."""
    from dnnvis.bench.open_data import measure

    for figures in measure(pictures, rounds, run.log):
        yield figures | {"load": round(run.load, 3)}


@register(quiet=False)
def contrast(
    run: BenchRun,
    net: Annotated[str, typer.Option(help="The network.")] = "squeezenet-imagenet",
    data: Annotated[Path, typer.Option(help="A folder of photographs.")] = PHOTOGRAPHS_FOLDER,
    layer: Annotated[list[str] | None, typer.Option(help="Layers; may be repeated.")] = None,
    units: Annotated[int, typer.Option(min=1, help="Units a layer, drawn by lot.")] = 20,
    pairs: Annotated[int, typer.Option(min=1, help="Units a layer for each photograph.")] = 1,
    limit: Annotated[int, typer.Option(min=0, help="Photographs, 0 = all.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the lot.")] = 0,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """How much of backward pictures is gray, and of mosaics dark."""
    options.set_threads(threads)
    from dnnvis.bench.contrast import DEFAULT_LAYERS, ContrastBenchConfig, measure
    from dnnvis.zoo.catalog import open_network

    layers = tuple(layer or DEFAULT_LAYERS)
    config = ContrastBenchConfig(data, layers, units, pairs, limit, seed)
    yield measure(open_network(net), config, run.log)


@register(quiet=False)
def normalization(
    run: BenchRun,
    data: Annotated[Path, typer.Option(help="The folder of the pictures.")] = DATA_FOLDER,
    nets: Annotated[Path, typer.Option(help="Where the other networks are.")] = NETS_FOLDER,
    net: Annotated[list[str] | None, typer.Option(help="Networks; may be repeated.")] = None,
    pictures: Annotated[int, typer.Option(min=2, help="Pictures that a check sees.")] = 12,
    tested: Annotated[int, typer.Option(min=1, help="Pictures that accuracy is of.")] = 100,
    draws: Annotated[int, typer.Option(min=1, help="Checks of each setting.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the lot.")] = 0,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """How often a wrong normalization is named, and the right one offered first."""
    options.set_threads(threads)
    from dnnvis.bench.zoo import normalization as bench

    networks = tuple(net or bench.NETWORKS)
    yield bench.measure(
        bench.NormalizationBenchConfig(data, nets, networks, pictures, tested, draws, seed),
        run.log,
    )


@register(window=True)
def gaps(
    run: BenchRun,
    case: Annotated[
        list[str] | None, typer.Option(help="live, jobs, mosaic or scale; may be repeated.")
    ] = None,
    model: Annotated[str, typer.Option(help="The network on show.")] = WINDOW_NET,
    unit: Annotated[str, typer.Option(help="The unit that grows meanwhile.")] = WINDOW_UNIT,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of each measurement.")] = 20.0,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """How long the window is held up: beside jobs, by 4,096 maps, at 150 %; and a bare loop."""
    from dnnvis.bench.window.gaps import CASES, GapsBenchConfig, measure

    chosen = tuple(name for name in CASES if name in (case or CASES))
    if set(case or ()) - set(chosen):
        raise BadInput(f"--case is {', '.join(CASES)}.")
    config = GapsBenchConfig(model, unit, chosen, seconds, threads)
    for figures in measure(config, run.log):
        yield figures | {"load": round(run.load, 3)}


@register()
def processes(
    run: BenchRun,
    model: Annotated[str, typer.Option(help="The network.")] = WINDOW_NET,
    units: Annotated[int, typer.Option(min=1, help="Units of each convolution.")] = 2,
    preset: Annotated[str, typer.Option(help="default, live, fine ...")] = "default",
    steps: Annotated[
        int, typer.Option(min=0, help="Steps of a picture; 0 = as the preset has them.")
    ] = 20,
    pairs: Annotated[int, typer.Option(min=1, help="Alternating turns.")] = 1,
) -> Iterator[dict[str, Any]]:
    """A rendering in two processes against one, on a sample of a network's units."""
    from dnnvis.bench.jobs.render_processes import RenderProcessesConfig, measure

    config = RenderProcessesConfig(model, units, preset, steps or None, pairs)
    yield measure(config, run.log) | {"load": round(run.load, 3)}


@register(name="window", window=True, quiet=False)
def window_(
    run: BenchRun,
    model: Annotated[str, typer.Option(help="The network of Explore and Synthesis.")] = WINDOW_NET,
    unit: Annotated[str, typer.Option(help="The unit of it that is selected.")] = WINDOW_UNIT,
    data: Annotated[
        Path | None, typer.Option(help="A folder of pictures that runs; else the demo.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="A folder for a picture of each mode, size and theme.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each mode lives.")] = 6.0,
    launches: Annotated[
        bool, typer.Option(help="Measure first launches on four screens, three scales.")
    ] = True,
    preset_pictures: Annotated[
        Path | None,
        typer.Option(help="Only grow what stands beside the presets, into this folder."),
    ] = None,
) -> Iterator[dict[str, Any]]:
    """What the window spends its room on: pictures, controls, texts, in every mode."""
    if preset_pictures is not None:
        from dnnvis.bench.window.preset_pictures import PresetPicturesConfig, grow_pictures

        yield from grow_pictures(PresetPicturesConfig(preset_pictures), run.log)
        return
    from dnnvis.bench.window.run import WindowBenchConfig, measure
    from dnnvis.core.unit import Unit

    chosen = Unit.parse(unit)
    config = WindowBenchConfig(
        model, chosen.layer, chosen.channel, data, pictures, seconds, launches
    )
    yield from measure(config, run.log)
