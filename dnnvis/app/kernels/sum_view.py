"""Draw the sum behind one value of a convolution: patch x kernel = products, input by input."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPen
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.kernels.text import describe_padding, describe_sum, sort_contributions
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.formatting import format_number, format_value
from dnnvis.core.lens_results import PatchSum
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.kernel_tiles import draw_signed

MAX_ROWS = 4
GOOD_TILE_PIXELS = 100  # from there on another row is better than larger tiles
MIN_TILE_PIXELS = 30
MIN_NUMBER_PIXELS = 30  # width of a cell that holds its number
SIGNS = ("×", "=", "")
Floats = NDArray[np.float32]


class SumView(PaintedWidget):
    """Rows of three tiles each, the input that adds most first, and the sum below them."""

    background = "base"

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._sum: PatchSum | None = None
        self._order: list[int] = []
        self._label: Callable[[int], str] = str
        self.setMouseTracking(True)

    def show_sum(self, patch_sum: PatchSum, label: Callable[[int], str]) -> None:
        """Show a sum; ``label`` names its inputs by their number."""
        self._sum, self._label = patch_sum, label
        self._order = sort_contributions(patch_sum)
        self.message = patch_sum.message
        line = patch_sum.message or describe_sum(patch_sum, len(self._visible_inputs()))
        self.setAccessibleDescription(line)
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there is none."""
        self._sum, self.message = None, text
        self.setAccessibleDescription(text)
        self.update()

    @property
    def patch_sum(self) -> PatchSum | None:
        return self._sum

    def sizeHint(self) -> QSize:
        return QSize(260, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 90)

    def _line_height(self) -> int:
        return self.fontMetrics().height()

    def _summary(self) -> str:
        assert self._sum is not None
        line = describe_sum(self._sum, len(self._visible_inputs()))
        padding = describe_padding(self._sum)
        return f"{line}\n{padding}" if padding else line

    def _summary_height(self) -> int:
        """Return the height of the lines below the rows, as if three inputs were on show."""
        assert self._sum is not None
        metrics = self.fontMetrics()
        text = describe_sum(self._sum, 3)
        room = self.rect().adjusted(theme.GAP, 0, -theme.GAP, 0)
        wrap = int(Qt.TextFlag.TextWordWrap)
        height = metrics.boundingRect(room, wrap, text).height()
        return height + theme.GAP + (metrics.height() if self._sum.outside.any() else 0)

    def tile_side(self) -> float:
        """Return the side of a tile in pixels."""
        gaps = 2 * 1.6 * self._line_height() + 2 * theme.GAP
        width = (self.width() - gaps) / 3
        heights = [self._room_for_tile(rows) for rows in range(1, MAX_ROWS + 1)]
        room = max(heights[0], MIN_TILE_PIXELS)
        room = next((each for each in reversed(heights) if each >= GOOD_TILE_PIXELS), room)
        return max(min(width, room), MIN_TILE_PIXELS)

    def _room_for_tile(self, rows: int) -> float:
        return (self.height() - self._summary_height()) / rows - self._line_height()

    def _row_height(self) -> float:
        return self.tile_side() + self._line_height()

    def _visible_inputs(self) -> list[int]:
        """Return the inputs whose rows fit, those that add most."""
        if self._sum is None or self._sum.message:
            return []
        rows = int((self.height() - self._summary_height()) / self._row_height())
        return self._order[: max(rows, 1)]

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self._sum is None or self._sum.message:
            self.paint_message(painter, palette)
            return
        row_height = self._row_height()
        inputs = self._visible_inputs()
        for row, k in enumerate(inputs):
            self._paint_row(painter, palette, k, row * row_height)
        painter.setPen(palette.color("text"))
        top = len(inputs) * row_height + theme.GAP / 2
        room = QRectF(theme.GAP, top, self.width() - 2 * theme.GAP, self.height() - top)
        painter.drawText(room, int(Qt.TextFlag.TextWordWrap), self._summary())

    def _tiles(self, k: int, top: float) -> list[tuple[QRectF, Floats]]:
        """Return the tiles of an input: patch, kernel, products."""
        assert self._sum is not None
        side, step = self.tile_side(), self.tile_side() + 1.6 * self._line_height()
        patch, kernel = self._sum.patch[k], self._sum.kernel[k]
        y = top + self._line_height()
        values = (patch, kernel, patch * kernel)
        return [
            (QRectF(theme.GAP + n * step, y, side, side), tile) for n, tile in enumerate(values)
        ]

    def _paint_row(self, painter: QPainter, palette: theme.Palette, k: int, top: float) -> None:
        assert self._sum is not None
        tiles = self._tiles(k, top)
        painter.setPen(palette.color("muted"))
        total = format_number(float(self._sum.contributions[k]))
        head = tr("{label} adds {total}", label=self._label(k), total=total)
        painter.drawText(QPointF(theme.GAP, top + self.fontMetrics().ascent()), head)
        limits = [
            float(np.abs(each).max(initial=0)) for each in (self._sum.patch, self._sum.kernel)
        ]
        products = self._sum.patch * self._sum.kernel
        limits.append(float(np.abs(products).max(initial=0)))
        for (rect, values), limit, sign in zip(tiles, limits, SIGNS, strict=True):
            self._paint_tile(painter, rect, values, limit)
            painter.setPen(palette.color("text"))
            sign_rect = QRectF(rect.right(), rect.top(), 1.6 * self._line_height(), rect.height())
            painter.drawText(sign_rect, Qt.AlignmentFlag.AlignCenter, sign)
        self._paint_outside(painter, tiles[0][0])

    def _paint_tile(self, painter: QPainter, rect: QRectF, values: Floats, limit: float) -> None:
        pixels = draw_signed(values, limit)
        rows, columns = values.shape
        width, height = rect.width() / columns, rect.height() / rows
        numbers = width >= MIN_NUMBER_PIXELS
        painter.setFont(self._number_font(width))
        for y in range(rows):
            for x in range(columns):
                cell = QRectF(rect.x() + x * width, rect.y() + y * height, width, height)
                color = QColor(*(int(channel) for channel in pixels[y, x]))
                painter.fillRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), color)
                if numbers:
                    painter.setPen(QColor("#101010" if color.lightness() > 127 else "#ffffff"))
                    text = format_number(float(values[y, x]))
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)
        painter.setFont(self.font())

    def _number_font(self, width: float) -> QFont:
        font = theme.value_font(self)
        font.setPixelSize(max(7, min(14, int(width / 4.2))))
        return font

    def _paint_outside(self, painter: QPainter, rect: QRectF) -> None:
        """Hatch what lies outside of the map."""
        assert self._sum is not None
        rows, columns = self._sum.outside.shape
        width, height = rect.width() / columns, rect.height() / rows
        painter.setPen(QPen(QColor(80, 80, 80, 150), 1))
        for y, x in np.argwhere(self._sum.outside):
            cell = QRectF(rect.x() + x * width, rect.y() + y * height, width, height)
            painter.fillRect(cell, Qt.BrushStyle.BDiagPattern)

    def text_at(self, point: QPointF) -> str:
        """Return the numbers under a point: ``0.31 × -0.12 = -0.037``; "" between tiles."""
        if self._sum is None:
            return ""
        for row, k in enumerate(self._visible_inputs()):
            for rect, values in self._tiles(k, row * self._row_height()):
                if rect.contains(point):
                    rows, columns = values.shape
                    y = min(int((point.y() - rect.y()) * rows / rect.height()), rows - 1)
                    x = min(int((point.x() - rect.x()) * columns / rect.width()), columns - 1)
                    a, b = float(self._sum.patch[k, y, x]), float(self._sum.kernel[k, y, x])
                    first, second, product = (format_value(value, ".5g") for value in (a, b, a * b))
                    return f"{first} × {second} = {product}"
        return ""

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)
