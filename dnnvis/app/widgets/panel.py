"""What every panel of the window is."""

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFont
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from dnnvis.app.widgets import theme
from dnnvis.core.messages import NetworkInfo
from dnnvis.session.session import Session
from dnnvis.session.state import State


class Panel(QWidget):
    """Shows what it is told; asks for changes of ``session`` and for nothing else.

    The window calls ``show_state`` after each change of state, ``show_info`` when another
    network runs (None: none does), and ``on_message`` with each value that arrives.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.state = session.state
        self.info: NetworkInfo | None = None

    def show_state(self, state: State) -> None:
        self.state = state

    def show_info(self, info: NetworkInfo | None) -> None:
        self.info = info

    def on_message(self, key: str, value: Any) -> None:
        """Take note of a value, if it concerns this panel."""


def create_label(parent: QWidget, font: QFont | None = None, *, muted: bool = False) -> QLabel:
    """A line of plain text, never read as markup."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if font is not None:
        label.setFont(font)
    if muted:
        label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label


def create_push_button(parent: QWidget, text: str, tip: str) -> QPushButton:
    """A button as wide as its words, whatever the layout leaves it."""
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.setMinimumWidth(button.fontMetrics().horizontalAdvance(text) + 4 * theme.GAP)
    return button
