"""How many lines cross, against counting them one by one and trying every order."""

from itertools import combinations, pairwise, permutations, product

import numpy as np
import pytest

from dnnvis.imaging.graph.crossings import count_crossings, reduce_crossings
from dnnvis.imaging.graph.layering import Edge, LayeredGraph, build_layers


def count_by_pairs(graph: LayeredGraph) -> int:
    """Compare every two segments between the same layers."""
    crossings = 0
    for upper, lower in pairwise(graph.layers):
        segments = [(upper.index(a), lower.index(b)) for a in upper for b in graph.below[a]]
        crossings += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(segments, 2))
    return crossings


def fewest_crossings(graph: LayeredGraph) -> int:
    """Try every order of every layer."""
    layers = [list(layer) for layer in graph.layers]
    orders = product(*(permutations(layer) for layer in layers))
    counts = []
    for order in orders:
        graph.layers[:] = [list(layer) for layer in order]
        counts.append(count_by_pairs(graph))
    graph.layers[:] = layers
    return min(counts)


def random_edges(seed: int, count: int, edges: int) -> list[Edge]:
    rng = np.random.default_rng(seed)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, count, (edges, 2)) if a < b]
    return list(dict.fromkeys(pairs))


def layered(layers: list[list[int]], edges: list[Edge]) -> LayeredGraph:
    """A graph whose layers are given: every edge leads from one to the next."""
    count = sum(map(len, layers))
    depth = [next(d for d, layer in enumerate(layers) if k in layer) for k in range(count)]
    below = [[b for a, b in edges if a == k] for k in range(count)]
    above = [[a for a, b in edges if b == k] for k in range(count)]
    return LayeredGraph(count, [list(layer) for layer in layers], depth, below, above)


@pytest.mark.parametrize("seed", range(6))
def test_crossings_are_counted_as_by_pairs(seed: int) -> None:
    graph = build_layers(14, random_edges(seed, 14, 40))
    assert count_crossings(graph) == count_by_pairs(graph) > 0


@pytest.mark.parametrize("seed", range(12))
def test_small_graphs_cross_no_more_than_they_must(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = [list(range(4)), list(range(4, 8)), list(range(8, 11))]
    edges = [
        (a, b)
        for upper, lower in pairwise(layers)
        for a in upper
        for b in lower
        if rng.random() < 0.5
    ]
    graph = layered(layers, edges)
    fewest = fewest_crossings(graph)
    assert reduce_crossings(graph) == count_by_pairs(graph) == fewest


def test_what_need_not_cross_does_not() -> None:
    """A tree, two chains that begin crossed, and shortcuts over them as in residual networks."""
    assert reduce_crossings(layered([[0, 1], [2, 3]], [(0, 3), (1, 2)])) == 0
    tree = build_layers(15, [((k - 1) // 2, k) for k in range(1, 15)])
    tree.layers[3] = tree.layers[3][::2] + tree.layers[3][1::2]
    assert count_crossings(tree) > 0
    assert reduce_crossings(tree) == 0
    chain = [(k, k + 1) for k in range(11)] + [(0, 4), (4, 8), (8, 11)]
    assert reduce_crossings(build_layers(12, chain)) == 0


@pytest.mark.parametrize("size", [3, 4, 5])
def test_a_dense_block_crosses_as_little_as_any_order_of_its_lines(size: int) -> None:
    """Every layer reads all before it: the lines beside a layer must cross, but for the middle."""
    edges = [(a, b) for b in range(size) for a in range(b)]
    graph = build_layers(size, edges)
    fewest = fewest_crossings(graph)
    assert reduce_crossings(graph) == fewest


@pytest.mark.parametrize("seed", range(4))
def test_larger_graphs_stay_near_a_bound_that_nothing_can_beat(seed: int) -> None:
    """Of every two neighbors of a layer one order is better: the sum over both sides is a bound."""
    edges = random_edges(seed, 40, 110)
    graph = build_layers(40, edges)
    before = count_crossings(graph)
    after = reduce_crossings(graph)
    assert bound_between(graph) <= after < 0.6 * before
    assert after == count_by_pairs(graph)


def bound_between(graph: LayeredGraph) -> int:
    """The crossings that remain with the upper layer as it is, were the lower one free."""
    total = 0
    for upper, lower in pairwise(graph.layers):
        place = {node: k for k, node in enumerate(upper)}
        for a, b in combinations(lower, 2):
            ends = [(place[p], place[q]) for p in graph.above[a] for q in graph.above[b]]
            total += min(sum(p > q for p, q in ends), sum(p < q for p, q in ends))
    return total
