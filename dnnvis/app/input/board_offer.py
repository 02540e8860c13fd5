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
MAZE_SENTENCE = "{name} takes mazes: walls black, floor white, start green, goal red."


BOARD_TIP = "Opens a board of the Game of Life"
MAZE_TIP = "Opens mazes that are drawn at random, and that you can change"


class BoardOffer(QWidget):
    """A line that says what the network takes, with a button: ``board_requested``."""

    board_requested = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.source = "life"  # what the button stands for
        self.label = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.button = create_push_button(self, "Show a board", BOARD_TIP)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.board_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, theme.GAP // 2)
        row.setSpacing(theme.GAP)
        row.addWidget(self.label, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_for(self, state: State, info: NetworkInfo | None) -> None:
        """Show the line where the network takes boards or mazes and the source is none."""
        kind = "" if info is None else "maze" if info.mazes else "life" if info.binary else ""
        is_needed = kind not in ("", state.source.kind)
        if info is not None and is_needed:
            self.source = kind
            is_maze = kind == "maze"
            self.label.setText(tr(MAZE_SENTENCE if is_maze else SENTENCE, name=info.name))
            self.button.setText(tr("Show a maze") if is_maze else tr("Show a board"))
            self.button.setToolTip(tr(MAZE_TIP if is_maze else BOARD_TIP))
        self.setVisible(is_needed)
