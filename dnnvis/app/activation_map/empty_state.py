"""Show why there is no activation map, and how to get one."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_push_button

FIT_TOOLTIP = "Fit a map for this network on a data set"


class EmptyMapState(QWidget):
    """The ``message`` over the button ``fit``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = create_label(self, muted=True)
        self.fit = create_push_button(self, "Fit a map ...", FIT_TOOLTIP)
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.message)
        column.addSpacing(theme.GAP)
        column.addWidget(self.fit, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
