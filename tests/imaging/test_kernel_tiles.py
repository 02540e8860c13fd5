"""Kernels as tiles."""

import numpy as np
import pytest

from dnnvis.imaging.colormaps import colormap
from dnnvis.imaging.kernel_tiles import (
    draw_colors,
    draw_inputs,
    draw_signed,
    draw_units,
    sort_inputs,
)


def test_a_kernel_in_colors_is_gray_at_zero_and_full_at_its_largest_weight() -> None:
    kernel = np.zeros((3, 1, 2), np.float32)
    kernel[0, 0, 0], kernel[2, 0, 1] = -0.5, 0.25
    assert draw_colors(kernel, (0, 1, 2)).tolist() == [[[0, 128, 128], [128, 128, 191]]]
    assert draw_colors(kernel, (2, 1, 0)).tolist() == [[[128, 128, 0], [191, 128, 128]]]
    assert draw_colors(3 * kernel, (0, 1, 2)).tolist() == draw_colors(kernel, (0, 1, 2)).tolist()


def test_signed_tiles_have_the_middle_color_at_zero_and_its_ends_at_the_limits() -> None:
    colors = colormap("signed")
    tile = draw_signed(np.array([[-2.0, 0.0, 2.0, 9.0]], np.float32), 2.0)
    assert tile[0, 0].tolist() == colors[0].tolist()
    assert tile[0, 1].tolist() == colors[127:129].max(0).tolist()
    assert tile[0, 2].tolist() == tile[0, 3].tolist() == colors[255].tolist()
    assert len(np.unique(draw_signed(np.zeros((2, 2), np.float32), 0.0))) <= 3


def test_inputs_are_sorted_by_the_root_of_their_squares() -> None:
    rng = np.random.default_rng(3)
    kernel = rng.normal(0, 1, (9, 3, 3)).astype(np.float32)
    expected = np.argsort([-np.linalg.norm(weights) for weights in kernel])
    assert sort_inputs(kernel).tolist() == expected.tolist()
    kernel[4, 1, 1] = np.nan  # counts as 0
    assert sorted(sort_inputs(kernel).tolist()) == list(range(9))


def test_a_unit_is_drawn_by_its_strongest_input_on_the_scale_of_all() -> None:
    weights = np.zeros((2, 3, 1, 2), np.float32)
    weights[0, 1], weights[0, 2] = [[3.0, -3.0]], [[4.0, 0.0]]
    weights[1, 0] = [[-1.0, 0.5]]
    tiles = draw_units(weights)
    assert tiles[0].tolist() == draw_signed(weights[0, 1], 4.0).tolist()
    assert tiles[1].tolist() == draw_signed(weights[1, 0], 1.0).tolist()
    assert [tile.shape for tile in draw_inputs(weights[0])] == [(1, 2, 3)] * 3
    assert draw_inputs(weights[0])[1].tolist() == tiles[0].tolist()


@pytest.mark.parametrize("colors", [(0, 1, 2), ()])
def test_tiles_can_be_drawn_as_they_are(colors: tuple[int, ...]) -> None:
    for tile in draw_units(np.ones((2, 3, 3, 3), np.float32), colors):
        assert tile.flags["C_CONTIGUOUS"]
        assert (tile.dtype, tile.shape) == (np.uint8, (3, 3, 3))
