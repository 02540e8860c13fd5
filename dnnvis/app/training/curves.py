"""Plot how a network learns: its loss, and the accuracy of each of its states, over the steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.training.rendering import name_steps
from dnnvis.app.training.text import format_percent
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import draw_line, draw_step_axis
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.formatting import format_value
from dnnvis.core.translation.catalog import tr

# Distinct also for the color-blind (Okabe & Ito), and by their dashes: on, off ... in pen widths.
STATE_COLORS = ("#d98e00", "#009e73", "#cc79a7", "#d55e00", "#4aa3df", "#9a9a00", "#a0642f")
DASHES = ((6, 2), (2, 2), (6, 2, 1, 2), (1, 2), (9, 3), (4, 1, 1, 1), (3, 4))
START_DASH = (1, 3)
TARGET_FRACTION = 0.99
LEARNED_FRACTION = (
    0.98  # from here on a state counts as learned (shared/research/imagination.md, section 3)
)
MIN_AXIS_FRACTION = 0.5  # the lower end of the accuracy axis, unless a value lies below

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LearningCurves:
    """Loss and accuracy of a run over its steps."""

    #: Training steps (N,).
    steps: Floats
    #: Loss at each step (N,).
    loss: Floats
    #: Fraction of right cells in [0, 1] of each state at each step (N, K).
    right: Floats
    #: Names of the K states, as the cards of the steps have them.
    names: tuple[str, ...]

    @property
    def last_step(self) -> int:
        return int(self.steps[-1]) if len(self.steps) else 0

    def first(self, target: float = LEARNED_FRACTION) -> list[int | None]:
        """Return the first step at which each state reached ``target``, None where none did."""
        learned = self.right >= target
        return [int(self.steps[col.argmax()]) if col.any() else None for col in learned.T]


def parse_curves(curve: Sequence[Sequence[float]], steps: int = 0) -> LearningCurves:
    """Parse the curve of a run into lines.

    Args:
        curve: Rows of step, loss, final, seconds, start, and the states between, if these have a
            true counterpart.
        steps: Steps of the network; 0: as many as the rows tell.
    """
    rows = [row for row in curve if len(row) == len(curve[-1]) >= 5]
    if not rows:
        return LearningCurves(np.zeros(0), np.zeros(0), np.zeros((0, 0)), ())
    table = np.asarray(rows, np.float64)
    right = np.concatenate([table[:, 4:], table[:, 2:3]], 1)
    columns = right.shape[1]
    names = [name.replace("  ", " ") for name in name_steps(max(steps + 1, columns))]
    names = names if len(names) == columns else [names[0], names[-1]]
    return LearningCurves(table[:, 0], table[:, 1], right, tuple(names))


def log_range(loss: Floats) -> tuple[int, int]:
    """Return the powers of ten that enclose every loss; they differ by at least one."""
    finite = loss[np.isfinite(loss) & (loss > 0)]
    if not finite.size:
        return -1, 0
    low, high = math.floor(np.log10(finite.min())), math.ceil(np.log10(finite.max()))
    return low, max(high, low + 1)


def spread_labels(
    positions: Sequence[float], min_distance: float, low: float, high: float
) -> list[float]:
    """Move ``positions`` as little as needed to keep them ``min_distance`` apart.

    Their order stays; they come closer where there is no room.

    Args:
        positions: Where the labels should be, in pixels.
        min_distance: Smallest distance between two labels, in pixels.
        low: Smallest position allowed.
        high: Largest position allowed.

    Returns:
        The moved positions, between ``low`` and ``high``, in the order of ``positions``.
    """
    indices = sorted(range(len(positions)), key=lambda k: positions[k])
    if len(positions) > 1:
        min_distance = min(min_distance, (high - low) / (len(positions) - 1))
    spread = [0.0] * len(positions)
    below = -math.inf
    for k in indices:
        below = spread[k] = max(min(max(positions[k], low), high), below + min_distance)
    above = high + min_distance
    for k in reversed(indices):
        above = spread[k] = min(spread[k], above - min_distance)
    return spread


class TrainCurves(PaintedWidget):
    """Loss on the left, fractions of right cells on the right, each line's name at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Loss and right cells over the steps of the training"), parent)
        self.learning, self.title = parse_curves(()), "loss"
        self.setToolTip(
            tr(
                "Left: the loss, log scale. Right: the share of right cells of each state on 64 "
                "boards it does not learn from; the network is told of the last step only."
            )
        )

    def show_learning(self, learning: LearningCurves, title: str = "loss") -> None:
        self.learning, self.title = learning, title
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 160)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 96)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.width() * 0.42
        self._paint_loss(painter, palette, QRectF(0, 0, middle, self.height()))
        right_box = QRectF(middle + theme.GAP, 0, self.width() - middle - theme.GAP, self.height())
        self._paint_right(painter, palette, right_box)

    def _paint_loss(self, painter: QPainter, palette: theme.Palette, box: QRectF) -> None:
        low, high = log_range(self.learning.loss)
        plot = self._plot_rect(painter, box, format_value(10.0**low, "g"), "")
        self._paint_frame(painter, palette, plot, self.title)
        for power in range(low, high + 1):
            y = plot.bottom() - (power - low) / (high - low) * plot.height()
            self._paint_tick(painter, palette, plot, y, format_value(10.0**power, "g"))
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = (np.log10(self.learning.loss) - low) / (high - low)
        self._paint_line(painter, plot, heights, QPen(palette.color("accent"), 1.5))

    def _paint_right(self, painter: QPainter, palette: theme.Palette, box: QRectF) -> None:
        learning = self.learning
        names = [self._label(k) for k in range(len(learning.names))]
        widest_label = max(names, key=len, default="3 cell: 99.99 %")
        plot = self._plot_rect(painter, box, "100 %", widest_label)
        self._paint_frame(painter, palette, plot, tr("right cells"))
        low = min(MIN_AXIS_FRACTION, float(learning.right.min(initial=1)))
        for value, text in ((low, f"{low:.0%}"), (TARGET_FRACTION, f"{TARGET_FRACTION:.0%}")):
            y = plot.bottom() - (value - low) / (1 - low) * plot.height()
            self._paint_tick(painter, palette, plot, y, text.replace("%", " %"))
        heights = (learning.right - low) / (1 - low)
        ends = [plot.bottom() - h * plot.height() for h in heights[-1]] if len(heights) else []
        line_height = painter.fontMetrics().height()
        spread = spread_labels(
            ends, line_height * 0.92, plot.top() + line_height / 2, plot.bottom() - line_height / 2
        )
        for k in range(len(learning.names)):
            pen = self._pen(palette, k)
            self._paint_line(painter, plot, heights[:, k], pen)
            label_box = QRectF(
                plot.right() + theme.GAP, spread[k] - line_height / 2, 500, line_height
            )
            painter.setPen(pen.color())
            painter.drawText(label_box, Qt.AlignmentFlag.AlignLeft, names[k])

    def _label(self, k: int) -> str:
        return f"{self.learning.names[k]}: {format_percent(float(self.learning.right[-1, k]))}"

    def _pen(self, palette: theme.Palette, k: int) -> QPen:
        """Return color and dashes of a state's line; the final one is the strongest."""
        last = len(self.learning.names) - 1
        if k == last:
            return QPen(palette.color("accent"), 2.2)
        if k == 0:
            pen = QPen(palette.color("muted"), 1.2)
            pen.setDashPattern(START_DASH)
            return pen
        pen = QPen(QColor(STATE_COLORS[(k - 1) % len(STATE_COLORS)]), 1.8)
        pen.setDashPattern(DASHES[(k - 1) % len(DASHES)])
        return pen

    def _plot_rect(self, painter: QPainter, box: QRectF, widest_label: str, right: str) -> QRectF:
        """Return the rectangle of the lines, beside the numbers of the axes."""
        metrics = painter.fontMetrics()
        left = metrics.horizontalAdvance(widest_label) + theme.GAP
        right_margin = metrics.horizontalAdvance(right) + theme.GAP if right else 1
        line_height = metrics.height()
        return box.adjusted(left, line_height + 2, -right_margin, -line_height - 2)

    def _paint_frame(
        self, painter: QPainter, palette: theme.Palette, plot: QRectF, title: str
    ) -> None:
        line_height = painter.fontMetrics().height()
        painter.fillRect(plot, palette.color("base"))
        painter.setPen(palette.color("text"))
        above = QRectF(plot.left(), plot.top() - line_height - 1, plot.width(), line_height)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(palette.color("muted"))
        draw_step_axis(painter, plot, format_value(self.learning.last_step, ","))

    def _paint_tick(
        self, painter: QPainter, palette: theme.Palette, plot: QRectF, y: float, text: str
    ) -> None:
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(palette.color("muted"))
        line_height = painter.fontMetrics().height()
        box = QRectF(0, y - line_height / 2, plot.left() - theme.GAP / 2, line_height)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, text)

    def _paint_line(self, painter: QPainter, plot: QRectF, heights: Floats, pen: QPen) -> None:
        finite = np.isfinite(heights)
        x = self.learning.steps[finite] / max(self.learning.last_step, 1)
        painter.setPen(pen)
        draw_line(painter, plot, np.stack([x, 1 - np.clip(heights[finite], 0, 1)], 1))
