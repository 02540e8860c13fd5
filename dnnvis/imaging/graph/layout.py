"""Lay a graph out from top to bottom: where each node lies, and along which points each line runs.

Layers and their orders come from ``layering`` and ``crossings``. Across, every layer is moved as
near as possible to what it hangs on, its order and distances kept: least squares by pooling
neighbors that would collide (Ayer et al. 1955).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.graph.crossings import reduce_crossings
from dnnvis.imaging.graph.layering import Edge, LayeredGraph, build_layers

Floats = NDArray[np.float64]
BEND_WIDTH = 6.0  # that a line takes between nodes
PASSES, QUICK_PASSES = 60, 16  # over all layers, across
MAX_SLOW = 600  # nodes and bends up to which there are so many passes
STRAIGHT_WEIGHT = 8.0  # of a segment within a long line, or of a chain of nodes
LOOSE_WEIGHT = 0.5  # of one between a node and a bend
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class GraphLayout:
    """Where the nodes and lines of a graph lie."""

    #: Centers (x, y) of the nodes, float64 (N, 2).
    centers: Floats
    #: Edge -> points (x, y) from source to target.
    routes: dict[Edge, tuple[Point, ...]]
    #: Width and height of it all.
    size: tuple[float, float]
    #: Number of crossings of lines.
    crossings: int


@dataclass(frozen=True)
class Spacing:
    """Room between what is laid out."""

    #: Between neighbors in a layer.
    across: float = 22.0
    #: Between two layers.
    down: float = 34.0


def lay_out(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[Edge],
    spacing: Spacing | None = None,
    room_above: Sequence[float] = (),
) -> GraphLayout:
    """Lay out a graph.

    Args:
        sizes: Width and height of each node.
        edges: (source, target) of each edge, by number.
        spacing: Room between nodes.
        room_above: Further room above the layer of each node; () for none.

    Returns:
        The layout.
    """
    spacing = spacing or Spacing()
    graph = build_layers(len(sizes), edges)
    crossings = reduce_crossings(graph)
    widths = np.full(len(graph.depth), BEND_WIDTH)
    heights = np.zeros(len(graph.depth))
    if sizes:
        widths[: len(sizes)], heights[: len(sizes)] = np.transpose(sizes)
    x = _compute_x(graph, widths, spacing.across)
    rooms = np.zeros(len(graph.depth))
    rooms[: len(room_above)] = room_above
    y = _compute_y(graph, heights, rooms, spacing.down)
    x -= (x - widths / 2).min() if len(x) else 0.0
    routes = {
        edge: _trace_route(graph.routes[min(edge), max(edge)], edge, x, y, heights)
        for edge in edges
        if edge[0] != edge[1]
    }
    size = float((x + widths / 2).max(initial=0.0)), float((y + heights / 2).max(initial=0.0))
    return GraphLayout(np.stack([x, y], 1)[: len(sizes)], routes, size, crossings)


def _trace_route(
    way: list[int], edge: Edge, x: Floats, y: Floats, heights: Floats
) -> tuple[Point, ...]:
    """Return the points of an edge: from the foot of its source to the head of its target."""
    points = [(float(x[k]), float(y[k])) for k in way]
    points[0] = points[0][0], points[0][1] + float(heights[way[0]]) / 2
    points[-1] = points[-1][0], points[-1][1] - float(heights[way[-1]]) / 2
    return tuple(points if edge[0] < edge[1] else reversed(points))


def _compute_y(graph: LayeredGraph, heights: Floats, rooms: Floats, gap: float) -> Floats:
    """Return the y of every node and bend: the middle of its layer."""
    y, top = np.zeros(len(heights)), 0.0
    for layer in graph.layers:
        top += max((rooms[k] for k in layer), default=0.0)
        height = max((heights[k] for k in layer), default=0.0)
        y[layer] = top + height / 2
        top += height + gap
    return y


def _compute_x(graph: LayeredGraph, widths: Floats, gap: float) -> Floats:
    """Return the x of every node and bend."""
    x = np.zeros(len(widths))
    distances = []
    for layer in graph.layers:
        own = widths[layer]
        steps = (own[:-1] + own[1:]) / 2 + gap
        offsets = np.concatenate([[0.0], np.cumsum(steps)])
        distances.append(offsets)
        x[layer] = offsets - offsets[-1] / 2
    for turn in range(PASSES if len(widths) <= MAX_SLOW else QUICK_PASSES):
        depths = range(len(graph.layers))
        for depth in depths if turn % 2 == 0 else reversed(depths):
            layer = graph.layers[depth]
            targets, weights = _find_targets(graph, layer, x)
            x[layer] = separate(targets, weights, distances[depth])
    return x


def _find_targets(graph: LayeredGraph, layer: list[int], x: Floats) -> tuple[Floats, Floats]:
    """Return where each of a layer would lie straight, and how much that counts."""
    targets, weights = np.empty(len(layer)), np.empty(len(layer))
    for k, node in enumerate(layer):
        ends = graph.above[node] + graph.below[node]
        pulls = [_weigh(graph, node, end) for end in ends]
        weights[k] = sum(pulls) or 1e-3
        total = sum(pull * x[end] for pull, end in zip(pulls, ends, strict=True))
        targets[k] = total / weights[k] if ends else x[node]
    return targets, weights


def _weigh(graph: LayeredGraph, a: int, b: int) -> float:
    """Return how much it counts that a segment is straight: most of all within a long line."""
    bends = (a >= graph.count) + (b >= graph.count)
    upper, lower = (a, b) if graph.depth[a] < graph.depth[b] else (b, a)
    is_chain = len(graph.below[upper]) == 1 and len(graph.above[lower]) == 1
    if bends == 2 or (not bends and is_chain):
        return STRAIGHT_WEIGHT
    return LOOSE_WEIGHT if bends else 1.0


def separate(targets: Floats, weights: Floats, offsets: Floats) -> Floats:
    """Return the positions nearest to ``targets`` that keep their order and distances.

    Minimizes the weighted sum of squared differences.

    Args:
        targets: Wanted positions (N,).
        weights: How much each counts, above 0 (N,).
        offsets: Least distance of each from the first one (N,), rising.

    Returns:
        Positions (N,), each at least as far from the one before as their offsets are.
    """
    means: list[float] = []
    masses: list[float] = []
    counts: list[int] = []
    for value, weight in zip(targets - offsets, weights, strict=True):
        mean, mass, count = float(value), float(weight), 1
        while means and means[-1] > mean:
            last, last_mass = means.pop(), masses.pop()
            mean = (last * last_mass + mean * mass) / (last_mass + mass)
            mass += last_mass
            count += counts.pop()
        means.append(mean)
        masses.append(mass)
        counts.append(count)
    return np.repeat(means, counts) + offsets
