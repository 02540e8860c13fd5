"""Paint the histogram of a unit's activations."""

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.statistics import text as statistics_text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.formatting import format_number
from dnnvis.core.translation.catalog import tr

EMPTY_HISTOGRAM = statistics_text.Histogram(np.zeros(0), np.zeros(0, np.int64), np.zeros(1))


class HistogramView(PaintedWidget):
    """Bars of the histogram of a unit's activations, with its marks.

    Bins are of equal width on the screen, though they grow with the value: the axis is logarithmic
    on both sides of 0. ``pointed`` carries the description of the bin under the mouse, "" where
    there is none.
    """

    background = "base"
    policies = (Policy.Expanding, Policy.Preferred)

    pointed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Histogram of the unit's activations"), parent)
        self.histogram = EMPTY_HISTOGRAM
        self._hovered: int | None = None
        self.setMouseTracking(True)

    def show_histogram(self, histogram: statistics_text.Histogram) -> None:
        self.histogram, self._hovered = histogram, None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 5 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 2 * self.fontMetrics().height())

    def bar_rect(self, k: int) -> QRectF:
        """Return the rectangle of the bar of bin ``k``."""
        plot = self._plot_rect()
        width = plot.width() / max(len(self.histogram.heights), 1)
        height = plot.height() * float(self.histogram.heights[k])
        return QRectF(plot.left() + k * width, plot.bottom() - height, max(width - 1, 1), height)

    def _plot_rect(self) -> QRectF:
        line_height = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(theme.GAP, line_height, -theme.GAP, -line_height)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        plot = self._plot_rect()
        painter.setFont(theme.value_font(self))
        for k in range(len(self.histogram.heights)):
            painter.fillRect(
                self.bar_rect(k), palette.color("accent" if k == self._hovered else "bar")
            )
        if len(self.histogram.heights):
            self._paint_axis(painter, plot, palette)

    def _paint_axis(self, painter: QPainter, plot: QRectF, palette: theme.Palette) -> None:
        line_height = self.fontMetrics().height()
        header = QRectF(plot.left(), 0, plot.width(), line_height)
        footer = QRectF(plot.left(), plot.bottom(), plot.width(), line_height)
        painter.setPen(palette.color("muted"))
        sides = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        for end, side in zip(self.histogram.ends, sides, strict=True):
            painter.drawText(footer, side, format_number(end))
        margin = painter.fontMetrics().horizontalAdvance("-0.00000")
        for bin_position, text in self.histogram.marks:
            x = plot.left() + plot.width() * bin_position / len(self.histogram.heights)
            painter.setPen(QPen(palette.color("text"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            if text == "mean":
                self._paint_header(painter, header, x, palette)
            elif (
                plot.left() + margin < x < plot.right() - margin
            ):  # else the axis' ends show as much
                box = QRectF(x - margin, footer.top(), 2 * margin, line_height)
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, text)

    def _paint_header(
        self, painter: QPainter, header: QRectF, x: float, palette: theme.Palette
    ) -> None:
        """Paint the label over the line of the mean, and on the other side what the heights are."""
        text_width = painter.fontMetrics().horizontalAdvance(tr("mean"))
        left = min(max(x - text_width / 2, header.left()), header.right() - text_width)
        painter.drawText(
            QRectF(left, 0, text_width, header.height()), Qt.AlignmentFlag.AlignLeft, tr("mean")
        )
        on_left = x < header.center().x()
        side = Qt.AlignmentFlag.AlignRight if on_left else Qt.AlignmentFlag.AlignLeft
        painter.setPen(palette.color("muted"))
        painter.drawText(header, side, tr("log of the count"))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        plot, n_bins = self._plot_rect(), len(self.histogram.heights)
        fraction = (event.position().x() - plot.left()) / max(plot.width(), 1)
        self._set_hovered(int(fraction * n_bins) if n_bins and 0 <= fraction < 1 else None)

    def leaveEvent(self, event: QEvent | None) -> None:
        self._set_hovered(None)

    def _set_hovered(self, hovered: int | None) -> None:
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()
            self.pointed.emit("" if hovered is None else self.histogram.describe_bin(hovered))
