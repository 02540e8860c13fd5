"""The board in the window: painted on, filled, resized, opened, saved, and there again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QFileDialog
from stage import Stage, toy

from dnnvis.app.main import Options, first_state
from dnnvis.core.board import Paint
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.session import saved_state
from dnnvis.session.state import SourceChoice, State, from_json, to_json
from dnnvis.sources.life.patterns import board_of, pattern
from dnnvis.sources.life.rle import read_rle, write_rle
from dnnvis.sources.life.rule import step

EMPTY = SourceChoice(kind="life", rows=12, columns=16, start="empty", rate=0.001)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CTRL = Qt.KeyboardModifier.ControlModifier


class Table:
    """A window whose source is a board, and a hand over it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.panel = stage.window.input
        self.view, self.tools = self.panel.view, self.panel.board
        stage.until(lambda: self.tools.brush.on)

    @property
    def board(self) -> np.ndarray:
        """The cells as the panel shows them."""
        return self.panel.live.frame.pixels[:, :, 0] // 255

    def alive(self) -> list[tuple[int, int]]:
        return sorted((int(y), int(x)) for y, x in np.argwhere(self.board))

    def point(self, cell: tuple[int, int]) -> QPoint:
        sight, place = self.tools.brush.sight, self.view.place()
        scale = place.width() / sight.seen[1]
        y, x = sight.corner(cell)
        high, wide = sight.pixels
        there = QPointF(place.x() + (x + wide / 2) * scale, place.y() + (y + high / 2) * scale)
        return there.toPoint()

    def press(self, cell: tuple[int, int], button: Any = LEFT, held: Any = None) -> None:
        held = held or Qt.KeyboardModifier.NoModifier
        self.stage.bot.mousePress(self.view, button, held, self.point(cell))

    def move(self, cell: tuple[int, int]) -> None:
        self.stage.bot.mouseMove(self.view, self.point(cell))

    def release(self, cell: tuple[int, int], button: Any = LEFT) -> None:
        self.stage.bot.mouseRelease(self.view, button, pos=self.point(cell))

    def click(self, cell: tuple[int, int], button: Any = LEFT, held: Any = None) -> None:
        self.press(cell, button, held)
        self.release(cell, button)

    def shows(self, *cells: tuple[int, int]) -> None:
        self.stage.until(lambda: self.alive() == sorted(cells))


def opened(qtbot: Any, folder: Path, source: SourceChoice, net: str = "life") -> Table:
    network = toy(folder) if net == "toy" else NetworkChoice(net=net)
    return Table(Stage(qtbot, folder, network, source))


@pytest.fixture
def table(qtbot: Any, tmp_path: Path) -> Table:
    """An empty board, held still."""
    made = opened(qtbot, tmp_path, EMPTY)
    made.stage.session.update(frozen=True)
    return made


# -- painting


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
    assert table.tools.told.text() == "generation 1, 3 cells alive, repeats every 2 steps"
    assert "true label" not in table.stage.window.predictions.words.text()


def test_space_lets_it_run_and_painting_goes_on(table: Table) -> None:
    table.tools.speed.setValue(50)
    for x in (5, 6, 7):
        table.click((4, x))
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Space)
    assert not table.stage.state.frozen
    table.stage.until(lambda: not table.tools.told.text().startswith("generation 0,"))
    table.tools.take(pattern("block"))
    table.click((1, 1))  # one stroke: single cells would die before the next of them came
    table.stage.until(lambda: table.board[:2, :2].all())
    assert not table.stage.state.frozen


def test_a_pattern_is_placed_turned_and_put_away(table: Table) -> None:
    action = next(a for a in table.tools.place.menu().actions() if a.text().startswith("glider"))
    assert "one cell diagonally" in action.text() and not action.icon().isNull()
    action.trigger()
    assert table.tools.hint.text().startswith("glider: left places")
    table.click((5, 5))
    glider = pattern("glider")
    table.shows(*glider.at((5, 5)))
    turn(table, -120)
    table.click((5, 11))
    table.shows(*glider.at((5, 5)), *glider.turned(-1).at((5, 11)))
    table.click((0, 0), RIGHT)
    assert table.tools.place.text() == "Draw" and table.tools.brush.pattern is None
    table.click((11, 0))
    table.stage.until(lambda: table.board[11, 0] == 1)


def turn(table: Table, angle: int) -> None:
    point = QPointF(table.point((5, 11)))
    event = QWheelEvent(
        point, QPointF(table.view.mapToGlobal(point)), QPoint(), QPoint(0, angle),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(table.view, event)


def test_the_picture_shows_what_a_click_would_do(table: Table) -> None:
    table.stage.session.update(theme="light")
    table.tools.take(pattern("block"))
    before = pixel(table, (6, 6))
    table.move((6, 6))
    assert table.tools.brush.marked() == pattern("block").at((6, 6))
    assert pixel(table, (6, 6)) != before
    QApplication.sendEvent(table.view, leave())
    assert table.tools.brush.marked() == () and pixel(table, (6, 6)) == before


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
    middle, cell = table.point((6, 6)), table.view.place().width() / 16
    reach = int(cell * 0.4)
    inside = {picture.pixelColor(middle + QPoint(dx, dy)).name()
              for dx in (-reach, 0, reach) for dy in (-reach, 0, reach)}  # fmt: skip
    assert inside == {"#ffffff"}
    assert pixel(table, (6, 8)) == "#000000"


# -- the controls


def test_the_controls_are_there_only_while_the_source_is_a_board(table: Table) -> None:
    stage, view = table.stage, table.view
    assert table.tools.isVisible()
    clicks: list[tuple[float, float]] = []
    view.clicked.connect(lambda y, x: clicks.append((y, x)))
    table.click((3, 3))
    assert not clicks
    stage.session.update(frozen=False)
    stage.window.toolbox.look_at(replace(stage.state.source, kind="demo"))
    assert not table.tools.isVisible() and not table.tools.brush.on
    assert view.contextMenuPolicy() == Qt.ContextMenuPolicy.DefaultContextMenu
    stage.until(lambda: table.panel.live.frame.source == "demo")
    stage.bot.mouseClick(view, LEFT, pos=view.place().center().toPoint())
    assert len(clicks) == 1 and not table.tools.brush.on


def test_the_menu_brings_the_board_back_as_it_was(table: Table) -> None:
    stage = table.stage
    table.click((3, 3))
    table.click((3, 4))
    table.shows((3, 3), (3, 4))
    menu = stage.window.bar.source.menu()
    named = {action.text(): action for action in menu.actions()}
    named["Demo photographs"].trigger()
    assert stage.state.source.kind == "demo" and not table.tools.isVisible()
    stage.until(lambda: table.panel.live.frame.source == "demo")
    named["Game of Life board"].trigger()
    stage.session.update(frozen=True)
    assert stage.window.bar.source.text() == "Source: Game of Life"
    stage.until(lambda: table.panel.live.frame.source == "board")
    assert (table.board.shape, table.alive()) == ((12, 16), [(3, 3), (3, 4)])


def test_random_and_clear_make_new_boards_that_a_step_back_undoes(table: Table) -> None:
    table.tools.density.setValue(0.75)
    assert table.stage.state.source.density == 0.75
    table.tools.random.click()
    table.stage.until(lambda: table.board.mean() > 0.55)
    before = table.alive()
    table.tools.clear.click()
    table.shows()
    assert table.tools.told.text() == "generation 0, all cells are dead"
    table.stage.bot.keyClick(table.stage.window, Qt.Key.Key_Comma)
    table.shows(*before)
    half = next(a for a in table.tools.random.menu().actions() if a.text().startswith("half"))
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


def test_another_cap_goes_on_with_the_same_board(table: Table) -> None:
    table.click((6, 8))
    table.shows((6, 8))
    from dnnvis.app.menus import _change_source

    number = table.panel.live.frame.number
    _change_source(table.stage.window, "cap", 5.0)
    table.stage.until(lambda: table.panel.live.frame.number > number)
    assert table.alive() == [(6, 8)] and table.stage.state.source.cap == 5.0


# -- any network


@pytest.mark.parametrize("net", ["toy", "net2-cifar10"])
def test_a_board_drives_a_network_for_pictures_and_is_painted_on_where_it_sees_it(
    qtbot: Any, tmp_path: Path, net: str
) -> None:
    source = replace(EMPTY, rows=40, columns=60)
    table = opened(qtbot, tmp_path, source, net)
    table.stage.session.update(frozen=True)
    table.stage.runs()
    side = table.panel.live.seen.shape[0]
    assert table.panel.live.seen.shape == (side, side, 3)
    for cell in ((0, 10), (20, 30), (39, 49)):
        table.click(cell)
    table.shows((0, 10), (20, 30), (39, 49))
    bright = table.panel.live.seen.mean(2)
    assert bright[0, 0] > 0 and bright[-1, -1] > 0 and bright[side // 2, side // 2] > 0
    assert table.stage.window.toolbox.info.channels == 3


# -- files


def drop(stage: Stage, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, data, LEFT,
                       Qt.KeyboardModifier.NoModifier)  # fmt: skip
    stage.window.dropEvent(event)


def test_a_dropped_board_file_becomes_the_board(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "gun.rle"
    file.write_text(write_rle(board_of(pattern("gosper-gun"))))
    drop(table.stage, file)
    table.stage.session.update(frozen=True)
    table.stage.until(lambda: table.board.shape == (12, 36) and table.board.sum() == 36)
    assert table.stage.window.bar.source.text() == "Source: gun.rle"
    assert (table.tools.rows.value(), table.tools.columns.value()) == (12, 36)
    assert table.stage.state.recent_sources[0] == str(file)


def test_a_bad_board_file_becomes_a_sentence_and_the_painted_board_stays(
    table: Table, tmp_path: Path
) -> None:
    table.click((3, 3))
    table.shows((3, 3))
    file = tmp_path / "high.rle"
    file.write_text("x = 3, y = 3, rule = B36/S23\n3o!")
    before = table.stage.state.source
    drop(table.stage, file)
    table.stage.until(lambda: any("rule is B36/S23" in words for words in table.stage.problems()))
    assert table.stage.state.source == before and table.stage.state.frozen
    table.click((3, 4))
    table.shows((3, 3), (3, 4))


def test_a_board_is_saved_and_opened_from_the_panel(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.rle"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(file), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (str(file), ""))
    table.click((3, 3))
    table.click((4, 4))
    table.shows((3, 3), (4, 4))
    save, load = (next(a for a in table.tools.file.menu().actions() if a.text().startswith(w))
                  for w in ("Save", "Open"))  # fmt: skip
    save.trigger()
    assert np.array_equal(read_rle(file.read_text()).cells, table.board)
    table.tools.clear.click()
    table.shows()
    load.trigger()
    table.stage.session.update(frozen=True)
    table.shows((3, 3), (4, 4))


def test_a_file_that_cannot_be_written_is_said(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / "no/a.rle"), ""))
    monkeypatch.setattr("dnnvis.app.asking.QMessageBox.warning", lambda *a: said.append(a[2]))
    table.tools.save()
    assert "could not be written" in said[0]


# -- the next time


def test_a_painted_board_is_there_again_the_next_time(
    table: Table, qtbot: Any, tmp_path: Path
) -> None:
    table.click((3, 3))
    table.click((4, 9))
    table.shows((3, 3), (4, 9))
    table.tools.periodic.click()
    table.stage.window.close()
    place = tmp_path / "state.json"
    table.stage.session.save(place)
    source = saved_state(place).source
    assert (source.kind, source.border) == ("life", "periodic")
    again = Table(Stage(qtbot, tmp_path, NetworkChoice(net="life"), source))
    assert again.board.shape == (12, 16)
    again.stage.session.update(frozen=True)
    first = np.zeros((12, 16), np.uint8)
    first[3, 3] = first[4, 9] = 1
    assert np.array_equal(again.board, first) or np.array_equal(again.board, step(first))


def test_closing_before_the_board_was_opened_keeps_the_one_of_last_time(
    qtbot: Any, tmp_path: Path
) -> None:
    source = replace(EMPTY, board=write_rle(board_of(pattern("glider"))))
    stage = Stage(qtbot, tmp_path, NetworkChoice(net="life"), source)
    stage.parts.feeder.stop()
    stage.window.close()
    assert stage.state.source == source


def test_the_command_line_asks_for_a_board(tmp_path: Path) -> None:
    place = tmp_path / "state.json"
    place.write_text('{"source": {"kind": "life", "rows": 9, "board": "x = 3, y = 1\\n3o!"}}')
    asked = first_state(Options(source="life:40x60,glider"), place).source
    assert (asked.kind, asked.rows, asked.columns) == ("life", 40, 60)
    assert (asked.start, asked.board) == ("glider", "")
    left = first_state(Options(source="life"), place).source
    assert (left.rows, left.board) == (9, "x = 3, y = 1\n3o!")
    assert first_state(Options(), place).source == left


def test_a_board_whose_file_is_gone_gives_way_to_the_default_unless_it_was_kept(
    tmp_path: Path,
) -> None:
    place = tmp_path / "state.json"
    place.write_text('{"source": {"kind": "life", "path": "/gone/a.rle"}}')
    assert first_state(Options(), place).source == SourceChoice()
    place.write_text('{"source": {"kind": "life", "path": "/gone/a.rle", "board": "x=1,y=1\\no!"}}')
    assert first_state(Options(), place).source.board == "x=1,y=1\no!"


def test_nothing_that_was_picked_or_attacked_is_so_again(tmp_path: Path) -> None:
    place = tmp_path / "state.json"
    there = {"kind": "examples", "path": str(tmp_path), "numbers": [1, 2]}
    choice = {"picked": [1], "place": [0.5, 0.5], "attack_run": 3, "off": [2], "data": "/d"}
    net = {"net": "net1-mnist"}
    place.write_text(json.dumps({"source": there, "map": choice, "network": net}))
    state = first_state(Options(), place)
    assert state.source == SourceChoice()
    assert (state.map.picked, state.map.place, state.map.attack_run) == ((), (), 0)
    assert (state.map.off, state.map.data) == ((2,), "/d")
    other = first_state(Options(network=NetworkChoice(net="net2-cifar10")), place)
    assert (other.map.off, other.map.data) == ((), "")


def test_what_the_state_knows_of_a_board_survives_json_and_nonsense_does_not() -> None:
    source = SourceChoice(
        kind="life", rows=7, border="periodic", rate=3.5, board="x = 1, y = 1\no!"
    )
    assert from_json(to_json(State(source=source))).source == source
    broken = {"source": {"rows": "many", "border": "open", "rate": float("nan"), "columns": 8}}
    assert from_json(broken).source == SourceChoice(columns=8)


def test_strokes_do_not_reopen_the_source(table: Table) -> None:
    number = table.panel.live.frame.number
    opened_: list[object] = []
    table.stage.parts.feeder.open = lambda *a: opened_.append(a)
    table.stage.window.toolbox.edit(Paint(((1, 1),)), density=0.5)
    table.tools.speed.setValue(7)
    table.shows((1, 1))
    assert opened_ == [] and table.panel.live.frame.number > number


def test_the_controls_fit_into_the_narrow_column_and_the_window_on_a_small_screen(
    table: Table,
) -> None:
    assert table.tools.minimumSizeHint().width() <= 250
    least = table.stage.window.minimumSizeHint()
    assert least.width() <= 1280 and least.height() <= 740
