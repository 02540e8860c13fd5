"""Draw, erase and place patterns with the mouse on the picture of a board."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.input.board_viewport import BoardViewport, cells_on_line
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.core.life.board import Cell, Cells, Paint, Pattern

MIN_GRID_CELL_PIXELS = 5.0  # screen pixels of a cell that has a line around it
GRID_COLOR = QColor(128, 128, 128, 80)
HOLD_MILLISECONDS = 1000  # after the hand is up
WHEEL_STEP = 120  # of the wheel, as Qt counts it


class BoardBrush(QObject):
    """Paints through ``paint`` while the view shows a board, and ignores every event else.

    The left button draws, or erases where it begins on a living cell; the right one, or Ctrl,
    erases. With a ``pattern`` the left button places it, the wheel turns it, and the right button
    calls ``stop_placing``. ``hold`` stops the board from the first cell until a moment after the
    hand is up.
    """

    def __init__(
        self,
        view: ImageView,
        paint: Callable[[Paint], None],
        stop_placing: Callable[[], None],
        hold: Callable[[bool], None] = lambda held: None,
    ) -> None:
        super().__init__(view)
        self.pattern: Pattern | None = None
        self.shows_grid = True  # lines between cells that are large enough
        self.preview_opacity = 150  # of 255
        self.viewport: BoardViewport | None = None
        self.hovered: Cell | None = None
        self._view, self._paint, self._stop_placing = view, paint, stop_placing
        self._board: NDArray[np.uint8] | None = None
        self._last_cell: Cell | None = None
        self._alive: bool | None = None  # None: no stroke is under way
        self._wheel_angle = 0
        self._hold = hold
        self.release_timer = QTimer(self)
        self.release_timer.setSingleShot(True)
        self.release_timer.setInterval(HOLD_MILLISECONDS)
        self.release_timer.timeout.connect(lambda: hold(False))
        self._overlay = BrushOverlay(self, view)
        view.installEventFilter(self)

    @property
    def is_active(self) -> bool:
        return self.viewport is not None

    @property
    def fills_preview(self) -> bool:
        """Return whether what a click would do is drawn as filled cells, not as a frame."""
        return self.pattern is not None

    def show_board(self, board: NDArray[np.uint8], viewport: BoardViewport) -> None:
        """Paint on ``board`` from now on, which the view shows; 0 where a cell is dead (H, W)."""
        if not self.is_active:
            self._view.setCursor(Qt.CursorShape.CrossCursor)
            # the right button is for erasing; the panel's menu opens beside the picture
            self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
            self._overlay.setGeometry(self._view.rect())
            self._overlay.show()
        self._board, self.viewport = board, viewport
        self._overlay.update()

    def deactivate(self) -> None:
        """Stop painting: the view shows no board any more."""
        if self.is_active:
            self._release()
            self._view.unsetCursor()
            self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
            self._overlay.hide()
        self._board = self.viewport = self.hovered = self._alive = self._last_cell = None

    def set_pattern(self, pattern: Pattern | None) -> None:
        """Place this pattern from now on; None: draw cells."""
        self._release()
        self.pattern, self._alive = pattern, None
        self._overlay.update()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None or not self.is_active:
            return False
        event_type = event.type()
        if event_type == QEvent.Type.Resize:
            self._overlay.setGeometry(self._view.rect())
        elif event_type == QEvent.Type.Leave:
            self._set_hovered(None)
        elif isinstance(event, QWheelEvent):
            return self._on_wheel(event)
        elif isinstance(event, QMouseEvent):
            return self._on_mouse(event)
        return False

    def _on_mouse(self, event: QMouseEvent) -> bool:
        cell = self._cell_at(event.position())
        event_type = event.type()
        if event_type == QEvent.Type.MouseMove:
            self._set_hovered(cell)
            self._continue_stroke(cell)
            return self._alive is not None
        if event_type == QEvent.Type.MouseButtonRelease:
            if self._alive is not None:
                self.release_timer.start()
            self._alive = self._last_cell = None
            return True
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)  # away from the number fields
        if self.pattern is not None:
            self._put_pattern(cell, event.button())
        elif cell is not None:
            self._start_stroke(cell, event)
        return True

    def _start_stroke(self, cell: Cell, event: QMouseEvent) -> None:
        erases = event.button() == Qt.MouseButton.RightButton
        erases = erases or bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._alive, self._last_cell = not (erases or self._is_alive(cell)), cell
            self.release_timer.stop()
            self._hold(True)
            self._paint(Paint((cell,), self._alive))

    def _release(self) -> None:
        """Let a board go on that is still held."""
        if self.release_timer.isActive() or self._alive is not None:
            self.release_timer.stop()
            self._hold(False)

    def _continue_stroke(self, cell: Cell | None) -> None:
        """Continue the stroke, without a gap where the mouse was fast."""
        if self._alive is None or cell == self._last_cell:
            return
        if cell is not None:
            line = (
                (cell,) if self._last_cell is None else tuple(cells_on_line(self._last_cell, cell))
            )
            self._paint(Paint(line, self._alive, new_stroke=False))
        self._last_cell = cell

    def _put_pattern(self, cell: Cell | None, button: Qt.MouseButton) -> None:
        if button == Qt.MouseButton.RightButton:
            self._stop_placing()
        elif button == Qt.MouseButton.LeftButton and cell is not None and self.pattern is not None:
            self._hold(True)
            self.release_timer.start()
            self._paint(Paint(self.pattern.at(cell)))

    def _on_wheel(self, event: QWheelEvent) -> bool:
        if self.pattern is None:
            return False
        self._wheel_angle += event.angleDelta().y()
        quarter_turns, self._wheel_angle = (
            int(self._wheel_angle / WHEEL_STEP),
            int(np.fmod(self._wheel_angle, WHEEL_STEP)),
        )
        self.set_pattern(self.pattern.rotate(quarter_turns))
        return True

    def _set_hovered(self, cell: Cell | None) -> None:
        if cell != self.hovered:
            self.hovered = cell
            self._overlay.update()

    def _cell_at(self, point: QPointF) -> Cell | None:
        image_rect, viewport = self._view.image_rect(), self.viewport
        if viewport is None or not image_rect.width():
            return None
        scale = viewport.image_size[1] / image_rect.width()
        return viewport.cell_at(
            (point.y() - image_rect.y()) * scale, (point.x() - image_rect.x()) * scale
        )

    def _is_alive(self, cell: Cell) -> bool:
        return self._board is not None and bool(self._board[cell])

    def preview_cells(self) -> Cells:
        """Return the cells that a click would make alive."""
        if self.hovered is None:
            return ()
        return (self.hovered,) if self.pattern is None else self.pattern.at(self.hovered)


class BrushOverlay(QWidget):
    """A layer over the picture: lines between large enough cells, and a click's preview."""

    def __init__(self, brush: BoardBrush, view: ImageView) -> None:
        super().__init__(view)
        self._brush, self._view = brush, view
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        viewport, image_rect = self._brush.viewport, self._view.image_rect()
        if viewport is None or not image_rect.width():
            return
        painter = QPainter(self)
        painter.setClipRect(image_rect)
        width, height = (
            image_rect.width() / viewport.size[1],
            image_rect.height() / viewport.size[0],
        )
        if self._brush.shows_grid and min(width, height) >= MIN_GRID_CELL_PIXELS:
            self._paint_grid(painter, viewport, image_rect)
        scale = image_rect.width() / viewport.image_size[1]
        color = theme.palette(self).color("cursor")
        fill = QColor(color.red(), color.green(), color.blue(), self._brush.preview_opacity)
        for cell in self._brush.preview_cells():
            y, x = viewport.corner(cell)
            box = QRectF(image_rect.x() + x * scale, image_rect.y() + y * scale, width, height)
            if self._brush.fills_preview:
                painter.fillRect(box, fill)
            else:
                painter.setPen(QPen(color, 1.5))
                painter.drawRect(box)
        painter.end()

    def _paint_grid(self, painter: QPainter, viewport: BoardViewport, image_rect: QRectF) -> None:
        painter.setPen(QPen(GRID_COLOR, 0))
        for k in range(1, viewport.size[0]):
            y = image_rect.y() + image_rect.height() * k / viewport.size[0]
            painter.drawLine(QPointF(image_rect.left(), y), QPointF(image_rect.right(), y))
        for k in range(1, viewport.size[1]):
            x = image_rect.x() + image_rect.width() * k / viewport.size[1]
            painter.drawLine(QPointF(x, image_rect.top()), QPointF(x, image_rect.bottom()))
