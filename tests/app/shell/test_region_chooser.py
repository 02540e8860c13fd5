from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget

from dnnvis.app.shell.region_chooser import RegionChooser

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def parent(qtbot: Any) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def drag(chooser: RegionChooser, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(chooser, LEFT, pos=start)
    QTest.mouseMove(chooser, end)
    QTest.mouseRelease(chooser, LEFT, pos=end)


@pytest.mark.parametrize(
    ("start", "end", "region"),
    [
        (QPoint(10, 20), QPoint(110, 80), (-290, 70, 100, 60)),
        (QPoint(110, 80), QPoint(10, 20), (-290, 70, 100, 60)),
        (QPoint(350, 250), QPoint(900, 900), (50, 300, 50, 50)),  # as far as the veil goes
        (QPoint(10, 20), QPoint(13, 22), (0, 0, 0, 0)),
    ],
)
def test_a_drag_is_a_region_of_the_desktop_and_a_click_all_of_it(
    start: QPoint, end: QPoint, region: tuple[int, ...], qtbot: Any, parent: QWidget
) -> None:
    chooser = RegionChooser(QRect(-300, 50, 400, 300), parent)
    chosen: list[tuple[int, ...]] = []
    chooser.chosen.connect(lambda *box: chosen.append(box))
    chooser.show()
    drag(chooser, start, end)
    assert chosen == [region]
    assert not chooser.isVisible()


def test_escape_chooses_nothing(qtbot: Any, parent: QWidget) -> None:
    chooser = RegionChooser(QRect(0, 0, 100, 100), parent)
    chosen: list[tuple[int, ...]] = []
    chooser.chosen.connect(lambda *box: chosen.append(box))
    chooser.show()
    QTest.keyClick(chooser, Qt.Key.Key_Escape)
    assert chosen == []
    assert not chooser.isVisible()
