from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.statistics import text as words_of
from dnnvis.app.statistics.panel import MATRIX_HINT, StatisticsPanel
from dnnvis.app.statistics.unit_chips import UnitChips
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.statistics import LayerView, UnitStatistics
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import STATISTICS
from dnnvis.session.session import Session
from dnnvis.session.state import State

ORDER = np.array([3, 0, 5, 1, 2, 4])
EDGES = np.array([-np.inf, -2, -1, 0, 1, 2, 4, np.inf])
UNIT = Unit("block.conv", 1)


def matrix(units: int = 6) -> np.ndarray:
    """Distinct correlations, symmetric, with ones on the diagonal."""
    half = np.triu(np.linspace(-0.9, 0.9, units * units).reshape(units, units), 1)
    return (half + half.T + np.eye(units)).astype(np.float32)


LAYER = LayerView("block.conv", 6, 100, (2, 5), ORDER, matrix())
FOUND = UnitStatistics(
    "block.conv[1]",
    "toy",
    LAYER,
    np.array([0, 0, 10, 0, 100, 1, 0]),
    EDGES,
    0.5,
    1.25,
    -0.75,
    3.5,
    0.4,
    0.004,
    ((3, 0.83), (4, 0.5)),
    ((0, -0.7),),
    "100 pictures of cats",
)


@pytest.fixture
def panel(qtbot: QtBot, info: NetworkInfo) -> StatisticsPanel:
    made = StatisticsPanel(Session(State(unit=UNIT, layer="block.conv")))
    qtbot.addWidget(made)
    made.session.listen(made.show_state)
    made.resize(330, 420)
    with qtbot.waitExposed(made):
        made.show()
    made.show_info(info)
    return made


def give(panel: StatisticsPanel, value: object = FOUND) -> None:
    panel.on_message(STATISTICS, value)
    panel.grab()


def test_the_histogram_is_cut_to_what_is_used_and_its_heights_are_logarithms() -> None:
    shown = words_of.build_histogram(FOUND)
    assert shown.counts.tolist() == [10, 0, 100, 1]
    assert shown.edges.tolist() == [-1, 0, 1, 2, 4]
    assert shown.heights == pytest.approx([np.log(11) / np.log(101), 0, 1, np.log(2) / np.log(101)])
    assert dict((name, at) for at, name in shown.marks) == {"mean": 1.5, "0": 1.0}
    assert shown.ends == (-0.75, 3.5)  # not the edges of the bins, which no value may reach
    assert shown.describe_bin(3) == "2.00 to 4.00: 1 values (0.9 %)"


def test_outer_bins_say_where_they_begin() -> None:
    shown = words_of.build_histogram(replace(FOUND, counts=np.array([5, 0, 0, 0, 0, 0, 1500])))
    assert shown.describe_bin(0) == "up to -2.00: 5 values (0.3 %)"
    assert shown.describe_bin(6) == "above 4.00: 1,500 values (99.7 %)"
    assert 0 < words_of.position_in_bins(EDGES, -2.5) < 1
    assert words_of.position_in_bins(EDGES, 1e9) == 7


def test_nothing_counted_is_no_histogram() -> None:
    assert not len(words_of.build_histogram(replace(FOUND, counts=np.zeros(7, int))).heights)


def test_a_wide_matrix_is_averaged_down() -> None:
    units = 1300
    wide = LayerView("fc", units, 1, (), np.arange(units), np.eye(units, dtype=np.float32))
    pixels = words_of.render_matrix(wide)
    assert words_of.units_per_pixel(wide) == 3
    assert pixels.shape == (434, 434, 3)
    alone = LayerView("fc", 3, 1, (), np.arange(3), np.full((3, 3), 1 / 3, np.float32))
    assert (pixels[5, 5] == words_of.render_matrix(alone)[0, 0]).all()  # 3 of 9 cells are 1
    assert words_of.pair_at(wide, 2.5, 1.0)[:2] == (7, 3)
    assert words_of.row_position(wide, 7) == 2.5


def test_zero_is_white_and_signs_have_their_colours() -> None:
    pixels = words_of.render_matrix(
        replace(LAYER, correlation=np.array([[0, 1], [-1, 0]], np.float32), order=np.arange(2))
    ).astype(int)
    assert pixels[0, 0].min() > 240
    assert pixels[0, 1][0] > pixels[0, 1][2]
    assert pixels[1, 0][2] > pixels[1, 0][0]


def test_numbers_and_units_are_shown(panel: StatisticsPanel) -> None:
    give(panel)
    texts = {name: line.text() for name, line in panel.numbers.items()}
    assert texts == {
        "mean": "0.500",
        "std": "1.25",
        "least": "-0.750",
        "most": "3.50",
        "active": "40 %",
        "awake": "0.4 %",
    }
    assert panel.correlated.chips == ((3, "3  0.83"), (4, "4  0.50"))
    assert panel.anticorrelated.chips == ((0, "0  -0.70"),)
    assert panel.dead.title == "2 of 6 never fire"
    assert [k for k, _ in panel.dead.chips] == [2, 5]
    assert panel.caption.text() == "block.conv[1] · 100 pictures of cats"
    assert panel.stack.currentWidget() is panel.full
    assert panel.matrix.marked_line == 3.5  # unit 1 is the fourth of ORDER
    assert panel.export_values() is LAYER.correlation


def cell(panel: StatisticsPanel, row: int, column: int) -> QPoint:
    place = panel.matrix.image_rect()
    size = place.width() / len(panel.matrix.pixels)
    return QPointF(place.x() + (column + 0.5) * size, place.y() + (row + 0.5) * size).toPoint()


def test_the_mouse_on_the_matrix_names_the_pair_and_a_click_selects(
    panel: StatisticsPanel, qtbot: QtBot
) -> None:
    give(panel)
    assert panel.hover.text() == MATRIX_HINT
    qtbot.mouseMove(panel.matrix, cell(panel, 0, 4))
    r = LAYER.correlation[0, 4]
    assert panel.hover.text() == f"block.conv[3] and block.conv[2]: r = {r:.2f}"
    qtbot.mouseClick(panel.matrix, Qt.MouseButton.LeftButton, pos=cell(panel, 0, 4))
    assert panel.session.state.unit == Unit("block.conv", 3)
    qtbot.mouseClick(panel.matrix, Qt.MouseButton.LeftButton, pos=cell(panel, 0, 4))
    assert panel.session.state.unit == Unit("block.conv", 2)  # 3 is selected: the other one
    panel.matrix.left.emit()
    assert panel.hover.text() == MATRIX_HINT


def test_the_mouse_on_the_histogram_says_what_a_bin_holds(
    panel: StatisticsPanel, qtbot: QtBot
) -> None:
    give(panel)
    bar = panel.histogram.bar_rect(2)
    qtbot.mouseMove(panel.histogram, bar.center().toPoint())
    assert panel.hover.text() == "1.00 to 2.00: 100 values (90.1 %)"


def test_a_dead_unit_can_be_clicked(panel: StatisticsPanel, qtbot: QtBot) -> None:
    give(panel)
    place = panel.dead.chip_boxes()[1].center().toPoint()
    qtbot.mouseClick(panel.dead, Qt.MouseButton.LeftButton, pos=place)
    assert panel.session.state.unit == Unit("block.conv", 5)


def test_more_units_than_fit_are_counted_and_named_in_the_tool_tip(qtbot: QtBot) -> None:
    row = UnitChips()
    qtbot.addWidget(row)
    row.resize(200, 20)
    row.show_units("dead", tuple((k, str(1000 + k)) for k in range(60)))
    row.grab()
    places = row.chip_boxes()
    assert 0 < len(places) < 10
    assert places[-1].right() < 200
    assert row.all_text().endswith("1059")
    assert row.index_at(QPointF(199, 10)) is None


def test_empty_panels_say_why(panel: StatisticsPanel, info: NetworkInfo) -> None:
    assert panel.empty.message == "Reading the statistics of block.conv[1] ..."
    nothing = UnitStatistics("block.conv[1]", "toy", LayerView("block.conv", 6, 0), message="Scan!")
    give(panel, nothing)
    assert panel.empty.message == "Scan!"
    assert panel.stack.currentWidget() is panel.empty
    panel.session.select(Unit("block.conv", 2))
    assert panel.empty.message == "Reading the statistics of block.conv[2] ..."
    give(panel, Failure("The library is gone."))
    assert panel.empty.message == "The library is gone."
    panel.session.select(None)
    assert panel.empty.message.startswith("No unit is selected")
    panel.show_info(None)
    assert panel.stack.currentWidget() is panel.empty
    assert panel.empty.message == ""


def test_statistics_of_another_unit_are_marked_stale(panel: StatisticsPanel) -> None:
    give(panel)
    panel.session.select(Unit("block.conv", 4))
    assert panel.matrix.stale
    assert panel.caption.text().endswith("stale")
    assert panel.caption.tip == (
        "These statistics are of block.conv[1], no longer the selected unit."
    )
    give(panel, replace(FOUND, unit="block.conv[4]"))
    assert not panel.matrix.stale


def test_the_matrix_stays_while_another_unit_of_the_layer_is_read(panel: StatisticsPanel) -> None:
    give(panel)
    first = replace(
        FOUND, unit="block.conv[0]", layer=LayerView("block.conv", 6, 100, (2, 5)), progress=0.5
    )
    panel.session.select(Unit("block.conv", 0))
    give(panel, first)
    assert panel.statistics.unit == "block.conv[0]"
    assert panel.matrix.pixels is not None
    assert panel.matrix.marked_line == 1.5
    give(panel, replace(first, layer=LayerView("block.conv", 6, 101)))  # more were scanned
    assert "into order" in panel.matrix.message


def test_a_layer_too_wide_to_correlate_says_so(panel: StatisticsPanel) -> None:
    give(panel, replace(FOUND, layer=LayerView("block.conv", 6, 9), message="too many"))
    assert panel.matrix.message == "too many"
    give(panel, replace(FOUND, correlated=(), anticorrelated=()))
    assert panel.correlated.title == "no unit goes with it"
    assert not panel.anticorrelated.chips
    give(panel, replace(FOUND, layer=LayerView("block.conv", 6, 9), message="too many"))
    assert panel.dead.title == "all 6 units fire somewhere"


def test_when_a_scan_ends_the_panel_looks_again(panel: StatisticsPanel) -> None:
    class Ended:
        finished = True

    panel.on_message("job scan", Ended())
    assert panel.session.state.statistics.run == 1


def test_statistics_of_another_preprocessing_are_marked(panel: StatisticsPanel) -> None:
    give(panel, FOUND)
    assert panel.mark.isHidden()
    give(panel, replace(FOUND, stale="scanned with mean 0.5; the network runs with mean 0"))
    assert panel.mark.sentence.text().startswith("Stale: scanned with mean 0.5; the network runs")
    assert panel.caption.text().endswith(" · stale")
