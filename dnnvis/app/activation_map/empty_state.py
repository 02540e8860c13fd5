"""Show why there is no activation map, and how to get one."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_push_button

FIT_TOOLTIP = "Fit a map for this network on a data set"
EXAMPLE_TOOLTIP = "net2-cifar10, whose map of 10 classes of photographs ships with the program"


class EmptyMapState(QWidget):
    """The ``message`` over the buttons ``fit`` and ``example``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = create_label(self, muted=True)
        self.fit = create_push_button(self, "Fit a map ...", FIT_TOOLTIP)
        self.example = create_push_button(self, "Open a network with a map", EXAMPLE_TOOLTIP)
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.message)
        column.addSpacing(theme.GAP)
        for button in (self.fit, self.example):
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
