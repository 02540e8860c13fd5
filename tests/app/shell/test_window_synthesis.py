"""What a unit wants to see, as people find out: click, grow, pause, go on, kept, pattern mode."""

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt, QTimer

from dnnvis.app.main import _report_uncaught
from dnnvis.app.shell import keymap
from dnnvis.core.lens_results import Patterns, SynthesisResult
from dnnvis.library.store.library import library_path, open_library
from helpers.application_window import Stage, toy

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    made = Stage(qtbot, tmp_path, toy(tmp_path))
    made.runs()
    return made


def panel(stage: Stage) -> Any:
    return stage.window.synthesis


def grown(stage: Stage) -> SynthesisResult | None:
    return panel(stage).result


def click(stage: Stage, channel: int) -> None:
    canvas, grid = stage.window.mosaic.canvas, stage.window.mosaic.grid
    x, y, width, height = grid.box(channel)
    scene = canvas.view_box.mapViewToScene(QPointF(x + width / 2, y + height / 2))
    point = canvas.mapFromScene(scene)
    stage.bot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=point)


def press(stage: Stage, key: Qt.Key, **more: Any) -> None:
    stage.bot.keyClick(stage.window, key, **more)


def wish(stage: Stage, **changes: Any) -> None:
    stage.session.update(synthesis=replace(stage.state.synthesis, **changes))


def steps(stage: Stage, count: int) -> None:
    """Have this many steps for a picture."""
    wish(stage, params=(("steps", count),))


def kept_words(stage: Stage) -> str:
    return panel(stage).notes.text()


def frames(stage: Stage, count: int) -> None:
    """Wait until so many more frames were painted."""
    before = stage.window.frame_stats.count
    stage.until(lambda: stage.window.frame_stats.count >= before + count)


def settled(stage: Stage) -> int:
    """The step at which a paused picture rests: frames come, steps do not."""
    frames(stage, 3)
    rests = grown(stage).step
    frames(stage, 5)
    assert grown(stage).step == rests
    return rests


def fingerprint(stage: Stage) -> str:
    return stage.parts.engine.network.fingerprint


def test_click_grow_pause_go_on_kept_patterns_and_again(stage: Stage) -> None:
    steps(stage, 400)
    redrawn: list[int] = []
    draw = panel(stage).show_result

    def counted(picture: SynthesisResult, k: int, paused: bool) -> None:
        redrawn.append(picture.step)
        draw(picture, k, paused)

    panel(stage).show_result = counted
    before = stage.window.frame_stats.count
    click(stage, 4)
    stage.until(lambda: len(set(redrawn)) >= 4)
    assert stage.state.synthesis.goal == "1[4]"
    assert grown(stage).unit == "1[4]"
    frames(stage, 5)
    assert stage.window.frame_stats.count > before + 4
    assert panel(stage).status == "growing"
    assert grown(stage).step < 400

    press(stage, Qt.Key.Key_P)
    assert panel(stage).main.text() == "Continue"
    rests = settled(stage)
    assert panel(stage).steps.text() == f"{rests} / 400 · paused"
    first = grown(stage).sheet.copy()

    press(stage, Qt.Key.Key_P)
    stage.until(lambda: panel(stage).status == "finished", 60)
    assert grown(stage).curve.shape == (400, 1)
    stage.until(lambda: "kept in the library (1 picture)" in kept_words(stage))
    assert np.abs(grown(stage).sheet - first).max() > 0.01
    with open_library(stage.parts.engine.network, create=False) as library:
        (picture,) = library.pictures("1[4]")
    assert np.abs(picture.pixels / 255 - grown(stage).values).max() < 0.01

    press(stage, Qt.Key.Key_S)
    assert stage.state.grid == "patterns"
    stage.until(lambda: isinstance(stage.window.mosaic.patterns, Patterns))
    stage.until(lambda: set(stage.window.mosaic.patterns.thumbs) == {4})
    frames(stage, 2)
    press(stage, Qt.Key.Key_S)
    assert stage.state.grid == "forward"

    press(stage, Qt.Key.Key_G)
    stage.until(lambda: panel(stage).status == "growing" and grown(stage).step < 400)


def test_a_picture_is_kept_on_its_way_and_shows_at_once_in_pattern_mode(stage: Stage) -> None:
    steps(stage, 5000)
    press(stage, Qt.Key.Key_S)
    click(stage, 2)
    stage.until(lambda: grown(stage) and grown(stage).step > 2)
    press(stage, Qt.Key.Key_P)
    settled(stage)
    press(stage, Qt.Key.Key_G, modifier=SHIFT)
    stage.until(lambda: kept_words(stage) == "1[2] kept in the library (1 picture)")
    stage.until(lambda: set(stage.window.mosaic.patterns.thumbs) == {2})
    assert panel(stage).status == "paused"


def test_of_nine_the_clicked_one_is_kept(stage: Stage) -> None:
    steps(stage, 5000)
    wish(stage, seeds=9)
    click(stage, 3)
    stage.until(lambda: grown(stage) and len(grown(stage).sheet) == 9 and grown(stage).step > 1)
    press(stage, Qt.Key.Key_P)
    settled(stage)
    view = panel(stage).view
    stage.bot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.image_rect(5).center().toPoint())
    stage.bot.mouseClick(panel(stage).keep, Qt.MouseButton.LeftButton)
    stage.until(lambda: kept_words(stage) == "1[3], seed 5, kept in the library (1 picture)")


def test_closing_the_panel_stops_its_work_and_opening_it_goes_on(stage: Stage) -> None:
    steps(stage, 5000)
    click(stage, 1)
    stage.until(lambda: grown(stage) and grown(stage).step > 150)
    stage.window.docks["Synthesis"].close()
    assert not stage.state.synthesis.shown
    assert "synthesis" not in stage.parts.engine.plan.requests
    settled(stage)
    assert not library_path(fingerprint(stage)).exists()
    reached = grown(stage).step
    stage.window.docks["Synthesis"].toggleViewAction().trigger()
    stage.until(lambda: grown(stage).step > reached)
    assert grown(stage).step < 2 * reached  # the steps of before count


def test_another_network_drops_what_grows(stage: Stage, tmp_path: Path) -> None:
    steps(stage, 5000)
    click(stage, 1)
    stage.until(lambda: grown(stage) and grown(stage).step > 2)
    stage.session.update(network=toy(tmp_path, "dictionary"))
    stage.until(lambda: stage.window.backend.info.layer("conv"))
    assert stage.state.synthesis.goal == ""
    assert grown(stage) is None
    assert "Click a unit" in panel(stage).view.message
    frames(stage, 3)
    assert grown(stage) is None


def test_what_is_paused_stays_so_until_another_unit_is_chosen(stage: Stage) -> None:
    steps(stage, 5000)
    click(stage, 1)
    stage.until(lambda: grown(stage) and grown(stage).step > 2)
    press(stage, Qt.Key.Key_P)
    rests = settled(stage)
    stage.session.update(gamma=0.5, frozen=True)
    stage.session.update(frozen=False)
    press(stage, Qt.Key.Key_O)  # the same unit's neighbour in the next layer is another goal
    press(stage, Qt.Key.Key_U)
    assert not stage.state.synthesis.paused
    press(stage, Qt.Key.Key_P)
    stage.until(lambda: grown(stage).unit == "1[1]")
    again = settled(stage)
    assert again <= rests + 5000
    click(stage, 1)  # the place of the unit that grows: nothing begins
    assert settled(stage) == again
    assert stage.state.synthesis.paused


def test_a_sum_that_is_typed_grows(stage: Stage) -> None:
    steps(stage, 5000)
    field = panel(stage).objective
    field.setFocus()
    stage.bot.keyClicks(field, "1[2] - 0.5*4[3]")
    stage.bot.keyClick(field, Qt.Key.Key_Return)
    stage.until(lambda: grown(stage) and grown(stage).unit == "1[2] - 0.5*4[3]")
    words = panel(stage).measures.natural["reached"].text()
    assert words == "of a sum or layer; photographs have no such value"


def test_a_dream_begins_with_the_present_frame_and_is_not_kept_unasked(stage: Stage) -> None:
    press(stage, Qt.Key.Key_F)
    before = stage.window.mosaic.live.frame.number
    click(stage, 1)
    panel(stage).dream(True)
    stage.until(lambda: grown(stage) and grown(stage).unit == "1")
    stage.until(lambda: panel(stage).status == "finished")
    number = grown(stage).frame
    assert before <= number <= stage.window.mosaic.live.frame.number
    assert grown(stage).recipe["image"] == {"source": "demo", "frame": number}
    assert f"frame {number}" in panel(stage).caption.text()
    assert "DeepDream" in kept_words(stage)
    click(stage, 2)
    assert stage.state.synthesis.preset == "live"


def test_a_library_of_another_version_is_said_and_pictures_grow_on(stage: Stage) -> None:
    place = library_path(fingerprint(stage))
    with open_library(stage.parts.engine.network):
        pass
    with sqlite3.connect(place) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    steps(stage, 20)
    click(stage, 1)
    stage.until(lambda: panel(stage).status == "finished")
    stage.until(lambda: "version 99" in kept_words(stage))
    press(stage, Qt.Key.Key_G, modifier=SHIFT)
    stage.until(lambda: kept_words(stage).startswith("The library"))
    steps(stage, 5000)
    stage.until(lambda: panel(stage).status == "growing" and grown(stage).step > 1)
    press(stage, Qt.Key.Key_S)
    stage.until(lambda: "version 99" in stage.window.mosaic.notes.text())
    frames(stage, 2)


def test_an_exception_in_a_slot_is_a_line_in_problems_and_the_window_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ValueError("the slot is broken")

    before = sys.excepthook
    _report_uncaught(stage.parts.mailbox)
    try:
        QTimer.singleShot(0, broken)
        stage.until(lambda: any("the slot is broken" in words for words in stage.problems()))
    finally:
        sys.excepthook = before
    assert "the slot is broken" in capsys.readouterr().err
    frames(stage, 2)


def test_the_keys_of_the_synthesis_are_in_the_overlay() -> None:
    shown = {keymap.format_keys(key): key.function for key in keymap.keys_in_group("Synthesis")}
    assert shown["g"] == "grow"
    assert shown["p"] == "pause"
    assert shown["G"] == "save_synthesis"
    assert shown["s"] == "patterns"
    assert shown["Alt+X"] == "examples"


def test_the_next_view_of_examples_is_one_key(stage: Stage) -> None:
    before = stage.state.examples.shown_as
    stage.bot.keyClick(stage.window, Qt.Key.Key_X, modifier=Qt.KeyboardModifier.AltModifier)
    assert stage.state.examples.shown_as != before
