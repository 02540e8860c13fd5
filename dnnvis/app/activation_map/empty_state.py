"""What stands where an activation map would be: why there is none, and how to get one."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.panel import label, push_button

FIT = "Fit a map for this network on a data set"


class NoMap(QWidget):
    """``words`` over the button ``fit``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label(self, muted=True)
        self.fit = push_button(self, "Fit a map ...", FIT)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.words)
        column.addSpacing(theme.GAP)
        column.addWidget(self.fit, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
