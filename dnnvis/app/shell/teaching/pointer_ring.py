"""Show everybody where the mouse is: a ring around its cursor."""

from PyQt6.QtCore import QPoint, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QCursor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

SIDE_PIXELS = 76
LINE_PIXELS = 5
FOLLOW_MILLISECONDS = 16
COLOR = QColor("#ffd23c")


class PointerRing(QWidget):
    """A ring that follows the mouse over the whole window, and takes none of its events."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(tr("Pointer for presenting"))
        self.resize(SIDE_PIXELS, SIDE_PIXELS)
        self._timer = QTimer(self)
        self._timer.setInterval(FOLLOW_MILLISECONDS)
        self._timer.timeout.connect(lambda: self.follow(QCursor.pos()))
        self.hide()

    @property
    def is_on(self) -> bool:
        """Return whether the ring follows the mouse, also while that is outside."""
        return self._timer.isActive()

    def toggle(self) -> None:
        """Show the ring, or hide it."""
        if self.is_on:
            self._timer.stop()
            self.hide()
        else:
            self._timer.start()
            self.follow(QCursor.pos())

    def follow(self, position: QPoint) -> None:
        """Lie around a point of the screen; hidden where that is outside of the window."""
        window = require(self.parentWidget())
        center = window.mapFromGlobal(position)
        self.setVisible(window.rect().contains(center))
        self.move(center - QPoint(SIDE_PIXELS // 2, SIDE_PIXELS // 2))
        self.raise_()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(self.rect()).adjusted(*[LINE_PIXELS] * 2, *[-LINE_PIXELS] * 2)
        for color, width in ((QColor(0, 0, 0, 150), LINE_PIXELS + 4), (COLOR, LINE_PIXELS)):
            painter.setPen(QPen(color, width))
            painter.drawEllipse(ring)
        painter.end()
