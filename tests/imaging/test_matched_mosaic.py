"""Mosaics of matched units."""

import numpy as np

from dnnvis.imaging.matched_mosaic import MAX_TILES, draw_matched, subtract_maps

RNG = np.random.default_rng(0)


def test_tile_k_shows_the_unit_of_pair_k() -> None:
    maps = np.zeros((4, 12, 12), np.float32)
    maps[2] = 1.0
    channels = np.array([2, 0, 3, 1])
    drawn = draw_matched(maps, channels, 1.0, (9, 9, 9))
    x, y, width, height = (int(v) for v in drawn.grid.box(0))
    bright = drawn.pixels[y + height // 2, x + width // 2]
    x, y, width, height = (int(v) for v in drawn.grid.box(1))
    dark = drawn.pixels[y + height // 2, x + width // 2]
    assert bright.sum() > dark.sum()
    assert drawn.channel_at(y + 1, x + 1) == 0
    assert drawn.channel_at(-5, -5) is None
    assert drawn.pixels.dtype == np.uint8


def test_large_layers_are_drawn_in_part() -> None:
    maps = RNG.normal(size=(MAX_TILES + 9, 130, 70)).astype(np.float32)
    maps[0, 0, 0] = np.nan
    drawn = draw_matched(maps, np.arange(len(maps)), 1.0, (0, 0, 0))
    assert len(drawn.channels) == MAX_TILES
    assert (drawn.grid.tiling.height, drawn.grid.tiling.width) == (44, 24)


def test_the_difference_is_the_second_less_the_first_pair_by_pair() -> None:
    first = RNG.normal(size=(3, 4, 4)).astype(np.float32)
    second = first[[2, 0, 1]] + np.float32(0.5)
    result = subtract_maps(first, second, (np.array([0, 2]), np.array([1, 0])))
    assert result is not None
    maps, channels = result
    np.testing.assert_allclose(maps[[0, 2]], 0.5, atol=1e-6)
    assert np.isnan(maps[1]).all()
    assert channels.tolist() == [0, 2]
    assert subtract_maps(first, second[:, :2], (np.array([0]), np.array([0]))) is None


def test_units_of_one_value_are_drawn_on_one_scale() -> None:
    values = np.array([-2.0, -0.5, 0.0, 0.5, 2.0], np.float32)
    drawn = draw_matched(values[:, None, None], np.arange(5), 5.0, (9, 9, 9))
    boxes = [drawn.grid.box(k) for k in range(5)]
    colors = [drawn.pixels[int(y + h / 2), int(x + w / 2)].astype(int) for x, y, w, h in boxes]
    assert len({tuple(color) for color in colors}) == 5
    red_less_blue = [color[0] - color[2] for color in colors]
    assert np.sign(np.array(red_less_blue)[[0, 1, 3, 4]]).tolist() == [-1, -1, 1, 1]
    assert abs(red_less_blue[2]) < 10, "zero has no color"
    assert len(draw_matched(values[:0, None, None], np.arange(0), 1.0, (0, 0, 0)).channels) == 0
