"""A histogram as bars."""

import numpy as np
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.lens.rendering import zero_bin
from dnnvis.app.widgets import messages, theme

RED = QColor("#d6604d")


class Bars(QWidget):
    """Counts over a range symmetric about 0; the bin of zero is red."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = np.zeros(0)
        self._span: tuple[float, float] | None = None
        self.setAccessibleName("Histogram of the values")

    def show_counts(self, counts: np.ndarray, span: tuple[float, float] | None) -> None:
        self._counts, self._span = counts, span
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("base"))
        painter.setFont(theme.numbers(self))
        line = painter.fontMetrics().height()
        room = QRectF(self.rect()).adjusted(theme.GAP, theme.GAP, -theme.GAP, -line - theme.GAP)
        most = np.sqrt(self._counts.max(initial=0)) or 1.0
        width = room.width() / max(len(self._counts), 1)
        for k, count in enumerate(np.sqrt(self._counts)):
            height = room.height() * count / most
            bar = QRectF(room.left() + k * width, room.bottom() - height, width - 1, height)
            zero = k == zero_bin(len(self._counts))
            painter.fillRect(bar, RED if zero else tones.colour("bar"))
        painter.setPen(tones.colour("muted"))
        foot = QRectF(room.left(), room.bottom(), room.width(), line)
        low, high = map(messages.number, self._span) if self._span else ("min", "max")
        for text, side in (
            (low, Qt.AlignmentFlag.AlignLeft),
            ("0", Qt.AlignmentFlag.AlignHCenter),
            (high, Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(foot, side, text)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, "√ count")
        painter.end()
