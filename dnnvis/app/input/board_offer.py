"""Offer a board or a canvas where a network that takes one looks at something else."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.input.canvas_tools import MAX_SIDE_CELLS, MIN_SIDE_CELLS
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

SENTENCE = "{name} takes boards of cells; this picture is cut at half of its brightness."
MAZE_SENTENCE = "{name} takes mazes: walls black, floor white, start green, goal red."
CHESS_SENTENCE = "{name} takes positions of king and rook against king, on 8 x 8 squares."
GROWING_SENTENCE = "{name} is an automaton: on a canvas it grows, and heals what you erase."


BOARD_TIP = "Opens a board of the Game of Life"
MAZE_TIP = "Opens mazes that are drawn at random, and that you can change"
CHESS_TIP = "Opens positions with White to move"
CANVAS_TIP = "Opens a canvas with one seed"

#: Of each source: what is said, the button, its tip.
OFFERS = {
    "life": (SENTENCE, "Show a board", BOARD_TIP),
    "maze": (MAZE_SENTENCE, "Show a maze", MAZE_TIP),
    "chess": (CHESS_SENTENCE, "Show positions", CHESS_TIP),
    "canvas": (GROWING_SENTENCE, "Show a canvas", CANVAS_TIP),
}


class BoardOffer(QWidget):
    """A line that says what the network takes, with a button: ``requested``, by the source."""

    requested = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.source = "life"  # what the button stands for
        self.label = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.button = create_push_button(self, "Show a board", BOARD_TIP)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(lambda checked=False: self.requested.emit(self.source))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, theme.GAP // 2)
        row.setSpacing(theme.GAP)
        row.addWidget(self.label, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_for(self, state: State, info: NetworkInfo | None) -> None:
        """Show the line where the network takes a source of its own and the source is another."""
        kind = "" if info is None else _choose_kind(info)
        is_needed = kind not in ("", state.source.kind)
        if info is not None and is_needed:
            # beyond the grid it was trained on an automaton may grow out of shape
            side = min(max(*info.size, MIN_SIDE_CELLS), MAX_SIDE_CELLS)
            self.source = f"canvas:{side}" if kind == "canvas" else kind
            sentence, button, tip = OFFERS[kind]
            self.label.setText(tr(sentence, name=info.name))
            self.button.setText(tr(button))
            self.button.setToolTip(tr(tip))
        self.setVisible(is_needed)


def _choose_kind(info: NetworkInfo) -> str:
    """Return the source that a network is made for; "" for any."""
    if info.state_channels:
        return "canvas"
    if info.pieces:
        return "chess"
    return "maze" if info.mazes else "life" if info.binary else ""
