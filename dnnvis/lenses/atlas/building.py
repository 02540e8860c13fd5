"""Make an atlas of a layer over a data set; a stopped one goes on where it was.

Source: Carter et al. 2019, "Exploring Neural Networks with Activation Atlases": vectors at random
positions, laid out, averaged in the cells of a grid, each cell drawn by feature visualization.
Ours: the layout may be an InfoVAE map whose decoder knows the activations at every point.
"""

import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.progress import Progress
from dnnvis.core.run_lock import delete_run, run_lock
from dnnvis.introspect.atlas.atlas import Atlas, AtlasLevel
from dnnvis.introspect.atlas.cells import assign_cells, average_members, nearest_members
from dnnvis.introspect.atlas.layout import (
    OUTLIER_QUANTILE,
    SquareScale,
    fit_square,
    project_pca,
    project_umap,
)
from dnnvis.introspect.atlas.whitening import Whitening, fit_whitening
from dnnvis.introspect.features import Columns, LayerColumns
from dnnvis.introspect.fit import MIN_EXAMPLES, FitConfig, FitJob, FitProgress, fit
from dnnvis.introspect.map import Map, architecture_digest
from dnnvis.introspect.map_file import SUFFIX as MAP_SUFFIX
from dnnvis.introspect.map_file import read_map, write_map
from dnnvis.introspect.pca import Basis
from dnnvis.introspect.record_file import RowStore
from dnnvis.jobs import distributed
from dnnvis.lenses.activation_map.collect import PictureBatches, collect_rows
from dnnvis.lenses.activation_map.labels import ClassIndex, choose_classes, draw_test
from dnnvis.lenses.ascent.batch_size import restore_format
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.lenses.atlas.atlas_file import open_atlas, write_atlas
from dnnvis.lenses.atlas.attribution import AttributionPlan, plan_attribution
from dnnvis.lenses.atlas.growing import PictureGrowth, atlas_recipe
from dnnvis.lenses.atlas.harvest import (
    VectorHarvest,
    count_inner_positions,
    pictures_per_pass,
)
from dnnvis.lenses.atlas.options import (
    MAX_PER_PICTURE,
    VECTORS_PER_CELL,
    AtlasOptions,
    atlas_path,
    digest_of,
    layout_identity,
    work_folder,
)
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset, open_data

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
EXAMPLES = 9  # of each cell
HARVEST_MESSAGE = "Harvesting activations ..."
LAYOUT_MESSAGE = "Laying out ..."
GROWTH_MESSAGE = "Growing pictures ..."


@dataclass(frozen=True, eq=False)
class AtlasProgress(Progress):
    """How far an atlas is: ``message`` names the stage, ``done`` of ``total`` count its items."""


Report = Callable[[AtlasProgress], None]


@dataclass(frozen=True, eq=False)
class AtlasPlan:
    """What an atlas is made of, decided before the first pass."""

    #: What was asked for.
    options: AtlasOptions
    #: Positions a picture.
    per_picture: int
    #: Numbers of the pictures, int64 (n,).
    numbers: Ints
    #: Which classes vectors are attributed to.
    attribution: AttributionPlan
    #: Names of the network's classes, and what labels of the data they are.
    classes: ClassIndex
    #: How cells are drawn.
    recipe: Recipe
    #: Digest of all that the vectors depend on.
    harvest_key: str
    #: Digest of all that the atlas depends on.
    key: str
    #: Sentences for the user.
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> Ints:
        """Return the row numbers of all vectors, int64 (n * per_picture,)."""
        rows: Ints = self.numbers[:, None] * self.per_picture + np.arange(self.per_picture)
        return rows.ravel()


@dataclass(frozen=True, eq=False)
class AtlasLayout:
    """Vectors laid out and averaged, ready to be drawn."""

    points: Floats
    scale: SquareScale
    whitening: Whitening
    levels: tuple[AtlasLevel, ...]
    class_ids: Ints
    map: Map | None = None
    basis: Basis | None = None
    notes: tuple[str, ...] = ()


def build_atlas(
    network: Network,
    options: AtlasOptions,
    data: Dataset | None = None,
    report: Report = lambda progress: None,
    stop: threading.Event | None = None,
    output: Path | None = None,
) -> Atlas | None:
    """Make the atlas of a layer and save it; the same call goes on with a stopped one.

    Under torchrun harvest and pictures are shared. An atlas of the same network, data and settings
    that is there already is opened.

    Args:
        network: The network.
        options: What the atlas is made with.
        data: The data set; None opens ``options.data``.
        report: Receives the progress.
        stop: Ends the work once it is set.
        output: File of the atlas; None: in the user's library.

    Returns:
        The atlas; None on every rank but 0.

    Raises:
        BadInput: Options, data or the layer cannot be used, or there are too few vectors.
        LensMissing: UMAP is not installed, or no gradient reaches the pixels.
        Cancelled: ``stop`` was set.
    """
    options.check()
    with distributed.process_group(), ExitStack() as stack:
        if data is None:
            data = open_data(options.data)
            stack.callback(data.close)
        plan = plan_atlas(network, options, data)
        path = output or atlas_path(network.fingerprint, plan.key)
        if not options.again and path.is_file():
            return open_atlas(network, path) if distributed.get_rank() == 0 else None
        folder = work_folder(network.fingerprint, plan.harvest_key)
        distributed.broadcast_from_rank_zero(lambda: _begin(folder, options.again, stack))
        builder = AtlasBuilder(network, plan, data, folder, report, stop)
        store = builder.harvest()
        layout = distributed.broadcast_from_rank_zero(lambda: builder.lay_out(store.view()))
        pictures = builder.grow(layout)
        if distributed.get_rank() != 0:
            return None
        atlas = builder.finish(store.view(), layout, pictures)
        write_atlas(atlas, path)
        builder.clean()
    return atlas


def _begin(folder: Path, again: bool, stack: ExitStack) -> None:
    """Lock ``folder`` against other runs until ``stack`` ends; ``again`` empties it first."""
    stack.enter_context(run_lock(folder, "run of this atlas", "wait until it ends, or stop it"))
    if again:
        delete_run(folder)


def plan_atlas(network: Network, options: AtlasOptions, data: Dataset) -> AtlasPlan:
    """Return what an atlas is made of.

    Raises BadInput where the layer has no units, a class is not known, or there are too few vectors
    for the finest grid.
    """
    layer = network.layer(options.layer)
    options = replace(options, layer=layer.name)
    if not layer.shape[0]:
        raise BadInput(f"{layer.name} returned no values when it was listed: it has no units.")
    numbers, notes = _spread(len(data), options.limit), []
    available = count_inner_positions(layer.shape)
    if available == 1:
        notes.append(
            f"{layer.name} has no positions to choose from: each picture's one vector was taken."
        )
    per_picture = _choose_per_picture(options, len(numbers), available)
    cells = max(options.grids) ** 2
    if len(numbers) * per_picture < cells:
        raise BadInput(
            f"{len(numbers) * per_picture:,} vectors are too few for {cells:,} cells: give more "
            "pictures, more positions a picture, or a smaller grid."
        )
    if len(numbers) * per_picture < MIN_EXAMPLES:
        raise BadInput(
            f"{len(numbers) * per_picture} vectors are too few for an atlas; give at least "
            f"{MIN_EXAMPLES}."
        )
    classes = choose_classes(network, data)
    attribution = plan_attribution(network, layer.name, options.classes, classes.names)
    notes += [note for note in (classes.note, attribution.note) if note]
    recipe = atlas_recipe(network, layer.name, options.steps, options.size, options.power)
    harvest_key = digest_of(
        [data.address, data.mark, numbers.tolist(), per_picture, layer.name, options.seed],
        asdict(attribution),
        network.card.preprocessing(),
    )
    key = digest_of(layout_identity(options, harvest_key), recipe.settings())
    return AtlasPlan(
        options,
        per_picture,
        numbers,
        attribution,
        classes,
        recipe,
        harvest_key,
        key,
        tuple(notes),
    )


def _spread(count: int, limit: int) -> Ints:
    """Return at most ``limit`` numbers below ``count``, evenly spread; 0 returns all."""
    if not limit or limit >= count:
        return np.arange(count)
    return np.arange(limit) * count // limit


def _choose_per_picture(options: AtlasOptions, pictures: int, available: int) -> int:
    if available == 1:
        return 1
    if options.per_picture:
        return min(options.per_picture, available)
    wanted = -(-VECTORS_PER_CELL * max(options.grids) ** 2 // max(pictures, 1))
    return int(np.clip(wanted, 1, min(available, MAX_PER_PICTURE)))


class AtlasBuilder:
    """The stages of an atlas, in their order; what is done lies in ``folder``."""

    def __init__(
        self,
        network: Network,
        plan: AtlasPlan,
        data: Dataset,
        folder: Path,
        report: Report = lambda progress: None,
        stop: threading.Event | None = None,
    ) -> None:
        self.network, self.plan, self.data, self.folder = network, plan, data, folder
        self._report, self._stop = report, stop
        self._pictures = PictureBatches(network, data, plan.classes)
        self._notes = list(plan.notes)

    @property
    def layer(self) -> str:
        """Return the layer."""
        return self.plan.options.layer

    def harvest(self) -> RowStore:
        """Return the store of all vectors, on rank 0 whole.

        Raises Cancelled where stopped.
        """
        plan = self.plan
        harvest = VectorHarvest(
            self.network,
            self.layer,
            self._pictures,
            plan.attribution,
            plan.per_picture,
            plan.options.seed,
        )
        dtype = harvest.dtype
        store = collect_rows(
            lambda path: RowStore(path, dtype),
            harvest,
            plan.rows,
            self.folder / "harvest.rec",
            self._reporter(HARVEST_MESSAGE),
            self._stop,
            pictures_per_pass(self.network) * plan.per_picture,
        )
        unreadable = {
            name: reason
            for part in distributed.all_gather(self._pictures.unreadable)
            for name, reason in part.items()
        }
        if unreadable:
            count = "1 picture" if len(unreadable) == 1 else f"{len(unreadable):,} pictures"
            first = ", ".join(list(unreadable)[:3])
            self._notes.append(f"{count} could not be read and left out: {first}")
        return store

    def lay_out(self, records: NDArray[Any]) -> AtlasLayout:
        """Lay the vectors out and average them in cells.

        Raises BadInput where too few are left, or they do not vary.
        """
        options, vectors = self.plan.options, records["h"][:, 0]
        if len(records) < MIN_EXAMPLES:
            raise BadInput(f"{len(records)} vectors could be read; an atlas needs {MIN_EXAMPLES}.")
        self._report(AtlasProgress(LAYOUT_MESSAGE, 0, 1))
        whitening = fit_whitening(vectors)
        points, fitted_map, basis = self._project(records)
        scale = fit_square(points)
        square = scale.apply(points)
        class_ids = np.unique(records["classes"]).astype(np.int64)
        levels = tuple(
            self._average(records, square, whitening, class_ids, grid) for grid in options.grids
        )
        self._report(AtlasProgress(LAYOUT_MESSAGE, 1, 1))
        notes = _layout_notes(options, whitening, points, levels)
        return AtlasLayout(square, scale, whitening, levels, class_ids, fitted_map, basis, notes)

    def _project(self, records: NDArray[Any]) -> tuple[Floats, Map | None, Basis | None]:
        seed, vectors = self.plan.options.seed, records["h"][:, 0]
        if self.plan.options.layout == "pca":
            points, basis = project_pca(vectors, seed)
            return points, None, basis
        if self.plan.options.layout == "umap":
            return project_umap(vectors, seed), None, None
        path = self.folder / f"layout{MAP_SUFFIX}"
        if path.is_file():
            fitted_map = read_map(path)
        else:
            fitted_map = self._fit_map(records)
            write_map(fitted_map, path)
        return fitted_map.z, fitted_map, None

    def _fit_map(self, records: NDArray[Any]) -> Map:
        """Fit an InfoVAE map on the vectors, as ``dnnvis fit-map`` does on hidden vectors."""
        shape = self.network.layer(self.layer).shape
        how = "whole" if shape[1] * shape[2] == 1 else "peak"
        part = LayerColumns(self.layer, how, shape, 0, shape[0])
        calls = self.network.layer(self.layer).calls
        text = "vectors at random positions; of a frame the longest one"
        columns = Columns((part,), (((self.layer, calls - 1),),), text)
        names = self.plan.classes.names if (records["label"] >= 0).any() else ()
        recipe = {
            "network": self.network.name,
            "data": self.data.address,
            "layers": [self.layer],
            "how": text,
            "limit": self.plan.options.limit,
            "like": architecture_digest(self.network),
        }
        job = FitJob(
            records,
            columns,
            names,
            draw_test(len(records), self.plan.options.seed),
            self.network.fingerprint,
            recipe,
            FitConfig(self.plan.options.seed),
            self.folder / "map",
            self._report_fit,
            self._stop,
        )
        fitted_map = fit(job)
        index = fitted_map.index // self.plan.per_picture
        return replace(fitted_map, examples=replace(fitted_map.examples, index=index))

    def _average(
        self,
        records: NDArray[Any],
        square: Floats,
        whitening: Whitening,
        class_ids: Ints,
        grid: int,
    ) -> AtlasLevel:
        vectors, options = records["h"][:, 0], self.plan.options
        cells = assign_cells(square, grid, options.min_members)
        count = len(cells.cells)
        if not count:
            raise BadInput(
                f"No cell holds {options.min_members} vectors or more: give more pictures, a "
                "smaller grid, or fewer vectors a cell (--min-members)."
            )
        means = average_members(vectors, cells.membership, count)
        near = nearest_members(vectors, cells.membership, means, EXAMPLES)
        examples = np.full((*near.shape, 3), -1, np.int64)
        examples[near >= 0, 0] = records["row"][near[near >= 0]] // self.plan.per_picture
        examples[near >= 0, 1:] = records["position"][near[near >= 0]]
        return AtlasLevel(
            grid,
            cells.cells,
            cells.counts,
            means,
            whitening.directions(means),
            average_attribution(records, cells.membership, count, class_ids),
            examples,
            np.zeros((count, 1, 1, self.network.card.channels), np.uint8),
            np.full(count, -1, np.int64),
        )

    def grow(self, layout: AtlasLayout) -> RowStore:
        """Grow the pictures of all levels' cells; return their store, on rank 0 whole.

        Raises Cancelled where stopped, LensMissing where no gradient reaches the pixels.
        """
        directions = np.concatenate([level.directions for level in layout.levels])
        options = self.plan.options
        growth = PictureGrowth(
            self.network, self.layer, directions, self.plan.recipe, options.seed, self._stop
        )
        path = self.folder / f"pictures-{self.plan.key}.rec"
        with restore_format(self.network):
            batch = options.batch or distributed.broadcast_from_rank_zero(growth.choose_batch)
            dtype = growth.dtype
            return collect_rows(
                lambda file: RowStore(file, dtype),
                growth,
                np.arange(len(directions)),
                path,
                self._reporter(GROWTH_MESSAGE),
                self._stop,
                int(batch),
            )

    def finish(self, records: NDArray[Any], layout: AtlasLayout, pictures: RowStore) -> Atlas:
        """Return the atlas of vectors that were laid out and pictures that were grown."""
        stored = pictures.view()
        order = np.argsort(stored["row"], kind="stable")
        levels, start = [], 0
        for level in layout.levels:
            some = stored[order[start : start + len(level.cells)]]
            levels.append(_with_pictures(level, some, layout.whitening))
            start += len(level.cells)
        failed = sum(int((level.nearest < 0).sum()) for level in levels)
        if failed:
            self._notes.append(f"{failed:,} cells' pictures did not move and are gray.")
        network, options = self.network, self.plan.options
        names = self.plan.classes.names
        return Atlas(
            network.name,
            network.fingerprint,
            self.layer,
            options.layout,
            tuple(levels),
            layout.class_ids,
            tuple(names[k] if k < len(names) else str(k) for k in layout.class_ids.tolist()),
            layout.points,
            np.asarray(records["row"], np.int64) // self.plan.per_picture,
            np.asarray(records["label"], np.int64),
            np.asarray(records["predicted"], np.int64),
            layout.scale,
            layout.whitening,
            self.data.address,
            {
                **layout_identity(options, self.plan.harvest_key),
                "limit": options.limit,
                "per_picture": self.plan.per_picture,
                "pictures": len(self.plan.numbers),
                "ascent": self.plan.recipe.settings(),
                "like": architecture_digest(network),
            },
            measure_figures(levels),
            (*self._notes, *layout.notes),
            None if layout.map is None else replace(layout.map, network=network),
            layout.basis,
        )

    def clean(self) -> None:
        """Remove what a finished atlas needs no more; the vectors stay, for other grids of them."""
        for path in self.folder.glob("pictures-*.rec*"):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "map", ignore_errors=True)

    def _reporter(self, message: str) -> Callable[[int, int], None]:
        return lambda done, total: self._report(AtlasProgress(message, done, total))

    def _report_fit(self, progress: FitProgress) -> None:
        self._report(AtlasProgress(progress.message, progress.done, progress.total))


def average_attribution(
    records: NDArray[Any], membership: Ints, count: int, class_ids: Ints
) -> Floats:
    """Return the mean attribution of each cell's vectors, float32 (count, K).

    Args:
        records: Vectors with ``classes`` and ``attribution``, see ``atlas_record_type``; a class
            that a vector was not attributed to counts as 0 there.
        membership: Cell of each vector, -1 = none, (N,).
        count: Number of cells, each with a member.
        class_ids: The classes, ascending, (K,).
    """
    sums = np.zeros((count, len(class_ids)))
    inside = membership >= 0
    members = np.bincount(membership[inside], minlength=count)
    if len(class_ids):
        columns = np.searchsorted(class_ids, records["classes"][inside])  # (n, T)
        values = np.asarray(records["attribution"][inside], np.float64)
        np.add.at(sums, (membership[inside][:, None], columns), values)
    return (sums / np.maximum(members, 1)[:, None]).astype(np.float32)


def _with_pictures(level: AtlasLevel, stored: NDArray[Any], whitening: Whitening) -> AtlasLevel:
    """Return a level with its cells' pictures, and which cell each of them is nearest to.

    Nearness is the cosine of whitened vectors: of the layer's mean vector on the picture and of
    each cell's mean.
    """
    nearest = whitening.cosines(stored["activation"], level.vectors).argmax(1)
    nearest[~np.isfinite(stored["value"])] = -1
    return replace(level, pictures=np.array(stored["picture"]), nearest=nearest.astype(np.int64))


def measure_figures(levels: Sequence[AtlasLevel]) -> dict[str, Any]:
    """Return the numbers of an atlas by name, of each level."""
    return {
        str(level.grid): {
            "cells": len(level.cells),
            "own picture nearest": round(float(level.recognized.mean()), 4),
            "vectors": int(level.counts.sum()),
        }
        for level in levels
    }


def _layout_notes(
    options: AtlasOptions, whitening: Whitening, points: Floats, levels: Sequence[AtlasLevel]
) -> tuple[str, ...]:
    notes = [
        f"The square ends at the {OUTLIER_QUANTILE:.0%} and {1 - OUTLIER_QUANTILE:.0%} quantiles "
        "of the layout; what lies beyond was moved to its edge.",
        f"Cells with fewer than {options.min_members} vectors are left out; directions are "
        f"whitened with a covariance shrunk by {whitening.shrinkage:.3f}.",
    ]
    unplaced = int((~np.isfinite(points).all(1)).sum())
    if unplaced:
        notes.append(f"UMAP laid out {len(points) - unplaced:,} of {len(points):,} vectors.")
    return tuple(notes)
