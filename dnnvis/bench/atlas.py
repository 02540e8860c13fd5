"""Measure for ``dnnvis bench atlas`` whether an atlas's pictures are their cells', and its cost."""

import copy
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.bench.synthesis.ascent import LUCENT_STEPS
from dnnvis.bench.synthesis.lucent import Lucent
from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.layout import fit_square, invert_pca, project_pca, project_umap
from dnnvis.introspect.atlas.reconstruction import Decode, reconstruct_cells
from dnnvis.introspect.map import Map
from dnnvis.introspect.projections import is_umap_installed
from dnnvis.lenses.activation_map.labels import draw_test
from dnnvis.lenses.ascent.batch_size import restore_format
from dnnvis.lenses.atlas.atlas_file import write_atlas
from dnnvis.lenses.atlas.building import AtlasBuilder, AtlasLayout, AtlasProgress, plan_atlas
from dnnvis.lenses.atlas.growing import PictureGrowth
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset, open_data

MAX_COST_RATIO = 1.5  # asked: an atlas after its scan / bare steps of its pictures
MIN_ONE_BY_ONE_RATIO = 8.0  # asked
MIN_RECOGNIZED = 0.8  # asked of net2
BARE_STEPS = 3  # timed of each kind, after one that warms the caches
SINGLE_PICTURES = 3  # grown one by one, for a few steps each
SINGLE_STEPS = 4
MIN_TEST_MEMBERS = 5  # left-out vectors of a cell whose mean counts as known
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class AtlasBenchConfig:
    """Say of what an atlas is measured."""

    #: Path of the data.
    data: Path
    #: The layer.
    layer: str
    #: Pictures; 0 takes all.
    sample: int = 0
    #: Cells along a side.
    grid: int = 20
    #: Steps of each picture; 0: the preset's.
    steps: int = 0
    #: Power of the cosine.
    power: float | None = None
    #: Positions a picture; 0: as the grid needs.
    per_picture: int = 0


def measure(
    network: Network, config: AtlasBenchConfig, log: Callable[[str], None]
) -> dict[str, Any]:
    """Make an atlas on the map, and measure it in processor time on one thread.

    ``own_picture_nearest``: share of cells to whose mean the layer's mean vector on their own
    picture lies nearer than to any other cell's, by the cosine of whitened vectors.
    ``r2_*``: of the mean vectors of cells of every tenth vector, which nothing was fitted on: by a
    decoder at the cell's center, and by the mean of the other vectors in the nearest cell.
    ``cost_ratio``: layout, pictures and file / bare steps (a forward pass to the layer and the
    gradient at the pixels, of the same batch) of the same pictures. ``one_by_one_ratio``: pictures
    grown one at a time with the same recipe / in batches. ``loop_ratio``: pictures grown one at a
    time by Lucent's loop, 512 steps at the network's own size, / in batches with ours.

    Args:
        network: The network.
        config: Of what the atlas is.
        log: Is given a line about each stage.

    Returns:
        The figures by name; JSON can hold them.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with closing(open_data(config.data)) as data, TemporaryDirectory() as folder:
            return _measure(network, config, data, Path(folder), log)
    finally:
        torch.set_num_threads(threads)


def _measure(
    network: Network,
    config: AtlasBenchConfig,
    data: Dataset,
    folder: Path,
    log: Callable[[str], None],
) -> dict[str, Any]:
    defaults = AtlasOptions(config.layer)
    options = AtlasOptions(
        config.layer,
        layout="map",
        grids=(config.grid,),
        limit=config.sample,
        per_picture=config.per_picture,
        steps=config.steps,
        power=defaults.power if config.power is None else config.power,
    )
    plan = plan_atlas(network, options, data)
    builder = AtlasBuilder(network, plan, data, folder, _progress_logger(log))
    start = time.process_time()
    records = builder.harvest().view()
    harvested = time.process_time()
    log(
        f"  {len(records)} vectors of {len(plan.numbers)} pictures in {harvested - start:.0f} CPU s"
    )
    layout = builder.lay_out(records)
    laid_out = time.process_time()
    log(f"  laid out in {laid_out - harvested:.0f} CPU s: {len(layout.levels[0].cells)} cells")
    pictures = builder.grow(layout)
    atlas = builder.finish(records, layout, pictures)
    write_atlas(atlas, folder / "bench.atlas.safetensors")
    finished = time.process_time()
    level = atlas.levels[0]
    log(f"  drawn in {finished - laid_out:.0f} CPU s, {level.recognized.mean():.1%} nearest")
    growth = PictureGrowth(network, plan.options.layer, level.directions, plan.recipe)
    with restore_format(network):
        batch = growth.choose_batch()
        bare = time_bare_step(growth, batch)
        single = _time_single(growth)
        batched = _time_batched(growth, batch)
    loop = _time_loop(network, plan.options.layer)
    total_steps = len(level.cells) * plan.recipe.steps
    cost = finished - harvested
    figures: dict[str, Any] = {
        "network": network.name,
        "layer": plan.options.layer,
        "pictures": len(plan.numbers),
        "vectors": len(records),
        "grid": config.grid,
        "cells": len(level.cells),
        "side": max(level.pictures.shape[1:3]),
        "steps": plan.recipe.steps,
        "power": plan.recipe.power,
        "batch": batch,
        "harvest_cpu_s": round(harvested - start, 1),
        "layout_cpu_s": round(laid_out - harvested, 1),
        "drawing_cpu_s": round(finished - laid_out, 1),
        "own_picture_nearest": round(float(level.recognized.mean()), 3),
        "nearest_asked": f">= {MIN_RECOGNIZED}",
        "bare_cpu_s": round(bare * total_steps, 1),
        "cost_ratio": round(cost / (bare * total_steps), 3),
        "drawing_ratio": round((finished - laid_out) / (bare * total_steps), 3),
        "cost_asked": f"<= {MAX_COST_RATIO}",
        "one_by_one_ratio": round(single / batched, 2),
        "loop_ratio": round(loop * LUCENT_STEPS / (batched * plan.recipe.steps), 1),
        "one_by_one_asked": f">= {MIN_ONE_BY_ONE_RATIO}",
    }
    return figures | measure_reconstruction(records["h"][:, 0], layout, config.grid)


def _progress_logger(log: Callable[[str], None]) -> Callable[[AtlasProgress], None]:
    last = [time.monotonic()]

    def report(progress: AtlasProgress) -> None:
        if time.monotonic() - last[0] > 30:
            last[0] = time.monotonic()
            log(f"  {progress.message} {progress.done} of {progress.total}")

    return report


def time_bare_step(growth: PictureGrowth, batch: int) -> float:
    """Return the processor seconds of a bare step of one picture: forward, gradient at pixels."""
    ascent = growth.create_ascent(range(min(batch, len(growth.directions))))
    network, layer = growth.network, growth.layer
    directions = torch.from_numpy(growth.directions[: len(ascent.rows)]).to(network.device)
    x = ascent.pictures()

    def step() -> None:
        recording = network.run(x, (layer,), gradients=True, until=ascent.until)
        values = recording.tensor(layer)
        with torch.enable_grad():
            total = torch.einsum("bchw,bc->", values, directions)
        torch.autograd.grad(total, recording.x)

    return _time(step, BARE_STEPS) / len(ascent.rows)


def _time_single(growth: PictureGrowth) -> float:
    """Return the processor seconds of a step of a picture that grows alone, its start included."""
    start = time.process_time()
    count = min(SINGLE_PICTURES, len(growth.directions))
    for row in range(count):
        ascent = growth.create_ascent([row])
        for _ in range(SINGLE_STEPS):
            ascent.step()
    return (time.process_time() - start) / (count * SINGLE_STEPS)


def _time_batched(growth: PictureGrowth, batch: int) -> float:
    """Return the same of a picture that grows in a batch."""
    start = time.process_time()
    ascent = growth.create_ascent(range(min(batch, len(growth.directions))))
    for _ in range(SINGLE_STEPS):
        ascent.step()
    return (time.process_time() - start) / (len(ascent.rows) * SINGLE_STEPS)


def _time_loop(network: Network, layer: str) -> float:
    """Return the processor seconds of a step of Lucent's loop, one picture."""
    module = copy.deepcopy(network.module)  # its weights collect gradients, ours do not
    card = network.card
    target = module.get_submodule(layer)
    loop = Lucent(module, target, 0, 0, card.mean, card.std, max(card.size))
    try:
        return _time(loop.step, BARE_STEPS)
    finally:
        loop.close()


def _time(step: Callable[[], object], times: int) -> float:
    step()
    start = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - start) / times


def measure_reconstruction(
    vectors: NDArray[Any], layout: AtlasLayout, grid: int, seed: int = 0
) -> dict[str, Any]:
    """Return R2 of left-out cell means by the layout's map, by PCA, and by UMAP if installed.

    Args:
        vectors: (N, C).
        layout: Laid out on a map, which every tenth vector was left out of.
        grid: Cells along a side.
        seed: Seed of PCA and UMAP.
    """
    fitted: Map | None = layout.map
    if fitted is None:
        raise BadInput("The reconstruction is measured of an atlas that is laid out on a map.")
    test = fitted.examples.test if fitted.examples.test.any() else draw_test(len(vectors), seed)
    if not test.any():
        return {"r2": "too few vectors"}
    figures: dict[str, Any] = {"map_explained": fitted.figures.get("R2")}
    scores, basis = project_pca(vectors, seed)
    scale = fit_square(scores)

    def decode_map(points: Floats) -> Floats:
        return fitted.decode(layout.scale.invert(points))

    def decode_pca(points: Floats) -> Floats:
        return invert_pca(basis, scale.invert(points))

    layouts: dict[str, tuple[Floats, Decode | None]] = {
        "map": (layout.points, decode_map),
        "pca": (scale.apply(scores), decode_pca),
    }
    if is_umap_installed():
        points = project_umap(vectors, seed)
        layouts["umap"] = fit_square(points).apply(points), None
    else:
        figures["r2_umap"] = "not measured: umap-learn is not installed"
    for name, (points, decode) in layouts.items():
        try:
            result = reconstruct_cells(vectors, points, test, grid, MIN_TEST_MEMBERS, decode)
        except BadInput as error:
            figures[f"r2_{name}"] = str(error)
            continue
        figures[f"r2_{name}"] = {key: round(value, 3) for key, value in result.items()}
    return figures
