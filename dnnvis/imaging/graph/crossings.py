"""Order the layers of a graph so that few lines cross (barycenter sweeps, then exchanges).

Sugiyama, Tagawa & Toda 1981, section 4; exchanges of neighbors as in Gansner et al. 1993, section
3. Crossings are counted as inversions (Barth, Juenger & Mutzel 2002).
"""

from bisect import bisect_right, insort
from itertools import pairwise

import numpy as np

from dnnvis.imaging.graph.layering import LayeredGraph

MAX_SWEEPS = 12  # down and up
MAX_EXCHANGED = 1500  # nodes and bends up to which neighbors are exchanged
RESTARTS, MAX_RESTARTED = 8, 120  # further attempts, up to so many nodes and bends
Neighbors = list[list[int]]
Layers = list[list[int]]


def reduce_crossings(graph: LayeredGraph) -> int:
    """Reorder the layers of a graph in place.

    Args:
        graph: The graph.

    Returns:
        The number of crossings left.
    """
    first = _copy_layers(graph)
    best, layers = _improve(graph)
    rng = np.random.default_rng(0)
    for _ in range(RESTARTS if len(graph.depth) <= MAX_RESTARTED else 0):
        if not best:
            break
        graph.layers[:] = [[layer[k] for k in rng.permutation(len(layer))] for layer in first]
        crossings, other = _improve(graph)
        if crossings < best:
            best, layers = crossings, other
    graph.layers[:] = layers
    return best


def _improve(graph: LayeredGraph) -> tuple[int, Layers]:
    """Return the fewest crossings that sweeps from the present orders lead to, and the orders."""
    best, layers = count_crossings(graph), _copy_layers(graph)
    for sweep in range(MAX_SWEEPS):
        if not best:
            break
        _sweep(graph, downwards=sweep % 2 == 0, leftmost=sweep % 4 < 2)
        if len(graph.depth) <= MAX_EXCHANGED:
            _exchange_neighbors(graph)
        crossings = count_crossings(graph)
        if crossings < best:
            best, layers = crossings, _copy_layers(graph)
    return best, layers


def _copy_layers(graph: LayeredGraph) -> Layers:
    return [list(layer) for layer in graph.layers]


def count_crossings(graph: LayeredGraph) -> int:
    """Return how many pairs of segments cross."""
    return sum(_count_between(upper, lower, graph.below) for upper, lower in pairwise(graph.layers))


def _count_between(upper: list[int], lower: list[int], below: Neighbors) -> int:
    position = {node: k for k, node in enumerate(lower)}
    seen: list[int] = []
    crossings = 0
    for node in upper:
        ends = sorted(position[end] for end in below[node])
        crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
        for end in ends:
            insort(seen, end)
    return crossings


def _sweep(graph: LayeredGraph, *, downwards: bool, leftmost: bool) -> None:
    """Sort each layer by the mean position of what it hangs on in the layer before it.

    Args:
        graph: The graph.
        downwards: Whether from the first layer to the last.
        leftmost: Whether of two with the same mean the one further left stays there.
    """
    order = graph.layers if downwards else graph.layers[::-1]
    neighbors = graph.above if downwards else graph.below
    for fixed, free in pairwise(order):
        position = {node: k for k, node in enumerate(fixed)}
        current = {node: k if leftmost else -k for k, node in enumerate(free)}
        stretch = len(fixed) / max(len(free), 1)
        means = {}
        for k, node in enumerate(free):
            ends = [position[end] for end in neighbors[node]]
            means[node] = sum(ends) / len(ends) if ends else k * stretch
        free.sort(key=lambda node: (means[node], current[node]))


def _exchange_neighbors(graph: LayeredGraph) -> None:
    """Exchange neighbors in a layer as long as that removes crossings."""
    improved = True
    while improved:
        improved = False
        for depth, layer in enumerate(graph.layers):
            sides = _positions_beside(graph, depth)
            for k in range(len(layer) - 1):
                left, right = layer[k], layer[k + 1]
                present = sum(_count_pair(side[left], side[right]) for side in sides)
                exchanged = sum(_count_pair(side[right], side[left]) for side in sides)
                if exchanged < present:
                    layer[k], layer[k + 1] = right, left
                    improved = True


def _positions_beside(graph: LayeredGraph, depth: int) -> list[dict[int, list[int]]]:
    """Return, for the layers above and below, the positions that each node hangs on there."""
    sides = []
    for other, neighbors in ((depth - 1, graph.above), (depth + 1, graph.below)):
        if 0 <= other < len(graph.layers):
            position = {node: k for k, node in enumerate(graph.layers[other])}
            sides.append(
                {
                    node: sorted(position[end] for end in neighbors[node])
                    for node in graph.layers[depth]
                }
            )
    return sides


def _count_pair(left: list[int], right: list[int]) -> int:
    """Return how many segments of two neighbors cross, ends sorted."""
    return sum(len(left) - bisect_right(left, end) for end in right)
