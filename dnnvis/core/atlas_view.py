"""Carry an activation atlas between threads, and rank its cells, without Qt or torch."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import ResultHeader

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Pixels = NDArray[np.uint8]
Cell = tuple[int, int, int]  # cells along a side, row from the top, column
MAX_NEAR_CELLS = 6  # of a class, that are shown, and whose examples become patches


@dataclass(frozen=True, eq=False)
class AtlasViewLevel:
    """The n cells of a zoom level."""

    #: Cells along a side.
    grid: int
    #: (row, column), row 0 on top, int64 (n, 2).
    cells: Ints
    #: Number of activations in each, int64 (n,).
    counts: Ints
    #: Attribution to the atlas's classes, float32 (n, K).
    attribution: Floats
    #: Pictures uint8 (n, H, W, 3).
    pictures: Pixels


@dataclass(frozen=True, eq=False)
class AtlasView(ResultHeader):
    """A whole atlas, posted once; without levels where there is none (``message`` says why)."""

    #: The layer whose activations were laid out.
    layer: str = ""
    #: map | pca | umap.
    layout: str = ""
    #: Zoom levels, coarse to fine.
    levels: tuple[AtlasViewLevel, ...] = ()
    #: Names of the classes of the attribution.
    classes: tuple[str, ...] = ()
    #: Sentences that a user should know.
    notes: tuple[str, ...] = ()
    #: Version of the request.
    version: int = 0


@dataclass(frozen=True, eq=False)
class AtlasPoint(ResultHeader):
    """Where the present frame lies on the atlas; ``message`` says why it does not."""

    #: Points (x, y) of the unit square, y upwards, float32 (S, 2).
    points: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    #: Version of the request.
    version: int = 0


@dataclass(frozen=True, eq=False)
class AtlasCellExamples(ResultHeader):
    """What the activations nearest to a cell's mean saw; ``message`` says why there is nothing."""

    #: The cell; () where there is none.
    cell: Cell | tuple[()] = ()
    #: Thumbnails uint8 (n, side, side, 3).
    thumbs: Pixels = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.uint8))
    #: Numbers of the pictures in the data, int64 (n,).
    index: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class AtlasRegion(ResultHeader):
    """Pictures of what the layout's way back says lies at the n places of a square region.

    ``message`` says why there are none.
    """

    #: (left, top, side) in the unit square, top measured downwards.
    region: tuple[float, ...] = ()
    #: Places along a side.
    grid: int = 0
    #: (row, column) in the region, row 0 on top, int64 (n, 2).
    cells: Ints = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    #: Number of the atlas's activations in each, int64 (n,); 0: nothing was seen there.
    counts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Pictures uint8 (n, H, W, channels).
    pictures: Pixels = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.uint8))
    #: Which of them are grown, the others are gray, bool (n,).
    done: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))


def rank_near_class(cells: Ints, attribution: Floats, source: int, target: int) -> Ints:
    """Return the cells of one class that lie nearest to those of another, nearest first.

    A cell is a class's where it speaks for that class more than for any other; the distance is that
    of its center to the nearest cell of the other class. Among cells of one distance those that
    speak most for their class come first.

    Args:
        cells: (row, column) of each cell, int64 (n, 2).
        attribution: Attribution to the classes, float32 (n, K).
        source: Column of the class that they are near to.
        target: Column of the class whose cells they are.

    Returns:
        Cell numbers, int64; none where one of the classes has no cell.
    """
    best = attribution.argmax(1)
    own, other = np.flatnonzero(best == target), np.flatnonzero(best == source)
    if not len(own) or not len(other):
        return np.zeros(0, np.int64)
    gaps = np.square(cells[own][:, None] - cells[other][None]).sum(2).min(1)  # exact, so ties are
    ranked: Ints = own[np.lexsort((-attribution[own, target], gaps))]
    return ranked


AtlasResult = AtlasView | AtlasPoint | AtlasCellExamples | AtlasRegion
