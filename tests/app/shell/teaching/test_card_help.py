"""What ``?`` says of the cards of each mode, and where it leads."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt, QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from dnnvis import __version__
from dnnvis.guide.glossary import find_entry
from dnnvis.session.modes import MODE_HELP
from dnnvis.session.state import MODES
from helpers.application_window import Stage, toy


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    made.runs()
    return made


def press(stage: Stage, label: str) -> None:
    cards = stage.window.teaching.cards
    (button,) = (one for one in cards.findChildren(QPushButton) if one.text() == label)
    button.click()


def test_every_card_of_a_mode_is_explained_in_a_sentence(stage: Stage) -> None:
    window, cards = stage.window, stage.window.teaching.cards
    for mode in MODES:
        window.enter_mode(mode)
        window.run_action("explain")
        assert cards.isVisible()
        assert MODE_HELP[mode] in cards.title.text()
        text = " ".join(cards.text.toPlainText().split())
        for name in window.page.plan.boxes:
            title = window.page.cards[name].title.text()
            if name in ("heading", "mosaic") or name in ("patterns", "tabs"):
                continue
            entry = find_entry(title)
            assert entry is not None, name
            assert title in text
            assert " ".join(entry.meaning.replace("`", "").split()) in text
        assert window.rect().contains(cards.geometry())
        QTest.keyClick(cards, Qt.Key.Key_Escape)
        assert not cards.isVisible()
        assert stage.state.mode == mode


def test_the_key_opens_it_and_its_buttons_lead_on(stage: Stage) -> None:
    window, cards = stage.window, stage.window.teaching.cards
    QTest.keyClick(window, Qt.Key.Key_Question)
    assert cards.isVisible()
    press(stage, "Keys (h)")
    assert (cards.isVisible(), window.teaching.keys.isVisible()) == (False, True)
    window.close_open()
    for label, page in (("All words", "glossary"), ("Guide", "index")):
        window.run_action("explain")
        press(stage, label)
        assert window.guide.browser.page == page
    window.run_action("explain")
    press(stage, "Show the tips again")
    assert len(window.teaching.hints.marks) == 4


def test_papers_open_in_the_browser_and_nothing_else_does(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    stage.window.run_action("explain")
    text = stage.window.teaching.cards.text
    assert "https://arxiv.org/abs/1311.2901" in text.toHtml()
    text.anchorClicked.emit(QUrl("https://arxiv.org/abs/1311.2901"))
    text.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert opened == ["https://arxiv.org/abs/1311.2901"]


def test_the_menu_help_says_what_the_program_is(stage: Stage) -> None:
    menus = {a.text().replace("&", ""): a.menu() for a in stage.window.menuBar().actions()}
    entries = {action.text(): action for action in menus["Help"].actions()}
    entries["All words"].trigger()
    assert stage.window.guide.browser.page == "glossary"
    entries["About dnnvis"].trigger()
    (box,) = stage.window.findChildren(QMessageBox)
    assert __version__ in box.text()
    assert "MIT" in box.text()
    box.close()
