"""What the mouse and the keys do on an activation map."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.activation_map.colors import Dots
from dnnvis.app.activation_map.plot import MARGIN_LEFT, MARGIN_TOP, MapPlot
from dnnvis.app.activation_map.viewport import MAX_ZOOM
from dnnvis.imaging.polygon import points_in_polygon

HOVER_INTERVAL_MS = 120  # milliseconds between two questions of the mouse
MIN_ZOOM = 0.25  # of the whole map's scale
CLICK_TOLERANCE_PIXELS = 4  # pixels that a click may move


class InteractiveMapPlot(MapPlot):
    """Drag to move the map, turn the wheel to come closer, click twice (or press 0) to see all
    of it; click a dot or draw a line around many with Shift held (or ``lassoing``) to pick them.

    ``hovered`` comes with the row under the mouse (-1: none), ``point_hovered`` with the place, ()
    when the mouse leaves, both at most every 120 ms; ``picked`` with the rows that were clicked
    or lassoed, () when given up.
    """

    hovered = pyqtSignal(int)
    point_hovered = pyqtSignal(object)
    picked = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lassoing = False  # a drag draws a line around dots, also without Shift
        self._press_point: QPointF | None = None
        self._last_point = QPointF()
        self._dragged = False
        self._mouse_point: QPointF | None = None
        self._hover_timer = QTimer(self)
        self._hover_timer.setSingleShot(True)
        self._hover_timer.setInterval(HOVER_INTERVAL_MS)
        self._hover_timer.timeout.connect(self._emit_hover)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    # -- the mouse

    def update_cursor(self) -> None:
        """A cross while a drag draws a line, else the usual arrow."""
        cross, arrow = Qt.CursorShape.CrossCursor, Qt.CursorShape.ArrowCursor
        self.setCursor(cross if self.lassoing else arrow)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton or self.view is None:
            return
        self._press_point = self._last_point = event.position()
        self._dragged = False
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if self.lassoing or shift:
            self.lasso_path = [event.position()]

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        point = event.position()
        if self.lasso_path:
            if (point - self.lasso_path[-1]).manhattanLength() >= CLICK_TOLERANCE_PIXELS:
                self.lasso_path.append(point)
                self.update()
        elif self._press_point is not None and self.view is not None:
            self._drag_to(point)
        else:
            self._mouse_point = point
            if not self._hover_timer.isActive():
                self._hover_timer.start()

    def _drag_to(self, point: QPointF) -> None:
        is_drag = (
            (point - self._press_point).manhattanLength() > CLICK_TOLERANCE_PIXELS
            if self._press_point
            else False
        )
        self._dragged = self._dragged or is_drag
        if self._dragged and self.view is not None:
            offset = point - self._last_point
            self._last_point, self._shows_whole = point, False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.set_view(self.view.pan(offset.x(), offset.y()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        line, self.lasso_path = self.lasso_path, []
        press_point, self._press_point = self._press_point, None
        self.update_cursor()
        if len(line) > 2:
            self._pick_inside(line)
            self.update()
        elif press_point is not None and not self._dragged:
            row = self.row_at(event.position())
            if row >= 0:
                self.picked.emit((row,))

    def _pick_inside(self, line: list[QPointF]) -> None:
        """Ask, on the map's thread, which of the dots lie inside."""
        view, shown = self.view, self.shown
        if view is None or shown is None:
            return
        corners = np.array([view.to_map(p.x() - MARGIN_LEFT, p.y() - MARGIN_TOP) for p in line])
        dots = shown.dots
        self.worker.submit("lasso", lambda: _rows_inside(dots, corners))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.fit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None and self.view is not None:
            point = event.position()
            self.zoom(1.0015 ** event.angleDelta().y(), point)
            event.accept()

    def zoom(self, factor: float, anchor: QPointF | None = None) -> None:
        """Closer (or farther), a point of the widget staying where it is."""
        if self.view is None:
            return
        zoom = self.zoom_factor()
        factor = min(max(factor, MIN_ZOOM / zoom), MAX_ZOOM / zoom)
        point = anchor or self.plot().center()
        self._shows_whole = False
        self.set_view(self.view.magnify(factor, point.x() - MARGIN_LEFT, point.y() - MARGIN_TOP))

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self._hover_timer.stop()
        self._mouse_point = None
        self._emit_hover()

    def _emit_hover(self) -> None:
        """Say what lies under the mouse."""
        map_point = self.map_point_at(self._mouse_point) if self._mouse_point is not None else None
        row = self.row_at(self._mouse_point) if self._mouse_point is not None else -1
        if row != self.hovered_row:
            self.hovered_row = row
            self.update()
        self.hovered.emit(row)
        self.point_hovered.emit(map_point or ())

    def _deliver(self, key: str, value: Any) -> None:
        if key == "lasso" and isinstance(value, tuple):
            self.picked.emit(value)
        else:
            super()._deliver(key, value)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._hover_timer.stop()

    # -- keys

    def event(self, event: QEvent | None) -> bool:
        """Escape is the map's own while something is picked or a line is drawn."""
        override = event is not None and event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._handles_key(event):
            event.accept()
            return True
        return super().event(event)

    def _handles_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return bool(self.choice.picked or self.lasso_path)
        return event.key() in (Qt.Key.Key_0, Qt.Key.Key_Plus, Qt.Key.Key_Minus)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or not self._handles_key(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif event.key() == Qt.Key.Key_Escape:
            self.lasso_path, self._press_point = [], None
            self.update()
            self.picked.emit(())
        else:
            self.zoom(1.25 if event.key() == Qt.Key.Key_Plus else 0.8)


def _rows_inside(dots: Dots, corners: Any) -> tuple[int, ...]:
    """Rows of the dots inside a line, in order."""
    return tuple(np.sort(dots.rows[points_in_polygon(dots.z, corners)]).tolist())
