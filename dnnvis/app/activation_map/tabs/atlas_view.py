"""Paint an activation atlas: pan, zoom, the live cross, a class that is filtered for."""

import math

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.atlas_view import (
    MAX_NEAR_CELLS,
    AtlasRegion,
    AtlasView,
    AtlasViewLevel,
    Cell,
    rank_near_class,
)

MAX_ZOOM = 32.0
WHEEL_STEP = 400.0  # eighths of degrees that zoom by a factor of e
FAINT = 0.12  # how much is seen of a cell that does not speak for the class
UNSEEN = 0.45  # how much is seen of a decoded place where no activation lies
CROSS_ARM = 9.0  # pixels
CONTRAST_LINES = (QColor(0, 0, 0), 4.0), (QColor(255, 255, 255), 2.0)  # seen on every picture
CLICK_PIXELS = 4.0  # a press that moves less is a click


class AtlasCanvas(PaintedWidget):
    """The cells of an atlas on a square.

    ``pointed`` carries the cell under the mouse, or () where there is none; ``clicked`` a cell;
    ``pointed_tile`` the number of the decoded place under the mouse, -1 for none.
    ``level_changed``: another zoom level is on show.
    """

    background = "base"

    pointed = pyqtSignal(object)
    clicked = pyqtSignal(object)
    pointed_tile = pyqtSignal(int)
    level_changed = pyqtSignal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.view: AtlasView | None = None
        #: Column of the attribution that is filtered for; -1 = none.
        self.category = -1
        #: Column of the class that the outlined cells of the one above lie nearest to; -1 = none.
        self.neighbor = -1
        #: The cell that was clicked, () = none.
        self.chosen: Cell | tuple[()] = ()
        self._point: tuple[float, float] | None = None
        self._images: dict[int, list[QImage]] = {}
        #: The part that is decoded; None = none.
        self.region: AtlasRegion | None = None
        self._region_images: list[QImage] = []
        self._hovered_tile = -1
        self._zoom, self._center = 1.0, (0.5, 0.5)  # the center in the unit square, y downwards
        self._hovered: Cell | tuple[()] = ()
        self._press: QPointF | None = None
        self._press_center = self._center
        self.setMouseTracking(True)

    def show_view(self, view: AtlasView | None, message: str) -> None:
        """Draw another atlas, from the whole of it on; ``message`` where there is none."""
        self.message = message
        if view is not self.view:
            self.view, self._images = view, {}
            self._zoom, self._center = 1.0, (0.5, 0.5)
            self._hovered = ()
        self.setAccessibleDescription(message)
        self.update()

    def show_point(self, point: NDArray[np.float32] | None) -> None:
        """Put the cross at (x, y) of the unit square, y upwards; None takes it away."""
        self._point = None if point is None else (float(point[0]), 1 - float(point[1]))
        self.update()

    def show_region(self, region: AtlasRegion | None) -> None:
        """Draw a decoded part over the cells; None takes it away."""
        self.region = region
        self._region_images = [
            wrap_pixels(picture, QImage.Format.Format_RGB888)
            for picture in (() if region is None else region.pictures)
        ]
        self.update()

    @property
    def visible_region(self) -> tuple[float, float, float]:
        """The square on show: (left, top, side) in the unit square, top measured downwards."""
        side = 1 / self._zoom
        left, top = (min(max(center - side / 2, 0.0), 1 - side) for center in self._center)
        return left, top, side

    def show_category(self, category: int) -> None:
        """Filter for a class; -1 shows all cells alike."""
        self.category = category
        self.update()

    def show_neighbor(self, category: int) -> None:
        """Outline the cells of the class filtered for that lie nearest to another's; -1: none."""
        self.neighbor = category
        self.update()

    @property
    def outlined(self) -> NDArray[np.int64]:
        """The numbers of the outlined cells of the level on show, nearest first."""
        level = self.level
        if level is None or min(self.category, self.neighbor) < 0:
            return np.zeros(0, np.int64)
        ranked = rank_near_class(level.cells, level.attribution, self.neighbor, self.category)
        return ranked[:MAX_NEAR_CELLS] if self.category != self.neighbor else ranked[:0]

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)

    @property
    def level(self) -> AtlasViewLevel | None:
        """The zoom level on show: each doubling of the size brings the next finer one."""
        if self.view is None or not self.view.levels:
            return None
        number = int(math.log2(self._zoom) + 0.01)
        return self.view.levels[min(number, len(self.view.levels) - 1)]

    @property
    def zoom(self) -> float:
        """How many times larger than the whole atlas it is shown."""
        return self._zoom

    def _side(self) -> float:
        return min(self.width(), self.height()) * self._zoom

    def to_pixels(self, x: float, y: float) -> QPointF:
        """Return where a point of the unit square lies in the widget; y downwards in both."""
        side = self._side()
        return QPointF(
            self.width() / 2 + (x - self._center[0]) * side,
            self.height() / 2 + (y - self._center[1]) * side,
        )

    def to_square(self, at: QPointF) -> tuple[float, float]:
        """Return the point of the unit square under a pixel; y downwards in both."""
        side = max(self._side(), 1e-9)
        return (
            self._center[0] + (at.x() - self.width() / 2) / side,
            self._center[1] + (at.y() - self.height() / 2) / side,
        )

    def cell_at(self, at: QPointF) -> Cell | tuple[()]:
        """Return the cell with a picture under a pixel; () where there is none."""
        level = self.level
        if level is None:
            return ()
        x, y = self.to_square(at)
        row, column = math.floor(y * level.grid), math.floor(x * level.grid)
        is_drawn = bool((level.cells == (row, column)).all(1).any())
        return (level.grid, row, column) if is_drawn else ()

    def cell_rect(self, grid: int, row: int, column: int) -> QRectF:
        """Return the rectangle of a cell in the widget."""
        return QRectF(
            self.to_pixels(column / grid, row / grid),
            self.to_pixels((column + 1) / grid, (row + 1) / grid),
        )

    def picture_rects(self) -> tuple[QRectF, ...]:
        level = self.level
        if level is None:
            return ()
        return tuple(self.cell_rect(level.grid, *cell) for cell in level.cells.tolist())

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        level = self.level
        if level is None:
            self.paint_message(painter, palette)
            return
        if level.grid not in self._images:
            self._images[level.grid] = [
                wrap_pixels(picture, QImage.Format.Format_RGB888) for picture in level.pictures
            ]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        weights = cell_weights(level, self.category)
        visible = QRectF(self.rect())
        for number, (row, column) in enumerate(level.cells.tolist()):
            rect = self.cell_rect(level.grid, row, column)
            if not rect.intersects(visible):
                continue
            painter.setOpacity(FAINT + (1 - FAINT) * float(weights[number]))
            painter.drawImage(rect, self._images[level.grid][number])
        painter.setOpacity(1.0)
        self._paint_outlines(painter, level)
        self._paint_region(painter, palette)
        for cell, width in ((self._hovered, 1.5), (self.chosen, 3.0)):
            if len(cell) == 3:
                painter.setPen(QPen(palette.color("accent"), width))
                painter.drawRect(self.cell_rect(*cell))
        if self._point is not None:
            self._paint_cross(painter)

    def _paint_outlines(self, painter: QPainter, level: AtlasViewLevel) -> None:
        for row, column in level.cells[self.outlined].tolist():
            for color, width in CONTRAST_LINES:
                painter.setPen(QPen(color, width))
                painter.drawRect(self.cell_rect(level.grid, row, column))

    def tile_rect(self, number: int) -> QRectF:
        """Return the rectangle of a decoded place in the widget."""
        assert self.region is not None
        left, top, side = self.region.region
        row, column = self.region.cells[number].tolist()
        size = side / self.region.grid
        at = left + column * size, top + row * size
        return QRectF(self.to_pixels(*at), self.to_pixels(at[0] + size, at[1] + size))

    def tile_at(self, at: QPointF) -> int:
        """Return the number of the decoded place under a pixel, -1 for none."""
        if self.region is None:
            return -1
        tiles = range(len(self.region.cells))
        return next((k for k in tiles if self.tile_rect(k).contains(at)), -1)

    def _paint_region(self, painter: QPainter, palette: theme.Palette) -> None:
        region = self.region
        if region is None or not len(region.cells):
            return
        left, top, side = region.region
        frame = QRectF(self.to_pixels(left, top), self.to_pixels(left + side, top + side))
        painter.fillRect(frame, palette.color("base"))
        for number, image in enumerate(self._region_images):
            if region.done[number]:
                painter.setOpacity(1.0 if region.counts[number] else UNSEEN)
                painter.drawImage(self.tile_rect(number), image)
        painter.setOpacity(1.0)
        painter.setPen(QPen(palette.color("accent"), 1.5))
        painter.drawRect(frame)

    def _paint_cross(self, painter: QPainter) -> None:
        assert self._point is not None
        at = self.to_pixels(*self._point)
        for color, width in CONTRAST_LINES:
            painter.setPen(QPen(color, width))
            painter.drawLine(at + QPointF(-CROSS_ARM, 0), at + QPointF(CROSS_ARM, 0))
            painter.drawLine(at + QPointF(0, -CROSS_ARM), at + QPointF(0, CROSS_ARM))

    def zoom_at(self, factor: float, at: QPointF) -> None:
        """Zoom by a factor; what lies under a pixel stays there."""
        x, y = self.to_square(at)
        previous, level = self._zoom, self.level
        self._zoom = min(MAX_ZOOM, max(1.0, self._zoom * factor))
        scale = previous / self._zoom
        self._move_to(x + (self._center[0] - x) * scale, y + (self._center[1] - y) * scale)
        if self.level is not level:
            self.level_changed.emit()

    def _move_to(self, x: float, y: float) -> None:
        half = 0.5 / self._zoom
        self._center = (min(max(x, half), 1 - half), min(max(y, half), 1 - half))
        self.update()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            self.zoom_at(math.exp(event.angleDelta().y() / WHEEL_STEP), event.position())
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._press, self._press_center = event.position(), self._center

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        if self._press is not None:
            moved = event.position() - self._press
            side = max(self._side(), 1e-9)
            x, y = self._press_center
            self._move_to(x - moved.x() / side, y - moved.y() / side)
            return
        tile = self.tile_at(event.position())
        if tile != self._hovered_tile:
            self._hovered_tile = tile
            self.pointed_tile.emit(tile)
        self._hover(() if tile >= 0 else self.cell_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        press, self._press = self._press, None
        if event is None or press is None:
            return
        moved = event.position() - press
        is_decoded = self.tile_at(event.position()) >= 0
        cell = () if is_decoded else self.cell_at(event.position())
        if math.hypot(moved.x(), moved.y()) < CLICK_PIXELS and cell:
            self.clicked.emit(cell)

    def leaveEvent(self, event: object) -> None:
        self._hover(())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._move_to(*self._center)

    def _hover(self, cell: Cell | tuple[()]) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.pointed.emit(cell)
            self.update()


def cell_weights(level: AtlasViewLevel, category: int) -> NDArray[np.float64]:
    """Return how strongly each cell is drawn, in [0, 1], (n,): by how far it speaks for a class."""
    if category < 0 or category >= level.attribution.shape[1]:
        return np.ones(len(level.cells))
    values = np.maximum(level.attribution[:, category].astype(np.float64), 0)
    weights: NDArray[np.float64] = values / max(values.max(initial=0), 1e-12)
    return weights
