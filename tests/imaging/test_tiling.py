"""Where each map of a mosaic lies, and which one lies under a pixel."""

import numpy as np
import pytest

from dnnvis.imaging.tiling import (
    Tiling,
    assemble_mosaic,
    choose_large_tiling,
    choose_tiling,
)


def random_tilings(count: int = 60) -> list[Tiling]:
    draw = np.random.default_rng(0)
    made = []
    for _ in range(count):
        number = int(draw.integers(1, 200))
        high, wide = (int(v) for v in draw.integers(1, 20, 2))
        made.append(Tiling(number, high, wide, int(draw.integers(1, number + 1))))
    return made


@pytest.mark.parametrize("tiling", random_tilings(12), ids=str)
def test_every_cell_belongs_to_the_tile_whose_corner_it_is_right_of(tiling: Tiling) -> None:
    owner = np.full(tiling.shape, -1)
    for tile in range(tiling.count):
        y, x = tiling.corner(tile)
        block = owner[y : y + tiling.height, x : x + tiling.width]
        assert block.shape == (tiling.height, tiling.width)
        assert (block == -1).all()
        block[:] = tile
    for y in range(-2, tiling.shape[0] + 2):
        for x in range(-2, tiling.shape[1] + 2):
            inside = 0 <= y < tiling.shape[0] and 0 <= x < tiling.shape[1]
            found = tiling.unit_at(y + 0.5, x + 0.5)
            if not inside or owner[y, x] < 0:
                assert found is None
                continue
            tile, inner_y, inner_x = found or (-1, -1, -1)
            top, left = tiling.corner(tile)
            assert (tile, top + inner_y, left + inner_x) == (owner[y, x], y, x)


def test_the_unit_under_a_corner_is_the_tiles_first_one() -> None:
    for tiling in random_tilings():
        for tile in {0, tiling.count // 2, tiling.count - 1}:
            y, x = tiling.corner(tile)
            assert tiling.unit_at(y, x) == (tile, 0, 0)
            last = tile, tiling.height - 1, tiling.width - 1
            assert tiling.unit_at(y + tiling.height - 0.01, x + tiling.width - 0.01) == last
            assert tiling.unit_at(y - 0.01, x) is None
            assert tiling.unit_at(y, x + tiling.width) is None


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_a_mosaic_has_each_map_at_its_corner_and_nothing_else(dtype: type) -> None:
    draw = np.random.default_rng(1)
    for tiling in random_tilings(20):
        shape = tiling.count, tiling.height, tiling.width
        maps = draw.integers(1, 200, shape).astype(dtype)
        picture = assemble_mosaic(maps, tiling, 7)
        assert picture.shape == tiling.shape
        assert picture.dtype == dtype
        expected = np.full(tiling.shape, 7, dtype)
        for tile, values in enumerate(maps):
            y, x = tiling.corner(tile)
            expected[y : y + tiling.height, x : x + tiling.width] = values
        assert np.array_equal(picture, expected)


def test_a_tiling_is_about_as_wide_as_asked() -> None:
    for count, high, wide, aspect in ((96, 13, 13, 1), (512, 7, 7, 2), (64, 5, 20, 1.5)):
        tiling = choose_tiling(count, high, wide, aspect)
        h, w = tiling.shape
        assert tiling.rows * tiling.columns >= count
        assert 0.7 < w / h / aspect < 1.4
    assert choose_tiling(0, 3, 3).count == 1
    assert choose_tiling(1, 1, 1, 50).columns == 1
    assert choose_tiling(5, 1, 100, 0.01).columns == 1


def test_walking_stays_inside_the_mosaic() -> None:
    for tiling in random_tilings():
        draw = np.random.default_rng(2)
        tile = 0
        for _ in range(40):
            right, down = (int(v) for v in draw.integers(-2, 3, 2))
            moved = tiling.neighbor(tile, right, down)
            assert 0 <= moved < tiling.count
            tile = moved
    plain = Tiling(12, 2, 2, 4)
    assert [plain.neighbor(5, *step) for step in ((1, 0), (-1, 0), (0, 1), (0, -1))] == [6, 4, 9, 1]
    assert plain.neighbor(5, -9, 0) == 4
    assert plain.neighbor(5, 0, 9) == 9


LARGE = [Tiling(20, 3, 4, 6, 4, 3), Tiling(21, 2, 2, 7, 6, 2), Tiling(9, 1, 5, 4, 2, 4)]


@pytest.mark.parametrize("tiling", LARGE, ids=str)
def test_large_tiles_fill_their_rows_and_every_cell_has_one_owner(tiling: Tiling) -> None:
    maps = np.arange(tiling.count * tiling.height * tiling.width).reshape(
        tiling.count, tiling.height, tiling.width
    )
    picture = assemble_mosaic(maps, tiling, -1)
    counts = np.bincount(picture[picture >= 0])
    sizes = np.where(np.arange(tiling.count) < tiling.large, tiling.factor**2, 1)
    assert (counts == np.repeat(sizes, tiling.height * tiling.width)).all()
    for y in range(-1, tiling.shape[0] + 1):
        for x in range(-1, tiling.shape[1] + 1):
            hit = tiling.unit_at(y + 0.5, x + 0.5)
            inside = 0 <= y < tiling.shape[0] and 0 <= x < tiling.shape[1]
            assert (-1 if hit is None else maps[hit]) == (picture[y, x] if inside else -1)


def test_walking_between_large_and_small_tiles_goes_to_what_lies_there() -> None:
    tiling = Tiling(20, 3, 4, 6, 4, 3)  # two rows of two large ones, then rows of six
    assert [tiling.neighbor(1, *step) for step in ((0, 1), (-1, 0), (1, 0))] == [3, 0, 1]
    assert tiling.neighbor(2, 0, 1) == 5  # the second of the small ones, below its middle
    assert tiling.neighbor(3, 0, 1) == 8
    assert [tiling.neighbor(9, *step) for step in ((0, -1), (0, -2), (0, 1))] == [3, 1, 15]
    assert tiling.neighbor(0, 0, 99) == 17
    draw = np.random.default_rng(4)
    for large in LARGE:
        tile = 0
        for _ in range(60):
            tile = large.neighbor(tile, *(int(v) for v in draw.integers(-3, 4, 2)))
            assert 0 <= tile < large.count


def test_a_tiling_with_large_tiles_fills_the_mosaic() -> None:
    for count, side, aspect in ((256, 14, 0.95), (64, 111, 1.3), (512, 7, 0.6), (1000, 13, 2.0)):
        tiling = choose_large_tiling(count, side, side, aspect)
        height, width = tiling.shape
        assert tiling.large == 2 * tiling.large_columns
        assert tiling.columns == 3 * tiling.large_columns
        scale = min(aspect / width, 1 / height)
        filled = (9 * tiling.large + count - tiling.large) * side**2 * scale**2 / aspect
        assert filled > 0.65
    assert choose_large_tiling(23, 5, 5, 1).large == 0
