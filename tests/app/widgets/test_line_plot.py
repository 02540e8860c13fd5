"""The curve of the objective."""

import numpy as np
import pytest
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import LinePlot, draw_line, to_unit_square, value_range


def test_a_curve_runs_from_left_to_right_and_up() -> None:
    found = to_unit_square(np.array([1.0, 3.0, 2.0]), 5, 1.0, 3.0)
    assert found.tolist() == [[0.0, 1.0], [0.25, 0.0], [0.5, 0.5]]


def test_what_is_not_finite_is_left_out() -> None:
    found = to_unit_square(np.array([1.0, np.nan, np.inf, 2.0]), 4, 1.0, 2.0)
    assert found.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_more_steps_than_expected_stay_inside() -> None:
    assert to_unit_square(np.arange(9.0), 5, 0, 8)[:, 0].max() == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[1.0], [5.0]], (1, 5)),
        ([[2.0], [2.0]], (1.5, 2.5)),
        ([[np.nan], [np.inf]], (0, 1)),
        ([[np.nan], [3.0], [4.0]], (3, 4)),
    ],
)
def test_the_span_holds_all_finite_values(
    values: list[list[float]], expected: tuple[float, float]
) -> None:
    assert value_range(np.array(values)) == expected


def test_an_empty_curve_has_a_span() -> None:
    assert value_range(np.zeros((0, 0))) == (0, 1)


def strong(curve: LinePlot, row: int) -> int:
    """How many pixels of a row of the drawing have the colour of the chosen line, about."""
    image, accent = curve.grab().toImage(), theme.palette(curve).color("accent")
    near = lambda c: abs(c.red() - accent.red()) + abs(c.blue() - accent.blue()) < 60  # noqa: E731
    return sum(near(image.pixelColor(x, row)) for x in range(image.width()))


def test_the_chosen_curve_is_the_strong_one(qtbot: QtBot) -> None:
    curve = LinePlot()
    qtbot.addWidget(curve)
    curve.resize(300, 100)
    two = np.stack([np.zeros(50), np.ones(50)], 1).astype(np.float32)
    top = {k: (curve.show_curve(two, 50, k), strong(curve, 1))[1] for k in (0, 1)}
    assert top[1] > 100 > top[0]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_short_curves_can_be_drawn(qtbot: QtBot, steps: int) -> None:
    curve = LinePlot()
    qtbot.addWidget(curve)
    curve.resize(120, 60)
    curve.show_curve(np.ones((steps, 2), np.float32), 48, 0)
    assert not curve.grab().isNull()


@pytest.mark.parametrize(("dot", "inked"), [(True, True), (False, False)])
def test_a_line_of_one_place_is_a_dot_where_that_is_wanted(
    qtbot: QtBot, dot: bool, inked: bool
) -> None:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw_line(painter, QRectF(10, 5, 40, 30), np.array([[0.5, 0.5]]), dot=dot)
    painter.end()
    places = {
        (x, y) for x in range(60) for y in range(40) if image.pixelColor(x, y).lightness() < 255
    }
    assert bool(places) is inked
    assert all(abs(x - 30) <= 3 and abs(y - 20) <= 3 for x, y in places)


def test_a_line_runs_through_the_places_of_the_unit_square(qtbot: QtBot) -> None:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw_line(painter, QRectF(10, 5, 40, 30), np.array([[0.0, 1.0], [1.0, 1.0]]))
    painter.end()
    dark = {(x, y) for x in range(60) for y in range(40) if image.pixelColor(x, y).lightness() < 9}
    assert dark == {(x, 35) for x in range(10, 51)}
