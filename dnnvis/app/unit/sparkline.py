"""Paint a value over the last frames, as a line."""

from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import draw_line, draw_range
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.translation.catalog import tr


def to_unit_square(values: Sequence[float], length: int) -> tuple[np.ndarray, float, float]:
    """Map the values into the unit square, newest at the right.

    The range always holds 0.

    Returns:
        Points (N, 2) with y downwards, and the two values at bottom and top.
    """
    line = np.nan_to_num(np.asarray(values, float))
    low, high = min(0.0, line.min(initial=0)), max(0.0, line.max(initial=0))
    high = high if high > low else low + 1
    x = 1 - (len(line) - 1 - np.arange(len(line))) / max(length - 1, 1)
    return np.stack([x, 1 - (line - low) / (high - low)], 1), low, high


class Sparkline(PaintedWidget):
    """A line over the last frames.

    Cheaper than a plot with axes: it is painted at every frame.
    """

    policies = (Policy.Expanding, Policy.Fixed)

    def __init__(self, length: int, parent: QWidget | None = None) -> None:
        super().__init__(tr("Trace of the maximum"), parent)
        self._length = length
        self._values: Sequence[float] = ()

    def show_values(self, values: Sequence[float]) -> None:
        self._values = values
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 4 * self.fontMetrics().height())

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.value_font(self))
        metrics = painter.fontMetrics()
        label_width = metrics.horizontalAdvance("0.00000")
        plot = QRectF(self.rect()).adjusted(0.5, 1.5, -label_width - theme.GAP, -1.5)
        painter.fillRect(plot, palette.color("base"))
        if len(self._values):
            unit_points, low, high = to_unit_square(self._values, self._length)
            zero = plot.bottom() + low / (high - low) * plot.height()
            painter.setPen(palette.color("line"))
            painter.drawLine(QPointF(plot.left(), zero), QPointF(plot.right(), zero))
            painter.setPen(QPen(palette.color("accent"), 0))
            draw_line(painter, plot, unit_points, dot=False)
            painter.setPen(palette.color("muted"))
            draw_range(painter, plot, label_width, low, high)
