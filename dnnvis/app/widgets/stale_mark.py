"""Say above what is shown that it was computed with another preprocessing, and offer a remedy."""

from PyQt6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.translation.catalog import tr

MAX_LINES = 4


class StaleMark(QWidget):
    """A sentence, hidden while there is nothing to say, and a button where there is a remedy."""

    def __init__(self, parent: QWidget, label: str = "", tip: str = "") -> None:
        super().__init__(parent)
        self.sentence = ElidedLabel(self, theme.caption_font(self), lines=MAX_LINES)
        self.button: QPushButton | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.sentence)
        if label:
            self.button = create_push_button(self, label, tip)
            column.addWidget(self.button)
        self.hide()

    def show_reason(self, reason: str) -> None:
        """Show ``Stale: reason.``; "" hides the mark."""
        self.sentence.setText(tr("Stale: {reason}.", reason=reason) if reason else "")
        self.setVisible(bool(reason))
