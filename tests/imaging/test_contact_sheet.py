"""Sheets of pictures, against places written out by hand."""

import numpy as np

from dnnvis.imaging.contact_sheet import (
    PAPER_GRAY,
    TILE_GAP_PIXELS,
    arrange_images,
    arrange_tiles,
)


def test_tiles_stand_row_by_row_on_white_with_a_margin() -> None:
    tiles = [np.full((3, 5, 3), k, np.uint8) for k in range(3)]
    sheet = arrange_tiles(tiles, 2)
    gap = TILE_GAP_PIXELS
    expected = np.full((2 * 3 + 3 * gap, 2 * 5 + 3 * gap, 3), PAPER_GRAY, np.uint8)
    expected[gap : gap + 3, gap : gap + 5] = 0
    expected[gap : gap + 3, 2 * gap + 5 : 2 * gap + 10] = 1
    expected[2 * gap + 3 : 2 * gap + 6, gap : gap + 5] = 2
    assert sheet.dtype == np.uint8
    np.testing.assert_array_equal(sheet, expected)


def test_a_row_is_as_long_as_is_asked() -> None:
    images = np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1)
    row = arrange_images(images, gap=1, fill=-1, columns=4)
    assert row[..., 0].tolist() == [[0, -1, 1, -1, 2, -1, 3]]
    square = arrange_images(images, gap=0)
    assert square[..., 0].tolist() == [[0, 1], [2, 3]]
