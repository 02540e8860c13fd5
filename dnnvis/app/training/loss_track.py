"""The loss over a training as the track of a slider: drag it to a moment of the training."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from dnnvis.app.training.curves import log_range
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.translation.catalog import tr

HANDLE_RADIUS_PIXELS = 5.0
FILL_ALPHA = 50  # of 255, below the curve up to the handle

Floats = NDArray[np.float64]


def curve_points(curve: Sequence[tuple[float, float]], last_step: float) -> Floats:
    """Return the points (N, 2) of a loss curve in the unit square, y downwards, log scale.

    Args:
        curve: Rows (step, loss); a loss that is not a positive number is left out.
        last_step: The step at the right end.
    """
    table = np.asarray(curve, np.float64).reshape(-1, 2)
    table = table[np.isfinite(table).all(1) & (table[:, 1] > 0)]
    low, high = log_range(table[:, 1])
    heights = (np.log10(table[:, 1]) - low) / (high - low)
    return np.stack([table[:, 0] / max(last_step, 1.0), 1 - np.clip(heights, 0, 1)], 1)


def nearest_moment(steps: Sequence[int], fraction: float) -> int:
    """Return which of rising training steps is nearest to a fraction of the last one."""
    target = fraction * (steps[-1] if steps else 0)
    return min(range(len(steps)), key=lambda k: (abs(steps[k] - target), k), default=-1)


class LossTrack(PaintedWidget):
    """A loss curve with a handle at the moment on show; ``chosen`` carries another moment.

    Without moments it is a curve alone, and without a curve a line.
    """

    chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Moment of the training, on its loss"), parent)
        self.curve: tuple[tuple[float, float], ...] = ()
        self.moments: tuple[int, ...] = ()
        self.moment = -1
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def show_curve(
        self,
        curve: Sequence[tuple[float, float]],
        moments: Sequence[int] = (),
        moment: int = -1,
        message: str = "",
    ) -> None:
        """Show a training.

        Args:
            curve: Rows (step, loss).
            moments: Training steps that can be gone to, rising.
            moment: Which of them is on show.
            message: What stands there without curve and moments.
        """
        shown = tuple(curve), tuple(moments), moment
        if shown != (self.curve, self.moments, self.moment) or message != self.message:
            self.curve, self.moments, self.moment = shown
            self.message = "" if curve or moments else message
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if moments else Qt.CursorShape.ArrowCursor
            )
            self.setToolTip(tr("The loss, log scale") + (tr("; drag: a moment") if moments else ""))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 48)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 24)

    def plot(self) -> QRectF:
        """Return the box of the curve."""
        margin = HANDLE_RADIUS_PIXELS + 1
        return QRectF(self.rect()).adjusted(margin, 3, -margin, -3)

    @property
    def last_step(self) -> float:
        """Return the training step at the right end."""
        ends = [float(self.moments[-1])] if self.moments else []
        return max(ends + ([self.curve[-1][0]] if self.curve else []), default=1.0)

    def handle(self) -> QPointF | None:
        """Return where the handle is; None without moments."""
        if not 0 <= self.moment < len(self.moments):
            return None
        plot, x = self.plot(), self.moments[self.moment] / max(self.last_step, 1.0)
        points = curve_points(self.curve, self.last_step)
        y = float(np.interp(x, points[:, 0], points[:, 1])) if len(points) else 0.5
        return QPointF(plot.left() + x * plot.width(), plot.top() + y * plot.height())

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        plot = self.plot()
        painter.fillRect(self.rect(), palette.color("base"))
        if not self.curve and not self.moments:
            self.paint_message(painter, palette, (theme.GAP, 0))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = curve_points(self.curve, self.last_step)
        points = points if len(points) else np.array([[0.0, 0.5], [1.0, 0.5]])
        pixels = points * (plot.width(), plot.height()) + (plot.left(), plot.top())
        line, handle = [QPointF(x, y) for x, y in pixels], self.handle()
        self._paint_fill(painter, palette, line, plot, handle)
        painter.setPen(QPen(palette.color("accent"), 1.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(line))
        if handle is not None:
            painter.setPen(QPen(palette.color("line"), 1))
            painter.drawLine(QPointF(handle.x(), plot.top()), QPointF(handle.x(), plot.bottom()))
            painter.setPen(QPen(palette.color("window"), 1.5))
            painter.setBrush(palette.color("text"))
            painter.drawEllipse(handle, HANDLE_RADIUS_PIXELS, HANDLE_RADIUS_PIXELS)

    def _paint_fill(
        self,
        painter: QPainter,
        palette: theme.Palette,
        line: list[QPointF],
        plot: QRectF,
        handle: QPointF | None,
    ) -> None:
        """Fill what lies below the curve, up to the handle."""
        fill = QColor(palette.color("accent"))
        fill.setAlpha(FILL_ALPHA)
        end = plot.right() if handle is None else handle.x()
        below = [p for p in line if p.x() <= end] + ([] if handle is None else [handle])
        if below:
            feet = [QPointF(below[-1].x(), plot.bottom()), QPointF(below[0].x(), plot.bottom())]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(below + feet))

    def _go_to(self, x: float) -> None:
        plot = self.plot()
        fraction = (x - plot.left()) / max(plot.width(), 1.0) * self.last_step
        last = self.moments[-1] if self.moments else 0
        moment = nearest_moment(self.moments, fraction / max(last, 1))
        if moment >= 0 and moment != self.moment:
            self.moment = moment
            self.update()
            self.chosen.emit(moment)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go a moment on or back with + and -, which belong to nothing else here."""
        steps = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Minus: -1}
        step = steps.get(Qt.Key(event.key()), 0) if event is not None else 0
        if step and 0 <= self.moment + step < len(self.moments):
            self.moment += step
            self.update()
            self.chosen.emit(self.moment)
        elif event is not None:
            super().keyPressEvent(event)
