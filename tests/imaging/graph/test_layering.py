"""Layers and the lines through them."""

from itertools import pairwise

import numpy as np
import pytest

from dnnvis.imaging.graph.layering import assign_depths, build_layers


def test_depths_of_a_shortcut_and_of_what_nothing_leads_to() -> None:
    edges = {(0, 1), (1, 3), (0, 3), (2, 3), (3, 4)}
    assert assign_depths(5, edges) == [0, 1, 1, 2, 3]  # node 2 right above the one that needs it


@pytest.mark.parametrize("seed", range(5))
def test_every_edge_has_a_way_that_goes_down_a_layer_at_a_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = [(int(a), int(b)) for a, b in rng.integers(0, 20, (40, 2)) if a != b]
    graph = build_layers(20, edges)
    for a, b in edges:
        way = graph.routes[min(a, b), max(a, b)]
        assert (way[0], way[-1]) == (min(a, b), max(a, b))
        assert [graph.depth[k] for k in way] == list(
            range(graph.depth[way[0]], graph.depth[way[-1]] + 1)
        )
        assert all(below in graph.below[above] for above, below in pairwise(way))
        assert all(k >= 20 for k in way[1:-1])
    assert sorted(k for layer in graph.layers for k in layer) == list(range(len(graph.depth)))


def test_lines_of_one_value_run_as_one_as_long_as_they_can() -> None:
    graph = build_layers(6, [(k, k + 1) for k in range(5)] + [(0, 3), (0, 5)])
    shared, long = graph.routes[0, 3], graph.routes[0, 5]
    assert long[: len(shared) - 1] == shared[:-1]
    assert len(graph.depth) - 6 == 4  # bends in layers 1 to 4, not in 1, 2 a second time


def test_an_edge_upwards_is_turned_around() -> None:
    graph = build_layers(3, [(0, 1), (1, 2), (2, 0)])
    assert graph.depth == [0, 1, 2, 1]
    assert graph.routes[0, 2] == [0, 3, 2]


def test_no_nodes_and_one_node() -> None:
    assert build_layers(0, []).layers == [[]]
    assert build_layers(1, []).layers == [[0]]
