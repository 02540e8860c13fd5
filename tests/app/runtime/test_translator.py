"""A window that was started in German: its menus, its bar, its lessons, and Qt's own texts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QCoreApplication, QLocale
from PyQt6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from dnnvis import guide
from dnnvis.app.runtime import translator
from dnnvis.app.shell.keymap import KEYS, format_key
from dnnvis.app.widgets import theme
from dnnvis.app.window_survey import survey_window
from dnnvis.core.translation.catalog import ACTIVE, set_language, tr
from dnnvis.session.state import MODES
from helpers.application_window import Stage, toy


@pytest.fixture(autouse=True)
def locale() -> Iterator[None]:
    default = QLocale()
    yield
    QLocale.setDefault(default)


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    installed = translator.install_language(qapp, "de", system=False)
    yield
    for each in installed:
        qapp.removeTranslator(each)
        each.deleteLater()
    set_language("en")


@pytest.fixture
def stage(german: None, qtbot: QtBot, tmp_path: Path) -> Stage:
    started = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    started.runs()
    return started


def test_menus_cards_bar_and_help_are_german(stage: Stage) -> None:
    window = stage.window
    titles = [action.text() for action in window.menuBar().actions()]
    assert titles == ["&Datei", "&Bearbeiten", "&Quelle", "&Netz", "&Ansicht", "&Hilfe"]
    texts = {action.text() for menu in window.findChildren(QMenu) for action in menu.actions()}
    assert {tr(key.name) for key in KEYS if key.group == "View"} <= texts
    assert {"Sprache", "English", "Deutsch", "Was macht eine Faltung?"} <= texts
    assert window.page.cards["examples"].title.text() == "Worauf sie feuert"
    assert [button.text() for button in window.source_bar.modes.values()] == [
        *("Erkunden", "Synthese", "Zeit", "Karte"),
    ]
    window.run_action("explain")
    assert window.teaching.cards.title.text().startswith("Erkunden: Eine Schicht")
    assert "Die Karte der Einheit: wie stark sie" in window.teaching.cards.text.toPlainText()
    assert "Wo sie feuert" in window.teaching.cards.text.toPlainText()
    assert format_key("Ctrl+Shift+O") == "Strg+Umschalt+O"


def test_nothing_in_the_bar_and_the_cards_is_cut_off(stage: Stage) -> None:
    window = stage.window
    window.resize(1280, 800)
    stage.until(lambda: window.width() == 1280)
    for mode in MODES:
        window.enter_mode(mode)
        stage.until(lambda want=mode: window.page.mode == want)
        # a path of the test's own is longer than those of networks that ship
        assert [text for text in survey_window(window).cut_off if "toy.py" not in text] == [], mode


def test_no_button_of_the_synthesis_sticks_out(stage: Stage) -> None:
    window = stage.window
    window.resize(1280, 800)
    window.enter_mode("synthesis")
    fold = window.page.cards["synthesis"].fold
    assert fold is not None
    stage.until(fold.isVisible)
    buttons = [button for button in fold.findChildren(QPushButton) if button.isVisible()]
    assert {"Merken", "Neuer Seed", "Werte"} <= {button.text() for button in buttons}
    for button in buttons:
        right = button.mapTo(fold, button.rect().topRight()).x()
        assert right < fold.width(), button.text()
        needed = button.fontMetrics().horizontalAdvance(button.text())
        assert button.width() >= needed + theme.GAP, button.text()


def test_names_that_files_know_stay_english(stage: Stage) -> None:
    assert stage.window.docks["Layer tree"].objectName() == "Layer tree"
    assert stage.window.docks["Layer tree"].windowTitle() == "Baum der Schichten"
    assert stage.state.mode == "explore"


def test_a_lesson_is_played_in_german_and_every_text_of_it_is(stage: Stage) -> None:
    teaching = stage.window.teaching
    for name in guide.list_lessons():
        lesson = teaching.read(guide.find_lesson(name))
        set_language("en")
        english = teaching.read(guide.find_lesson(name))
        set_language("de")
        assert len(lesson.steps) == len(english.steps)
        for ours, theirs in zip((lesson, *lesson.steps), (english, *english.steps), strict=True):
            assert ours.title != theirs.title
        for ours, theirs in zip(lesson.steps, english.steps, strict=True):
            assert ours.text != theirs.text
            assert ours.commands == theirs.commands


def test_qt_asks_the_catalog_and_has_its_own_texts(german: None) -> None:
    assert QCoreApplication.translate("any", "Quit") == "Beenden"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert QCoreApplication.translate("any", "Nobody translated this") == "Nobody translated this"


@pytest.mark.parametrize(("choice", "system"), [("", False), ("en", True), ("tlh", False)])
def test_english_installs_nothing(qapp: QApplication, choice: str, system: bool) -> None:
    assert translator.install_language(qapp, choice, system=system) == ()
    assert ACTIVE.language == "en"


def test_the_chosen_language_is_noted_and_a_sentence_says_when_it_counts(
    qtbot: QtBot, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    window = stage.window
    (menu,) = (m for m in window.findChildren(QMenu) if m.title() == "Language")
    system, _, german = menu.actions()
    assert system.isChecked()
    german.trigger()
    assert stage.state.language == "de"
    assert "next start" in window.toast.label.text()
    menu.aboutToShow.emit()
    assert german.isChecked()
    assert ACTIVE.language == "en"
