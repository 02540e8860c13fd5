"""Plot lines over steps: how the objective changed, and the parts that other plots share."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QWidget
from pyqtgraph.functions import arrayToQPolygonF

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.formatting import format_number
from dnnvis.core.translation.catalog import tr


def to_unit_square(
    values: NDArray[np.floating], steps: int, low: float, high: float
) -> NDArray[np.float64]:
    """Map a curve's values into the unit square, y downwards.

    What is not finite is left out.

    Args:
        values: Values of the steps done (N,).
        steps: Number of steps of the whole width.
        low: Value at the bottom.
        high: Value at the top.

    Returns:
        Points (M, 2) of the finite values.
    """
    steps_done = np.arange(len(values))
    finite = np.isfinite(values)
    x = steps_done[finite] / max(steps - 1, 1)
    return np.stack([np.minimum(x, 1), 1 - (values[finite] - low) / (high - low)], 1)


def value_range(curve: NDArray[np.floating]) -> tuple[float, float]:
    """Return the values at the bottom and top of the drawing; never equal."""
    finite = curve[np.isfinite(curve)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def draw_line(
    painter: QPainter, plot: QRectF, points: NDArray[np.floating], *, dot: bool = True
) -> None:
    """Draw one line with the painter's pen.

    Args:
        painter: Paints on the widget.
        plot: Where the unit square lies.
        points: Points in the unit square, (N, 2), y downwards.
        dot: Whether a line of a single point shows as a dot, or not at all.
    """
    pixels = points * (plot.width(), plot.height()) + (plot.left(), plot.top())
    if len(pixels) > 1:
        painter.drawPolyline(arrayToQPolygonF(pixels[:, 0], pixels[:, 1]))
    elif len(pixels) and dot:
        painter.drawEllipse(QPointF(*pixels[0]), 1.5, 1.5)


def draw_step_axis(painter: QPainter, plot: QRectF, last_step: str) -> None:
    """Write the first and the last step below the plot.

    Args:
        painter: Paints on the widget.
        plot: The box of the lines.
        last_step: Label of the last step.
    """
    foot = QRectF(plot.left(), plot.bottom() + 1, plot.width(), painter.fontMetrics().height())
    painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, tr("step 0"))
    painter.drawText(foot, Qt.AlignmentFlag.AlignRight, last_step)


def draw_range(painter: QPainter, plot: QRectF, width: float, low: float, high: float) -> None:
    """Write the value at the top and at the bottom of a plot to the right of it.

    Args:
        painter: Paints on the widget.
        plot: Where the lines are.
        width: How wide the numbers may be, in pixels.
        low: The value at the bottom.
        high: The value at the top.
    """
    side = QRectF(plot.right() + theme.GAP, plot.top(), width, plot.height())
    painter.drawText(side, Qt.AlignmentFlag.AlignTop, format_number(high))
    painter.drawText(side, Qt.AlignmentFlag.AlignBottom, format_number(low))


class LinePlot(PaintedWidget):
    """One line a picture, the chosen one strong; numbers at both axes."""

    policies = (Policy.Expanding, Policy.Fixed)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Objective over the steps"), parent)
        self._curve: NDArray[np.floating] = np.zeros((0, 0))
        self._steps, self._selected = 1, 0
        self.setToolTip(
            tr("The objective at each step, as it was optimised (under the transforms)")
        )

    def show_curve(self, curve: NDArray[np.floating], steps: int, chosen: int) -> None:
        """Draw one line a picture.

        Args:
            curve: Values (steps done, N) of N pictures.
            steps: Number of steps of the whole width.
            chosen: Index of the strong line.
        """
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
            draw_line(painter, plot, to_unit_square(self._curve[:, k], self._steps, low, high))
        painter.setPen(palette.color("muted"))
        draw_step_axis(painter, plot, str(self._steps))
        if self._curve.size:
            draw_range(painter, plot, room, low, high)

    def _order(self) -> list[int]:
        """Return the curves, the chosen one last so that it lies on top."""
        count = self._curve.shape[1] if self._curve.ndim == 2 else 0
        return sorted(range(count), key=lambda k: k == self._selected)
