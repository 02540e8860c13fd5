"""The Synthesis panel: what it draws of a growing picture, and what its controls ask for."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.synthesis.measures import MetricsColumn
from dnnvis.app.synthesis.panel import SynthesisPanel
from dnnvis.app.widgets.image_files import RECIPE
from dnnvis.core.job_state import JobState
from dnnvis.core.lens_results import Patterns, QualityMetrics, StoredPicture
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis
from helpers.synthesis_results import SETTINGS, make_grown

GOAL = "block.conv[1]"


class Begun(Jobs):
    """Notes which jobs were begun."""

    def __init__(self) -> None:
        super().__init__(lambda name, args: None)
        self.begun: list[tuple[str, list[str]]] = []

    def begin(self, name: str, args: Sequence[str]) -> bool:
        self.begun.append((name, list(args)))
        return True


@pytest.fixture
def panel(qtbot: QtBot, info: NetworkInfo) -> SynthesisPanel:
    state = State(layer="block.conv", unit=Unit("block.conv", 1), synthesis=Synthesis(goal=GOAL))
    made = SynthesisPanel(Session(state), SETTINGS, Begun(), stale_after_ms=0)
    qtbot.addWidget(made)
    made.session.listen(made.show_state)
    made.resize(320, 420)
    with qtbot.waitExposed(made):
        made.show()
    made.show_info(info)
    return made


def arrives(panel: SynthesisPanel, value: Any, key: str = "synthesis") -> None:
    panel.on_message(key, value)
    panel._redraw()  # what the pace would do a little later


def test_a_growing_picture_is_drawn_with_its_numbers_curve_and_steps(
    panel: SynthesisPanel,
) -> None:
    arrives(panel, make_grown(step=12))
    form = panel
    (tile,) = form.view.tiles
    assert tile.pixels.shape == (8, 8, 3)
    assert tile.pixels.flags.c_contiguous
    assert form.steps.text() == "12 / 48"
    assert form.caption.text() == f"{GOAL} · toy"
    assert form.notes.text() == "what it wants to see"
    assert form.main.text() == "Pause"
    assert form.keep.isEnabled()
    assert form.curve._curve.shape == (12, 1)
    assert form.measures.values["reached"].text() == "1.00"
    assert form.measures.values["high freq."].text() == "0.030"


def test_each_step_redraws_the_picture(panel: SynthesisPanel) -> None:
    first, second = make_grown(step=1), make_grown(step=2)
    arrives(panel, first)
    before = panel.view.grab().toImage()
    arrives(panel, replace(second, sheet=1 - second.sheet))
    assert panel.view.grab().toImage() != before
    shown = panel.view.tiles[0].pixels
    assert np.abs(shown / 255 - (1 - second.sheet[0])).max() < 0.01


def test_of_nine_pictures_the_best_is_chosen_until_another_is_clicked(
    panel: SynthesisPanel, qtbot: QtBot
) -> None:
    arrives(panel, make_grown(9))
    view = panel.view
    assert [tile.text for tile in view.tiles] == [f"{k + 1:.2f}" for k in range(9)]
    assert view.chosen == 8
    assert panel.measures.values["reached"].text() == "9.00"
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.image_rect(2).center().toPoint())
    assert view.chosen == 2
    assert panel.measures.values["reached"].text() == "3.00"
    panel.keep_picture()
    assert panel.state.synthesis.keep == 1
    assert panel.state.synthesis.which == 2
    panel.session.update(synthesis=replace(panel.synthesis, goal="dense[1]"))
    arrives(panel, make_grown(9, unit="dense[1]"))
    assert view.chosen == 8


def test_numbers_that_were_not_measured_yet_leave_those_before(panel: SynthesisPanel) -> None:
    arrives(panel, make_grown())
    arrives(panel, make_grown(measures=()))
    assert panel.measures.values["reached"].text() == "1.00"


def test_the_natural_values_stand_beside_the_pictures_own(panel: SynthesisPanel) -> None:
    found = (QualityMetrics(2.0, 0.5, 0.01, 1.6),)
    arrives(panel, make_grown(measures=found))
    natural, values = panel.measures.natural, panel.measures.values
    assert natural["reached"].text() == "best natural 1.60: 1.25×"
    assert values["high freq."].text() == "0.500 ▲"
    assert values["variation"].text() == "0.010"
    assert natural["high freq."].text() == "photos 0.11, 95 % < 0.24"  # of 28 pixels and less


def test_a_board_is_not_measured_against_photographs(qtbot: QtBot) -> None:
    column = MetricsColumn()
    qtbot.addWidget(column)
    cells = (np.random.default_rng(0).random((1, 20, 20, 1)) < 0.5).astype(np.float32)
    column.show_metrics(make_grown(sheet=cells), 0)
    assert "▲" not in column.values["high freq."].text()
    line = column.natural["variation"]
    assert line.text() == "photos are no measure"
    assert line.fontMetrics().horizontalAdvance(line.text()) <= column.width()
    column.show_metrics(make_grown(sheet=cells * 0.9), 0)
    assert line.text().startswith("photos 0")


def test_words_of_the_measures_fit_into_their_column(qtbot: QtBot) -> None:
    column = MetricsColumn()
    qtbot.addWidget(column)
    column.show_metrics(make_grown(measures=(QualityMetrics(-1234.5, 0.123, 0.123, -1234.5),)), 0)
    for lines in (column.titles, column.natural):
        for name, line in lines.items():
            room = column.width() * (2 if line is column.natural["reached"] else 1)
            assert line.fontMetrics().horizontalAdvance(line.text()) <= room, name


def test_why_nothing_moves_stands_before_everything_else(panel: SynthesisPanel) -> None:
    arrives(panel, make_grown(error="Nothing moves: the gradient is zero.", saved="kept"))
    assert panel.notes.text() == "Nothing moves: the gradient is zero."


def test_an_empty_panel_says_what_would_fill_it(panel: SynthesisPanel) -> None:
    assert panel.view.message == f"Growing the first picture of {GOAL} ..."
    panel.session.update(synthesis=Synthesis())
    assert "Click a unit" in panel.view.message
    panel.show_info(None)
    assert panel.view.message == ""  # in Explore the middle says it
    panel.session.update(mode="synthesis")
    assert panel.view.message.startswith("Opening ")
    assert panel.state.network.net in panel.view.message
    assert panel.measures.values["reached"].text() == "–"


def test_a_failure_is_a_sentence_and_another_wish_may_do(panel: SynthesisPanel) -> None:
    arrives(panel, make_grown())
    arrives(panel, Failure("The network cannot be run backwards."))
    assert panel.view.message == "The network cannot be run backwards."
    assert panel.main.text() == "Grow"
    assert not panel.keep.isEnabled()
    panel.press_main_button()
    assert panel.state.synthesis.run == 1
    assert "Growing" in panel.view.message


def test_a_picture_of_another_goal_or_network_is_stale_and_cannot_be_kept(
    panel: SynthesisPanel, info: NetworkInfo
) -> None:
    arrives(panel, make_grown())
    assert not panel.view.stale
    panel.session.select(Unit("dense", 3))
    assert panel.view.stale
    assert not panel.keep.isEnabled()
    assert panel.caption.text().endswith("stale")
    assert "now dense[3] is to grow" in panel.caption.tip
    panel.keep_picture()
    assert panel.state.synthesis.keep == 0
    arrives(panel, make_grown(unit="dense[3]"))
    assert not panel.view.stale
    panel.show_info(replace(info, name="other"))
    assert panel.result is None


def test_what_was_kept_is_said_and_counted_once(panel: SynthesisPanel) -> None:
    arrives(panel, make_grown(step=48))
    assert panel.state.synthesis.kept == 0
    arrives(panel, make_grown(step=48, saved=f"{GOAL} kept in the library (1 picture)"))
    assert panel.notes.text() == f"{GOAL} kept in the library (1 picture)"
    assert panel.state.synthesis.kept == 1
    arrives(panel, "kept once more", "kept")
    assert panel.notes.text() == "kept once more"
    assert panel.state.synthesis.kept == 2
    arrives(panel, Failure("The disk is full."), "kept")
    assert panel.notes.text() == "The disk is full."
    assert panel.result is not None
    assert panel.main.text() == "Again"


def test_pattern_mode_is_read_again_now_and_then_while_a_layer_is_rendered(
    panel: SynthesisPanel, qtbot: QtBot
) -> None:
    panel.on_message("job render", JobState("render", "Rendering", 1, 96))
    assert panel.state.synthesis.kept == 0  # nobody looks at the kept pictures
    panel.session.update(grid="patterns")
    for done in range(2, 6):
        panel.on_message("job render", JobState("render", "Rendering", done, 96))
    assert panel.state.synthesis.kept == 1
    assert panel.job.label.text() == "Rendering · 5 of 96"
    panel.on_message("job render", JobState("render", "Done.", 96, 96, finished=True))
    qtbot.waitUntil(lambda: panel.state.synthesis.kept == 2, timeout=5000)


def test_the_main_button_pauses_goes_on_and_begins_again(
    panel: SynthesisPanel, qtbot: QtBot
) -> None:
    click = lambda: qtbot.mouseClick(panel.main, Qt.MouseButton.LeftButton)  # noqa: E731
    arrives(panel, make_grown())
    click()
    assert panel.state.synthesis.paused
    assert panel.main.text() == "Continue"
    assert panel.steps.text() == "3 / 48 · paused"
    click()
    assert not panel.state.synthesis.paused
    assert panel.main.text() == "Pause"
    arrives(panel, make_grown(step=48))
    assert panel.main.text() == "Again"
    click()
    assert panel.state.synthesis.run == 1


def test_with_nothing_to_grow_the_main_button_takes_the_selected_unit(
    panel: SynthesisPanel,
) -> None:
    panel.session.update(synthesis=Synthesis(on_click=False))
    assert panel.main.text() == "Grow"
    assert panel.main.isEnabled()
    panel.press_main_button()
    assert panel.state.synthesis.goal == GOAL
    panel.session.update(unit=None, synthesis=Synthesis())
    assert not panel.main.isEnabled()


def test_a_goal_is_typed_and_an_error_stays_beside_it(panel: SynthesisPanel, qtbot: QtBot) -> None:
    field, error = panel.objective, panel.error
    field.setFocus()
    field.setText("block.conv[1] + 2*")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert error.isVisible()
    assert "is no goal" in error.text()
    assert panel.state.synthesis.goal == GOAL
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    assert not error.isVisible()
    field.setText("gone[1]")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert error.text() == "toy has no layer 'gone'."
    field.setText("block.conv[1] + 2*dense[3]")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not error.isVisible()
    assert panel.state.synthesis.goal == "block.conv[1] + 2*dense[3]"


def test_presets_nine_and_new_seeds_change_the_wish(panel: SynthesisPanel, qtbot: QtBot) -> None:
    panel.session.update(synthesis=replace(panel.synthesis, params=(("rate", 2.0),)))
    panel.preset.setCurrentIndex(1)
    panel.preset.activated.emit(1)
    assert (panel.synthesis.preset, panel.synthesis.params) == ("deepdream", ())
    assert panel.preset.toolTip().startswith("Mordvintsev\n")  # then what a preset is
    qtbot.mouseClick(panel.nine, Qt.MouseButton.LeftButton)
    assert panel.synthesis.seeds == 9
    qtbot.mouseClick(panel.seed, Qt.MouseButton.LeftButton)
    assert (panel.synthesis.seed, panel.synthesis.run) == (9, 1)
    qtbot.mouseClick(panel.nine, Qt.MouseButton.LeftButton)
    assert panel.synthesis.seeds == 1


def test_the_settings_open_in_the_room_of_the_curve(panel: SynthesisPanel, qtbot: QtBot) -> None:
    qtbot.mouseClick(panel.settings_button, Qt.MouseButton.LeftButton)
    assert panel.settings_list.isVisible()
    assert not panel.curve.isVisible()
    panel.settings_list.editors["steps"].setValue(100)
    assert panel.synthesis.params == (("steps", 100),)
    panel.settings_list.resets["steps"].click()
    assert panel.synthesis.params == ()
    qtbot.mouseClick(panel.settings_button, Qt.MouseButton.LeftButton)
    assert not panel.settings_list.isVisible()
    assert panel.curve.isVisible()


def test_the_menus_switch_dream_and_render(panel: SynthesisPanel) -> None:
    entries = {a.text(): a for a in panel.menu_button.menu().actions()}
    entries["Only at the selected place"].trigger()
    assert panel.synthesis.at_place
    entries["Grow each unit that is selected"].trigger()
    assert not panel.synthesis.on_click
    entries["Render this layer into the library"].trigger()
    ((name, args),) = panel._jobs.begun
    assert name == "render"
    assert args[0] == "render"
    assert args[args.index("--layer") + 1] == "block.conv"
    assert args[args.index("--preset") + 1] == "live"
    unit, layer = panel.dream_button.menu().actions()
    layer.trigger()
    assert (panel.synthesis.goal, panel.synthesis.preset) == ("block.conv", "deepdream")
    unit.trigger()
    assert panel.synthesis.goal == GOAL


def test_pictures_can_be_saved_copied_and_had_as_numbers(
    panel: SynthesisPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = panel.menu_button.menu()
    menu.aboutToShow.emit()
    assert not any(action.isEnabled() for action in panel._picture_actions)
    assert panel.export_values() is None
    grown = make_grown(4)
    arrives(panel, grown)
    menu.aboutToShow.emit()
    assert all(action.isEnabled() for action in panel._picture_actions)
    asked: list[str] = []

    def answer(parent: QWidget, title: str, name: str, kinds: str) -> tuple[str, str]:
        asked.append(Path(name).name)
        return str(tmp_path / f"out{Path(name).suffix}"), kinds

    monkeypatch.setattr("PyQt6.QtWidgets.QFileDialog.getSaveFileName", answer)
    panel.export_image()
    panel._save_npy_as()
    assert asked == ["toy-block.conv-1-live.png", "toy-block.conv-1-live.npy"]
    assert QImage(str(tmp_path / "out.png")).width() > 360  # with its caption
    panel.session.update(captions=False)
    panel.export_image()
    image = QImage(str(tmp_path / "out.png"))
    assert (image.width(), image.height()) == (18, 18)  # two by two pictures of 8, 2 apart
    recipe = json.loads(image.text(RECIPE))
    assert recipe["unit"] == GOAL
    assert recipe["statistic"] == "mean"
    kept = np.lib.format.open_memmap(tmp_path / "out.npy")
    assert np.array_equal(kept, grown.sheet)
    panel.export_copy()
    assert QGuiApplication.clipboard().image().size() == image.size()


def test_a_hidden_panel_draws_nothing_and_catches_up_when_shown(panel: SynthesisPanel) -> None:
    panel.hide()
    arrives(panel, make_grown(step=7))
    assert panel.steps.text() == ""
    panel.show()
    assert panel.steps.text() == "7 / 48"


def test_every_control_has_a_name_and_says_what_it_does(panel: SynthesisPanel) -> None:
    panel.job.show()
    for kind in (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox):
        for widget in panel.findChildren(kind):
            inside = isinstance(widget.parent(), QComboBox | QAbstractSpinBox | QLineEdit)
            if inside or widget.objectName().startswith("qt_"):
                continue
            named = widget.accessibleName() or getattr(widget, "text", str)()
            assert named, widget
            assert widget.toolTip(), f"{named} has no tool tip"


def test_the_panel_is_legible_when_it_is_narrow(panel: SynthesisPanel) -> None:
    arrives(panel, make_grown())
    assert panel.curve.isVisible()
    panel.resize(320, 240)
    QApplication.processEvents()  # lays it out anew, without the curve
    assert (panel.width(), panel.height()) == (320, 240)
    assert not panel.curve.isVisible()
    assert panel.view.image_rect(0).width() >= 80
    lowest = panel.main.mapTo(panel, panel.main.rect().bottomLeft()).y()
    assert panel.view.geometry().bottom() < lowest <= panel.height()
    for button in (panel.main, panel.keep, panel.seed, panel.dream_button):
        room = button.fontMetrics().horizontalAdvance(button.text())
        assert button.width() >= room, button.text()
        assert button.geometry().right() < panel.menu_button.mapTo(panel, QPoint(0, 0)).x() + 4


def test_a_saved_picture_is_shown_large_and_saved_until_grow_shows_the_other(
    panel: SynthesisPanel,
) -> None:
    pixels = np.full((16, 16, 3), 90, np.uint8)
    stored = StoredPicture(
        pixels, "fine", {"seed": 4}, "2026-01-02T03:04:05", QualityMetrics(2.0, 0.01, 0.01, 0.1)
    )
    arrives(panel, make_grown(step=12))
    arrives(panel, Patterns("block.conv", "toy", {}, "", GOAL, (stored,)), "own pictures")
    assert panel.view.tiles[0].pixels.shape == (8, 8, 3)
    panel.session.update(synthesis=replace(panel.synthesis, saved=0))
    assert panel.view.tiles[0].pixels.tolist() == pixels.tolist()
    assert panel.steps.text() == "kept on 2026-01-02"
    assert panel.outcome.sentence.text().startswith("Excites it 20 times as much")
    assert json.loads(panel.image().text(RECIPE)) == {"seed": 4}
    assert panel.main.text() == "Grow"
    panel.press_main_button()
    assert panel.synthesis.saved == -1
    assert panel.view.tiles[0].pixels.shape == (8, 8, 3)
    assert "16" not in str(panel.export_values().shape)


def test_in_a_card_one_and_nine_are_two_buttons_and_settings_take_the_presets_room(
    panel: SynthesisPanel,
) -> None:
    panel.set_compact(True)
    panel.fold.resize(240, 700)
    panel.fold.show()
    assert (panel.one.isChecked(), panel.nine.isChecked()) == (True, False)
    panel.nine.click()
    assert panel.synthesis.seeds == 9
    assert not panel.one.isChecked()
    panel.one.click()
    assert panel.synthesis.seeds == 1
    assert panel.presets.isVisible()
    panel.settings_button.click()
    assert not panel.presets.isVisible()
    QApplication.processEvents()
    assert panel.settings_list.height() > 400
    panel.presets.chosen.emit("deepdream")
    assert not panel.every_unit.isChecked()
    panel.every_unit.click()
    assert panel.synthesis.back == ""


def test_a_picture_that_no_step_has_moved_gives_its_place_to_the_reason(
    panel: SynthesisPanel,
) -> None:
    grown = make_grown()
    still = replace(grown, error="Nothing moves: it is off.", curve=np.zeros_like(grown.curve))
    arrives(panel, still)
    assert panel.view.message == "Nothing moves: it is off."
    moved = np.arange(grown.curve.size, dtype=np.float32).reshape(grown.curve.shape)
    arrives(panel, replace(grown, error="Nothing was gained.", curve=moved))
    assert panel.view.message == ""
    assert panel.notes.text() == "Nothing was gained."
