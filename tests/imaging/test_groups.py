"""Groups drawn over a picture, and pictures in the places of positions."""

import numpy as np

from dnnvis.imaging.colorize import resize_bilinear
from dnnvis.imaging.groups import (
    DIMMED,
    MAX_OPACITY,
    PAPER,
    build_bilinear,
    cut_strongest,
    draw_positions,
    draw_swatch,
    find_group,
    group_colors,
    overlay_groups,
)


def test_a_place_has_the_color_of_its_group_as_opaque_as_it_is_strong() -> None:
    image = np.full((4, 4, 3), 200, np.uint8)
    groups = np.zeros((2, 4, 4), np.float32)
    groups[0, 0, 0], groups[1, 3, 3] = 2.0, 1.0
    drawn = overlay_groups(image, groups).astype(float)
    gray = 200 * DIMMED
    for (y, x), number, strength in (((0, 0), 0, 1.0), ((3, 3), 1, 0.5)):
        opacity = MAX_OPACITY * strength
        expected = gray * (1 - opacity) + group_colors(2)[number] * opacity
        np.testing.assert_allclose(drawn[y, x], expected, atol=1)
    np.testing.assert_allclose(drawn[0, 3], gray, atol=1)
    alone = overlay_groups(image, groups, 1).astype(float)
    np.testing.assert_allclose(alone[0, 0], gray, atol=1)
    full = gray * (1 - MAX_OPACITY) + group_colors(2)[1] * MAX_OPACITY  # by its own largest
    np.testing.assert_allclose(alone[3, 3], full, atol=1)


def test_two_groups_mix_by_their_coefficients() -> None:
    image = np.zeros((1, 1, 1), np.uint8)
    groups = np.array([3.0, 1.0], np.float32).reshape(2, 1, 1)
    colors = group_colors(2).astype(float)
    expected = MAX_OPACITY * (0.75 * colors[0] + 0.25 * colors[1])
    np.testing.assert_allclose(overlay_groups(image, groups)[0, 0], expected, atol=1)


def test_maps_are_stretched_as_elsewhere() -> None:
    maps = np.random.default_rng(0).random((3, 5)).astype(np.float32)
    for height, width in ((7, 4), (3, 5), (1, 20)):
        stretched = build_bilinear(3, height) @ maps @ build_bilinear(5, width).T
        np.testing.assert_allclose(stretched, resize_bilinear(maps, height, width), atol=1e-6)


def test_no_groups_leave_the_dimmed_picture() -> None:
    image = np.full((3, 5, 1), 100, np.uint8)
    drawn = overlay_groups(image, np.zeros((2, 2, 2), np.float32))
    assert drawn.shape == (3, 5, 3)
    assert set(np.unique(drawn)) == {round(100 * DIMMED)}


def test_the_strongest_group_under_a_point() -> None:
    groups = np.zeros((3, 2, 4), np.float32)
    groups[2, 1, 3], groups[1, 1, 3] = 1.0, 0.5
    assert find_group(groups, 0.9, 0.99) == 2
    assert find_group(groups, 0.1, 0.1) is None
    assert find_group(groups, 1.0, 0.5) is None
    assert find_group(np.zeros((0, 1, 1), np.float32), 0.5, 0.5) is None


def test_the_strongest_place_is_cut_out_within_the_picture() -> None:
    image = np.arange(9 * 12).reshape(9, 12, 1).astype(np.uint8)
    group = np.zeros((3, 3), np.float32)
    group[1, 1] = 1
    np.testing.assert_array_equal(cut_strongest(image, group), image[3:6, 4:8])
    group[0, 2] = 2
    np.testing.assert_array_equal(cut_strongest(image, group), image[0:3, 8:12])
    assert cut_strongest(np.zeros((1, 1, 3), np.uint8), group).shape == (1, 1, 3)


def test_the_side_of_a_position_is_its_norm() -> None:
    pictures = np.ones((4, 8, 8, 3), np.float32)
    norms = np.array([[4.0, 2.0], [0.0, 1.0]])
    sheet = draw_positions(pictures, norms, 8)
    assert sheet.shape == (16, 16, 3)
    white = (sheet == 255).all(2)
    counts = [white[y : y + 8, x : x + 8].sum() for y in (0, 8) for x in (0, 8)]
    assert counts == [64, 16, 0, 4]
    assert (sheet[8:, :8] == PAPER).all()
    assert not (draw_positions(pictures, norms * 0, 8) == 255).any()


def test_a_swatch_has_a_border_of_its_color() -> None:
    color = np.array([1, 2, 3], np.uint8)
    swatch = draw_swatch(np.full((2, 3, 3), 9, np.uint8), color, 2)
    assert swatch.shape == (6, 7, 3)
    assert (swatch[2:4, 2:5] == 9).all()
    assert (swatch[0] == color).all()
