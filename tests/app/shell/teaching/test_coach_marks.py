"""The tips of the first start: where they lie, and when they go for ever."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dnnvis.app.shell.modes.card import PanelCard
from dnnvis.app.shell.teaching.coach_marks import HINTS
from dnnvis.core.unit import Unit
from helpers.application_window import Stage, pictures, toy


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    made.runs()
    made.session.update(layer="1")
    made.session.select(Unit("1", 0))
    return made


def visible(stage: Stage) -> set[str]:
    marks = stage.window.teaching.hints.marks
    return {name for name, mark in marks.items() if mark.isVisible()}


def test_none_are_shown_unless_they_are_asked_for(stage: Stage) -> None:
    assert visible(stage) == set()
    stage.window.teaching.hints.start()
    assert visible(stage) == set(HINTS)
    assert len(HINTS) == 4


def test_each_goes_once_it_was_done_and_is_remembered(stage: Stage, tmp_path: Path) -> None:
    hints, window = stage.window.teaching.hints, stage.window
    hints.start()
    stage.session.select(Unit("1", 2))
    assert visible(stage) == {"walk", "enlarge", "open"}
    window.run_action("next_layer")
    assert visible(stage) == {"enlarge", "open"}
    window.enlarge_card("unit")
    assert visible(stage) == set()  # none over an enlarged picture
    window.put_back()
    assert visible(stage) == {"open"}
    window.enter_mode("map")
    assert visible(stage) == set()
    window.enter_mode("explore")
    assert visible(stage) == {"open"}
    place = str(pictures(tmp_path))
    stage.session.update(source=stage.state.source.__class__(kind="pictures", path=place))
    assert not hints.is_open
    assert set(stage.state.hints_done) == set(HINTS)
    hints.start()
    assert not hints.is_open
    hints.start(again=True)
    assert visible(stage) == set(HINTS)


def test_escape_or_the_cross_put_all_away(stage: Stage) -> None:
    hints = stage.window.teaching.hints
    hints.start()
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    assert not hints.is_open
    assert set(stage.state.hints_done) == set(HINTS)
    hints.start(again=True)
    next(iter(hints.marks.values())).closed.emit()
    assert not hints.is_open
    assert stage.state.unit == Unit("1", 0)  # Esc closed nothing else


def test_no_mark_covers_the_middle_of_a_picture(stage: Stage) -> None:
    window = stage.window
    window.teaching.hints.start()
    for size in ((1024, 640), (1280, 800), (1600, 1000)):
        window.resize(*size)
        stage.until(lambda want=size: (window.width(), window.height()) == want)
        assert visible(stage) == set(HINTS)
        for mark in window.teaching.hints.marks.values():
            assert window.page.rect().contains(mark.geometry())
            for card in window.page.findChildren(PanelCard):
                middle = card.geometry().center()
                assert not (card.isVisible() and mark.geometry().contains(middle))
            wrap = int(Qt.TextFlag.TextWordWrap)
            label = mark.label
            needed = label.fontMetrics().boundingRect(label.rect(), wrap, label.text())
            assert label.rect().contains(needed), mark.hint.text
