"""Undo, states as files, and what is saved, as people meet them in the window."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from dnnvis.app.main import LaunchOptions, load_first_state
from dnnvis.app.runtime.open_files import open_path
from dnnvis.app.runtime.state_files import open_state
from dnnvis.app.runtime.state_saver import StateSaver
from dnnvis.app.saving.state_dialog import save_state_as
from dnnvis.app.shell import panel_export
from dnnvis.app.shell.save_menu import grab_unit_page
from dnnvis.app.shell.typing_guard import TypingGuard
from dnnvis.app.widgets import theme
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.unit import Unit
from dnnvis.lenses.recipe_files import RECIPE
from dnnvis.session.session import load_state
from dnnvis.session.state import MODES, SourceChoice
from dnnvis.session.state_file import read_state_file
from helpers.application_window import Stage, pictures, toy
from helpers.board_window import EMPTY, Table

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    made = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    made.runs()
    made.session.update(synthesis=replace(made.state.synthesis, params=(("steps", 12),)))
    return made


def press(stage: Stage, key: Qt.Key, held: Any = CONTROL) -> None:
    stage.bot.keyClick(stage.window, key, held)


def picture(stage: Stage) -> SynthesisResult | None:
    return stage.window.synthesis.result


def is_finished(stage: Stage, unit: str) -> bool:
    result = picture(stage)
    return result is not None and result.unit == unit and result.progress >= 1


def edit_menu(stage: Stage) -> list[str]:
    bar = stage.window.menuBar()
    menu = next(entry.menu() for entry in bar.actions() if entry.text() == "&Edit")
    menu.aboutToShow.emit()
    texts = [entry.text() for entry in menu.actions()[:2]]
    menu.aboutToHide.emit()
    return texts


def test_undo_and_back_bring_the_unit_and_its_finished_picture(stage: Stage) -> None:
    for channel in (1, 2):
        stage.session.select(Unit("1", channel))
        stage.until(lambda c=channel: is_finished(stage, f"1[{c}]"))
    second = picture(stage)
    assert edit_menu(stage) == ["Undo: select unit 2", "Redo: nothing yet"]
    press(stage, Qt.Key.Key_Z)
    assert stage.state.unit == Unit("1", 1)
    stage.until(lambda: is_finished(stage, "1[1]"), 3)
    assert edit_menu(stage)[1] == "Redo: select unit 2"
    press(stage, Qt.Key.Key_Y)
    stage.until(lambda: is_finished(stage, "1[2]"), 3)
    assert np.array_equal(picture(stage).sheet, second.sheet)
    press(stage, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert stage.state.unit == Unit("1", 1)
    stage.until(lambda: is_finished(stage, "1[1]"), 3)
    assert not stage.window.synthesis.stale_reason()


def test_every_kind_of_choice_comes_back(stage: Stage) -> None:
    first = stage.state
    stage.window.run_action("next_colormap")
    stage.window.run_action("mode_synthesis")
    stage.window.lenses["lens1"]._choose("view", "raw")
    stage.window.run_action("pin")
    stage.session.select(Unit("3", 1))
    stage.window.run_action("pin")
    stage.window.run_action("mode_map")
    while stage.window.session.undo():
        pass
    for name in ("colours", "mode", "panels", "pinned", "unit", "layer", "map", "statistics"):
        assert getattr(stage.state, name) == getattr(first, name), name
    assert stage.window.page.mode == first.mode


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit, QSpinBox])
def test_text_fields_have_their_own_undo_once_something_is_typed(
    qtbot: Any, kind: type[QWidget]
) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    field = kind(owner)
    TypingGuard(owner)
    owner.show()
    assert not _overrides_undo(field)  # nothing was typed: the key is the window's
    qtbot.keyClicks(field, "7")
    assert _overrides_undo(field)


def _overrides_undo(field: QWidget) -> bool:
    """Return whether a field takes Ctrl+Z before the window's shortcut does."""
    from PyQt6.QtCore import QCoreApplication, QEvent
    from PyQt6.QtGui import QKeyEvent

    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, CONTROL, "\x1a")
    event.ignore()
    QCoreApplication.sendEvent(field, event)
    return event.isAccepted()


def test_another_network_and_its_selection_are_undone_together(
    stage: Stage, tmp_path: Path
) -> None:
    stage.session.select(Unit("3", 2))
    stage.window.backend.run(toy(tmp_path, "dictionary"))
    stage.until(lambda: stage.window.backend.info.layer("conv"))
    assert stage.state.unit is None
    press(stage, Qt.Key.Key_Z)
    assert (stage.state.layer, stage.state.unit) == ("3", Unit("3", 2))
    stage.until(lambda: stage.window.backend.info.layer("3"))
    assert (stage.state.layer, stage.state.unit) == ("3", Unit("3", 2))
    press(stage, Qt.Key.Key_Y)
    stage.until(lambda: stage.window.backend.info.layer("conv"))
    assert stage.state.layer == "conv"


def test_a_stroke_is_one_step_in_the_same_order_as_all_else(qtbot: Any, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), EMPTY)
    table = Table(stage)
    stage.session.update(frozen=True)
    table.press((2, 2))
    table.move((2, 4))
    table.release((2, 4))
    table.shows((2, 2), (2, 3), (2, 4))
    stage.window.run_action("per_unit")
    table.click((5, 5))
    table.shows((2, 2), (2, 3), (2, 4), (5, 5))
    assert edit_menu(stage)[0] == "Undo: draw on the board"
    press(stage, Qt.Key.Key_Z)
    table.shows((2, 2), (2, 3), (2, 4))
    press(stage, Qt.Key.Key_Z)
    assert not stage.state.per_unit
    table.shows((2, 2), (2, 3), (2, 4))
    press(stage, Qt.Key.Key_Z)
    table.shows()
    press(stage, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    table.shows((2, 2), (2, 3), (2, 4))
    table.tools.clear.click()
    table.shows()
    table.tools.rows.setValue(20)
    stage.until(lambda: table.board.shape == (20, 16))
    press(stage, Qt.Key.Key_Z)
    stage.until(lambda: table.board.shape == (12, 16))
    press(stage, Qt.Key.Key_Z)
    table.shows((2, 2), (2, 3), (2, 4))


def test_after_a_restart_in_the_backward_mosaic_the_middle_is_not_empty(
    qtbot: Any, tmp_path: Path
) -> None:
    first = Stage(qtbot, tmp_path, toy(tmp_path), selects_first=True, unlocked=False)
    first.runs()
    first.session.select(Unit("4", 1))
    first.session.update(layer="1")
    first.window.run_action("grid")
    assert first.state.grid == "backward"
    first.close()
    path = first.place
    # the very same on another network, where neither unit nor pin is there any more
    again = Stage(qtbot, tmp_path, toy(tmp_path, "dictionary"), selects_first=True, unlocked=False)
    assert load_state(path).grid == "backward"
    again.runs()
    again.until(lambda: again.window.mosaic.grid is not None)
    again.until(lambda: again.state.unit is not None)
    again.until(lambda: again.window.mosaic._stack.currentIndex() == 1)


def test_a_state_is_saved_opened_undone_and_dropped(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pictures(tmp_path)
    stage.window.backend.open_source(SourceChoice(kind="pictures", path=str(folder)))
    stage.session.select(Unit("3", 2))
    stage.window.run_action("mode_synthesis")
    file = tmp_path / "talk"
    chosen: list[str] = []

    def answer(parent: Any, title: str, proposal: str, filters: str) -> tuple[str, str]:
        chosen.append(Path(proposal).name)
        return str(file), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    save_state_as(stage.window, stage.window.backend)
    assert chosen == ["toy.py-net-3.dnnvis.json"]
    assert stage.state.state_folder == str(tmp_path)
    path = tmp_path / "talk.dnnvis.json"
    assert json.loads(path.read_text())["state"]["source"]["path"] == "./pictures"
    assert stage.window.toast.isVisible()
    assert str(path) == str(stage.window.toast.path)
    stage.window.run_action("mode_explore")
    stage.session.select(Unit("1", 0))
    open_path(stage.window, stage.window.backend, str(path))
    assert (stage.state.mode, stage.state.unit) == ("synthesis", Unit("3", 2))
    assert edit_menu(stage)[0] == "Undo: open talk.dnnvis.json"
    press(stage, Qt.Key.Key_Z)
    assert (stage.state.mode, stage.state.unit) == ("explore", Unit("1", 0))
    begun = load_first_state(LaunchOptions(), tmp_path / "none.json", read_state_file(path))
    assert (begun.mode, begun.unit, begun.source.path) == ("synthesis", Unit("3", 2), str(folder))
    assert not begun.network.trust_code


def test_what_a_state_names_that_is_not_there_is_said(stage: Stage, tmp_path: Path) -> None:
    data: dict[str, Any] = {
        "format": "dnnvis state",
        "version": 1,
        "state": {
            "layer": "conv9",
            "unit": "conv9[3]",
            "synthesis": {"preset": "none such"},
            "gamma": 0.3,
        },
    }
    path = tmp_path / "a.dnnvis.json"
    path.write_text(json.dumps(data))
    open_state(stage.window.backend, str(path))
    stage.until(lambda: len(stage.problems()) >= 2)
    stage.until(lambda: any("as far as" in text for text in stage.problems()))
    text = " ".join(stage.problems())
    assert "Missing: the preset 'none such'." in text
    assert "has no conv9[3] and no conv9, which the state names" in text
    assert stage.state.gamma == 0.3
    assert stage.window.backend.info.layer(stage.state.layer)
    path.write_text("{")
    open_state(stage.window.backend, str(path))
    stage.until(lambda: any("is no state of a window" in text for text in stage.problems()))


def test_the_state_is_saved_now_and_then(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    saver = StateSaver(stage.window, stage.session, path)
    stage.session.select(Unit("3", 2))
    saver.save()
    saver.close()
    saved = load_state(path)
    assert saved.unit == Unit("3", 2)
    assert saved.window_geometry
    stamp = path.stat().st_mtime_ns
    saver.save()
    saver.close()
    assert path.stat().st_mtime_ns == stamp  # nothing changed, nothing is written


def test_a_saved_picture_has_caption_and_scale_or_not_as_chosen(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.session.select(Unit("3", 2))
    lens = stage.window.lenses["lens3"]
    stage.until(lambda: lens._picture() is not None and lens._picture().unit == "3[2]")
    proposals: list[str] = []

    def answer(parent: Any, title: str, proposal: str, *rest: str) -> tuple[str, str]:
        proposals.append(proposal)
        return str(tmp_path / Path(proposal).name), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    lens.export_image()
    lens.export_image()
    assert Path(proposals[0]).parent == Path.home()
    assert Path(proposals[1]).parent == tmp_path
    assert (stage.state.save_folder, stage.state.state_folder) == (str(tmp_path), "")
    first = tmp_path / "toy.py-net-3-2-gradient.png"
    assert Path(proposals[1]).name == "toy.py-net-3-2-gradient 2.png"
    with Image.open(first) as image:
        assert json.loads(image.info[RECIPE])["unit"] == "3[2]"
        assert image.size[0] > 360
        sheet = image.convert("RGB")
    letters = np.asarray(sheet)[380:].max(-1) < 60
    assert letters.sum() > 100
    assert stage.window.toast.isVisible()
    assert not stage.window.toast.hasFocus()
    stage.window.toast.copy_path()
    assert QGuiApplication.clipboard().text().endswith("gradient 2.png")
    dragged = lens.drag.create_data()
    assert Path(dragged.urls()[0].toLocalFile()).name == first.name
    with Image.open(dragged.urls()[0].toLocalFile()) as image:
        assert RECIPE in image.info
    stage.session.update(captions=False)
    plain = lens.image()
    assert (plain.width(), plain.height()) == lens._pixels(lens._picture()).shape[1::-1]


def test_a_unit_has_a_page_where_its_six_cards_are(stage: Stage) -> None:
    stage.session.select(Unit("3", 2))
    stage.window.resize(1280, 800)
    stage.until(lambda: grab_unit_page(stage.window.context) is not None)
    page = grab_unit_page(stage.window.context)
    assert page is not None
    assert page.width() > 700
    stage.window.run_action("mode_map")
    assert grab_unit_page(stage.window.context) is None


def test_only_what_is_visible_is_saved(stage: Stage) -> None:
    stage.window.mosaic.setFocus()
    stage.window.run_action("mode_map")
    panel = panel_export.choose_panel(stage.window)
    assert panel is not None
    assert panel.isVisible()
    assert panel_export.name_file(stage.window.mosaic) == "toy.py-net-1-units"


@pytest.mark.parametrize("seed", range(2))
def test_escape_closes_what_is_open_and_changes_no_choice(stage: Stage, seed: int) -> None:
    rng, window = random.Random(seed), stage.window
    stage.session.select(Unit("1", 2))
    opened = [
        lambda: window.page.toggle_enlarged(rng.choice(sorted(window.page.plan.boxes))),
        lambda: window.page.toggle_fold(rng.choice(["lens1", "synthesis", "mosaic"])),
        window.toggle_problems,
        lambda: window.run_action("help"),
        lambda: window.run_action(f"mode_{rng.choice(MODES)}"),
        lambda: window.run_action("go_to"),
    ]
    for _ in range(6):
        for _ in range(rng.randrange(1, 4)):
            rng.choice(opened)()
        if window.go_to.isVisible():
            stage.bot.keyClick(window.go_to.query, Qt.Key.Key_Escape)
        state, undo = stage.state, edit_menu(stage)
        for _ in range(5):
            stage.bot.keyClick(window, Qt.Key.Key_Escape)
            assert stage.state == state
        assert edit_menu(stage) == undo
        assert window.teaching.keys.isHidden()
        assert window.teaching.cards.isHidden()
        assert window.problem_popup.isHidden()
        assert window.page.enlarged == window.page.open_fold == ""


def test_undo_brings_back_theme_letters_and_the_position_in_the_source(
    stage: Stage, tmp_path: Path
) -> None:
    window, feeder = stage.window, stage.window.backend.feeder
    theme.apply_theme(QApplication.instance(), stage.state.theme)
    dark, points = theme.palette(window), QApplication.font().pointSizeF()
    window.set_theme("light")
    window.scale_letters(2)
    assert theme.palette(window) != dark
    assert QApplication.font().pointSizeF() == points + 2
    folder = SourceChoice(kind="pictures", path=str(pictures(tmp_path)))
    window.backend.open_source(folder)
    stage.until(lambda: feeder.position == 0.0)
    window.run_action("step")
    stage.until(lambda: feeder.position == 0.5)
    assert stage.state.frozen
    press(stage, Qt.Key.Key_Z)
    stage.until(lambda: feeder.position == 0.0)
    assert not stage.state.frozen
    for _ in range(3):
        press(stage, Qt.Key.Key_Z)
    assert stage.state.source != folder
    assert theme.palette(window) == dark
    assert QApplication.font().pointSizeF() == points
    theme.apply_theme(QApplication.instance(), "system")
