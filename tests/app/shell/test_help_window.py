"""The guide in the window: its pages, sections and links, and F1."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDesktopServices, QTextCursor, QTextDocument
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis import guide
from dnnvis.app.shell.help_window import HelpWindow
from helpers.application_window import Stage, toy


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the desktop was asked to open."""
    addresses: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: addresses.append(url.toString()))
    return addresses


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[HelpWindow]:
    owner = QWidget()
    qtbot.addWidget(owner)
    help_window = HelpWindow(owner)
    help_window.show()
    yield help_window
    owner.close()  # until then it must live


def text_at_top(window: HelpWindow) -> str:
    """The first line of the page that is not scrolled away."""
    browser = window.browser
    return browser.cursorForPosition(QPoint(40, 14)).block().text()


@pytest.mark.parametrize("name", guide.PAGE_NAMES)
def test_every_page_is_shown_and_its_headings_are_those_of_the_guide(
    window: HelpWindow, name: str
) -> None:
    window.open_page(name)
    shown = [block.text() for block in window.browser.heading_blocks()]
    assert shown == [heading.title for heading in guide.list_headings(name)]


@pytest.mark.parametrize("topic", ["Lens 2", "Synthesis", "Statistics", "Layers"])
def test_the_section_of_a_panel_lies_at_the_top(
    window: HelpWindow, qtbot: QtBot, topic: str
) -> None:
    window.open_topic(topic)
    page, anchor = guide.page_for(topic)
    title = next(h.title for h in guide.list_headings(page) if h.anchor == anchor)
    qtbot.waitUntil(lambda: text_at_top(window) == title)
    assert window.contents.currentItem().text(0) == title


def test_a_section_near_the_end_of_its_page_is_visible(window: HelpWindow, qtbot: QtBot) -> None:
    window.open_topic("Problems")
    bar = window.browser.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
    block = next(b for b in window.browser.heading_blocks() if b.text() == "Problems")
    top = window.browser.cursorRect(QTextCursor(block)).top()
    assert 0 <= top < window.browser.viewport().height() - 20


def test_the_contents_hold_every_page_and_open_the_section_that_is_clicked(
    window: HelpWindow, qtbot: QtBot
) -> None:
    tree = window.contents
    pages = [tree.topLevelItem(k).text(0) for k in range(tree.topLevelItemCount())]
    assert pages == [page.title for page in guide.list_pages()]
    window.open_page("window")
    section = next(
        item for item in tree.findItems("Statistics", Qt.MatchFlag.MatchRecursive) if item.parent()
    )
    at = tree.visualItemRect(section).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: text_at_top(window) == "Statistics")


def click_link(window: HelpWindow, qtbot: QtBot, address: str) -> None:
    """Click the first link of the page that leads there, as a hand does."""
    browser = window.browser
    block = browser.document().begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            if fragment.charFormat().anchorHref() == address:
                cursor = browser.textCursor()
                cursor.setPosition(fragment.position() + 1)
                browser.setTextCursor(cursor)
                browser.ensureCursorVisible()
                at = QPointF(browser.cursorRect().center()).toPoint()
                qtbot.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, pos=at)
                return
            iterator += 1
        block = block.next()
    raise AssertionError(f"no link to {address}")


def test_a_link_leads_to_its_page_and_back_and_forward_return(
    window: HelpWindow, qtbot: QtBot, opened: list[str]
) -> None:
    window.open_page("index")
    assert not window.back_button.isEnabled()
    assert not window.forward_button.isEnabled()
    click_link(window, qtbot, "glossary.md")
    assert window.browser.page == "glossary"
    qtbot.mouseClick(window.back_button, Qt.MouseButton.LeftButton)
    assert window.browser.page == "index"
    assert not window.back_button.isEnabled()
    qtbot.mouseClick(window.forward_button, Qt.MouseButton.LeftButton)
    assert window.browser.page == "glossary"
    assert not window.forward_button.isEnabled()
    assert opened == []


def test_a_link_with_an_anchor_leads_to_that_heading(window: HelpWindow, qtbot: QtBot) -> None:
    window.open_page("index")
    window.follow(QUrl("window.md#steps"))
    qtbot.waitUntil(lambda: text_at_top(window) == "Steps")
    window.follow(QUrl("#input"))
    qtbot.waitUntil(lambda: text_at_top(window) == "Input")
    assert window.browser.page == "window"


def test_an_address_outside_opens_in_the_desktops_browser_after_a_click_only(
    window: HelpWindow, qtbot: QtBot, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "# Page\n\n[out](https://example.org/a) ![picture](https://example.org/b.png)\n"
    monkeypatch.setattr(guide, "read_page", lambda name: text)
    window.open_page("window")
    assert opened == []
    click_link(window, qtbot, "https://example.org/a")
    assert opened == ["https://example.org/a"]
    assert window.browser.page == "window"


@pytest.mark.parametrize(
    "address", ["../../assets/map.png", "file:///etc/passwd", "qrc:/page", "secret.md"]
)
def test_a_file_outside_the_guide_is_named_and_not_opened(
    window: HelpWindow, opened: list[str], address: str
) -> None:
    window.open_page("networks")
    window.follow(QUrl(address))
    assert window.browser.page == "networks"
    assert opened == []
    assert QUrl(address).path() in window.note.text()


def test_no_resource_is_loaded_from_a_file(window: HelpWindow, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"secret")
    url = QUrl.fromLocalFile(str(tmp_path / "picture.png"))
    kind: Any = QTextDocument.ResourceType.ImageResource.value
    assert bytes(window.browser.loadResource(kind, url)) == b""


def test_f1_opens_the_section_of_the_panel_with_the_focus_and_h_the_keys(
    qtbot: QtBot, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    for panel, title in (("statistics", "Statistics"), ("input", "Input")):
        widget = getattr(stage.window, panel)
        stage.window.activateWindow()
        stage.window.docks[title].raise_()
        widget.setFocus()
        stage.until(lambda shown=widget: stage.window.panel_with_focus() is shown)
        qtbot.keyClick(stage.window, Qt.Key.Key_F1)
        stage.until(lambda: stage.window.guide is not None and stage.window.guide.isVisible())
        stage.until(lambda words=title: text_at_top(stage.window.guide) == words)
    assert not stage.window.teaching.keys.isVisible()
    stage.window.guide.close()
    qtbot.keyClick(stage.window, Qt.Key.Key_H)
    assert stage.window.teaching.keys.isVisible()


def test_the_entry_guide_of_the_menu_opens_its_contents(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    menus = {
        action.text().replace("&", ""): action.menu() for action in stage.window.menuBar().actions()
    }
    (entry,) = (action for action in menus["Help"].actions() if action.text() == "Guide")
    entry.trigger()
    assert stage.window.guide.browser.page == "index"
