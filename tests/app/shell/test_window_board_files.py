"""A board that comes from a file, and is kept: in files and until the next time."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QFileDialog

from dnnvis.app.main import LaunchOptions, load_first_state
from dnnvis.core.life.board import Paint
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.session import load_state
from dnnvis.session.state import SourceChoice, State, from_json, to_json
from dnnvis.sources.catalog import source_for
from dnnvis.sources.life.patterns import pattern, pattern_board
from dnnvis.sources.life.rle import read_rle, write_rle
from dnnvis.sources.life.rule import step
from helpers.application_window import Stage
from helpers.board_window import (  # noqa: F401 (fixtures)
    EMPTY,
    LEFT,
    Table,
    table_fixture,
)


def drop(stage: Stage, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )
    stage.window.dropEvent(event)


def test_a_dropped_board_file_becomes_the_board(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "gun.rle"
    file.write_text(write_rle(pattern_board(pattern("gosper-gun"))))
    drop(table.stage, file)
    table.stage.session.update(frozen=True)
    table.stage.until(lambda: table.board.shape == (12, 36) and table.board.sum() == 36)
    assert table.stage.window.source_bar.state_label.text().startswith("gun.rle")
    assert (table.tools.rows.value(), table.tools.columns.value()) == (12, 36)
    assert table.stage.state.recent_sources[0] == str(file)


def test_a_bad_board_file_becomes_a_sentence_and_the_painted_board_stays(
    table: Table, tmp_path: Path
) -> None:
    table.click((3, 3))
    table.shows((3, 3))
    file = tmp_path / "wire.rle"
    file.write_text("x = 3, y = 3, rule = WireWorld\n3o!")
    before = table.stage.state.source
    drop(table.stage, file)
    table.stage.until(lambda: any("rule WireWorld" in words for words in table.stage.problems()))
    assert table.stage.state.source == before
    assert table.stage.state.frozen
    table.click((3, 4))
    table.shows((3, 3), (3, 4))


def test_a_dropped_board_brings_its_rule_and_what_was_assumed_is_said(
    table: Table, tmp_path: Path
) -> None:
    table.tools.rule.activated.emit(table.tools.rule.findText("Seeds (B2/S)"))
    table.stage.until(lambda: table.panel.live.frame.rule == "B2/S")
    file = tmp_path / "high.rle"
    file.write_text("x = 3, y = 3, rule = B36/S23\n3o")
    drop(table.stage, file)
    table.stage.until(lambda: table.panel.live.frame.rule == "B36/S23")
    assert table.tools.rule.currentText() == "HighLife (B36/S23)"
    table.stage.until(lambda: any("no ! at its end" in words for words in table.stage.problems()))
    saved = table.stage.window.backend.current_source()
    assert read_rle(saved.board).rule == "B36/S23"


def test_a_board_is_saved_and_opened_from_the_panel(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.rle"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(file), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (str(file), ""))
    table.click((3, 3))
    table.click((4, 4))
    table.shows((3, 3), (4, 4))
    save, load = (
        next(a for a in table.tools.file.menu().actions() if a.text().startswith(w))
        for w in ("Save", "Open")
    )
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
    monkeypatch.setattr(
        "dnnvis.app.widgets.file_dialogs.QMessageBox.warning", lambda *a: said.append(a[2])
    )
    table.tools.save()
    assert "cannot be written" in said[0]


def test_a_painted_board_is_there_again_the_next_time(
    table: Table, qtbot: Any, tmp_path: Path
) -> None:
    table.click((3, 3))
    table.click((4, 9))
    table.shows((3, 3), (4, 9))
    table.tools.periodic.click()
    table.tools.rule.activated.emit(table.tools.rule.findText("HighLife (B36/S23)"))
    table.stage.until(lambda: table.panel.live.frame.rule == "B36/S23")
    table.stage.window.close()
    place = tmp_path / "state.json"
    table.stage.session.save(place)
    source = load_state(place).source
    assert (source.kind, source.border, source.rule) == ("life", "periodic", "B36/S23")
    assert read_rle(source.board).rule == "B36/S23"
    again = Table(Stage(qtbot, tmp_path, NetworkChoice(net="life"), source))
    assert again.board.shape == (12, 16)
    again.stage.session.update(frozen=True)
    assert again.panel.live.frame.rule == "B36/S23"
    first = np.zeros((12, 16), np.uint8)
    first[3, 3] = first[4, 9] = 1
    assert np.array_equal(again.board, first) or np.array_equal(
        again.board, step(first, "periodic", "B36/S23")
    )


def test_closing_before_the_board_was_opened_keeps_the_one_of_last_time(
    qtbot: Any, tmp_path: Path
) -> None:
    source = replace(EMPTY, board=write_rle(pattern_board(pattern("glider"))))
    stage = Stage(qtbot, tmp_path, NetworkChoice(net="life"), source)
    stage.parts.feeder.stop()
    stage.window.close()
    assert stage.state.source == source


def test_a_state_from_before_there_were_rules_is_of_conways(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"source": {"kind": "life", "board": "x = 3, y = 1\\n3o!"}}')
    source = load_first_state(LaunchOptions(), path).source
    assert source.rule == ""
    with source_for(source) as board:
        assert board.read().rule == "B3/S23"
    asked = load_first_state(LaunchOptions(source="life:seeds,glider"), path).source
    assert asked.rule == "B2/S"


def test_the_command_line_asks_for_a_board(tmp_path: Path) -> None:
    place = tmp_path / "state.json"
    place.write_text('{"source": {"kind": "life", "rows": 9, "board": "x = 3, y = 1\\n3o!"}}')
    asked = load_first_state(LaunchOptions(source="life:40x60,glider"), place).source
    assert (asked.kind, asked.rows, asked.columns) == ("life", 40, 60)
    assert (asked.start, asked.board) == ("glider", "")
    left = load_first_state(LaunchOptions(source="life"), place).source
    assert (left.rows, left.board) == (9, "x = 3, y = 1\n3o!")
    assert load_first_state(LaunchOptions(), place).source == left


def test_a_board_whose_file_is_gone_gives_way_to_the_default_unless_it_was_kept(
    tmp_path: Path,
) -> None:
    place = tmp_path / "state.json"
    place.write_text('{"source": {"kind": "life", "path": "/gone/a.rle"}}')
    assert load_first_state(LaunchOptions(), place).source == SourceChoice()
    place.write_text('{"source": {"kind": "life", "path": "/gone/a.rle", "board": "x=1,y=1\\no!"}}')
    assert load_first_state(LaunchOptions(), place).source.board == "x=1,y=1\no!"


def test_nothing_that_was_picked_or_attacked_is_so_again(tmp_path: Path) -> None:
    place = tmp_path / "state.json"
    there = {"kind": "examples", "path": str(tmp_path), "numbers": [1, 2]}
    choice = {"picked": [1], "place": [0.5, 0.5], "attack_run": 3, "off": [2], "data": "/d"}
    net = {"net": "net1-mnist"}
    place.write_text(json.dumps({"source": there, "map": choice, "network": net}))
    state = load_first_state(LaunchOptions(), place)
    assert state.source == SourceChoice()
    assert (state.map.picked, state.map.place, state.map.attack_run) == ((), (), 0)
    assert (state.map.off, state.map.data) == ((2,), "/d")
    other = load_first_state(LaunchOptions(network=NetworkChoice(net="net2-cifar10")), place)
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
    table.stage.window.backend.edit(Paint(((1, 1),)), density=0.5)
    table.tools.speed.setValue(7)
    table.shows((1, 1))
    assert opened_ == []
    assert table.panel.live.frame.number > number


def test_the_controls_fit_into_the_narrow_column_and_the_window_on_a_small_screen(
    table: Table,
) -> None:
    assert table.tools.minimumSizeHint().width() <= 250
    least = table.stage.window.minimumSizeHint()
    assert least.width() <= 1280
    assert least.height() <= 740
