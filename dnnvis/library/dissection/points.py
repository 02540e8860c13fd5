"""Choose the points of a picture at which maps and masks are compared, and read maps there.

Bau et al. compare at every pixel of the mask, to which maps are brought bilinearly, anchored at the
centers of receptive fields. ``upsamples`` does the same at a grid of pixels. Else the mask is
brought to the map: it is read at the pixel in the middle of what a position sees, which is Bau et
al.'s comparison with maps brought to the mask by the nearest position, and costs a fraction. Grids
with fewer points than there are pixels (or positions) move a little from batch to batch, so that no
pattern keeps step with them: the areas they estimate are right on average.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.receptive_field import FieldAxes
from dnnvis.library.scan.reductions import flatten_channels_last

GRID_SIDES = (14, 28, 56, 112)  # points a side, of which the first that is enough is taken
MIN_POINTS = 200_000  # in all pictures together: then areas of 0.5 % are known within some 3 %
_SEED = 20170  # of the movement of the grid

Pixels = NDArray[np.int64]
Grid = tuple[Pixels, Pixels]


def choose_side(pictures: int) -> int:
    """Return how many points a side are enough for so many pictures."""
    enough = (side for side in GRID_SIDES if pictures * side * side >= MIN_POINTS)
    return next(enough, GRID_SIDES[-1])


def choose_grid(size: tuple[int, int], side: int, batch: int) -> Grid:
    """Return rows and columns of a grid over a picture or map, the same for the same batch number.

    Args:
        size: (H, W).
        side: Points a side; every row or column where there are no more.
        batch: Number of the batch.
    """
    shift = np.random.default_rng((_SEED, batch)).random(2)
    rows, columns = (
        np.arange(length)
        if length <= side
        else ((np.arange(side) + part) * length / side).astype(np.int64)
        for length, part in zip(size, shift, strict=True)
    )
    return rows, columns


class AxisWeights(NamedTuple):
    """How values at points lie between those of a map's positions along one axis."""

    #: int64 (P,), the position before each point, and the one after it.
    low: Tensor
    high: Tensor
    #: float32 (P,) in [0, 1], the weight of the latter.
    weight: Tensor

    def as_matrix(self, count: int) -> Tensor:
        """Return the weights of all ``count`` positions at each point, float32 (P, count)."""
        rows = torch.arange(len(self.low), device=self.low.device)
        matrix = torch.zeros((len(rows), count), device=self.low.device)
        matrix.index_put_((rows, self.low), 1 - self.weight, accumulate=True)
        matrix.index_put_((rows, self.high), self.weight, accumulate=True)
        return matrix


def interpolate_axis(
    pixels: Pixels, count: int, length: int, anchor: tuple[float, float] | None
) -> AxisWeights:
    """Return how a map is read linearly at pixels along one axis.

    Beyond the first and last position it continues with their values.

    Args:
        pixels: Pixels of the input.
        count: Positions of the map.
        length: Pixels of the input.
        anchor: (offset, stride) of the receptive fields' centers in pixels; None where they are not
            known: then the map covers the input evenly.
    """
    at: NDArray[np.floating]
    if anchor is None:
        at = (pixels + 0.5) * count / length - 0.5
    else:
        at = (pixels - anchor[0]) / anchor[1]
    at = np.clip(at, 0, count - 1)
    low = np.minimum(np.floor(at).astype(np.int64), count - 1)
    high = np.minimum(low + 1, count - 1)
    weight = (at - low).astype(np.float32)
    return AxisWeights(*(torch.from_numpy(values) for values in (low, high, weight)))


@dataclass(frozen=True, eq=False)
class MapPoints:
    """How one layer's maps are read at a grid of points."""

    rows: AxisWeights
    columns: AxisWeights
    #: (H, W) of the map.
    shape: tuple[int, int]

    @property
    def count(self) -> int:
        """Return the number of points."""
        return len(self.rows.low) * len(self.columns.low)

    def read_whole(self, maps: Tensor) -> Tensor:
        """Return the values (n, points) of maps (n, H, W); for maps of few positions."""
        rows, columns = (
            axis.as_matrix(count).to(maps.device)
            for axis, count in zip((self.rows, self.columns), self.shape, strict=True)
        )
        return (rows @ maps @ columns.T).flatten(1)

    def read_corners(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """Read large maps at the points alone.

        Args:
            value: Maps (B, C, H, W).

        Returns:
            The interpolated values (B, points, C), and those of the positions before the points.
        """
        upper, lower = (index * self.shape[1] for index in (self.rows.low, self.rows.high))
        corners = [
            take_positions(value, (row[:, None] + column[None, :]).flatten())
            for row in (upper, lower)
            for column in (self.columns.low, self.columns.high)
        ]
        across = self.columns.weight.repeat(len(self.rows.low))[:, None].to(value.device)
        down = self.rows.weight.repeat_interleave(len(self.columns.low))[:, None].to(value.device)
        top = torch.lerp(corners[0], corners[1], across)
        return torch.lerp(top, torch.lerp(corners[2], corners[3], across), down), corners[0]


def take_positions(value: Tensor, index: Tensor | None) -> Tensor:
    """Return the values (B, n, C) of maps (B, C, H, W) at flat positions int64 (n,), or at all."""
    lines = flatten_channels_last(value)
    if index is None:
        return value.flatten(2).transpose(1, 2) if lines is None else lines
    index = index.to(value.device)
    if lines is None:
        return value.flatten(2).index_select(2, index).transpose(1, 2)
    return lines.index_select(1, index)


def interpolate_map(
    pixels: Grid, shape: tuple[int, int], size: tuple[int, int], field: FieldAxes | None
) -> MapPoints:
    """Return how a layer's maps are read at pixels of the input.

    Args:
        pixels: Rows and columns of the grid.
        shape: (H, W) of the map.
        size: (H, W) of the input in pixels.
        field: The receptive field; None where it is not known.
    """
    rows, columns = (
        interpolate_axis(pixels[axis], shape[axis], size[axis], _anchor(field, axis))
        for axis in (0, 1)
    )
    return MapPoints(rows, columns, shape)


def _anchor(field: FieldAxes | None, axis: int) -> tuple[float, float] | None:
    """Return (offset, stride) of the receptive fields' centers along an axis, if they are known."""
    if field is None or min(field.stride) <= 0:
        return None
    return field.offset[axis], field.stride[axis]


def find_centers(
    positions: Pixels, count: int, length: int, anchor: tuple[float, float] | None
) -> Pixels:
    """Return the pixel in the middle of what each position of a map sees, inside of the input.

    Args:
        positions: Positions along one axis.
        count: Positions of the map.
        length: Pixels of the input.
        anchor: As for ``interpolate_axis``.
    """
    centers: NDArray[np.floating]
    if anchor is None:
        centers = (positions + 0.5) * length / count - 0.5
    else:
        centers = anchor[0] + positions * anchor[1]
    pixels: Pixels = np.floor(centers + 0.5).astype(np.int64)
    return pixels.clip(0, length - 1)


@dataclass(frozen=True, eq=False)
class LayerPoints:
    """Where one layer is compared with masks in the pictures of a batch."""

    #: Which of the batch's grids of pixels the masks are read at.
    grid: int
    #: (H, W) of the map.
    shape: tuple[int, int]
    #: Number of points.
    count: int
    #: Flat positions of the map int64 (points,); None: all of them, row by row.
    positions: Tensor | None = None
    #: How the map is brought to the pixels; None: it is read at ``positions``.
    interpolation: MapPoints | None = None


@dataclass(frozen=True, eq=False)
class BatchPoints:
    """Where the layers are compared with masks in the pictures of one batch."""

    #: Rows and columns of pixels.
    grids: tuple[Grid, ...]
    layers: dict[str, LayerPoints]


@dataclass(frozen=True)
class PointPlan:
    """Chooses the points of each batch."""

    #: Layer -> (shape of its map, receptive field or None where it is not known).
    layers: dict[str, tuple[tuple[int, int], FieldAxes | None]]
    #: (H, W) of the input in pixels.
    size: tuple[int, int]
    #: Points a side at most.
    side: int
    #: Whether maps are interpolated at pixels; else masks are read at positions.
    upsamples: bool

    def build(self, batch: int) -> BatchPoints:
        """Return the points of a batch, the same for the same number."""
        grids: dict[tuple[bytes, bytes], int] = {}
        pixels: list[Grid] = []
        layers: dict[str, LayerPoints] = {}
        done: dict[object, LayerPoints] = {}
        for layer, (shape, field) in self.layers.items():
            if (shape, field) not in done:
                own, build = self._place(shape, field, batch)
                key = own[0].tobytes(), own[1].tobytes()
                if key not in grids:
                    grids[key] = len(pixels)
                    pixels.append(own)
                done[shape, field] = build(grids[key])
            layers[layer] = done[shape, field]
        return BatchPoints(tuple(pixels), layers)

    def _place(
        self, shape: tuple[int, int], field: FieldAxes | None, batch: int
    ) -> tuple[Grid, Callable[[int], LayerPoints]]:
        """Return a layer's pixels, and what makes its points of the number of their grid."""
        if self.upsamples:
            grid = choose_grid(self.size, self.side, batch)
            interpolation = interpolate_map(grid, shape, self.size, field)
            count = interpolation.count
            return grid, lambda k: LayerPoints(k, shape, count, interpolation=interpolation)
        rows, columns = choose_grid(shape, self.side, batch)
        centers = tuple(
            find_centers(chosen, shape[axis], self.size[axis], _anchor(field, axis))
            for axis, chosen in enumerate((rows, columns))
        )
        positions = None
        if (len(rows), len(columns)) != shape:
            flat = (rows[:, None] * shape[1] + columns[None, :]).reshape(-1)
            positions = torch.from_numpy(flat)
        count = len(rows) * len(columns)
        return (centers[0], centers[1]), lambda k: LayerPoints(k, shape, count, positions)
