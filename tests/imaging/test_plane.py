import itertools

import numpy as np
import pytest

from dnnvis.imaging.plane import (
    ANCHORS,
    MAX_LINES,
    NONFINITE,
    PlaneGraph,
    arrange_weights,
    color_of_label,
    color_plane,
    draw_tiles,
    lay_out_graph,
    shrink_maps,
)


def test_colors_go_from_orange_over_white_to_blue() -> None:
    colors = color_plane(np.array([-2.0, -1, -0.5, 0, 0.5, 1, 2]))
    expected = [ANCHORS[0], ANCHORS[0], *ANCHORS[1:4], ANCHORS[4], ANCHORS[4]]
    assert np.abs(colors.astype(int) - np.array(expected)).max() <= 2
    assert color_of_label(-1) == ANCHORS[0]
    assert color_of_label(1) == ANCHORS[-1]


def test_the_limit_is_where_colors_are_full() -> None:
    np.testing.assert_array_equal(color_plane(np.array([3.0]), 3.0), color_plane(np.array([1.0])))


def test_what_is_not_finite_is_magenta_and_not_black() -> None:
    colors = color_plane(np.array([np.nan, np.inf, -np.inf, 1.0]))
    np.testing.assert_array_equal(colors[:3], [NONFINITE] * 3)
    assert tuple(colors[3]) == ANCHORS[-1]


@pytest.mark.parametrize("counts", [(2, 6, 4, 1), (7, 8, 8, 8, 1), (2, 64, 64, 1), (2, 1)])
@pytest.mark.parametrize("size", [(700, 300), (300, 500)])
def test_tiles_are_whole_and_apart(counts: tuple[int, ...], size: tuple[int, int]) -> None:
    width, height = size
    graph = lay_out_graph(counts, width, height)
    assert [len(column) for column in graph.columns] == list(counts)
    for column in graph.columns:
        for tile in column:
            assert tile.x >= 0
            assert tile.x + tile.side <= width
            assert tile.y >= 0
            assert tile.y + tile.side <= height
            assert graph.tile_at(*tile.center) is tile
        for above, below in itertools.pairwise(column):
            assert below.y >= above.y + above.side
    for left, right in itertools.pairwise(graph.columns):
        assert right[0].x > left[0].x + left[0].side
    assert graph.tile_at(-1, -1) is None


def test_a_graph_without_room_has_no_tiles() -> None:
    assert lay_out_graph((2, 1), 3, 100) == PlaneGraph()
    assert lay_out_graph((), 100, 100) == PlaneGraph()


def test_each_unit_is_drawn_in_its_tile() -> None:
    graph = lay_out_graph((2, 1), 200, 100)
    maps = [np.zeros((2, 9, 9)), np.full((1, 9, 9), -1.0)]
    maps[0][1] = 50.0
    packed = draw_tiles(graph, maps, (100, 200), (1, 2, 3))
    picture = np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], 2)
    assert (packed >> 24 == 255).all()
    for column, unit, color in ((0, 0, ANCHORS[2]), (0, 1, ANCHORS[4]), (1, 0, ANCHORS[0])):
        tile = graph.columns[column][unit]
        part = picture[tile.y : tile.y + tile.side, tile.x : tile.x + tile.side].astype(int)
        assert np.abs(part - np.array(color)).max() <= 2
    assert tuple(picture[0, 100]) == (1, 2, 3)


def test_maps_shrink_to_values_that_are_in_them() -> None:
    maps = np.arange(36.0).reshape(1, 6, 6)
    np.testing.assert_array_equal(shrink_maps(maps, 3)[0], maps[0, 1::2, 1::2])
    np.testing.assert_array_equal(shrink_maps(maps, 6), maps)
    assert shrink_maps(maps, 12).shape == (1, 12, 12)


def test_lines_lead_from_unit_to_unit_by_sign_and_size() -> None:
    graph = lay_out_graph((2, 1), 200, 100)
    lines = arrange_weights(graph, [np.array([[3.0, -0.1]])])
    assert lines.largest == 3
    assert lines.count == 2
    (above, below), (answer,) = graph.columns
    np.testing.assert_allclose(
        lines.lines[True, 5],
        [[above.x + above.side, above.center[1], answer.x, answer.center[1]]],
    )
    np.testing.assert_allclose(
        lines.lines[False, 0],
        [[below.x + below.side, below.center[1], answer.x, answer.center[1]]],
    )


def test_only_the_strongest_are_drawn() -> None:
    graph = lay_out_graph((64, 64), 300, 900)
    weights = np.random.default_rng(0).normal(size=(64, 64))
    lines = arrange_weights(graph, [weights])
    drawn = sum(len(each) for each in lines.lines.values())
    assert (drawn, lines.count) == (MAX_LINES, 4096)
    assert lines.largest == np.abs(weights).max()


def test_weights_of_another_network_draw_nothing() -> None:
    graph = lay_out_graph((2, 3), 200, 100)
    assert not arrange_weights(graph, [np.zeros((2, 2))]).lines
    assert not arrange_weights(graph, [np.full((3, 2), np.nan)]).lines
