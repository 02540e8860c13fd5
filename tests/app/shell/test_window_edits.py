"""Switch units off, as people do: hold x, keep it off, look at what changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication

from dnnvis.app.edits.held_key import RELEASE_TICK_MILLISECONDS
from dnnvis.core.unit import Unit
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, pictures, toy


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    source = SourceChoice("pictures", str(pictures(tmp_path, 1)))
    made = Stage(qtbot, tmp_path, toy(tmp_path), source)
    made.runs()
    made.session.select(Unit("1", 2))
    made.until(lambda: "1" in made.window.mosaic.live.maps)
    return made


def unit_map(stage: Stage) -> np.ndarray:
    return stage.window.mosaic.live.maps["1"][2]


def test_a_unit_is_off_as_long_as_the_key_is_held(stage: Stage) -> None:
    before = unit_map(stage).copy()
    output = stage.window.predictions.live.output.copy()
    assert before.any()
    stage.bot.keyPress(stage.window, Qt.Key.Key_X)
    stage.until(lambda: not unit_map(stage).any())
    assert stage.state.held_edit == "1[2] = 0"
    assert stage.window.source_bar.state_label.text().startswith("held: 1[2] off")
    assert stage.window.edit_bar.isHidden(), "pictures keep their places: they are compared"
    live = stage.window.predictions.live
    np.testing.assert_array_equal(live.unedited.output, output)
    np.testing.assert_array_equal(live.unedited.maps["1"][2], before)
    bars = stage.window.predictions.bars
    stage.until(lambda: bars.rows and all(row.change for row in bars.rows))  # drawn a moment later
    stage.bot.keyRelease(stage.window, Qt.Key.Key_X)
    stage.until(lambda: unit_map(stage).any())
    np.testing.assert_array_equal(unit_map(stage), before)
    np.testing.assert_array_equal(stage.window.predictions.live.output, output)
    assert stage.state.held_edit == ""
    assert stage.window.edit_bar.isHidden()
    assert not stage.window.held_key.is_held
    stage.until(lambda: not any(row.change for row in bars.rows))


def send_key(stage: Stage, kind: QEvent.Type) -> None:
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(stage.window, QKeyEvent(kind, Qt.Key.Key_X, plain, "x"))


def test_a_key_that_x11_repeats_as_releases_and_presses_is_held(stage: Stage) -> None:
    held_key = stage.window.held_key
    stage.bot.keyPress(stage.window, Qt.Key.Key_X)
    for _ in range(3):
        send_key(stage, QEvent.Type.KeyRelease)
        stage.bot.wait(RELEASE_TICK_MILLISECONDS + 5)
        send_key(stage, QEvent.Type.KeyPress)
        stage.bot.wait(3 * RELEASE_TICK_MILLISECONDS)
        assert held_key.is_held
        assert stage.state.held_edit == "1[2] = 0"
    send_key(stage, QEvent.Type.KeyRelease)
    stage.until(lambda: not held_key.is_held)
    assert stage.state.held_edit == ""


def test_leaving_the_window_ends_what_was_held(stage: Stage) -> None:
    stage.bot.keyPress(stage.window, Qt.Key.Key_X)
    assert stage.state.held_edit
    QApplication.sendEvent(stage.window, QEvent(QEvent.Type.WindowDeactivate))
    assert not stage.state.held_edit
    assert not stage.window.held_key.is_held


def test_a_unit_stays_off_until_it_is_switched_on_or_undone(stage: Stage) -> None:
    stage.bot.keyClick(stage.window, Qt.Key.Key_X, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert stage.state.edits == ("1[2] = 0",)
    stage.until(lambda: not unit_map(stage).any())
    stage.window.run_action("undo")
    stage.until(lambda: unit_map(stage).any())
    assert stage.state.edits == ()
    stage.window.run_action("redo")
    stage.until(lambda: not unit_map(stage).any())
    stage.window.edit_bar.strip.chips[0].switch.click()
    stage.until(lambda: unit_map(stage).any())
    assert stage.state.edits_off == ("1[2] = 0",)


def test_an_edit_is_typed_from_the_selected_unit_on(stage: Stage) -> None:
    stage.window.run_action("type_edit")
    field = stage.window.edit_bar.strip.field
    assert field.text() == "1[2] = 0"
    field.setText("1[2] *= 2")
    before = unit_map(stage).copy()
    stage.bot.keyClick(field, Qt.Key.Key_Return)
    stage.until(lambda: np.allclose(unit_map(stage), 2 * before))
    assert stage.state.edits == ("1[2] *= 2",)
    assert not [text for text in stage.problems() if "1[2]" in text]
