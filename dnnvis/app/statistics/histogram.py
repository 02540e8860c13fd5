"""The histogram of a unit's activations."""

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.statistics import text
from dnnvis.app.widgets import messages, theme

NOTHING = text.Histogram(np.zeros(0), np.zeros(0, np.int64), np.zeros(1))


class HistogramView(QWidget):
    """Bins of equal width on the screen, though they grow with the value: the axis is
    logarithmic on both sides of 0. ``pointed`` says what the bin under the mouse holds, ""
    where none is."""

    pointed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = NOTHING
        self._over: int | None = None
        self.setMouseTracking(True)
        self.setAccessibleName("Histogram of the unit's activations")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_histogram(self, shown: text.Histogram) -> None:
        self.shown, self._over = shown, None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 5 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 2 * self.fontMetrics().height())

    def bar(self, k: int) -> QRectF:
        """Where the bar of bin ``k`` lies."""
        room = self._room()
        width = room.width() / max(len(self.shown.heights), 1)
        height = room.height() * float(self.shown.heights[k])
        return QRectF(room.left() + k * width, room.bottom() - height, max(width - 1, 1), height)

    def _room(self) -> QRectF:
        line = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(theme.GAP, line, -theme.GAP, -line)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones, room = theme.tones(self), self._room()
        painter.fillRect(self.rect(), tones.colour("base"))
        painter.setFont(theme.numbers(self))
        for k in range(len(self.shown.heights)):
            painter.fillRect(self.bar(k), tones.colour("accent" if k == self._over else "bar"))
        if len(self.shown.heights):
            self._paint_axis(painter, room, tones)
        painter.end()

    def _paint_axis(self, painter: QPainter, room: QRectF, tones: theme.Tones) -> None:
        line = self.fontMetrics().height()
        head = QRectF(room.left(), 0, room.width(), line)
        foot = QRectF(room.left(), room.bottom(), room.width(), line)
        painter.setPen(tones.colour("muted"))
        sides = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        for end, side in zip(self.shown.ends, sides, strict=True):
            painter.drawText(foot, side, messages.number(end))
        free = painter.fontMetrics().horizontalAdvance("-0.00000")
        for at, words in self.shown.marks:
            x = room.left() + room.width() * at / len(self.shown.heights)
            painter.setPen(QPen(tones.colour("text"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
            if words == "mean":
                self._paint_head(painter, head, x, tones)
            elif room.left() + free < x < room.right() - free:  # else the axis' ends say as much
                place = QRectF(x - free, foot.top(), 2 * free, line)
                painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, words)

    def _paint_head(self, painter: QPainter, head: QRectF, x: float, tones: theme.Tones) -> None:
        """The word over the line of the mean, and on the other side what the heights are."""
        wide = painter.fontMetrics().horizontalAdvance("mean")
        left = min(max(x - wide / 2, head.left()), head.right() - wide)
        painter.drawText(QRectF(left, 0, wide, head.height()), Qt.AlignmentFlag.AlignLeft, "mean")
        on_left = x < head.center().x()
        side = Qt.AlignmentFlag.AlignRight if on_left else Qt.AlignmentFlag.AlignLeft
        painter.setPen(tones.colour("muted"))
        painter.drawText(head, side, "log of the count")

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        room, many = self._room(), len(self.shown.heights)
        share = (event.position().x() - room.left()) / max(room.width(), 1)
        self._point(int(share * many) if many and 0 <= share < 1 else None)

    def leaveEvent(self, event: QEvent | None) -> None:
        self._point(None)

    def _point(self, over: int | None) -> None:
        if over != self._over:
            self._over = over
            self.update()
            self.pointed.emit("" if over is None else self.shown.words(over))
