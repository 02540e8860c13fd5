"""The mouse on the picture of a board: it draws, erases, and places patterns."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.input.board_viewport import Sight, between
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.image_view import PictureView
from dnnvis.core.board import Cell, Cells, Paint, Pattern

LEAST_GRID = 5.0  # screen pixels of a cell that has a line around it
GRID = QColor(128, 128, 128, 80)
NOTCH = 120  # of the wheel, as Qt counts it


class Brush(QObject):
    """Paints through ``paint`` while the view shows a board, and leaves every event alone
    while it does not.

    The left button draws, or erases where it begins on a living cell; the right one, or Ctrl,
    erases. With a ``pattern`` the left button places it, the wheel turns it, and the right
    button calls ``put_away``.
    """

    def __init__(
        self, view: PictureView, paint: Callable[[Paint], None], put_away: Callable[[], None]
    ) -> None:
        super().__init__(view)
        self.pattern: Pattern | None = None
        self.sight: Sight | None = None
        self.hovered: Cell | None = None
        self._view, self._paint, self._put_away = view, paint, put_away
        self._board: NDArray[np.uint8] | None = None
        self._last: Cell | None = None
        self._alive: bool | None = None  # None: no stroke is under way
        self._turned = 0
        self._over = Over(self, view)
        view.installEventFilter(self)

    @property
    def on(self) -> bool:
        return self.sight is not None

    def show_board(self, board: NDArray[np.uint8], sight: Sight) -> None:
        """From now on the view shows ``board``, 0 where a cell is dead (H, W)."""
        if not self.on:
            self._view.setCursor(Qt.CursorShape.CrossCursor)
            # the right button is for erasing; the panel's menu opens beside the picture
            self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
            self._over.setGeometry(self._view.rect())
            self._over.show()
        self._board, self.sight = board, sight
        self._over.update()

    def rest(self) -> None:
        """The view shows no board any more."""
        if self.on:
            self._view.unsetCursor()
            self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
            self._over.hide()
        self._board = self.sight = self.hovered = self._alive = self._last = None

    def take(self, pattern: Pattern | None) -> None:
        """Place this pattern from now on; None: draw cells."""
        self.pattern, self._alive = pattern, None
        self._over.update()

    # ---- events ----------------------------------------------------------------------

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None or not self.on:
            return False
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self._over.setGeometry(self._view.rect())
        elif kind == QEvent.Type.Leave:
            self._hover(None)
        elif isinstance(event, QWheelEvent):
            return self._wheel(event)
        elif isinstance(event, QMouseEvent):
            return self._mouse(event)
        return False

    def _mouse(self, event: QMouseEvent) -> bool:
        cell = self._cell(event.position())
        kind = event.type()
        if kind == QEvent.Type.MouseMove:
            self._hover(cell)
            self._draw(cell)
            return self._alive is not None
        if kind == QEvent.Type.MouseButtonRelease:
            self._alive = self._last = None
            return True
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)  # away from the number fields
        if self.pattern is not None:
            self._place(cell, event.button())
        elif cell is not None:
            self._begin(cell, event)
        return True

    def _begin(self, cell: Cell, event: QMouseEvent) -> None:
        erases = event.button() == Qt.MouseButton.RightButton
        erases = erases or bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._alive, self._last = not (erases or self._lives(cell)), cell
            self._paint(Paint((cell,), self._alive))

    def _draw(self, cell: Cell | None) -> None:
        """Go on with the stroke, without a gap where the mouse was fast."""
        if self._alive is None or cell == self._last:
            return
        if cell is not None:
            line = (cell,) if self._last is None else tuple(between(self._last, cell))
            self._paint(Paint(line, self._alive, fresh=False))
        self._last = cell

    def _place(self, cell: Cell | None, button: Qt.MouseButton) -> None:
        if button == Qt.MouseButton.RightButton:
            self._put_away()
        elif button == Qt.MouseButton.LeftButton and cell is not None and self.pattern is not None:
            self._paint(Paint(self.pattern.at(cell)))

    def _wheel(self, event: QWheelEvent) -> bool:
        if self.pattern is None:
            return False
        self._turned += event.angleDelta().y()
        quarters, self._turned = int(self._turned / NOTCH), int(np.fmod(self._turned, NOTCH))
        self.take(self.pattern.turned(quarters))
        return True

    def _hover(self, cell: Cell | None) -> None:
        if cell != self.hovered:
            self.hovered = cell
            self._over.update()

    def _cell(self, point: QPointF) -> Cell | None:
        place, sight = self._view.place(), self.sight
        if sight is None or not place.width():
            return None
        scale = sight.seen[1] / place.width()
        return sight.cell_at((point.y() - place.y()) * scale, (point.x() - place.x()) * scale)

    def _lives(self, cell: Cell) -> bool:
        return self._board is not None and bool(self._board[cell])

    # ---- for Over --------------------------------------------------------------------

    def marked(self) -> Cells:
        """The cells that a click would make alive."""
        if self.hovered is None:
            return ()
        return (self.hovered,) if self.pattern is None else self.pattern.at(self.hovered)


class Over(QWidget):
    """Lies over the picture: lines between cells, where they are large enough, and what a
    click would do."""

    def __init__(self, brush: Brush, view: PictureView) -> None:
        super().__init__(view)
        self._brush, self._view = brush, view
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        sight, place = self._brush.sight, self._view.place()
        if sight is None or not place.width():
            return
        painter = QPainter(self)
        painter.setClipRect(place)
        wide, high = place.width() / sight.size[1], place.height() / sight.size[0]
        if min(wide, high) >= LEAST_GRID:
            self._paint_grid(painter, sight, place)
        scale = place.width() / sight.seen[1]
        tone = theme.tones(self).colour("cursor")
        fill = QColor(tone.red(), tone.green(), tone.blue(), 150)
        for cell in self._brush.marked():
            y, x = sight.corner(cell)
            box = QRectF(place.x() + x * scale, place.y() + y * scale, wide, high)
            if self._brush.pattern is not None:
                painter.fillRect(box, fill)
            else:
                painter.setPen(QPen(tone, 1.5))
                painter.drawRect(box)
        painter.end()

    def _paint_grid(self, painter: QPainter, sight: Sight, place: QRectF) -> None:
        painter.setPen(QPen(GRID, 0))
        for k in range(1, sight.size[0]):
            y = place.y() + place.height() * k / sight.size[0]
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))
        for k in range(1, sight.size[1]):
            x = place.x() + place.width() * k / sight.size[1]
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
