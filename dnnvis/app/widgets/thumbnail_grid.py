"""Show several pictures side by side, each with a line below it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels

CRISP_BELOW_PIXELS = 64  # pixels: a smaller picture is enlarged in squares, a larger one smoothly
MIN_NAMED_PIXELS = 40  # width of the pictures that have their names on them
NAME_BAND = QColor(0, 0, 0, 150)
CENTERED = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """One picture of the grid."""

    #: Colors uint8 (H, W, 3), contiguous.
    pixels: NDArray[np.uint8]
    #: The line below.
    text: str = ""
    #: A framed box (x, y, width, height), in pixels of the picture; None for none.
    box: tuple[float, float, float, float] | None = None
    #: What it is, written over its lower edge.
    name: str = ""


class ThumbnailGrid(PaintedWidget):
    """Pictures in rows and columns.

    ``clicked`` and ``pointed`` carry the number of a tile; ``left`` is emitted when the mouse is on
    none any more, ``painted`` after each paint.
    """

    background = "base"

    clicked = pyqtSignal(int)
    pointed = pyqtSignal(int)
    left = pyqtSignal()
    painted = pyqtSignal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.tiles: tuple[Thumbnail, ...] = ()
        self.chosen: int | None = None
        self.labels_inside = False  # over the foot of each picture, which takes all the room
        self._hovered: int | None = None
        self.setMouseTracking(True)

    def show_tiles(self, tiles: tuple[Thumbnail, ...], chosen: int | None = None) -> None:
        self.tiles, self.chosen, self.message = tiles, chosen, ""
        texts = (" ".join(part for part in (tile.name, tile.text) if part) for tile in tiles)
        self.setAccessibleDescription(", ".join(text for text in texts if text))
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there is nothing."""
        if self.tiles or text != self.message:
            self.tiles, self.chosen, self.message = (), None, text
            self.setAccessibleDescription(text)
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Tint what surrounds the pictures."""
        if stale != self.stale:
            self.background = "stale" if stale else "base"
            self.update()

    @property
    def stale(self) -> bool:
        return self.background == "stale"

    def sizeHint(self) -> QSize:
        return QSize(240, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 90)

    def cell(self, k: int) -> QRectF:
        """Return the box of a tile, its text included."""
        n_columns, n_rows = self._shape()
        width, height = self.width() / n_columns, self.height() / n_rows
        return QRectF((k % n_columns) * width, (k // n_columns) * height, width, height)

    def image_rect(self, k: int) -> QRectF:
        """Return the rectangle of a tile's picture."""
        tile, inner = (
            self.tiles[k],
            self.cell(k).adjusted(1.5, 1.5, -1.5, -1.5 - self._caption_height(k)),
        )
        image_height, image_width = tile.pixels.shape[:2]
        scale = max(min(inner.width() / image_width, inner.height() / image_height), 0.01)
        width, height = image_width * scale, image_height * scale
        left = inner.left() + (inner.width() - width) / 2
        return QRectF(left, inner.top() + (inner.height() - height) / 2, width, height)

    def picture_rects(self) -> tuple[QRectF, ...]:
        return tuple(self.image_rect(k) for k in range(len(self.tiles)))

    def index_at(self, x: float, y: float) -> int | None:
        """Return the tile under a point of the widget."""
        matches = (k for k in range(len(self.tiles)) if self.cell(k).contains(x, y))
        return next(matches, None)

    def _shape(self) -> tuple[int, int]:
        """Return columns and rows that give the tiles the most room."""
        count = max(len(self.tiles), 1)
        options = {(n_columns, -(-count // n_columns)) for n_columns in range(1, count + 1)}
        tile = self.tiles[0].pixels if self.tiles else np.zeros((1, 1))
        aspect = tile.shape[1] / tile.shape[0]

        def fit_scale(shape: tuple[int, int]) -> float:
            n_columns, n_rows = shape
            return float(min(self.width() / n_columns / aspect, self.height() / n_rows))

        square = math.isqrt(count - 1) + 1
        return max(sorted(options), key=lambda s: (round(fit_scale(s), 3), -abs(s[0] - square)))

    def _caption_height(self, k: int) -> float:
        return self.fontMetrics().height() if self.tiles[k].text and not self.labels_inside else 0

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setPen(palette.color("muted"))
        if not self.tiles:
            self.paint_message(painter, palette)
        for k, tile in enumerate(self.tiles):
            self._paint_tile(painter, k, tile, palette)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def _paint_tile(
        self, painter: QPainter, k: int, tile: Thumbnail, palette: theme.Palette
    ) -> None:
        rect, (height, width) = self.image_rect(k), tile.pixels.shape[:2]
        scale = rect.width() / width
        smooth = scale < 1 or min(height, width) >= CRISP_BELOW_PIXELS
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        kind = QImage.Format.Format_RGB888
        painter.drawImage(rect, wrap_pixels(tile.pixels, kind))
        if tile.box is not None:
            x, y, w, h = (edge * scale for edge in tile.box)
            box = QRectF(rect.x() + x, rect.y() + y, w, h).intersected(rect)
            _draw_frame(painter, box.adjusted(1, 1, -1, -1), palette.color("cursor"))
        if tile.name and rect.width() >= MIN_NAMED_PIXELS:
            self._paint_name(painter, rect, tile.name)
        if k == self.chosen and len(self.tiles) > 1:
            _draw_frame(painter, rect, palette.color("accent"))
        elif k == self._hovered:
            painter.setPen(palette.color("muted"))
            painter.drawRect(rect)
        if tile.text and self.labels_inside and not tile.name:
            self._paint_name(painter, rect, tile.text)
        elif tile.text and not self.labels_inside:
            painter.setFont(theme.value_font(self))
            painter.setPen(palette.color("text" if k in (self.chosen, self._hovered) else "muted"))
            cell = self.cell(k)
            cell.setTop(rect.bottom() + 1)
            cell.setHeight(self._caption_height(k))
            right = Qt.TextElideMode.ElideRight
            text = painter.fontMetrics().elidedText(tile.text, right, int(cell.width()))
            painter.drawText(cell, CENTERED, text)

    def _paint_name(self, painter: QPainter, rect: QRectF, name: str) -> None:
        """Write white on a dark band over the lower edge of a picture."""
        painter.setFont(theme.caption_font(self))
        metrics = painter.fontMetrics()
        band = QRectF(rect)
        band.setTop(rect.bottom() - metrics.height())
        painter.fillRect(band, NAME_BAND)
        painter.setPen(QColor("#ffffff"))
        painter.setFont(theme.fit_font(painter.font(), name, band.width() - 4))
        text = painter.fontMetrics().elidedText(
            name, Qt.TextElideMode.ElideRight, int(band.width()) - 4
        )
        painter.drawText(band, CENTERED, text)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        index = self.index_at(event.position().x(), event.position().y())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self._hover(self.index_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent | None) -> None:
        self._hover(None)

    def _hover(self, index: int | None) -> None:
        if index == self._hovered:
            return
        self._hovered = index
        self.update()
        if index is None:
            self.left.emit()
        else:
            self.pointed.emit(index)


def _draw_frame(painter: QPainter, box: QRectF, color: QColor) -> None:
    """Draw a rectangle that shows on any picture."""
    for shade, pen_width in ((QColor("#101010"), 4.0), (color, 2.0)):
        painter.setPen(QPen(shade, pen_width))
        painter.drawRect(box)
