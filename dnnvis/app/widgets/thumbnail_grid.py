"""Several pictures side by side, each with a line below it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qimage import wrap_pixels

CRISP_BELOW = 64  # pixels: a smaller picture is enlarged in squares, a larger one smoothly
MIDDLE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, eq=False)
class Tile:
    """``pixels`` uint8 (H, W, 3), contiguous; ``text`` stands below; ``box`` (x, y, width,
    height) in pixels of the picture is framed."""

    pixels: NDArray[np.uint8]
    text: str = ""
    box: tuple[float, float, float, float] | None = None


class Tiles(QWidget):
    """``clicked`` and ``pointed`` carry the number of a tile; ``left`` comes when the mouse is
    on none any more, ``painted`` after each paint."""

    clicked = pyqtSignal(int)
    pointed = pyqtSignal(int)
    left = pyqtSignal()
    painted = pyqtSignal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tiles: tuple[Tile, ...] = ()
        self.chosen: int | None = None
        self.words = ""
        self.stale = False
        self._over: int | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_tiles(self, tiles: tuple[Tile, ...], chosen: int | None = None) -> None:
        self.tiles, self.chosen, self.words = tiles, chosen, ""
        self.setAccessibleDescription(", ".join(tile.text for tile in tiles if tile.text))
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there is nothing."""
        if self.tiles or words != self.words:
            self.tiles, self.chosen, self.words = (), None, words
            self.setAccessibleDescription(words)
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Tint what surrounds the pictures."""
        if stale != self.stale:
            self.stale = stale
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 90)

    def cell(self, k: int) -> QRectF:
        """The room of a tile, its text included."""
        across, down = self._shape()
        width, height = self.width() / across, self.height() / down
        return QRectF((k % across) * width, (k // across) * height, width, height)

    def place(self, k: int) -> QRectF:
        """Where a tile's picture lies."""
        tile, inner = self.tiles[k], self.cell(k).adjusted(1.5, 1.5, -1.5, -1.5 - self._line(k))
        high, wide = tile.pixels.shape[:2]
        scale = max(min(inner.width() / wide, inner.height() / high), 0.01)
        width, height = wide * scale, high * scale
        left = inner.left() + (inner.width() - width) / 2
        return QRectF(left, inner.top() + (inner.height() - height) / 2, width, height)

    def index_at(self, x: float, y: float) -> int | None:
        """The tile under a point of the widget."""
        found = (k for k in range(len(self.tiles)) if self.cell(k).contains(x, y))
        return next(found, None)

    def _shape(self) -> tuple[int, int]:
        """Columns and rows that give the tiles the most room."""
        count = max(len(self.tiles), 1)
        options = {(across, -(-count // across)) for across in range(1, count + 1)}
        tile = self.tiles[0].pixels if self.tiles else np.zeros((1, 1))
        aspect = tile.shape[1] / tile.shape[0]

        def room(shape: tuple[int, int]) -> float:
            across, down = shape
            return float(min(self.width() / across / aspect, self.height() / down))

        square = math.isqrt(count - 1) + 1
        return max(sorted(options), key=lambda s: (round(room(s), 3), -abs(s[0] - square)))

    def _line(self, k: int) -> float:
        return self.fontMetrics().height() if self.tiles[k].text else 0

    # -- drawing

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("stale" if self.stale else "base"))
        painter.setPen(tones.colour("muted"))
        if not self.tiles:
            gap = 2 * theme.GAP
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(gap, gap, -gap, -gap), flags, self.words)
        for k, tile in enumerate(self.tiles):
            self._paint_tile(painter, k, tile, tones)
        painter.end()
        self.painted.emit()

    def _paint_tile(self, painter: QPainter, k: int, tile: Tile, tones: theme.Tones) -> None:
        place, (height, width) = self.place(k), tile.pixels.shape[:2]
        scale = place.width() / width
        smooth = scale < 1 or min(height, width) >= CRISP_BELOW
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        kind = QImage.Format.Format_RGB888
        painter.drawImage(place, wrap_pixels(tile.pixels, kind))
        if tile.box is not None:
            x, y, w, h = (edge * scale for edge in tile.box)
            box = QRectF(place.x() + x, place.y() + y, w, h).intersected(place)
            _frame(painter, box.adjusted(1, 1, -1, -1), tones.colour("cursor"))
        if k == self.chosen and len(self.tiles) > 1:
            _frame(painter, place, tones.colour("accent"))
        elif k == self._over:
            painter.setPen(tones.colour("muted"))
            painter.drawRect(place)
        if tile.text:
            painter.setFont(theme.numbers(self))
            painter.setPen(tones.colour("text" if k in (self.chosen, self._over) else "muted"))
            cell = self.cell(k)
            cell.setTop(place.bottom() + 1)
            cell.setHeight(self._line(k))
            right = Qt.TextElideMode.ElideRight
            text = painter.fontMetrics().elidedText(tile.text, right, int(cell.width()))
            painter.drawText(cell, MIDDLE, text)

    # -- the mouse

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        found = self.index_at(event.position().x(), event.position().y())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(found)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self._point(self.index_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent | None) -> None:
        self._point(None)

    def _point(self, over: int | None) -> None:
        if over == self._over:
            return
        self._over = over
        self.update()
        if over is None:
            self.left.emit()
        else:
            self.pointed.emit(over)


def _frame(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A rectangle that shows on any picture."""
    for shade, thick in ((QColor("#101010"), 4.0), (colour, 2.0)):
        painter.setPen(QPen(shade, thick))
        painter.drawRect(box)
