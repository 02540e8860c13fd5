"""A circuit as one picture."""

import numpy as np

from dnnvis.core.weights.circuit import CircuitUnit
from dnnvis.imaging.circuit_sheet import (
    COLUMN_GAP_PIXELS,
    MARGIN_PIXELS,
    NEGATIVE_RGB,
    POSITIVE_RGB,
    TILE_PIXELS,
    draw_circuit,
)


def unit(name: str, value: float, shade: int, *feeders: CircuitUnit) -> CircuitUnit:
    return CircuitUnit(name, name, value, np.full((8, 8, 3), shade, np.uint8), feeders)


def test_units_lie_in_columns_and_lines_have_the_color_of_the_sign() -> None:
    circuit = unit("c[0]", float("nan"), 10, unit("b[1]", 2.0, 90), unit("b[2]", -1.0, 170))
    sheet = draw_circuit(circuit)
    left = MARGIN_PIXELS + TILE_PIXELS // 2
    right = left + TILE_PIXELS + COLUMN_GAP_PIXELS
    assert sheet[MARGIN_PIXELS + 20, left, 0] == 90
    shades = sheet[:, left, 0]
    assert set(np.unique(shades)) >= {90, 170}
    assert 10 in sheet[:, right, 0]
    gap = sheet[:, left + TILE_PIXELS // 2 + 40].reshape(-1, 3)
    thickness = [int((gap == color).all(1).sum()) for color in (POSITIVE_RGB, NEGATIVE_RGB)]
    assert thickness[0] > thickness[1] > 0  # the stronger one is wider


def test_a_unit_alone_and_one_without_a_picture_can_be_drawn() -> None:
    assert draw_circuit(unit("a[0]", float("nan"), 5)).shape[2] == 3
    without = CircuitUnit("", "red", 1.0)
    sheet = draw_circuit(CircuitUnit("a[0]", "a[0]", float("nan"), feeders=(without,)))
    assert sheet.shape[1] > 2 * TILE_PIXELS + COLUMN_GAP_PIXELS
    assert without.count == 1
