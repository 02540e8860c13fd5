"""Icons in the color of the text around them."""

from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets.icons import PaletteIcons


def center_color(button: QToolButton) -> str:
    return button.icon().pixmap(16, 16).toImage().pixelColor(8, 8).name()


def test_icons_follow_the_palette_of_their_bar(qtbot: QtBot) -> None:
    bar = QWidget()
    qtbot.addWidget(bar)
    button, icons = QToolButton(bar), PaletteIcons(bar)
    for color in ("#102030", "#f0e0d0"):
        palette = QPalette(bar.palette())
        palette.setColor(QPalette.ColorRole.ButtonText, QColor(color))
        bar.setPalette(palette)
        icons.set_icon(button, "play")
        assert center_color(button) == color
