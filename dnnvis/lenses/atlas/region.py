"""Draw any part of an atlas at any size: what its layout's way back says at each place.

Source: Pardo et al. 2019, "Coloring the Black Box", last section (a map with a way back
as a plane of activations); Carter et al. 2019 (whitened directions, their pictures). Where an
atlas's own cells average what was seen, these places are decoded: there is one everywhere, also
where nothing was seen, which ``counts`` says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.atlas_view import AtlasRegion
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.lens_results import SKIPPED, SkippedStep
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.introspect.atlas.cells import number_cells
from dnnvis.lenses.activation_map.map_cache import final_network
from dnnvis.lenses.atlas.growing import PictureGrowth, atlas_recipe
from dnnvis.lenses.atlas.view import AtlasLensDefaults, get_cached_atlas, result_header
from dnnvis.lenses.lens import Scene
from dnnvis.library.pages.images import to_three_channels
from dnnvis.network.network import Network

BATCH = 4  # pictures that grow at once: a step must not hold the live view up
GRAY = 128
MAX_REGION_GRID = 20
SMALLEST_SIDE = 1e-4  # of a region, in the unit square

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RegionPlan:
    """The places of a region, by row, then by column."""

    #: (left, top, side) in the unit square, top measured downwards.
    region: tuple[float, float, float]
    #: Places along a side.
    grid: int
    #: (row, column), int64 (n, 2).
    cells: Ints
    #: Number of the atlas's vectors in each, int64 (n,).
    counts: Ints
    #: Whitened direction of the vector decoded at each one's center, float32 (n, C).
    directions: Floats


def plan_region(atlas: Atlas, region: tuple[float, float, float], grid: int) -> RegionPlan:
    """Return the places of a region and their directions.

    Args:
        atlas: An atlas whose layout has a way back.
        region: (left, top, side) in the unit square, top measured downwards.
        grid: Places along a side, 1 to 20.

    Raises:
        BadInput: The region lies outside of the square, the grid is none, or UMAP made the layout.
    """
    left, top, side = region
    edge = 1 + 1e-6
    if not (
        side >= SMALLEST_SIDE and left >= 0 and top >= 0 and max(left, top) + side <= edge
    ):  # NaN is refused, too
        raise BadInput(
            f"A region is left, top and side within the unit square, not {left:g}, {top:g}, "
            f"{side:g}."
        )
    if not 1 <= grid <= MAX_REGION_GRID:
        raise BadInput(f"A region is drawn with 1 to {MAX_REGION_GRID} places a side, not {grid}.")
    rows, columns = np.divmod(np.arange(grid * grid), grid)
    x, y = left + (columns + 0.5) * side / grid, 1 - top - (rows + 0.5) * side / grid
    vectors = atlas.decode(np.stack([x, y], 1))
    inside = np.stack(
        [(atlas.points[:, 0] - left) / side, (atlas.points[:, 1] - (1 - top - side)) / side], 1
    )
    inside[((inside < 0) | (inside >= 1)).any(1)] = np.nan
    numbers = number_cells(inside, grid)
    counts = np.bincount(numbers[numbers >= 0], minlength=grid * grid)
    return RegionPlan(
        (left, top, side),
        grid,
        np.stack([rows, columns], 1).astype(np.int64),
        counts.astype(np.int64),
        atlas.whitening.directions(vectors),
    )


def grow_region(
    network: Network, atlas: Atlas, plan: RegionPlan, steps: int = 0
) -> Iterator[AtlasRegion | None]:
    """Yield the region with each few pictures that have grown, those in the middle first.

    Between two results it yields None after each step of the ascent.

    Args:
        network: The atlas's network.
        atlas: The atlas.
        plan: The region's places.
        steps: Steps of each picture; 0: those of the atlas's own.

    Raises:
        LensMissing: No gradient reaches the pixels.
    """
    made = atlas.recipe
    size, power = int(made.get("size", 0)), float(made.get("power", 1))
    recipe = atlas_recipe(network, atlas.layer, steps or int(made.get("steps", 0)), size, power)
    seed = int(made.get("seed", 0))
    growth = PictureGrowth(network, atlas.layer, plan.directions, recipe, seed)
    count = len(plan.cells)
    distance = np.abs(plan.cells - (plan.grid - 1) / 2).max(1)
    order = np.argsort(distance, kind="stable")
    shape = growth.dtype["picture"].shape
    pictures, done = np.full((count, *shape), GRAY, np.uint8), np.zeros(count, np.bool_)
    for start in range(0, count, BATCH):
        rows = order[start : start + BATCH]
        ascent = growth.create_ascent(rows)
        while not ascent.is_finished:
            ascent.step()
            yield None
        with torch.no_grad():
            records = growth.finish(ascent, rows)
        pictures[rows] = records["picture"]
        done[rows] = np.isfinite(records["value"])
        yield AtlasRegion(
            region=plan.region,
            grid=plan.grid,
            cells=plan.cells,
            counts=plan.counts,
            pictures=pictures.copy(),
            done=done.copy(),
        )


@dataclass(frozen=True)
class AtlasRegionParams:
    """Settings of the lens ``atlas_region``."""

    #: Another value reads the atlas from disk again.
    version: int = 0
    #: The left, upper corner of the region in the unit square, y downwards, and its side.
    x: float = field(default=0.0, metadata={"range": (0.0, 1.0)})
    y: float = field(default=0.0, metadata={"range": (0.0, 1.0)})
    side: float = field(default=1.0, metadata={"range": (SMALLEST_SIDE, 1.0)})
    #: Places along a side.
    grid: int = field(default=6, metadata={"range": (1, MAX_REGION_GRID)})


@dataclass(frozen=True)
class AtlasRegionLens(AtlasLensDefaults):
    """Yield the pictures of a region of the newest atlas, one AtlasRegion for each few of them."""

    name: str = "atlas_region"
    title: str = "part of the atlas, decoded"
    Params: type[AtlasRegionParams] = AtlasRegionParams

    def look(self, scene: Scene) -> Iterator[AtlasRegion | SkippedStep]:
        """Yield the results for ``scene``, see the class."""
        network, params = final_network(scene.network), scene.params
        cached, header = get_cached_atlas(network, params.version), result_header(scene, self.name)
        region = (params.x, params.y, params.side)
        if cached.atlas is None:
            yield AtlasRegion(message=cached.reason, region=region, **header)
            return
        try:
            plan = plan_region(cached.atlas, region, params.grid)
            for result in grow_region(network, cached.atlas, plan):
                yield SKIPPED if result is None else _present(result, header)
        except DnnvisError as error:
            yield AtlasRegion(message=str(error), region=region, **header)


def _present(result: AtlasRegion, header: dict[str, Any]) -> AtlasRegion:
    """Return the result with three channels and where it comes from."""
    pictures = np.stack([to_three_channels(picture) for picture in result.pictures])
    values = {name: getattr(result, name) for name in ("region", "grid", "cells", "counts", "done")}
    return AtlasRegion(**values, pictures=pictures, **header)


ATLAS_REGION = AtlasRegionLens()
