"""The weights of a layer as a matrix, and what stands out in them.

Source: Hinton & Shallice 1991 (the diagram); rows and columns can be sorted so that similar ones
lie side by side (``lenses.seriation``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.core.weights.summary import WeightMatrix, WeightSummary
from dnnvis.imaging.hinton import Cells, aggregate_strongest
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.lenses.seriation import seriate
from dnnvis.lenses.wiring import graph_of
from dnnvis.library.store.library import open_library, own_library_path
from dnnvis.network.connections.matrices import CellRows, LayerWeights, find_ends, find_weights
from dnnvis.network.connections.summary import MAX_WEIGHTS, summarize
from dnnvis.network.dataflow.trace import INPUT

MAX_CELLS = 1024  # rows, and columns, of a matrix that is sent to the window
MAX_SORTED = 2048  # rows, or columns, that are sorted by similarity


@dataclass(frozen=True)
class WeightMatrixParams:
    """Settings of the lens ``weights``."""

    #: Whether rows and columns are sorted so that similar ones lie side by side.
    is_sorted: bool = field(default=False, metadata={"switch": True})


@dataclass(frozen=True)
class WeightMatrixLens(LensDefaults):
    """Yield the WeightMatrix of the unit's layer, or why there is none."""

    name: str = "weights"
    title: str = "weights of a layer"
    source: str = "Hinton & Shallice 1991, figure 5"
    backward: bool = False
    Params: type[WeightMatrixParams] = WeightMatrixParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: what a layer lacks is said in the result."""
        return None

    def layers_of(self, params: WeightMatrixParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[WeightMatrix]:
        """Yield the matrix."""
        network, unit = scene.network, scene.unit
        recipe: dict[str, Any] = {"lens": self.name, "unit": str(unit.whole())}
        try:
            layer = network.layer(unit.layer)
            weights = find_weights(network, graph_of(scene), layer, unit.call)
        except LensMissing as error:
            yield WeightMatrix(unit.layer, message=str(error), recipe=recipe, network=network.name)
            return
        matrix = build_matrix(unit.layer, weights, scene.params.is_sorted)
        silent, pictures = find_silent(scene, unit.layer)
        summary = replace(matrix.summary, silent=silent, pictures=pictures)
        recipe["is_sorted"] = matrix.is_sorted
        ends = find_ends(network, graph_of(scene), weights, unit.call)
        colors: tuple[int, ...] = ()
        if ends.feeding == INPUT and network.card.channels == 3:
            colors = (2, 1, 0) if network.card.channel_order == "BGR" else (0, 1, 2)
        yield replace(
            matrix,
            summary=summary,
            recipe=recipe,
            network=network.name,
            feeding=ends.feeding,
            feeding_call=ends.call,
            colors=colors,
            is_output=ends.is_output,
        )


def build_matrix(layer: str, weights: LayerWeights, is_sorted: bool) -> WeightMatrix:
    """Return the weights of a layer as a matrix of at most MAX_CELLS rows and columns.

    Args:
        layer: The layer that was looked at.
        weights: What is behind it.
        is_sorted: Whether rows and columns are sorted by similarity, where they are few enough.

    Returns:
        The matrix, without what a library knows.
    """
    summary: WeightSummary = summarize(weights, weights.groups)
    rows = CellRows(weights)
    notes = list(weights.notes)
    if summary.invalid:
        notes.append(
            f"{summary.invalid:,} of the weights are no finite numbers: magenta, and counted as 0 "
            "in norms."
        )
    order: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    if is_sorted:
        if weights.is_large or max(rows.shape) > MAX_SORTED:
            notes.append(
                f"Not sorted: {rows.shape[0]:,} x {rows.shape[1]:,} are more than {MAX_SORTED:,} "
                f"rows or columns, or than {MAX_WEIGHTS:,} weights."
            )
        elif weights.groups > 1:
            notes.append("Not sorted: the columns of each group are other inputs.")
        else:
            order = sort_by_similarity(rows[:])
    if order is None:
        cells = aggregate_strongest(rows, MAX_CELLS, MAX_CELLS)
    else:
        cells = aggregate_strongest(rows[:][order[0]][:, order[1]], MAX_CELLS, MAX_CELLS)
        own = order[0].astype(np.int32), order[1].astype(np.int32)
        cells = Cells(cells.values, own[0][cells.rows], own[1][cells.columns])
    return WeightMatrix(
        layer,
        weights.owner,
        weights.parameter,
        rows.shape,
        weights.shape[2:] if np.prod(weights.shape[2:]) > 1 else (),
        np.array(cells.values),
        cells.rows,
        cells.columns,
        weights.groups,
        order is not None,
        summary,
        tuple(notes),
    )


def sort_by_similarity(
    cells: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return orders of the rows and the columns in which those of a high cosine are neighbors."""
    clean = np.where(np.isfinite(cells), cells, 0).astype(np.float32)
    return seriate(_measure_cosines(clean)), seriate(_measure_cosines(clean.T))


def _measure_cosines(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.sqrt((rows.astype(np.float64) ** 2).sum(1))
    units = (rows / np.where(norms > 0, norms, 1)[:, None]).astype(np.float32)
    cosines: NDArray[np.float32] = units @ units.T
    return cosines


def find_silent(scene: Scene, layer: str) -> tuple[tuple[int, ...], int]:
    """Return the units that were never above 0 on the pictures that the library knows.

    Returns:
        The units, and the number of pictures; 0 where the layer was not scanned.
    """
    network = scene.network
    if not own_library_path(network).is_file():
        return (), 0
    try:
        with open_library(network, create=False) as library:
            statistics = library.statistics(layer)
    except BadInput:  # a broken library is said where it is looked at
        return (), 0
    if statistics is None:
        return (), 0
    return tuple(np.flatnonzero(statistics.dead).tolist()), statistics.images


WEIGHTS = WeightMatrixLens()
