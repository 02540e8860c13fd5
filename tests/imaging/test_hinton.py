"""Hinton diagrams and rasters: areas, signs, and which weight a pixel stands for."""

import numpy as np
import pytest

from dnnvis.imaging.hinton import (
    MIN_SQUARE_PIXELS,
    NEUTRAL_GRAY,
    aggregate_strongest,
    choose_cell_side,
    draw_hinton,
    draw_matrix,
    draw_raster,
    measure_limit,
)

RNG = np.random.default_rng(3)


def matrix(rows: int, columns: int) -> np.ndarray:
    return RNG.normal(size=(rows, columns)).astype(np.float32)


def test_the_area_of_a_square_is_the_size_of_its_weight_and_its_color_the_sign() -> None:
    values = np.array([[1.0, -0.5, 0.25], [0.0, -1.0, 0.75]], np.float32)
    side = 101
    drawn = draw_hinton(values, side, 1.0)
    assert drawn.shape == (2 * side, 3 * side, 3)
    for row in range(2):
        for column in range(3):
            cell = drawn[row * side : (row + 1) * side, column * side : (column + 1) * side, 0]
            square = cell != NEUTRAL_GRAY
            area = square.sum() / (side - 1) ** 2
            assert area == pytest.approx(abs(values[row, column]), abs=0.04)
            if values[row, column]:
                assert set(np.unique(cell[square])) == {0 if values[row, column] < 0 else 255}


def test_what_is_not_finite_is_magenta() -> None:
    drawn = draw_hinton(np.array([[np.nan, 1.0]], np.float32), 8, 1.0)
    assert tuple(drawn[4, 4]) == (255, 0, 255)
    assert tuple(drawn[4, 12]) == (255, 255, 255)
    assert tuple(draw_raster(np.array([[np.nan]], np.float32), 2, 2, 1.0)[0, 0]) == (255, 0, 255)


@pytest.mark.parametrize(("rows", "columns"), [(37, 53), (400, 9), (5, 300), (64, 64)])
def test_each_cell_is_the_strongest_of_its_block_as_loops_find_it(rows: int, columns: int) -> None:
    values = matrix(rows, columns)
    height, width = min(rows, 16), min(columns, 11)
    cells = aggregate_strongest(values, 16, 11)
    row_edges = np.linspace(0, rows, height + 1).astype(int)
    column_edges = np.linspace(0, columns, width + 1).astype(int)
    for k in range(height):
        for n in range(width):
            best, where = 0.0, (0, 0)
            for y in range(row_edges[k], row_edges[k + 1]):
                for x in range(column_edges[n], column_edges[n + 1]):
                    if abs(values[y, x]) > abs(best):
                        best, where = values[y, x], (y, x)
            assert cells.values[k, n] == best
            assert (cells.rows[k, n], cells.columns[k, n]) == where


def test_nan_is_never_hidden_behind_a_number() -> None:
    values = matrix(60, 60)
    values[33, 17] = np.nan
    values[2, 2] = np.inf
    cells = aggregate_strongest(values, 4, 4)
    assert np.isnan(cells.values[2, 1])
    assert (cells.rows[2, 1], cells.columns[2, 1]) == (33, 17)
    assert np.isinf(cells.values[0, 0])
    assert measure_limit(values) == pytest.approx(
        max(abs(float(v)) for v in values.ravel() if np.isfinite(v))
    )


def test_a_small_matrix_is_squares_and_a_large_one_a_raster_in_its_room() -> None:
    assert choose_cell_side((10, 20), 100, 200) == 10
    assert choose_cell_side((10, 20), 100, 99) == 0
    drawn, cells = draw_matrix(matrix(10, 20), 120, 200)
    assert drawn.shape == (100, 200, 3)
    assert cells.values.shape == (10, 20)
    drawn, cells = draw_matrix(matrix(500, 90), 120, 200)
    assert cells.values.shape == (120, 90)
    assert drawn.shape == (120, 200, 3)
    widths = np.bincount(np.arange(200) * 90 // 200)
    assert set(widths) == {2, 3}
    assert MIN_SQUARE_PIXELS >= 5


def test_signs_of_a_raster_are_red_above_and_blue_below_zero() -> None:
    drawn = draw_raster(np.array([[1.0, -1.0]], np.float32), 1, 2, 1.0).astype(int)
    assert drawn[0, 0, 0] > drawn[0, 0, 2]
    assert drawn[0, 1, 2] > drawn[0, 1, 0]
