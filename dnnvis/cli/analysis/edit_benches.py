"""``dnnvis bench sweep``."""

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
