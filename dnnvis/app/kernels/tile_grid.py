"""Show many small tiles of one size in rows, one of them marked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.translation.catalog import tr

MIN_NAMED_PIXELS = 34.0  # side of the tiles that have their names on them
MAX_SIDE_PIXELS = 96.0
GAP_FRACTION = 0.06  # of a tile's side, between tiles


@dataclass(frozen=True, eq=False)
class Tile:
    """One tile."""

    #: Colors uint8 (H, W, 3), contiguous.
    pixels: NDArray[np.uint8]
    #: Its name.
    name: str
    #: More about it, shown where the mouse rests on it.
    help: str = ""


class TileGrid(PaintedWidget):
    """Tiles in rows that fill the widget; ``clicked`` carries the number of one."""

    background = "base"

    clicked = pyqtSignal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.tiles: tuple[Tile, ...] = ()
        self.chosen: int | None = None
        self.setMouseTracking(True)

    def show_tiles(self, tiles: tuple[Tile, ...], chosen: int | None = None) -> None:
        self.tiles, self.message = tiles, ""
        self.choose(chosen)

    def choose(self, chosen: int | None) -> None:
        """Mark a tile; None for none."""
        self.chosen = chosen
        marked = "" if chosen is None or chosen >= len(self.tiles) else self.tiles[chosen].name
        self.setAccessibleDescription(
            tr(
                "{count} tiles, marked: {marked}",
                count=len(self.tiles),
                marked=marked or tr("none"),
            )
        )
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there are no tiles."""
        self.tiles, self.chosen, self.message = (), None, text
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 34)

    def side(self) -> tuple[float, int]:
        """Return the room of a tile in pixels, and how many stand in a row."""
        count, width, height = max(len(self.tiles), 1), max(self.width(), 1), max(self.height(), 1)
        columns = max(int((count * width / height) ** 0.5), 1)
        best = max(
            range(max(columns - 1, 1), columns + 3),
            key=lambda n: min(width / n, height / -(-count // n)),
        )
        side = min(width / best, height / -(-count // best), MAX_SIDE_PIXELS)
        return side, max(int(width / side), 1)

    def rect_of(self, k: int) -> QRectF:
        """Return the rectangle of a tile."""
        return _locate(k, *self.side())

    def index_at(self, point: QPointF) -> int | None:
        """Return the number of the tile under a point; None where none is."""
        side, columns = self.side()
        row, column = int(point.y() / side), int(point.x() / side)
        k = row * columns + column
        inside = 0 <= column < columns and row >= 0 and k < len(self.tiles)
        return k if inside else None

    def picture_rects(self) -> tuple[QRectF, ...]:
        if not self.tiles:
            return ()
        return (self.rect_of(0) | self.rect_of(len(self.tiles) - 1),)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if not self.tiles:
            self.paint_message(painter, palette)
        painter.setFont(theme.caption_font(self))
        side, columns = self.side()
        for k, tile in enumerate(self.tiles):
            rect = _locate(k, side, columns)
            painter.drawImage(rect, wrap_pixels(tile.pixels, QImage.Format.Format_RGB888))
            if rect.width() >= MIN_NAMED_PIXELS:
                self._paint_name(painter, rect, tile.name)
        if self.chosen is not None and self.chosen < len(self.tiles):
            rect = self.rect_of(self.chosen)
            for shade, width in ((QColor("#101010"), 5.0), (palette.color("cursor"), 2.5)):
                painter.setPen(QPen(shade, width))
                painter.drawRect(rect)

    def _paint_name(self, painter: QPainter, rect: QRectF, name: str) -> None:
        metrics = painter.fontMetrics()
        band = QRectF(rect.x(), rect.bottom() - metrics.height(), 0, metrics.height())
        band.setWidth(min(metrics.horizontalAdvance(name) + 6.0, rect.width()))
        painter.fillRect(band, QColor(0, 0, 0, 150))
        painter.setPen(QColor("#ffffff"))
        painter.drawText(band, Qt.AlignmentFlag.AlignCenter, name)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        k = self.index_at(event.position())
        if k is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(k)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        k = self.index_at(event.position())
        text = "" if k is None else self.tiles[k].help or self.tiles[k].name
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def leaveEvent(self, event: QEvent | None) -> None:
        QToolTip.hideText()


def _locate(k: int, side: float, columns: int) -> QRectF:
    """Return the rectangle of a tile, for tiles of that room and so many in a row."""
    row, column = divmod(k, columns)
    gap = max(1.0, side * GAP_FRACTION)
    return QRectF(column * side, row * side, side - gap, side - gap)
