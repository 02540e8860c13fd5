"""Plot the expected error along an attack."""

from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import draw_line, draw_step_axis, to_unit_square, value_range
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.activation_map import Floats
from dnnvis.core.formatting import format_signed
from dnnvis.core.translation.catalog import tr


@dataclass(frozen=True, eq=False)
class AttackCurves:
    """The expected error along each attack."""

    #: log10 e at each step done, of each attack.
    lines: tuple[Floats, ...]
    #: The color of each line (r, g, b).
    colors: tuple[tuple[int, int, int], ...]
    #: Index of the line that is strong.
    chosen: int
    #: Number of steps in all.
    steps: int
    #: The 5 % false-alarm line; None without one.
    alarm: float | None = None
    #: Step at which the chosen attack changes its label, -1 = never.
    flipped: int = -1


class AttackCurve(PaintedWidget):
    """The chosen attack strong in its target's color, the others faint.

    The 5 % line is dashed, the step of the flip upright.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Expected error over the steps of the attack"), parent)
        self.curves: AttackCurves | None = None
        self.setToolTip(
            tr(
                "log₁₀ of the expected error at each step. Dashed: 5 % of the right examples lie "
                "above it. Upright: the network's answer changes."
            )
        )

    def show_curves(self, curves: AttackCurves) -> None:
        self.curves, self.message = curves, ""
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there is none."""
        self.curves, self.message = None, text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 90)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 44)

    def extent(self) -> tuple[float, float]:
        """Return the lowest and highest value of the drawing."""
        curves = self.curves
        if curves is None:
            return 0.0, 1.0
        values = [line for line in curves.lines if len(line)]
        values += [np.array([curves.alarm])] if curves.alarm is not None else []
        lower, upper = value_range(np.concatenate(values) if values else np.zeros(0))
        margin = 0.05 * (upper - lower)
        return lower - margin, upper + margin

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        if self.curves is None:
            self.paint_message(painter, palette, (0, 0))
        else:
            self._paint(painter, palette, self.curves)

    def _paint(self, painter: QPainter, palette: theme.Palette, curves: AttackCurves) -> None:
        line_height = painter.fontMetrics().height()
        label_width = painter.fontMetrics().horizontalAdvance("−10.0")
        plot = QRectF(self.rect()).adjusted(label_width + 4, 2, -2, -line_height - 1)
        painter.fillRect(plot, palette.color("base"))
        lower, upper = self.extent()
        self._paint_marks(painter, palette, plot, curves)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        order = sorted(range(len(curves.lines)), key=lambda k: k == curves.chosen)
        for k in order:
            color = QColor(*curves.colors[k])
            color.setAlpha(255 if k == curves.chosen else 70)
            painter.setPen(QPen(color, 2.0 if k == curves.chosen else 1.0))
            at = to_unit_square(curves.lines[k], curves.steps + 1, lower, upper)
            draw_line(painter, plot, at, dot=False)
        painter.setPen(palette.color("muted"))
        side = QRectF(0, plot.top(), label_width, plot.height())
        right = Qt.AlignmentFlag.AlignRight
        painter.drawText(side, right | Qt.AlignmentFlag.AlignTop, format_signed(upper))
        painter.drawText(side, right | Qt.AlignmentFlag.AlignBottom, format_signed(lower))
        draw_step_axis(painter, plot, str(curves.steps))

    def _paint_marks(
        self, painter: QPainter, palette: theme.Palette, plot: QRectF, curves: AttackCurves
    ) -> None:
        lower, upper = self.extent()
        if curves.alarm is not None:
            y = plot.bottom() - (curves.alarm - lower) / (upper - lower) * plot.height()
            painter.setPen(QPen(palette.color("warning"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        if curves.flipped >= 0:
            x = plot.left() + curves.flipped / max(curves.steps, 1) * plot.width()
            painter.setPen(QPen(palette.color("text"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            self._paint_flip(painter, plot, curves, x)

    def _paint_flip(self, painter: QPainter, plot: QRectF, curves: AttackCurves, x: float) -> None:
        """Paint the step of the flip below its line, between the first and the last step."""
        metrics = painter.fontMetrics()
        text = tr("flips at {step}", step=curves.flipped)
        text_width = metrics.horizontalAdvance(text)
        min_left = plot.left() + metrics.horizontalAdvance("step 0 ")
        max_left = plot.right() - metrics.horizontalAdvance(f" {curves.steps}") - text_width
        if min_left <= max_left:
            left = min(max(x - text_width / 2, min_left), max_left)
            box = QRectF(left, plot.bottom() + 1, text_width + 1, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, text)
