"""What all widgets that paint themselves have in common."""

import pytest
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.QtWidgets import QSizePolicy
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget


class Square(PaintedWidget):
    """A red square, or the message."""

    background = "base"
    policies = (QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self.message:
            self.paint_message(painter, palette)
        else:
            painter.fillRect(QRectF(10, 10, 5, 5), QColor("#ff0000"))


@pytest.fixture
def square(qtbot: QtBot) -> Square:
    widget = Square("A square")
    qtbot.addWidget(widget)
    widget.resize(200, 80)
    return widget


def test_what_is_painted_lies_on_the_background(square: Square) -> None:
    image = square.grab().toImage()
    base = theme.palette(square).color("base").name()
    assert image.pixelColor(12, 12).name() == "#ff0000"
    assert image.pixelColor(16, 12).name() == image.pixelColor(199, 79).name() == base
    square.background = "stale"
    stale = theme.palette(square).color("stale").name()
    assert square.grab().toImage().pixelColor(199, 79).name() == stale != base


def test_a_message_stands_in_the_middle_as_qt_would_write_it(square: Square) -> None:
    square.message = "There is no square to be seen, because nobody has chosen one yet."
    palette, gap = theme.palette(square), 2 * theme.GAP
    expected = QImage(square.size(), QImage.Format.Format_RGB32)
    expected.fill(palette.color("base"))
    painter = QPainter(expected)
    painter.setFont(square.font())
    painter.setPen(palette.color("muted"))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(square.rect().adjusted(gap, gap, -gap, -gap), flags, square.message)
    painter.end()
    assert square.grab().toImage().convertToFormat(expected.format()) == expected


def test_layouts_and_screen_readers_are_told(square: Square) -> None:
    assert square.accessibleName() == "A square"
    assert square.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Fixed
    assert square.sizePolicy().verticalPolicy() is QSizePolicy.Policy.Expanding
    assert square.testAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
