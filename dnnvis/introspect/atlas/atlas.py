"""An activation atlas: what a layer's activations look like, laid out on a plane.

Source: Carter et al. 2019, "Exploring Neural Networks with Activation Atlases".
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.introspect.atlas.cells import center_points
from dnnvis.introspect.atlas.layout import SquareScale, invert_pca
from dnnvis.introspect.atlas.whitening import Whitening
from dnnvis.introspect.map import Map
from dnnvis.introspect.pca import Basis
from dnnvis.network.network import Network

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class AtlasLevel:
    """The n cells of one zoom level."""

    #: Cells along a side.
    grid: int
    #: (row, column) of each cell, row 0 on top, int64 (n, 2).
    cells: Ints
    #: Number of vectors in each cell, int64 (n,).
    counts: Ints
    #: Mean vector of each cell, float32 (n, C).
    vectors: Floats
    #: Whitened direction of each cell, of length 1, float32 (n, C).
    directions: Floats
    #: Mean attribution of each cell's vectors to the atlas's classes, float32 (n, K).
    attribution: Floats
    #: (picture, y, x) of the vectors nearest to each cell's mean, int64 (n, E, 3); -1 = none.
    examples: Ints
    #: Each cell's picture, uint8 (n, H, W, channels); of one that could not be grown, gray.
    pictures: Pixels
    #: Cell whose mean lies nearest to the activation of each cell's own picture, int64 (n,);
    #: -1 where there is no picture.
    nearest: Ints

    @property
    def centers(self) -> Floats:
        """Return the center (x, y) of each cell in the unit square, y upwards, float32 (n, 2)."""
        return center_points(self.cells, self.grid)

    def number(self, row: int, column: int) -> int:
        """Return which of the cells that is; raise BadInput where none is there."""
        matches = np.flatnonzero((self.cells == (row, column)).all(1))
        if not len(matches):
            raise BadInput(
                f"The atlas has no picture at row {row}, column {column} of {self.grid} x "
                f"{self.grid}: too few activations lie there."
            )
        return int(matches[0])

    def picture(self, row: int, column: int) -> Pixels:
        """Return the picture uint8 (H, W, channels) of a cell; raise BadInput for an empty one."""
        picture: Pixels = self.pictures[self.number(row, column)]
        return picture

    @property
    def recognized(self) -> NDArray[np.bool_]:
        """Return whose own picture's activation lies nearest to their own cell, bool (n,)."""
        recognized: NDArray[np.bool_] = self.nearest == np.arange(len(self.nearest))
        return recognized


@dataclass(frozen=True, eq=False)
class Atlas:
    """A finished atlas; built by ``lenses.atlas``, stored in one file (``atlas_file``)."""

    #: Name of the network.
    network: str
    #: Fingerprint of its weights.
    fingerprint: str
    #: The layer whose activations were laid out.
    layer: str
    #: map | pca | umap.
    layout: str
    #: Zoom levels, coarse to fine.
    levels: tuple[AtlasLevel, ...]
    #: Class indices of the attribution, int64 (K,).
    class_ids: Ints
    #: Their names.
    classes: tuple[str, ...]
    #: Points of the vectors in the unit square, (x, y), y upwards, float32 (N, 2); NaN = left out.
    points: Floats
    #: Number in the data of the picture that each vector comes from, int64 (N,).
    index: Ints
    #: Label of that picture, -1 = none, int64 (N,).
    labels: Ints
    #: Class that the network predicts for it, -1 = none, int64 (N,).
    predicted: Ints
    #: From the layout's own coordinates to the unit square.
    scale: SquareScale
    #: Mean and covariance of all vectors.
    whitening: Whitening
    #: Address of the data.
    data: str
    #: Enough to make it again.
    recipe: dict[str, Any]
    #: Measured numbers by name.
    figures: dict[str, Any] = field(default_factory=dict)
    #: Sentences that a user should know.
    notes: tuple[str, ...] = ()
    #: The map fitted on the vectors, of the layout "map"; else None.
    map: Map | None = None
    #: The basis of the layout "pca"; else None.
    basis: Basis | None = None

    @property
    def cells(self) -> Ints:
        """Return (row, column) of the first level's cells, int64 (n, 2)."""
        return self.levels[0].cells

    @property
    def directions(self) -> Floats:
        """Return the whitened directions of the first level's cells, float32 (n, C)."""
        return self.levels[0].directions

    @property
    def counts(self) -> Ints:
        """Return how many vectors each of the first level's cells holds, int64 (n,)."""
        return self.levels[0].counts

    @property
    def attribution(self) -> Floats:
        """Return the first level's attribution to ``classes``, float32 (n, K)."""
        return self.levels[0].attribution

    def picture(self, row: int, column: int, grid: int | None = None) -> Pixels:
        """Return the picture of a cell, uint8 (H, W, channels).

        Args:
            row: From 0 on top.
            column: From 0 at the left.
            grid: The zoom level; None: the first one.

        Raises:
            BadInput: There is no such level, or no picture there.
        """
        return self.level(grid).picture(row, column)

    def level(self, grid: int | None = None) -> AtlasLevel:
        """Return a zoom level; raise BadInput where there is none of so many cells."""
        for level in self.levels:
            if grid is None or level.grid == grid:
                return level
        grids = ", ".join(str(level.grid) for level in self.levels)
        raise BadInput(f"The atlas has no level of {grid} x {grid} cells; it has {grids}.")

    def class_column(self, name: str | int) -> int:
        """Return the column of ``attribution`` of a class, by name or index.

        Raises BadInput, naming some that there are, for another one.
        """
        if isinstance(name, int) and name in self.class_ids:
            return int(np.flatnonzero(self.class_ids == name)[0])
        if name in self.classes:
            return self.classes.index(str(name))
        known = ", ".join(self.classes[:5]) or "none"
        more = " ..." if len(self.classes) > 5 else ""
        raise BadInput(f"The atlas knows no class '{name}'; it has {known}{more}.")

    def decode(self, square: NDArray[Any]) -> Floats:
        """Return the vectors (n, C) expected at points (n, 2) of the unit square, float32.

        By the decoder of the map where the layout is one, else by the two principal components.

        Raises BadInput for UMAP, which has no way back.
        """
        points = self.scale.invert(np.atleast_2d(np.asarray(square, np.float64)))
        if self.map is not None:
            return self.map.decode(points)
        if self.basis is not None:
            return invert_pca(self.basis, points)
        raise BadInput("UMAP has no way back from a point to activations: use the layout map.")

    def check(self, network: Network) -> None:
        """Raise Mismatch where the atlas is of other weights than the network's."""
        if self.fingerprint != network.fingerprint:
            raise Mismatch(
                f"This atlas was made of another checkpoint than {network.name} has now "
                f"({self.fingerprint[:8]}, not {network.fingerprint[:8]}): make it again."
            )
