"""``dnnvis bench atlas``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.bench_registry import BenchRun, register

DATA_FOLDER = Path("../shared/data")
PICTURES = {"net2-cifar10": "cifar10-jpg.tar", "squeezenet-imagenet": "imagenet-100"}
LAYERS = {"net2-cifar10": "elu7", "squeezenet-imagenet": "features.10"}
SHORT_RUN = {  # pictures of the sample
    "net2-cifar10": 3000,
    "squeezenet-imagenet": 0,
}
SHORT_GRID, SHORT_STEPS = 10, 32


@register()
def atlas(
    run: BenchRun,
    model: Annotated[
        list[str] | None, typer.Option(help="net2-cifar10, squeezenet-imagenet; both unless said.")
    ] = None,
    data: Annotated[Path, typer.Option(help="The folder with the pictures.")] = DATA_FOLDER,
    layer: Annotated[str | None, typer.Option(help="The layer; else one that suits.")] = None,
    grid: Annotated[int, typer.Option(min=2, help="Cells along a side.")] = 20,
    power: Annotated[
        float | None, typer.Option(min=0, max=8, help="Power of the cosine; else the default.")
    ] = None,
    sample: Annotated[
        bool,
        typer.Option("--sample", help="Fewer pictures, 10 x 10 cells, 32 steps: minutes."),
    ] = False,
) -> Iterator[dict[str, Any]]:
    """Whether an atlas's pictures are nearest to their own cells, R2 of its map, and its cost."""
    options.set_threads(1)
    from dnnvis.bench.atlas import AtlasBenchConfig, measure
    from dnnvis.core.errors import BadInput
    from dnnvis.zoo.catalog import open_network

    for name in model or list(PICTURES):
        if name not in PICTURES:
            raise BadInput(f"The atlas is measured of {', '.join(PICTURES)}, not of {name}.")
        config = AtlasBenchConfig(
            data / PICTURES[name],
            layer or LAYERS[name],
            SHORT_RUN[name] if sample else 0,
            SHORT_GRID if sample else grid,
            SHORT_STEPS if sample else 0,
            power,
        )
        yield measure(open_network(name), config, run.log) | {"load": round(run.load, 3)}
