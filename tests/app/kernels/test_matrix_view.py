"""A matrix of weights on screen: which cell lies under the mouse."""

from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt

from dnnvis.app.kernels.matrix_view import WeightHistogram, WeightMatrixView
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.weights.summary import WeightMatrix, WeightSummary

RNG = np.random.default_rng(2)


def matrix(rows: int, columns: int, **changes: Any) -> WeightMatrix:
    grid = np.indices((rows, columns), np.int32)
    values = RNG.normal(size=(rows, columns)).astype(np.float32)
    return WeightMatrix(
        "fc", "fc", "weight", (rows, columns), (), values, grid[0], grid[1], **changes
    )


@pytest.fixture
def view(qtbot: Any) -> WeightMatrixView:
    view = WeightMatrixView("weights")
    qtbot.addWidget(view)
    view.resize(304, 200)
    view.show()
    return view


def test_a_cell_names_its_unit_input_and_value_and_a_click_selects_the_unit(
    view: WeightMatrixView, qtbot: Any
) -> None:
    shown = matrix(8, 12)
    view.show_matrix(shown)
    side = 25  # 200 / 8 and 300 / 12
    point = QPointF(4 + 7.5 * side, 3.5 * side)
    assert view.cell_at(point) == (3, 7)
    assert view.text_at(point) == f"fc[3] · input 7: {shown.values[3, 7]:.5g}"
    clicked: list[int] = []
    view.clicked.connect(clicked.append)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=point.toPoint())
    assert clicked == [3]
    assert view.cell_at(QPointF(303, 199)) == (7, 11)
    assert view.cell_at(QPointF(1, 5)) is None
    assert view.cell_at(QPointF(50, 260)) is None


def test_a_cell_names_the_class_of_its_unit_and_what_feeds_it(view: WeightMatrixView) -> None:
    rows = (
        LayerInfo("features.3", "ReLU", (12, 4, 4), title="block1/relu"),
        LayerInfo("fc", "Linear", (8,)),
    )
    labels = ("ant", "bee", "cat", "dog, hound", "elk", "fox", "gnu", "hen")
    info = NetworkInfo("toy", rows, labels, (8, 8), 3)
    point = QPointF(4 + 7.5 * 25, 3.5 * 25)
    view.show_matrix(matrix(8, 12, is_output=True, feeding="features.3"), info)
    assert view.text_at(point).startswith("fc[3] (dog) · block1/relu[7]: ")
    view.show_matrix(matrix(8, 12, feeding="features.3", feeding_call=1), info)
    assert view.text_at(point).startswith("fc[3] · block1/relu[7]#1: ")
    view.show_matrix(matrix(8, 12, feeding="gone"), info)
    assert view.text_at(point).startswith("fc[3] · input 7: ")
    view.show_matrix(matrix(8, 3, feeding="input", colors=(2, 1, 0)), info)
    assert view.text_at(QPointF(4 + 2.5 * 25, 3.5 * 25)).startswith("fc[3] · red: ")


def test_a_pixel_of_a_raster_is_the_strongest_weight_below_it(view: WeightMatrixView) -> None:
    shown = matrix(1000, 900)
    shown.values[512, 313] = 40.0
    view.show_matrix(shown)
    point = QPointF(4 + 313 / 900 * 300, 512 / 1000 * 200)
    assert view.cell_at(point) == (512, 313)
    text = view.text_at(point)
    assert text.startswith("fc[512] · input 313: 40")
    assert "strongest of about 5 x 3 weights" in text


def test_the_row_of_the_selected_unit_is_marked_also_where_rows_are_sorted(
    view: WeightMatrixView,
) -> None:
    view.show_matrix(matrix(8, 12))
    band = view.band_of(5)
    assert band is not None
    assert (band.y(), band.height()) == (125, 25)
    order = np.array([5, 0, 1, 2, 3, 4, 6, 7], np.int32)
    shown = matrix(8, 12, is_sorted=True)
    shown.units[:] = order[:, None]
    view.show_matrix(shown)
    band = view.band_of(5)
    assert band is not None
    assert band.y() == 0
    assert view.band_of(99) is None
    view.choose(5)
    view.grab()  # it paints


def test_groups_count_their_inputs_from_the_first_that_the_unit_sees(
    view: WeightMatrixView,
) -> None:
    view.show_matrix(matrix(4, 3, groups=2))
    assert "input 5:" in view.text_at(QPointF(4 + 2.5 * 28, 3.5 * 28))


def test_a_message_takes_the_place_of_the_matrix(view: WeightMatrixView) -> None:
    view.show_matrix(matrix(4, 3))
    view.show_message("pool has no matrix of weights.")
    assert view.cell_at(QPointF(20, 20)) is None
    assert view.picture_rects() == ()
    assert view.text_at(QPointF(20, 20)) == ""
    view.grab()


def test_a_histogram_is_painted_and_empty_without_a_matrix(qtbot: Any) -> None:
    view = WeightHistogram("sizes")
    qtbot.addWidget(view)
    view.resize(200, 60)
    empty = view.grab().toImage()
    counts = np.array([0, 5, 40, 5], np.int64)
    view.show_matrix(matrix(2, 2, summary=WeightSummary(50, 0, counts, np.linspace(-1, 1, 5))))
    full = view.grab().toImage()
    assert full != empty
    x = 6 + round(2.5 * 188 / 4)
    tall = [full.pixel(QPoint(x, y)) for y in range(4, 40)]
    assert len(set(tall)) == 1  # the tallest bar fills its column
