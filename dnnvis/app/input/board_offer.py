"""Offer a board where a network that takes boards looks at something else."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

SENTENCE = "{name} takes boards of cells; this picture is cut at half of its brightness."


class BoardOffer(QWidget):
    """A line that says what the network takes, with a button: ``board_requested``."""

    board_requested = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.label = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.button = create_push_button(self, "Show a board", "Opens a board of the Game of Life")
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.board_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, theme.GAP // 2)
        row.setSpacing(theme.GAP)
        row.addWidget(self.label, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_for(self, state: State, info: NetworkInfo | None) -> None:
        """Show the line where the network takes boards and the source is none."""
        is_needed = info is not None and info.binary and state.source.kind != "life"
        if info is not None and is_needed:
            self.label.setText(tr(SENTENCE, name=info.name))
        self.setVisible(is_needed)
