"""Show a matrix of weights: a Hinton diagram, or a raster where its squares do not fit."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.kernels import text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.formatting import format_value
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.weights.summary import WeightMatrix
from dnnvis.imaging.hinton import Cells, draw_matrix

MARK_PIXELS = 4  # at the left, beside the row of the selected unit


class _Drawn(NamedTuple):
    """A matrix as drawn into a room."""

    pixels: NDArray[np.uint8]
    cells: Cells


class WeightMatrixView(PaintedWidget):
    """The cells of a matrix, a row a unit; ``clicked`` carries the unit of a row."""

    background = "base"

    clicked = pyqtSignal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.matrix: WeightMatrix | None = None
        self.info: NetworkInfo | None = None
        self.chosen: int | None = None
        self._drawn: tuple[tuple[int, int], _Drawn] | None = None
        self.setMouseTracking(True)

    def show_matrix(self, matrix: WeightMatrix, info: NetworkInfo | None = None) -> None:
        """Show a matrix; ``info`` says what its units are called."""
        self.matrix, self.info, self._drawn, self.message = matrix, info, None, ""
        rows, columns = matrix.shape
        self.setAccessibleDescription(
            tr("{rows} units of {columns} inputs", rows=rows, columns=columns)
        )
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there is none."""
        self.matrix, self._drawn, self.message = None, None, text
        self.setAccessibleDescription(text)
        self.update()

    def choose(self, chosen: int | None) -> None:
        """Mark the row of a unit; None for none."""
        if chosen != self.chosen:
            self.chosen = chosen
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 60)

    def _draw(self) -> _Drawn | None:
        """Draw the matrix once for each size of the widget."""
        if self.matrix is None:
            return None
        size = (max(self.height(), 1), max(self.width() - MARK_PIXELS, 1))
        if self._drawn is None or self._drawn[0] != size:
            self._drawn = size, _Drawn(*draw_matrix(self.matrix.values, *size))
        return self._drawn[1]

    def picture_rects(self) -> tuple[QRectF, ...]:
        drawn = self._draw()
        if drawn is None:
            return ()
        height, width = drawn.pixels.shape[:2]
        return (QRectF(MARK_PIXELS, 0, width, height),)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        drawn = self._draw()
        if drawn is None:
            self.paint_message(painter, palette)
            return
        image = wrap_pixels(drawn.pixels, QImage.Format.Format_RGB888)
        painter.drawImage(QPointF(MARK_PIXELS, 0), image)
        band = self.band_of(self.chosen)
        if band is not None:
            painter.setPen(QPen(palette.color("cursor"), 1))
            painter.fillRect(
                QRectF(0, band.y(), MARK_PIXELS - 1, band.height()), palette.color("cursor")
            )
            if band.height() >= 3:
                painter.drawRect(band.adjusted(0.5, 0.5, -0.5, -0.5))

    def band_of(self, unit: int | None) -> QRectF | None:
        """Return the rectangle of the cells that stand for a unit, among others perhaps."""
        drawn = self._draw()
        if drawn is None or unit is None or self.matrix is None:
            return None
        rows = len(drawn.cells.values)
        index = self._row_of(unit, drawn)
        if index is None:
            return None
        height, width = drawn.pixels.shape[:2]
        return QRectF(MARK_PIXELS, index * height / rows, width, height / rows)

    def _row_of(self, unit: int, drawn: _Drawn) -> int | None:
        """Return the row of cells on screen in which a unit is."""
        assert self.matrix is not None
        units, rows = self.matrix.shape[0], len(drawn.cells.values)
        if not 0 <= unit < units:
            return None
        if not self.matrix.is_sorted:
            return min(unit * rows // units, rows - 1)
        own = np.flatnonzero((self.matrix.units == unit).any(1))
        if not len(own):
            return None
        return min(int(own[0]) * rows // len(self.matrix.values), rows - 1)

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return row and column of the matrix's cell under a point; None outside."""
        drawn = self._draw()
        if drawn is None:
            return None
        height, width = drawn.pixels.shape[:2]
        x, y = point.x() - MARK_PIXELS, point.y()
        if not (0 <= x < width and 0 <= y < height):
            return None
        rows, columns = drawn.cells.values.shape
        row, column = int(y * rows / height), int(x * columns / width)
        return int(drawn.cells.rows[row, column]), int(drawn.cells.columns[row, column])

    def text_at(self, point: QPointF) -> str:
        """Return unit, input and value under a point; "" outside."""
        cell, drawn = self.cell_at(point), self._draw()
        if cell is None or drawn is None or self.matrix is None:
            return ""
        value = format_value(float(self.matrix.values[cell]), ".5g")
        unit = text.name_row(self.matrix, int(self.matrix.units[cell]), self.info)
        fed = text.name_input(self.matrix, self.matrix.input_of(*cell), self.info)
        line = f"{unit} · {fed}: {value}"
        units, inputs = self.matrix.shape
        rows, columns = drawn.cells.values.shape
        if (rows, columns) == (units, inputs):
            return line
        return line + tr(
            "\nthe strongest of about {rows} x {columns} weights",
            rows=max(1, round(units / rows)),
            columns=max(1, round(inputs / columns)),
        )

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        cell = self.cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            assert self.matrix is not None
            self.clicked.emit(int(self.matrix.units[cell]))

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)


class WeightHistogram(PaintedWidget):
    """How many weights there are of each size, as bars about zero."""

    background = "base"

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.matrix: WeightMatrix | None = None

    def show_matrix(self, matrix: WeightMatrix | None) -> None:
        """Show the histogram of a matrix; None for none."""
        self.matrix = matrix
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 70)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 44)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self.matrix is None or not len(self.matrix.summary.counts):
            return
        counts, edges = self.matrix.summary.counts, self.matrix.summary.edges
        painter.setFont(theme.caption_font(self))
        text_height = painter.fontMetrics().height()
        room = QRectF(self.rect()).adjusted(theme.GAP, 2, -theme.GAP, -text_height)
        width, largest = room.width() / len(counts), int(counts.max()) or 1
        for k, count in enumerate(counts.tolist()):
            height = room.height() * count / largest
            bar = QRectF(room.x() + k * width, room.bottom() - height, max(width - 1, 1), height)
            painter.fillRect(bar, palette.color("bar"))
        painter.setPen(palette.color("muted"))
        line = QRectF(room.x(), room.bottom(), room.width(), text_height)
        flags = Qt.AlignmentFlag
        for align, value in (
            (flags.AlignLeft, edges[0]),
            (flags.AlignHCenter, 0.0),
            (flags.AlignRight, edges[-1]),
        ):
            painter.drawText(line, align, format_value(float(value), ".3g"))
