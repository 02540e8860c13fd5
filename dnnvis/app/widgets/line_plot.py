"""How the objective went, step by step."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QWidget
from pyqtgraph.functions import arrayToQPolygonF

from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy


def to_unit_square(
    values: NDArray[np.floating], steps: int, low: float, high: float
) -> NDArray[np.float64]:
    """Where a curve's values lie in the unit square, (N, 2), y downwards; ``steps`` is the
    whole width. What is not finite is left out."""
    steps_done = np.arange(len(values))
    finite = np.isfinite(values)
    x = steps_done[finite] / max(steps - 1, 1)
    return np.stack([np.minimum(x, 1), 1 - (values[finite] - low) / (high - low)], 1)


def value_range(curve: NDArray[np.floating]) -> tuple[float, float]:
    """The values at the bottom and top of the drawing; never of no width."""
    finite = curve[np.isfinite(curve)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


class LinePlot(PaintedWidget):
    """One line a picture, the chosen one strong; numbers at both axes."""

    policies = (Policy.Expanding, Policy.Fixed)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Objective over the steps", parent)
        self._curve: NDArray[np.floating] = np.zeros((0, 0))
        self._steps, self._selected = 1, 0
        self.setToolTip("The objective at each step, as it was optimised (under the transforms)")

    def show_curve(self, curve: NDArray[np.floating], steps: int, chosen: int) -> None:
        """Draw (steps done, N) values of ``steps``."""
        self._curve, self._steps, self._selected = curve, steps, chosen
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 4 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 3 * self.fontMetrics().height())

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.value_font(self))
        line = painter.fontMetrics().height()
        room = painter.fontMetrics().horizontalAdvance("-0.0000")
        plot = QRectF(self.rect()).adjusted(0.5, 1.5, -room - theme.GAP, -line - 1)
        painter.fillRect(plot, palette.color("base"))
        low, high = value_range(self._curve)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for k in self._order():
            color = palette.color("accent" if k == self._selected else "line")
            painter.setPen(QPen(color, 1.5 if k == self._selected else 1.0))
            unit_points = to_unit_square(self._curve[:, k], self._steps, low, high)
            pixels = unit_points * (plot.width(), plot.height()) + (plot.left(), plot.top())
            if len(pixels) > 1:
                painter.drawPolyline(arrayToQPolygonF(pixels[:, 0], pixels[:, 1]))
            elif len(pixels):
                painter.drawEllipse(QPointF(*pixels[0]), 1.5, 1.5)
        painter.setPen(palette.color("muted"))
        foot = QRectF(plot.left(), plot.bottom() + 1, plot.width(), line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, "step 0")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, str(self._steps))
        if self._curve.size:
            side = QRectF(plot.right() + theme.GAP, plot.top(), room, plot.height())
            painter.drawText(side, Qt.AlignmentFlag.AlignTop, messages.format_number(high))
            painter.drawText(side, Qt.AlignmentFlag.AlignBottom, messages.format_number(low))

    def _order(self) -> list[int]:
        """The curves, the chosen one last so that it lies on top."""
        count = self._curve.shape[1] if self._curve.ndim == 2 else 0
        return sorted(range(count), key=lambda k: k == self._selected)
