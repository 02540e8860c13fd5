"""Draw the losses of a training over its steps, both axes by their logarithms."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import draw_line
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.learning.moments import EARLY_STEPS, Moment
from dnnvis.core.translation.catalog import tr

FLOOR = 1e-4  # of what is drawn: smaller losses lie on the lower edge
CEILING = 2.0  # the largest loss that answers between -1 and 1 can have


def locate_losses(
    moments: Sequence[Moment], *, test: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Place losses in the unit square, y downwards.

    Args:
        moments: Moments of a training.
        test: Whether the loss on the data for testing.

    Returns:
        Points (N, 2), and which of them are finite.
    """
    steps = np.array([moment.step for moment in moments], float)
    losses = np.array([moment.test if test else moment.train for moment in moments], float)
    across = np.log((steps + EARLY_STEPS) / EARLY_STEPS)
    across = across / max(float(across.max(initial=0.0)), 1e-9)
    height = np.log(CEILING / FLOOR)
    with np.errstate(invalid="ignore"):
        down = np.log(CEILING / np.clip(losses, FLOOR, CEILING)) / height
    return np.stack([across, down], 1), np.isfinite(losses)


class LossPlot(PaintedWidget):
    """Two lines: the loss on the training data and, dashed, on the data for testing."""

    background = "base"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Loss over the steps"), parent)
        self._moments: tuple[Moment, ...] = ()
        self._shown = -1
        self.setToolTip(
            tr(
                "Loss on the training points (line) and on the test points (dashed), over the "
                "steps; both axes are logarithmic. Where the dashed line rises, it learns by heart."
            )
        )

    def sizeHint(self) -> QSize:
        return QSize(180, 140)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, 60)

    def show_moments(self, moments: tuple[Moment, ...], shown: int) -> None:
        """Draw the losses, and a line at the moment on show."""
        self._moments, self._shown = moments, shown
        self.update()

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        line = painter.fontMetrics().height()
        room = painter.fontMetrics().horizontalAdvance("0.0001") + theme.GAP
        plot = QRectF(self.rect()).adjusted(room, line / 2, -3, -line - 2)
        if plot.width() < 10 or plot.height() < 10:
            return
        self._paint_axes(painter, palette, plot, line)
        if not self._moments:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for test, name in ((False, "accent"), (True, "warning")):
            points, finite = locate_losses(self._moments, test=test)
            style = Qt.PenStyle.DashLine if test else Qt.PenStyle.SolidLine
            painter.setPen(QPen(palette.color(name), 1.6, style))
            draw_line(painter, plot, points[finite])
        points, _ = locate_losses(self._moments, test=False)
        x = plot.left() + points[self._shown, 0] * plot.width()
        painter.setPen(QPen(palette.color("muted"), 1))
        painter.drawLine(round(x), round(plot.top()), round(x), round(plot.bottom()))

    def _paint_axes(
        self, painter: QPainter, palette: theme.Palette, plot: QRectF, line: int
    ) -> None:
        for loss in (1.0, 0.1, 0.01, 0.001, FLOOR):
            y = plot.top() + np.log(CEILING / loss) / np.log(CEILING / FLOOR) * plot.height()
            painter.setPen(palette.color("grid"))
            painter.drawLine(round(plot.left()), round(y), round(plot.right()), round(y))
            painter.setPen(palette.color("muted"))
            box = QRectF(0, y - line / 2, plot.left() - theme.GAP, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, f"{loss:g}")
        foot = QRectF(plot.left(), plot.bottom() + 2, plot.width(), line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, tr("step 0"))
        if self._moments:
            last = f"{self._moments[-1].step:,}"
            painter.drawText(foot, Qt.AlignmentFlag.AlignRight, last)
