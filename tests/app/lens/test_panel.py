import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication, QImage, QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QComboBox, QLineEdit, QListWidget, QMainWindow, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.input.panel import InputPanel
from dnnvis.app.lens.panel import LensPanelView
from dnnvis.app.predictions.panel import PredictionsPanel
from dnnvis.app.problems.panel import ProblemsPanel
from dnnvis.app.shell.help_overlay import HelpOverlay
from dnnvis.app.shell.typing_guard import TypingGuard, accepts_text
from dnnvis.app.unit.panel import UnitPanel
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.image_files import RECIPE
from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import Failure, Live, NetworkInfo, OutputMeaning
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.live_frames import make_live


def shown(qtbot: QtBot, panel: QWidget, info: NetworkInfo | None, live: Live | None) -> None:
    qtbot.addWidget(panel)
    panel.session.listen(panel.show_state)
    panel.resize(320, 420)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    if live is not None:
        panel.on_message("live", live)
    panel.grab()


def test_the_receptive_field_of_a_place_is_drawn_on_the_input(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = InputPanel(Session(State(unit=Unit("block.conv", 1, (4, 5)))))
    shown(qtbot, panel, info, live)
    assert panel.view._boxes == (((4, 3, 3, 3), "cursor", False),)
    assert panel.field_label.text() == "receptive field 3 × 3 at 4,5"
    assert panel.preprocessing.text() == "8 x 8 RGB, crop"
    assert (panel.view.pixels == live.pixels).all()


def test_without_a_place_the_field_lies_where_the_map_is_greatest(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = InputPanel(Session(State(unit=Unit("block.conv", 1))))
    shown(qtbot, panel, info, live)
    assert panel.view._boxes == (((6, 6, 2, 2), "cursor", True),)
    assert "(where the map is greatest)" in panel.field_label.text()


def test_a_dense_unit_is_said_to_see_the_whole_input(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = InputPanel(Session(State(unit=Unit("dense", 1))))
    shown(qtbot, panel, info, live)
    assert panel.view._boxes == (((0, 0, 8, 8), "cursor", False),)
    assert panel.field_label.text() == "dense sees the whole input"


def test_the_overlay_changes_the_picture_and_says_so(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = InputPanel(Session(State(unit=Unit("block.conv", 1))))
    shown(qtbot, panel, info, live)
    panel.session.update(overlay="active")
    assert not (panel.view.pixels == live.pixels).all()
    assert "photo where the unit is active" in panel.field_label.text()


def test_an_input_without_frame_says_what_would_bring_one(qtbot: QtBot, info: NetworkInfo) -> None:
    panel = InputPanel(Session())
    shown(qtbot, panel, info, None)
    assert panel.view.message == messages.NO_FRAME
    panel.show_info(None)
    assert panel.view.message == ""  # one panel says it


def test_the_unit_panel_shows_name_numbers_and_trace(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = UnitPanel(Session(State(unit=Unit("block.conv", 1, (0, 2)))))
    shown(qtbot, panel, info, live)
    assert panel.title.text() == "block.conv[1]@0,2"
    texts = {name: label.text() for name, label in panel.numbers.items()}
    assert texts == {
        "value": "66.0",
        "max": "127",
        "mean": "95.5",
        "at": "7,7",
        "active": "100 %",
    }
    panel.on_message("live", make_live(143))
    qtbot.waitUntil(lambda: panel.trace_label.text() == "maximum, last 2 frames")
    panel.session.select(Unit("block.conv", 2))
    assert panel.trace_label.text() == "maximum, last 1 frame"


def test_a_card_has_a_trace_once_there_are_two_values(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = UnitPanel(Session(State(unit=Unit("block.conv", 1))))
    shown(qtbot, panel, info, live)
    panel.set_compact(True)
    assert panel.trace.isHidden()
    assert panel.trace_label.isHidden()
    panel.on_message("live", make_live(143))
    qtbot.waitUntil(lambda: not panel.trace.isHidden())
    assert not panel.trace_label.isHidden()
    panel.set_compact(False)


def test_a_click_on_the_enlarged_map_selects_that_place(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = UnitPanel(Session(State(layer="block.conv", unit=Unit("block.conv", 1))))
    shown(qtbot, panel, info, live)
    place = panel.view.image_rect()
    cell = place.width() / 8
    where = QPoint(int(place.x() + 6.5 * cell), int(place.y() + 3.5 * cell))
    QTest.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=where)
    assert panel.session.state.unit == Unit("block.conv", 1, (3, 6))


def test_a_preview_lasts_until_the_mouse_leaves(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = UnitPanel(Session(State(unit=Unit("block.conv", 1))))
    shown(qtbot, panel, info, live)
    panel.preview(Unit("block.conv", 3))
    qtbot.waitUntil(lambda: panel.title.text() == "block.conv[3]")
    assert panel.kind.text() == "under the mouse"
    panel.preview(None)
    qtbot.waitUntil(lambda: panel.title.text() == "block.conv[1]")


def test_without_a_unit_the_panel_says_how_to_choose_one(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = UnitPanel(Session())
    shown(qtbot, panel, info, live)
    assert panel.view.message == messages.NO_UNIT


def test_a_class_is_a_unit_too(qtbot: QtBot, info: NetworkInfo, live: Live) -> None:
    panel = UnitPanel(Session(State(unit=Unit("output", 1))))
    shown(qtbot, panel, info, live)
    assert panel.kind.text() == "dog"
    assert panel.numbers["max"].text() == "0.700"


UNIT = Unit("block.pool", 2)


def gradient(**changes: object) -> Picture:
    values = np.linspace(-1, 1, 8 * 8 * 3, dtype=np.float32).reshape(8, 8, 3)
    made = Picture(values, "signed", "guided", {"lens": "guided"}, {}, str(UNIT), 142, "toy")
    return replace(made, **changes)


@pytest.fixture
def lens(qtbot: QtBot, info: NetworkInfo, live: Live) -> LensPanelView:
    panel = LensPanelView(Session(State(unit=UNIT)), "lens1", stale_after_ms=0)
    shown(qtbot, panel, info, live)
    return panel


def test_a_lens_picture_is_stamped_and_drawn(lens: LensPanelView) -> None:
    assert lens.view.message == "Working on the first picture of block.pool[2] ..."
    lens.on_message("lens2", gradient())
    assert lens.view.pixels is None
    lens.on_message("lens1", gradient())
    assert lens.view.pixels.shape == (8, 8, 3)
    assert lens.caption.text() == "block.pool[2] · frame 142 · toy"
    assert "clipped at ±" in lens.notes.text()


def test_raw_stays_one_choice_away(lens: LensPanelView) -> None:
    lens.on_message("lens1", gradient())
    lens.shown_as.setCurrentText("raw")
    lens.shown_as.activated.emit(lens.shown_as.currentIndex())
    assert lens.choice.view == "raw"
    assert "mid-grey = 0, range ±1" in lens.notes.text()
    assert lens.view.inset() is None


def test_a_cut_out_is_framed_in_an_inset_and_said(lens: LensPanelView, tmp_path: Path) -> None:
    values = np.zeros((64, 64, 3), np.float32)
    values[40:44, 8:12] = 1
    lens.on_message("lens1", gradient(values=values))
    assert lens.view.pixels.shape == (8, 8, 3)
    assert "cut to 2 % of the picture" in lens.notes.text()
    whole, cut_out = lens.view.inset()
    assert whole.contains(cut_out)
    assert cut_out.width() == pytest.approx(whole.width() / 8)
    assert (cut_out.center().y() - whole.y()) / whole.height() == pytest.approx(42 / 64)
    lens.grab()
    lens.save_npy(tmp_path / "values.npy")
    assert (np.load(tmp_path / "values.npy") == values).all()
    lens.on_message("lens1", gradient(values=values + 1))
    assert lens.view.inset() is None


def test_lenses_that_give_the_same_picture_say_so(lens: LensPanelView) -> None:
    lens.on_message("lens1", gradient())
    lens.on_message("lens3", gradient())
    same = "The same picture as gradient: these lenses differ only in how they go back through"
    assert lens.notes.text().startswith(same)
    assert lens.view.note == ""
    lens.set_compact(True)
    lens.on_message("lens3", gradient())
    assert lens.view.note.startswith(same)  # in a card over the picture
    with_note = lens.view.grab().toImage()
    lens.view.show_note("")
    assert lens.view.grab().toImage() != with_note
    lens.set_compact(False)
    lens.on_message("lens2", gradient())
    assert lens.notes.text().startswith("The same picture as gradient and guided")
    for other in (gradient(frame=143), gradient(values=np.zeros((8, 8, 3), np.float32) + 0.1)):
        lens.on_message("lens3", other)
        lens.on_message("lens2", other)
        assert lens.notes.text().startswith("clipped")


def test_a_picture_of_another_frame_unit_or_network_is_marked_stale(lens: LensPanelView) -> None:
    lens.on_message("lens1", gradient())
    lens.on_message("live", make_live(143))
    assert lens.view.stale
    assert lens.caption.text().endswith("· stale")
    lens.on_message("lens1", gradient(frame=143))
    assert not lens.view.stale
    lens.session.select(Unit("block.pool", 3))
    assert lens.stale_reason() == "of block.pool[2], no longer the selected unit"
    assert lens.view.stale
    lens.session.select(UNIT)
    lens.on_message("lens1", gradient(frame=143, network="other"))
    assert lens.view.stale


def test_a_pinned_origin_keeps_its_picture_fresh(lens: LensPanelView) -> None:
    lens.on_message("lens1", gradient())
    lens.session.update(pinned=UNIT, unit=Unit("dense", 4))
    assert not lens.view.stale


def test_a_picture_that_is_late_for_a_moment_is_not_marked(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = LensPanelView(Session(State(unit=UNIT)), "lens1", stale_after_ms=40)
    shown(qtbot, panel, info, live)
    panel.on_message("lens1", gradient())
    panel.on_message("live", make_live(143))
    assert not panel.view.stale
    qtbot.waitUntil(lambda: panel.view.stale)


def test_failures_and_zero_gradients_are_words(lens: LensPanelView) -> None:
    lens.on_message("lens1", Failure("This network has no rectifier."))
    assert lens.view.message == "This network has no rectifier."
    lens.on_message("lens1", gradient(values=np.zeros((8, 8, 3), np.float32)))
    assert lens.view.message.startswith("The gradient is exactly zero here")
    lens.session.select(None)
    assert lens.received is not None


def test_the_controls_ask_the_session(lens: LensPanelView) -> None:
    assert [lens.to.itemData(k) for k in range(lens.to.count())] == ["input", "block.conv"]
    for combo, value in (
        (lens.lens, "gradient"),
        (lens.shown_as, "histogram"),
        (lens.seed, "one"),
        (lens.to, "block.conv"),
    ):
        combo.setCurrentIndex(combo.findData(value))
        combo.activated.emit(combo.currentIndex())
    panel = lens.session.state.panels["lens1"]
    assert (panel.lens, panel.view, panel.seed, panel.to) == (
        "gradient",
        "histogram",
        "one",
        "block.conv",
    )
    lens.on_message("lens1", gradient())
    assert lens.bars.isVisible()
    lens.grab()


def test_a_saved_png_holds_its_recipe_and_the_numbers_are_unscaled(
    lens: LensPanelView, tmp_path: Path
) -> None:
    lens.session.update(captions=False)
    lens.on_message("lens1", gradient())
    lens.save_png(tmp_path / "a.png")
    saved = QImage(str(tmp_path / "a.png"))
    recipe = json.loads(saved.text(RECIPE))
    assert (recipe["lens"], recipe["unit"], recipe["frame"]) == ("guided", str(UNIT), 142)
    assert saved.pixelColor(0, 0).red() == lens.view.pixels[0, 0, 0]
    assert b"dnnvis recipe" in (tmp_path / "a.png").read_bytes()
    lens.save_npy(tmp_path / "a.npy")
    assert (np.load(tmp_path / "a.npy") == gradient().values).all()
    lens.export_copy()
    assert QGuiApplication.clipboard().image().width() == 8
    with pytest.raises(BadInput, match="cannot be written"):
        lens.save_png(tmp_path / "missing" / "a.png")


def test_a_click_on_a_bar_makes_the_class_the_unit(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = PredictionsPanel(Session(State(layer="dense")))
    shown(qtbot, panel, replace(info, meaning=OutputMeaning("probabilities")), live)
    where = QPoint(20, int(1.5 * panel.bars.row_height))
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=where)
    assert panel.session.state.unit == Unit("output", 1)
    assert panel.session.state.layer == "dense"
    assert panel.message.text() == "probabilities (they add up to 1) · true label: dog"
    below = QPoint(20, int(3.5 * panel.bars.row_height))
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=below)
    assert panel.session.state.unit == Unit("output", 1)


def test_logits_are_said_to_be_softmaxed(qtbot: QtBot, info: NetworkInfo) -> None:
    panel = PredictionsPanel(Session())
    shown(qtbot, panel, info, make_live(1, (-3.0, 5.0, 0.0)))
    assert panel.message.text().startswith("softmax of logits")
    assert panel.bars.accessibleDescription() == "dog 0.993"


def test_no_output_yet_is_said(qtbot: QtBot, info: NetworkInfo) -> None:
    panel = PredictionsPanel(Session())
    shown(qtbot, panel, info, None)
    assert panel.message.text() == messages.NO_OUTPUT


def test_problems_are_counted_listed_and_copied(qtbot: QtBot) -> None:
    panel = ProblemsPanel(Session())
    shown(qtbot, panel, None, None)
    counts: list[tuple[int, int]] = []
    panel.count_changed.connect(lambda count, notes: counts.append((count, notes)))
    assert panel.message.isVisible()
    panel.on_message("live", make_live())
    for _ in range(3):
        panel.on_message("network", Failure("It broke.", "the trace"))
    panel.on_message("source", Failure("No camera."))
    assert counts[-1] == (2, 0)
    panel.on_message("note", Failure("The weights were recognised as alexnet.", kind="Note"))
    assert counts[-1] == (2, 1)
    assert panel.list.topLevelItem(2).text(0).endswith("It broke.  (3 times)")
    panel.export_copy()
    assert "the trace" in QGuiApplication.clipboard().text()
    words = [f"layer{k}.weight" for k in range(40)]
    panel.on_message("info", Failure(" ".join(words)))
    long = panel.list.topLevelItem(0)
    assert long.text(0).split()[1:] == words, "nothing is cut off"
    assert len(long.text(0).splitlines()) > 4
    panel.resize(900, 420)
    assert len(long.text(0).splitlines()) <= 4 + 2
    panel.clear()
    assert counts[-1] == (0, 0)


def test_text_fields_take_text_and_others_do_not(qtbot: QtBot) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    editable = QComboBox(owner)
    editable.setEditable(True)
    assert all(map(accepts_text, (QLineEdit(owner), QSpinBox(owner), editable)))
    assert not any(map(accepts_text, (QComboBox(owner), QListWidget(owner), owner, None)))


def test_letters_fire_only_outside_text_fields(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    fired: list[str] = []
    action = window.addAction("next layer", lambda: fired.append("o"))
    action.setShortcut("O")
    centre = QWidget(window)
    field, number = QLineEdit(centre), QSpinBox(centre)
    centre.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    window.setCentralWidget(centre)
    TypingGuard(window)
    with qtbot.waitActive(window):
        window.show()
    for widget in (field, number):
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_O)
        assert fired == []
    assert field.text() == "o"
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.hasFocus()
    QTest.keyClick(window, Qt.Key.Key_O)
    assert fired == ["o"]
    fired.clear()
    centre.setFocus()
    QTest.keyClick(centre, Qt.Key.Key_O)
    assert fired == ["o"]


def test_arrows_stay_with_a_text_alone_and_escape_never_does(qtbot: QtBot) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    guard = TypingGuard(owner)

    def event(key: Qt.Key, text: str = "") -> QKeyEvent:
        none = Qt.KeyboardModifier.NoModifier
        return QKeyEvent(QKeyEvent.Type.ShortcutOverride, key, none, text)

    assert guard.claims_key(QLineEdit(owner), event(Qt.Key.Key_Left))
    assert not guard.claims_key(QListWidget(owner), event(Qt.Key.Key_Left))
    assert not guard.claims_key(QListWidget(owner), event(Qt.Key.Key_O, "o"))
    assert not guard.claims_key(QLineEdit(owner), event(Qt.Key.Key_Escape, "\x1b"))
    assert not guard.claims_key(owner, event(Qt.Key.Key_Left))


def test_the_help_covers_the_window_and_a_click_closes_it(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    overlay = HelpOverlay(window)
    overlay.toggle()
    overlay.grab()
    assert overlay.size() == window.size()
    window.resize(700, 500)
    qtbot.waitUntil(lambda: overlay.size() == window.size())
    QTest.mouseClick(overlay, Qt.MouseButton.LeftButton)
    assert not overlay.isVisible()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_theme_sets_one_palette(qtbot: QtBot, qapp: object, name: str) -> None:
    theme.apply_theme(qapp, name)
    widget = QWidget()
    qtbot.addWidget(widget)
    assert theme.palette(widget) == (theme.DARK if name == "dark" else theme.LIGHT)


def test_a_frame_that_fails_shows_its_sentence_instead_of_a_picture_until_one_works(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = LensPanelView(Session(State(unit=Unit("block.conv", 1))), "lens1")
    shown(qtbot, panel, info, live)
    picture = Picture(np.ones((8, 8, 3), np.float32), unit="block.conv[1]", frame=1)
    panel.on_message("lens1", picture)
    assert panel.view.pixels is not None
    panel.on_message("live", Failure("sizes differ.", kind="BadInput", in_row=3))
    assert panel.view.pixels is None
    assert "Failed 3 times in a row" in panel.view.message
    panel.on_message("live", live)
    assert panel.view.pixels is not None


def test_a_frame_that_fails_shows_its_sentence_instead_of_the_units_map(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = UnitPanel(Session(State(unit=Unit("block.conv", 1))))
    shown(qtbot, panel, info, live)
    assert panel.view.pixels is not None
    panel.on_message("live", Failure("sizes differ.", kind="BadInput", in_row=2))
    assert panel.view.pixels is None
    assert "sizes differ." in panel.view.message
    panel.on_message("live", live)
    qtbot.waitUntil(lambda: panel.view.pixels is not None)


def test_a_frame_that_fails_leaves_no_predictions_and_is_no_missing_source(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    failure = Failure("sizes differ.", kind="BadInput", in_row=2)
    for panel in (InputPanel(Session(State())), PredictionsPanel(Session(State()))):
        shown(qtbot, panel, info, None)
        panel.on_message("live", failure)
        text = panel.view.message if isinstance(panel, InputPanel) else panel.message.text()
        assert text == "sizes differ."
        panel.on_message("live", live)
        if isinstance(panel, InputPanel):
            assert panel.view.pixels is not None
        else:
            qtbot.waitUntil(lambda p=panel: len(p.bars.rows) > 0)
            panel.on_message("live", failure)
            assert len(panel.bars.rows) == 0


def test_a_map_of_importance_lies_over_its_frame(lens: LensPanelView, live: Live) -> None:
    lens.shown_as.setCurrentText("raw")
    lens.shown_as.activated.emit(lens.shown_as.currentIndex())
    values = np.zeros((*live.pixels.shape[:2], 1), np.float32)
    values[0, 0] = 2.0
    picture = gradient(values=values, scale="positive", recipe={"lens": "layercam"})
    lens.on_message("lens1", picture)
    strongest = lens.view.pixels[0, 0].tolist()
    assert strongest[0] > strongest[2] + 100  # orange
    assert "orange speaks for the unit, up to 2" in lens.notes.text()
    alone = replace(picture, frame=live.frame.number + 1)
    assert lens._pixels(alone)[-1, -1].tolist() == [0, 0, 0]  # of a frame that is gone
    assert lens._pixels(picture)[-1, -1].any()
