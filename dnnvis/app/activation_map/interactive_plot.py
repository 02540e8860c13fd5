"""What the mouse and the keys do on an activation map."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.activation_map.colors import Dots
from dnnvis.app.activation_map.plot import LEFT, TOP, MapSheet
from dnnvis.app.activation_map.viewport import CLOSEST
from dnnvis.imaging.polygon import inside

SLOW = 120  # milliseconds between two questions of the mouse
FAR_OUT = 0.25  # of the whole map's scale
STILL = 4  # pixels that a click may move


class MapCanvas(MapSheet):
    """Drag to move the map, turn the wheel to come closer, click twice (or press 0) to see all
    of it; click a dot or draw a line around many with Shift held (or ``lassoing``) to pick them.

    ``hovered`` comes with the row under the mouse (-1: none), ``pointed`` with the place, ()
    when the mouse leaves, both at most every 120 ms; ``picked`` with the rows that were clicked
    or lassoed, () when given up.
    """

    hovered = pyqtSignal(int)
    pointed = pyqtSignal(object)
    picked = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lassoing = False  # a drag draws a line around dots, also without Shift
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._moved = False
        self._mouse: QPointF | None = None
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW)
        self._slow.timeout.connect(self._tell)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    # -- the mouse

    def show_cursor(self) -> None:
        """A cross while a drag draws a line, else the usual arrow."""
        cross, arrow = Qt.CursorShape.CrossCursor, Qt.CursorShape.ArrowCursor
        self.setCursor(cross if self.lassoing else arrow)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton or self.view is None:
            return
        self._pressed = self._last = event.position()
        self._moved = False
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if self.lassoing or shift:
            self.line = [event.position()]

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        point = event.position()
        if self.line:
            if (point - self.line[-1]).manhattanLength() >= STILL:
                self.line.append(point)
                self.update()
        elif self._pressed is not None and self.view is not None:
            self._pull(point)
        else:
            self._mouse = point
            if not self._slow.isActive():
                self._slow.start()

    def _pull(self, point: QPointF) -> None:
        far = (point - self._pressed).manhattanLength() > STILL if self._pressed else False
        self._moved = self._moved or far
        if self._moved and self.view is not None:
            way = point - self._last
            self._last, self._fitted = point, False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.see(self.view.moved(way.x(), way.y()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        line, self.line = self.line, []
        pressed, self._pressed = self._pressed, None
        self.show_cursor()
        if len(line) > 2:
            self._pick_inside(line)
            self.update()
        elif pressed is not None and not self._moved:
            row = self.row_at(event.position())
            if row >= 0:
                self.picked.emit((row,))

    def _pick_inside(self, line: list[QPointF]) -> None:
        """Ask, on the map's thread, which of the dots lie inside."""
        view, shown = self.view, self.shown
        if view is None or shown is None:
            return
        corners = np.array([view.place(p.x() - LEFT, p.y() - TOP) for p in line])
        dots = shown.dots
        self.aside.ask("lasso", lambda: _rows_inside(dots, corners))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.fit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None and self.view is not None:
            point = event.position()
            self.zoom(1.0015 ** event.angleDelta().y(), point)
            event.accept()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Closer (or farther), a point of the widget staying where it is."""
        if self.view is None:
            return
        zoom = self.zoomed()
        factor = min(max(factor, FAR_OUT / zoom), CLOSEST / zoom)
        point = about or self.plot().center()
        self._fitted = False
        self.see(self.view.zoomed(factor, point.x() - LEFT, point.y() - TOP))

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self._slow.stop()
        self._mouse = None
        self._tell()

    def _tell(self) -> None:
        """Say what lies under the mouse."""
        place = self.place_of(self._mouse) if self._mouse is not None else None
        row = self.row_at(self._mouse) if self._mouse is not None else -1
        if row != self.over:
            self.over = row
            self.update()
        self.hovered.emit(row)
        self.pointed.emit(place or ())

    def _deliver(self, key: str, value: Any) -> None:
        if key == "lasso" and isinstance(value, tuple):
            self.picked.emit(value)
        else:
            super()._deliver(key, value)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._slow.stop()

    # -- keys

    def event(self, event: QEvent | None) -> bool:
        """Escape is the map's own while something is picked or a line is drawn."""
        override = event is not None and event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._mine(event):
            event.accept()
            return True
        return super().event(event)

    def _mine(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return bool(self.choice.picked or self.line)
        return event.key() in (Qt.Key.Key_0, Qt.Key.Key_Plus, Qt.Key.Key_Minus)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or not self._mine(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif event.key() == Qt.Key.Key_Escape:
            self.line, self._pressed = [], None
            self.update()
            self.picked.emit(())
        else:
            self.zoom(1.25 if event.key() == Qt.Key.Key_Plus else 0.8)


def _rows_inside(dots: Dots, corners: Any) -> tuple[int, ...]:
    """Rows of the dots inside a line, in order."""
    return tuple(np.sort(dots.rows[inside(dots.z, corners)]).tolist())
