"""Color heat maps over a plane of two classes, and lay out the graph of a dense network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.colorize import pack_rgb

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating]
#: Colors of -1, -0.5, 0, 0.5, 1: orange over near white to blue, told apart by all who see colors
#: differently, too.
ANCHORS = ((215, 110, 15), (246, 178, 107), (238, 239, 241), (116, 169, 214), (12, 94, 164))
NONFINITE = (255, 0, 255)
LEVELS = 256
MAX_LINES = 300  # of a graph: the strongest ones; thinner ones could not be seen
WIDTH_CLASSES = 6  # widths in which lines are drawn
MIN_SIDE, MAX_TILE = 5, 64  # pixels: of a graph at least, of a unit's square at most


def _build_table() -> Bytes:
    positions = np.linspace(0, 1, LEVELS)
    anchors = np.array(ANCHORS, float)
    steps = np.linspace(0, 1, len(anchors))
    channels = [np.interp(positions, steps, anchors[:, k]) for k in range(3)]
    return (np.stack(channels, 1) + 0.5).astype(np.uint8)


_TABLE = np.concatenate([_build_table(), np.array([NONFINITE], np.uint8)])
_PACKED = pack_rgb(_TABLE)


def color_plane(values: Floats, limit: float | Floats = 1.0) -> Bytes:
    """Color values (..., ) as (..., 3): orange at -limit, near white at 0, blue at limit.

    Args:
        values: Values of any shape; what is not finite is drawn magenta.
        limit: Absolute value of the full colors, above 0; one, or what broadcasts to ``values``.
    """
    pixels: Bytes = _TABLE[_find_level(values, limit)]
    return pixels


def _find_level(values: Floats, limit: float | Floats) -> NDArray[np.int16]:
    """Return the index of each value's color: LEVELS for what is not finite."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        scaled = (np.asarray(values, np.float32) / limit + 1) * (LEVELS / 2)
        levels = np.clip(scaled, 0, LEVELS - 1)
        is_bad = ~np.isfinite(values)
        if is_bad.any():
            levels[is_bad] = LEVELS
        indices: NDArray[np.int16] = levels.astype(np.int16)
    return indices


def color_of_label(label: float) -> tuple[int, int, int]:
    """Return the color of a point of the class -1 or 1."""
    return ANCHORS[0] if label < 0 else ANCHORS[-1]


@dataclass(frozen=True)
class GraphTile:
    """A unit's square in the graph."""

    #: Index of its column, and of the unit in it.
    column: int
    unit: int
    #: Left upper corner and side, in pixels.
    x: int
    y: int
    side: int

    @property
    def center(self) -> tuple[float, float]:
        """Return the middle (x, y)."""
        return self.x + self.side / 2, self.y + self.side / 2


@dataclass(frozen=True)
class PlaneGraph:
    """Where the units of a dense network lie."""

    #: The tiles of each column, from the features to the answer.
    columns: tuple[tuple[GraphTile, ...], ...] = ()

    def tile_at(self, x: float, y: float) -> GraphTile | None:
        """Return the tile at a point; None where there is none."""
        for column in self.columns:
            for tile in column:
                if tile.x <= x < tile.x + tile.side and tile.y <= y < tile.y + tile.side:
                    return tile
        return None


def lay_out_graph(counts: Sequence[int], width: int, height: int) -> PlaneGraph:
    """Lay out columns of square tiles side by side, each in the middle of the height.

    Args:
        counts: Units of each column.
        width: Pixels from left to right.
        height: Pixels from top to bottom.

    Returns:
        The graph; its tiles are as large as they fit, at most MAX_TILE pixels, with a quarter of
        that between them. Without room there are none.
    """
    if not counts or width < MIN_SIDE or height < MIN_SIDE:
        return PlaneGraph()
    across = width / len(counts)
    columns = []
    for k, count in enumerate(counts):
        pitch = min(height / count, 0.62 * across, MAX_TILE * 1.25)
        side = max(min(int(pitch * 0.8), MAX_TILE), 1)
        left = round(k * (width - side) / max(len(counts) - 1, 1))
        top = (height - pitch * count + pitch - side) / 2
        tops = [round(top + unit * pitch) for unit in range(count)]
        columns.append(tuple(GraphTile(k, n, left, y, side) for n, y in enumerate(tops)))
    return PlaneGraph(tuple(columns))


def draw_tiles(
    graph: PlaneGraph, maps: Sequence[Floats], size: tuple[int, int], background: Sequence[int]
) -> NDArray[np.uint32]:
    """Draw the heat map of every unit into one picture.

    Args:
        graph: Where the units lie.
        maps: Of each column (C, h, w); a unit is colored relative to its largest absolute value,
            but never more strongly than a value of 1.
        size: Height and width in pixels.
        background: Red, green, blue, 0 to 255.

    Returns:
        Pixels 0xFFRRGGBB (H, W).
    """
    picture = np.full(size, pack_rgb(np.array(background, np.uint8)), np.uint32)
    for column, values in zip(graph.columns, maps, strict=False):
        if not column:
            continue
        side = column[0].side
        small = shrink_maps(values, side)
        with np.errstate(invalid="ignore"):
            limits = np.nanmax(np.abs(small), axis=(1, 2), keepdims=True, initial=1.0)
        colors = _PACKED[_find_level(small, np.where(np.isfinite(limits), limits, 1.0))]
        for tile in column[: len(colors)]:
            picture[tile.y : tile.y + side, tile.x : tile.x + side] = colors[tile.unit]
    return picture


def shrink_maps(maps: Floats, side: int) -> Floats:
    """Pick (C, side, side) values out of maps (C, h, w), the nearest to each pixel's middle."""
    rows, columns = (
        ((np.arange(side) + 0.5) * count / side).astype(int) for count in maps.shape[1:]
    )
    return maps[:, rows[:, None], columns[None]]


@dataclass(frozen=True, eq=False)
class WeightLines:
    """The strongest weights as lines, arranged by sign and width: what is drawn in one go."""

    #: (positive, width class from 0 thin to WIDTH_CLASSES - 1) -> x1, y1, x2, y2 of lines (N, 4).
    lines: Mapping[tuple[bool, int], NDArray[np.float64]] = field(default_factory=dict)
    #: The absolute weight of the widest line.
    largest: float = 0.0
    #: How many weights there are, drawn or not.
    count: int = 0


def arrange_weights(graph: PlaneGraph, matrices: Sequence[Floats]) -> WeightLines:
    """Arrange the weights between columns as lines.

    Args:
        graph: Where the units lie.
        matrices: Of each column but the first the weights (outputs, inputs) that lead to it.

    Returns:
        The MAX_LINES strongest ones; a weight that is not finite is left out.
    """
    starts, ends, values = [], [], []
    pairs = zip(graph.columns[:-1], graph.columns[1:], matrices, strict=False)
    for inputs, outputs, matrix in pairs:
        if matrix.shape != (len(outputs), len(inputs)):
            return WeightLines()
        sources = np.array([(tile.x + tile.side, tile.center[1]) for tile in inputs])
        targets = np.array([(tile.x, tile.center[1]) for tile in outputs])
        starts.append(np.tile(sources, (len(outputs), 1)))
        ends.append(np.repeat(targets, len(inputs), axis=0))
        values.append(np.asarray(matrix, np.float64).reshape(-1))
    if not values:
        return WeightLines()
    weights = np.nan_to_num(np.concatenate(values), nan=0.0, posinf=0.0, neginf=0.0)
    ways = np.hstack([np.concatenate(starts), np.concatenate(ends)])
    sizes = np.abs(weights)
    largest = float(sizes.max(initial=0.0))
    if largest == 0:
        return WeightLines(count=len(weights))
    chosen = np.argsort(-sizes, kind="stable")[:MAX_LINES]
    classes = np.minimum((sizes / largest * WIDTH_CLASSES).astype(int), WIDTH_CLASSES - 1)
    lines = {
        (positive, k): ways[chosen[group]]
        for positive in (False, True)
        for k in range(WIDTH_CLASSES)
        if (group := (classes[chosen] == k) & ((weights[chosen] > 0) == positive)).any()
    }
    return WeightLines(lines, largest, len(weights))
