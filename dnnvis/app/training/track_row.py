"""What the mode Time shows of training: one row with the loss as a slider, and two buttons."""

from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from dnnvis.app.training.loss_track import LossTrack
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel

LABEL_WIDTH_PIXELS = 230
NOTHING_TRAINED = "Train a network, and the loss of its training stands here."


class TrackRow(QWidget):
    """A sentence of two lines, the loss, and the buttons to go on and to open the form."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.label = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.label.setFixedWidth(LABEL_WIDTH_PIXELS)
        self.track = LossTrack(self)
        self.go_on = create_push_button(self, "Go on", "Go on with the training that was stopped")
        self.go_on.hide()
        self.open_form = create_push_button(
            self, "Train a network …", "Choose a network of the Game of Life, and watch it learn"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self.label)
        row.addWidget(self.track, 1)
        row.addWidget(self.go_on)
        row.addWidget(self.open_form)
        self.hide()

    def show_go_on(self, text: str) -> None:
        """Offer to go on with a training; "" where there is none to go on with."""
        self.go_on.setVisible(bool(text))
        if text and text != self.go_on.text():
            self.go_on.setText(text)
            width = self.go_on.fontMetrics().horizontalAdvance(text)
            self.go_on.setMinimumWidth(width + 4 * theme.GAP)
