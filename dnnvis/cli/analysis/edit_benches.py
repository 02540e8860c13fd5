"""``dnnvis bench sweep`` and ``bench playground``."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.bench_registry import BenchRun, register


@register()
def sweep(
    run: BenchRun,
    units: Annotated[int, typer.Option(min=1, max=512, help="Units that are switched off.")] = 128,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures of noise.")] = 16,
    rounds: Annotated[int, typer.Option(min=1, help="Turns.")] = 2,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """Switching off each unit of resnet18's layer4.0, against bare forwards from there on."""
    options.set_threads(threads)
    from dnnvis.bench.edits.sweep import SweepBenchConfig, measure

    yield measure(SweepBenchConfig(units, pictures, rounds), run.log) | {"load": round(run.load, 3)}


@register(window=True)
def playground(
    run: BenchRun,
    model: Annotated[str, typer.Option(help="mlp-2d:WIDTHS,ACTIVATION,FEATURES.")] = "mlp-2d:64-64",
    data: Annotated[str, typer.Option(help="Points: circle, xor, spiral ...")] = "circle",
    pairs: Annotated[int, typer.Option(min=1, help="Turns of bare loop and window.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="Of each turn.")] = 5.0,
    threads: options.Threads = 0,
) -> Iterator[dict[str, Any]]:
    """A network that learns in the window: steps against a bare loop, pictures, gaps."""
    from dnnvis.bench.window.playground import PlaygroundBenchConfig, measure

    yield measure(PlaygroundBenchConfig(model, data, pairs, seconds, threads), run.load, run.log)
