"""Notes and bookmarks: the strip alone, then the whole way into the library and back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.unit import notes as unit_notes
from dnnvis.app.unit import notes_text
from dnnvis.app.unit.notes import NotesStrip
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.notes import Mark, SavedNotes
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.library.store.library import open_library
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.zoo.catalog import open_network
from helpers.application_window import Stage, toy

NET = NetworkChoice("toy")
NAME = "block.conv[1]"


@pytest.fixture
def strip(qtbot: QtBot, info: NetworkInfo) -> NotesStrip:
    made = NotesStrip(Session(State(unit=Unit("block.conv", 1))))
    qtbot.addWidget(made)
    made.session.listen(made.show_state)
    with qtbot.waitExposed(made):
        made.show()
    made.show_info(replace(info, choice=NET))
    made.on_message("notes", SavedNotes(NET, {NAME: "wheels", "dense[3]": "sky"}, ("dense[3]",)))
    return made


def type_(strip: NotesStrip, text: str) -> None:
    strip.text.setFocus()
    strip.text.selectAll()
    for letter in text:
        strip.text.insertPlainText(letter)


def test_the_selected_units_note_and_bookmark_are_shown(strip: NotesStrip) -> None:
    assert strip.text.toPlainText() == "wheels"
    assert not strip.bookmark_button.isChecked()
    assert strip.status_label.text() == "kept in the library"
    strip.session.select(Unit("dense", 3, (0, 0)))
    assert strip.text.toPlainText() == "sky"
    assert strip.bookmark_button.isChecked()
    strip.session.select(Unit("dense", 4))
    assert strip.text.toPlainText() == ""
    assert strip.text.placeholderText() == "a note to dense[4] ..."
    strip.session.select(None)
    assert not strip.text.isEnabled()
    assert not strip.bookmark_button.isEnabled()


def test_a_note_is_saved_after_a_pause(
    strip: NotesStrip, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_notes, "SAVE_DELAY_MS", 20)
    type_(strip, "spokes")
    assert strip.session.state.marks == ()
    assert strip.status_label.text() == "to be written ..."
    qtbot.waitUntil(lambda: strip.session.state.marks == (Mark(NET, NAME, "spokes"),))
    assert strip.text.toPlainText() == "spokes"


def test_a_note_is_saved_when_the_focus_goes(strip: NotesStrip, qtbot: QtBot) -> None:
    other = QWidget()
    qtbot.addWidget(other)
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    strip.activateWindow()
    type_(strip, "spokes")
    qtbot.waitUntil(strip.text.hasFocus)
    strip.bookmark_button.setFocus()
    assert strip.session.state.marks == (Mark(NET, NAME, "spokes"),)


def test_going_on_to_another_unit_keeps_what_was_typed_for_the_first(
    strip: NotesStrip, qtbot: QtBot
) -> None:
    type_(strip, "spokes")
    strip.session.select(Unit("dense", 3))
    assert strip.text.toPlainText() == "sky"
    strip.session.select(Unit("block.conv", 1))
    assert strip.text.toPlainText() == "spokes"
    qtbot.waitUntil(lambda: strip.session.state.marks == (Mark(NET, NAME, "spokes"),))


def test_what_is_written_leaves_the_state_but_not_what_was_typed_since(strip: NotesStrip) -> None:
    type_(strip, "one")
    strip.save()
    strip.bookmark()
    first = strip.session.state.marks
    type_(strip, "two")
    strip.save()
    strip.on_message("notes", SavedNotes(NET, {NAME: "one"}, (NAME,), first))
    assert strip.session.state.marks == (Mark(NET, NAME, "two", True),)
    assert strip.text.toPlainText() == "two"
    strip.on_message("notes", SavedNotes(NET, {NAME: "two"}, (NAME,), strip.session.state.marks))
    assert strip.session.state.marks == ()
    assert strip.status_label.text() == "kept in the library"


def test_typing_is_not_disturbed_by_what_arrives(strip: NotesStrip) -> None:
    type_(strip, "in the midd")
    cursor = strip.text.textCursor().position()
    strip.on_message("notes", SavedNotes(NET, {NAME: "wheels"}))
    assert strip.text.toPlainText() == "in the midd"
    assert strip.text.textCursor().position() == cursor


def test_an_emptied_note_is_removed(strip: NotesStrip) -> None:
    strip.text.clear()
    strip.save()
    assert strip.session.state.marks == (Mark(NET, NAME, ""),)
    assert NAME not in strip.all_notes.notes


def test_a_library_that_fails_is_told_and_the_mark_stays(strip: NotesStrip) -> None:
    strip.bookmark()
    strip.on_message("notes", Failure("The disk is full."))
    assert strip.status_label.text() == "The disk is full."
    assert strip.bookmark_button.isChecked()
    assert strip.session.state.marks


def test_notes_of_another_network_are_not_shown(strip: NotesStrip, info: NetworkInfo) -> None:
    strip.show_info(replace(info, choice=NetworkChoice("other")))
    assert strip.text.toPlainText() == ""
    assert not strip.menu_button.isEnabled()


def test_the_list_leads_to_every_unit_with_a_mark(strip: NotesStrip) -> None:
    strip.fill_menu()
    actions = [one for one in strip.menu_button.menu().actions() if not one.isSeparator()]
    assert [one.text() for one in actions] == ["dense[3]   sky", "block.conv[1]   wheels"]
    assert strip.menu_button.text() == "2 marked"
    actions[0].trigger()
    assert strip.session.state.unit == Unit("dense", 3)


def test_a_unit_that_this_network_does_not_have_cannot_be_chosen(strip: NotesStrip) -> None:
    strip.on_message("notes", SavedNotes(NET, {}, ("gone[1]", "dense[2]")))
    strip.fill_menu()
    actions = [one for one in strip.menu_button.menu().actions() if not one.isSeparator()]
    assert [one.isEnabled() for one in actions] == [False, True]


def test_long_notes_are_cut_in_the_list_and_signs_are_kept() -> None:
    noted = SavedNotes(NET, {"a[1]": "cats & dogs\nand more", "b[2]": "x" * 90}, ())
    assert notes_text.summarize_note("a[1]", noted) == "a[1]   cats && dogs"
    assert (
        len(notes_text.summarize_note("b[2]", noted))
        == len("b[2]   ") + notes_text.MAX_NOTE_LETTERS
    )


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    made = Stage(qtbot, tmp_path, toy(tmp_path))
    made.runs()
    return made


def in_library(stage: Stage) -> tuple[dict[str, str], list[str]]:
    net = open_network(**vars(stage.state.network))
    with open_library(net, create=False) as library:
        return library.notes(), library.bookmarks()


def test_a_bookmark_and_a_note_go_into_the_library(stage: Stage) -> None:
    stage.session.select(Unit("1", 4))
    stage.bot.keyClick(stage.window, Qt.Key.Key_D, modifier=Qt.KeyboardModifier.ControlModifier)
    notes = stage.window.unit.notes
    assert notes.bookmark_button.isChecked()
    notes.text.setFocus()
    stage.bot.keyClicks(notes.text, "fires on o and g")  # letters that are keys of the window
    assert stage.state.layer == "1"
    assert not stage.state.synthesis.run
    notes.save()
    stage.until(
        lambda: notes.status_label.text() == "kept in the library" and not stage.state.marks
    )
    assert in_library(stage) == ({"1[4]": "fires on o and g"}, ["1[4]"])
    stage.bot.keyClick(notes.text, Qt.Key.Key_D, modifier=Qt.KeyboardModifier.ControlModifier)
    stage.until(lambda: not notes.bookmark_button.isChecked() and not stage.state.marks)
    assert in_library(stage)[1] == []


def test_closing_the_window_right_after_typing_loses_nothing(stage: Stage) -> None:
    stage.session.select(Unit("3", 2))
    stage.bot.keyClicks(stage.window.unit.notes.text, "last words")
    assert not stage.state.marks
    stage.window.close()
    assert in_library(stage) == ({"3[2]": "last words"}, [])


def test_notes_come_back_with_the_network(qtbot: Any, tmp_path: Path, stage: Stage) -> None:
    net = open_network(**vars(stage.state.network))
    stage.window.close()
    with open_library(net) as library:
        library.write_note("1[2]", "from a script")
        library.bookmark("1[3]")
    again = Stage(qtbot, tmp_path, stage.state.network)
    again.runs()
    again.session.select(Unit("1", 2))
    notes = again.window.unit.notes
    again.until(lambda: notes.text.toPlainText() == "from a script")
    assert notes.menu_button.text() == "2 marked"
