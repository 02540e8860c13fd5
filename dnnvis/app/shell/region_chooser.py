"""Choose a region of the screen with the mouse."""

from PyQt6.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QRubberBand, QWidget

from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

MIN_DRAG = 8  # pixels; less is a click, which means the whole screen
HINT = "Drag over the region to look at; click for the whole screen, Esc to leave."


class RegionChooser(QWidget):
    """A veil over the whole desktop; it closes when a region was chosen, or by Esc."""

    #: The region: x, y, width, height in pixels of the desktop; four zeros for the whole screen.
    chosen = pyqtSignal(int, int, int, int)

    def __init__(self, area: QRect, parent: QWidget) -> None:
        """Cover ``area``, in pixels of the desktop; ``show`` it then."""
        flags = Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        super().__init__(parent, flags | Qt.WindowType.Tool)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setGeometry(area)
        self._start: QPoint | None = None
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 90))
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr(HINT))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self._start = require(event).position().toPoint()
        self._band.setGeometry(QRect(self._start, QSize()))
        self._band.show()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if self._start is not None:
            self._band.setGeometry(self._box(require(event)))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if self._start is None:
            return
        box = self._box(require(event))
        self.close()  # the veil must not be in the picture
        if min(box.width(), box.height()) < MIN_DRAG:
            self.chosen.emit(0, 0, 0, 0)
        else:
            box.translate(self.geometry().topLeft())
            self.chosen.emit(box.x(), box.y(), box.width(), box.height())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if require(event).key() == Qt.Key.Key_Escape:
            self.close()

    def _box(self, event: QMouseEvent) -> QRect:
        end = event.position().toPoint()
        start = self._start or end
        left, top = min(start.x(), end.x()), min(start.y(), end.y())
        box = QRect(left, top, abs(end.x() - start.x()), abs(end.y() - start.y()))
        return box.intersected(self.rect())
