"""Offer a board or a canvas where a network that takes one looks at something else."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

SENTENCE = "{name} takes boards of cells; this picture is cut at half of its brightness."
GROWING_SENTENCE = "{name} is an automaton: on a canvas it grows, and heals what you erase."


class BoardOffer(QWidget):
    """A line that says what the network takes, with a button: ``requested``, by the source."""

    requested = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.label = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.button = create_push_button(self, "Show a board", "Opens a board of the Game of Life")
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(lambda checked=False: self.requested.emit(self._source))
        self._source = "life"
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, theme.GAP // 2)
        row.setSpacing(theme.GAP)
        row.addWidget(self.label, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_for(self, state: State, info: NetworkInfo | None) -> None:
        """Show the line where the network takes boards, or states, and the source has none."""
        grows = info is not None and info.state_channels > 0
        self._source = "canvas" if grows else "life"
        is_needed = info is not None and (info.binary or grows)
        is_needed = is_needed and state.source.kind != self._source
        if info is not None and is_needed:
            self.label.setText(tr(GROWING_SENTENCE if grows else SENTENCE, name=info.name))
            self.button.setText(tr("Show a canvas" if grows else "Show a board"))
            tip = "Opens a canvas with one seed" if grows else "Opens a board of the Game of Life"
            self.button.setToolTip(tr(tip))
        self.setVisible(is_needed)
