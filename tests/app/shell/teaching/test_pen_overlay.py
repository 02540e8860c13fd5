"""The pen: strokes over the cards, which touch nothing below, and go with it."""

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dnnvis.app.shell.teaching.pen_overlay import COLORS, PenOverlay
from dnnvis.core.unit import Unit
from helpers.application_window import Stage, toy

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    made.runs()
    made.session.update(layer="1", frozen=True)
    made.session.select(Unit("1", 2))
    return made


def draw(pen: PenOverlay, *points: tuple[int, int]) -> None:
    QTest.mousePress(pen, LEFT, pos=QPoint(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(pen, QPoint(*point))
    QTest.mouseRelease(pen, LEFT, pos=QPoint(*points[-1]))


def test_strokes_lie_over_the_cards_and_touch_nothing(stage: Stage) -> None:
    window, pen = stage.window, stage.window.teaching.pen
    state = stage.state
    window.run_action("pen")
    assert pen.isVisible()
    assert pen.geometry() == window.rect()
    middle = window.page.mapTo(window, window.page.cards["mosaic"].geometry().center())
    draw(pen, (middle.x() - 40, middle.y()), (middle.x() + 40, middle.y()))
    assert [len(stroke.points) for stroke in pen.strokes] == [2]
    pixel = window.grab().toImage().pixelColor(middle)
    assert pixel == COLORS["yellow"]
    QTest.keyClick(pen, Qt.Key.Key_2)
    draw(pen, (300, 300), (320, 340))
    assert [stroke.color for stroke in pen.strokes] == ["yellow", "red"]
    assert pen.buttons["red"].isChecked()
    assert stage.state == state


def test_undo_clear_and_escape(stage: Stage) -> None:
    window, pen = stage.window, stage.window.teaching.pen
    window.run_action("pen")
    for y in (300, 320, 340):
        draw(pen, (200, y), (250, y))
    QTest.keyClick(pen, Qt.Key.Key_Backspace)
    assert len(pen.strokes) == 2
    QTest.keyClick(pen, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(pen.strokes) == 1
    QTest.keyClick(pen, Qt.Key.Key_Delete)
    assert pen.strokes == []
    draw(pen, (200, 300), (250, 300))
    QTest.keyClick(pen, Qt.Key.Key_Escape)
    assert (pen.isVisible(), pen.strokes) == (False, [])
    window.run_action("pen")
    draw(pen, (200, 300), (250, 300))
    window.close_open()
    assert (pen.isVisible(), pen.strokes) == (False, [])


def test_other_keys_are_the_windows_and_strokes_keep_their_place(stage: Stage) -> None:
    window, pen = stage.window, stage.window.teaching.pen
    window.run_action("pen")
    draw(pen, (window.width() // 2, 300), (window.width() // 2, 400))
    colors = stage.state.colours
    QTest.keyClick(pen, Qt.Key.Key_M)
    assert stage.state.colours != colors
    assert pen.isVisible()
    window.resize(window.width() - 200, window.height())
    stage.until(lambda: pen.geometry() == window.rect())
    assert pen.strokes[0].points[0][0] == pytest.approx(0.5, abs=0.01)


def test_the_pointer_follows_the_mouse_and_lets_it_through(stage: Stage) -> None:
    window, pointer = stage.window, stage.window.teaching.pointer
    window.run_action("pointer")
    assert pointer.is_on
    pointer.follow(window.mapToGlobal(QPoint(200, 150)))
    assert pointer.geometry().center() == QPoint(200, 150) - QPoint(1, 1)
    assert pointer.isVisible()
    assert window.childAt(QPoint(200, 150)) is not pointer
    pointer.follow(window.mapToGlobal(QPoint(-50, -50)))
    assert not pointer.isVisible()
    window.close_open()
    assert not pointer.is_on
