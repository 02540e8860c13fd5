"""The board in the window: painted on, filled, resized, opened, saved, and there again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication

from dnnvis.engine.plan import NetworkChoice
from dnnvis.sources.life.patterns import pattern
from helpers.board_window import (  # noqa: F401 (fixtures)
    EMPTY,
    LEFT,
    RIGHT,
    Table,
    opened,
    table_fixture,
)

CTRL = Qt.KeyboardModifier.ControlModifier


def test_the_left_button_draws_and_the_right_one_erases_while_time_stands_still(
    table: Table,
) -> None:
    table.click((3, 4))
    table.shows((3, 4))
    table.click((3, 5))
    table.click((11, 15))
    table.shows((3, 4), (3, 5), (11, 15))
    table.click((3, 4), RIGHT)
    table.click((11, 15), held=CTRL)
    table.shows((3, 5))
    table.click((0, 0), RIGHT)
    table.click((3, 5))  # a living cell: the stroke erases
    table.shows()
    assert table.stage.state.frozen


def test_a_fast_stroke_has_no_gap_and_the_first_cell_decides(table: Table) -> None:
    table.press((2, 2))
    table.move((2, 9))
    table.move((5, 12))
    table.release((5, 12))
    drawn = [(2, x) for x in range(2, 10)] + [(3, 10), (4, 11), (5, 12)]
    table.shows(*drawn)
    table.move((9, 9))  # no button is down
    table.press((2, 5))
    table.move((2, 1))
    table.release((2, 1))
    table.shows(*(cell for cell in drawn if cell not in [(2, x) for x in range(2, 6)]))


def test_a_running_board_is_held_from_the_first_cell_until_after_the_hand_is_up(
    table: Table,
) -> None:
    backend = table.stage.window.backend
    brush = table.stage.window.input.board.brush
    table.stage.session.update(frozen=False)
    assert not backend.feeder.paused
    table.press((2, 2))
    assert backend.feeder.paused
    table.move((2, 9))
    table.release((2, 9))
    table.shows(*((2, x) for x in range(2, 10)))  # no generation came between
    assert backend.feeder.paused
    assert not table.stage.state.frozen  # what was chosen stays chosen
    assert brush.release_timer.isActive()
    assert brush.release_timer.interval() == 1000
    brush.release_timer.timeout.emit()
    assert not backend.feeder.paused


def test_a_step_back_undoes_the_stroke_as_a_whole(table: Table) -> None:
    table.click((1, 1))
    table.shows((1, 1))
    table.press((6, 2))
    table.move((6, 8))
    table.release((6, 8))
    table.stage.until(lambda: len(table.alive()) == 8)
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Comma)
    table.shows((1, 1))
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Period)
    table.stage.until(lambda: len(table.alive()) == 8)


def test_steps_follow_the_rule_and_the_words_tell_the_generation(table: Table) -> None:
    for x in (5, 6, 7):
        table.click((4, x))
    table.shows((4, 5), (4, 6), (4, 7))
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Period)
    table.shows((3, 6), (4, 6), (5, 6))
    assert (
        table.tools.generation_label.text() == "generation 1, 3 cells alive, repeats every 2 steps"
    )
    assert "true label" not in table.stage.window.predictions.message.text()


def test_space_lets_it_run_and_painting_goes_on(table: Table) -> None:
    table.tools.speed.setValue(50)
    for x in (5, 6, 7):
        table.click((4, x))
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Space)
    assert not table.stage.state.frozen
    table.stage.until(lambda: not table.tools.generation_label.text().startswith("generation 0,"))
    table.tools.set_pattern(pattern("block"))
    table.click((1, 1))  # one stroke: single cells would die before the next of them came
    table.stage.until(lambda: table.board[:2, :2].all())
    assert not table.stage.state.frozen


def test_a_pattern_is_placed_turned_and_put_away(table: Table) -> None:
    action = next(
        a for a in table.tools.pattern_button.menu().actions() if a.text().startswith("glider")
    )
    assert "one cell diagonally" in action.text()
    assert not action.icon().isNull()
    action.trigger()
    assert table.tools.hint.text().startswith("glider: left places")
    table.click((5, 5))
    glider = pattern("glider")
    table.shows(*glider.at((5, 5)))
    turn(table, -120)
    table.click((5, 11))
    table.shows(*glider.at((5, 5)), *glider.rotate(-1).at((5, 11)))
    table.click((0, 0), RIGHT)
    assert table.tools.pattern_button.text() == "Draw"
    assert table.tools.brush.pattern is None
    table.click((11, 0))
    table.stage.until(lambda: table.board[11, 0] == 1)


def turn(table: Table, angle: int) -> None:
    point = QPointF(table.point((5, 11)))
    event = QWheelEvent(
        point,
        QPointF(table.view.mapToGlobal(point)),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(table.view, event)


def test_the_picture_shows_what_a_click_would_do(table: Table) -> None:
    table.stage.session.update(theme="light")
    table.tools.set_pattern(pattern("block"))
    before = pixel(table, (6, 6))
    table.move((6, 6))
    assert table.tools.brush.preview_cells() == pattern("block").at((6, 6))
    assert pixel(table, (6, 6)) != before
    QApplication.sendEvent(table.view, leave())
    assert table.tools.brush.preview_cells() == ()
    assert pixel(table, (6, 6)) == before


def leave() -> Any:
    from PyQt6.QtCore import QEvent

    return QEvent(QEvent.Type.Leave)


def pixel(table: Table, cell: tuple[int, int]) -> str:
    return table.view.grab().toImage().pixelColor(table.point(cell)).name()


def test_a_small_board_is_drawn_crisply(table: Table) -> None:
    table.click((6, 6))
    table.shows((6, 6))
    table.move((0, 0))
    picture = table.view.grab().toImage()
    middle, cell = table.point((6, 6)), table.view.image_rect().width() / 16
    reach = max(1, int(cell * 0.4) - 1)  # not on the lines between cells
    inside = {
        picture.pixelColor(middle + QPoint(dx, dy)).name()
        for dx in (-reach, 0, reach)
        for dy in (-reach, 0, reach)
    }
    assert inside == {"#ffffff"}
    assert pixel(table, (6, 8)) == "#000000"


def test_the_controls_are_there_only_while_the_source_is_a_board(table: Table) -> None:
    stage, view = table.stage, table.view
    assert table.tools.isVisible()
    clicks: list[tuple[float, float]] = []
    view.clicked.connect(lambda y, x: clicks.append((y, x)))
    table.click((3, 3))
    assert not clicks
    stage.session.update(frozen=False)
    stage.window.backend.open_source(replace(stage.state.source, kind="demo"))
    assert not table.tools.isVisible()
    assert not table.tools.brush.is_active
    assert view.contextMenuPolicy() == Qt.ContextMenuPolicy.DefaultContextMenu
    stage.until(lambda: table.panel.live.frame.source == "demo")
    stage.bot.mouseClick(view, LEFT, pos=view.image_rect().center().toPoint())
    assert len(clicks) == 1
    assert not table.tools.brush.is_active


def test_the_menu_brings_the_board_back_as_it_was(table: Table) -> None:
    stage = table.stage
    table.click((3, 3))
    table.click((3, 4))
    table.shows((3, 3), (3, 4))
    menu = stage.window.menus.source
    named = {action.text(): action for action in menu.actions()}
    named["Demo photographs"].trigger()
    assert stage.state.source.kind == "demo"
    assert not table.tools.isVisible()
    stage.until(lambda: table.panel.live.frame.source == "demo")
    named["Game of Life board"].trigger()
    stage.session.update(frozen=True)
    assert stage.window.source_bar.state_label.text().startswith("Game of Life")
    stage.until(lambda: table.panel.live.frame.source == "board")
    assert (table.board.shape, table.alive()) == ((12, 16), [(3, 3), (3, 4)])


def test_random_and_clear_make_new_boards_that_a_step_back_undoes(table: Table) -> None:
    table.tools.density.setValue(0.75)
    assert table.stage.state.source.density == 0.75
    table.tools.random_button.click()
    table.stage.until(lambda: table.board.mean() > 0.55)
    before = table.alive()
    table.tools.clear.click()
    table.shows()
    assert table.tools.generation_label.text() == "generation 0, all cells are dead"
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Comma)
    table.shows(*before)
    half = next(
        a for a in table.tools.random_button.menu().actions() if a.text().startswith("half")
    )
    half.trigger()
    table.stage.until(lambda: 0.3 < table.board.mean() < 0.7 and table.alive() != before)
    assert table.stage.state.source.start == "half"


def test_the_board_stays_on_show_while_it_takes_another_size(table: Table) -> None:
    """The network's layers are told anew then; a stroke under way must not lose its board."""
    info = table.panel.info
    for told in (replace(info, size=(14, 20)), replace(info, name="life at step 0")):
        table.panel.show_info(told)
        assert table.panel.live is not None
    table.panel.show_info(replace(info, choice=NetworkChoice(net="other")))
    assert table.panel.live is None


def test_size_and_border_change_around_the_cells(table: Table) -> None:
    table.click((6, 8))
    table.shows((6, 8))
    assert (table.tools.rows.value(), table.tools.columns.value()) == (12, 16)
    table.tools.rows.setValue(14)
    table.tools.columns.setValue(20)
    table.shows((7, 10))
    assert table.board.shape == (14, 20)
    source = table.stage.state.source
    assert (source.rows, source.columns) == (14, 20)
    for x in (9, 10, 11):
        table.click((0, x))
    table.click((7, 10))
    table.shows((0, 9), (0, 10), (0, 11))
    table.tools.periodic.click()
    assert table.stage.state.source.border == "periodic"
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Period)
    table.shows((13, 10), (0, 10), (1, 10))


def test_the_rule_is_shown_chosen_and_written(table: Table) -> None:
    rule, bot = table.tools.rule, table.stage.bot
    assert rule.currentText() == "Life (B3/S23)"
    for x in (4, 5):
        table.click((4, x))
    table.shows((4, 4), (4, 5))
    rule.activated.emit(rule.findText("Seeds (B2/S)"))
    table.stage.until(lambda: table.panel.live.frame.rule == "B2/S")
    assert table.stage.state.source.rule == "B2/S"
    assert table.tools.generation_label.text().endswith("Seeds (B2/S)")
    assert table.tools.hint.text().endswith("truth in Steps is Seeds (B2/S)")
    bot.keyClick(table.stage.window, Qt.Key.Key_Period)
    table.shows((3, 4), (3, 5), (5, 4), (5, 5))
    rule.lineEdit().setText("23/36")
    bot.keyClick(rule.lineEdit(), Qt.Key.Key_Return)
    table.stage.until(lambda: rule.currentText() == "HighLife (B36/S23)")
    assert table.panel.live.frame.rule == table.stage.state.source.rule == "B36/S23"
    rule.lineEdit().setText("WireWorld")
    bot.keyClick(rule.lineEdit(), Qt.Key.Key_Return)
    assert "WireWorld is no rule" in table.tools.hint.text()
    assert rule.currentText() == "HighLife (B36/S23)"
    assert table.stage.state.source.rule == "B36/S23"
    table.click((0, 0))
    table.stage.until(lambda: "WireWorld" not in table.tools.hint.text())
    assert table.stage.state.source.rule == "B36/S23"


def test_another_cap_goes_on_with_the_same_board(table: Table) -> None:
    table.click((6, 8))
    table.shows((6, 8))
    from dnnvis.app.shell.menus import _change_source

    number = table.panel.live.frame.number
    _change_source(table.stage.window, "cap", 5.0)
    table.stage.until(lambda: table.panel.live.frame.number > number)
    assert table.alive() == [(6, 8)]
    assert table.stage.state.source.cap == 5.0


@pytest.mark.parametrize("net", ["toy", "net2-cifar10"])
def test_a_board_drives_a_network_for_pictures_and_is_painted_on_where_it_sees_it(
    qtbot: Any, tmp_path: Path, net: str
) -> None:
    source = replace(EMPTY, rows=40, columns=60)
    table = opened(qtbot, tmp_path, source, net)
    table.stage.session.update(frozen=True)
    table.stage.runs()
    side = table.panel.live.pixels.shape[0]
    assert table.panel.live.pixels.shape == (side, side, 3)
    for cell in ((0, 10), (20, 30), (39, 49)):
        table.click(cell)
    table.shows((0, 10), (20, 30), (39, 49))
    bright = table.panel.live.pixels.mean(2)
    assert bright[0, 0] > 0
    assert bright[-1, -1] > 0
    assert bright[side // 2, side // 2] > 0
    assert table.stage.window.backend.info.channels == 3


def test_an_undo_leads_back_to_the_board_that_was_opened(qtbot: Any, tmp_path: Path) -> None:
    block = replace(EMPTY, board="x = 16, y = 12, rule = B3/S23\n$2b2o$2b2o!")
    table = opened(qtbot, tmp_path, block)
    table.stage.session.update(frozen=True)
    cells = (1, 2), (1, 3), (2, 2), (2, 3)
    table.shows(*cells)
    table.click((8, 8))
    table.shows(*cells, (8, 8))
    assert table.stage.session.undo()
    table.shows(*cells)
