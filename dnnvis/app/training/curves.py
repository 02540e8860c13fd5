"""How a network learns: its loss, and how right each of its states is, over the steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget
from pyqtgraph.functions import arrayToQPolygonF

from dnnvis.app.training.text import share
from dnnvis.app.widgets import theme

# Told apart with any eyes (Okabe & Ito), and by their dashes: on, off ... in pen widths.
COLOURS = ("#d98e00", "#009e73", "#cc79a7", "#d55e00", "#4aa3df", "#9a9a00", "#a0642f")
DASHES = ((6, 2), (2, 2), (6, 2, 1, 2), (1, 2), (9, 3), (4, 1, 1, 1), (3, 4))
START_DASH = (1, 3)
GOAL = 0.99
ORDER = 0.98  # from here on a state counts as learned (shared/research/imagination.md, section 3)
LEAST_RIGHT = 0.5  # the foot of the axis of shares, unless something lies below

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Learning:
    """``steps`` (N,), ``loss`` (N,), and ``right`` (N, K): shares in [0, 1] of right cells, of
    the states ``names``, the first state first, the final one last."""

    steps: Floats
    loss: Floats
    right: Floats
    names: tuple[str, ...]

    @property
    def last(self) -> int:
        return int(self.steps[-1]) if len(self.steps) else 0

    def first(self, goal: float = ORDER) -> list[int | None]:
        """The first step at which each state was right to ``goal``, None where none was."""
        good = self.right >= goal
        return [int(self.steps[col.argmax()]) if col.any() else None for col in good.T]


def learning_of(curve: Sequence[Sequence[float]]) -> Learning:
    """The curve of a run (rows: step, loss, final, seconds, start, states between) as lines."""
    rows = [row for row in curve if len(row) == len(curve[-1]) >= 5]
    if not rows:
        return Learning(np.zeros(0), np.zeros(0), np.zeros((0, 0)), ())
    table = np.asarray(rows, np.float64)
    right = np.concatenate([table[:, 4:], table[:, 2:3]], 1)
    names = ("start", *(f"state {k}" for k in range(1, right.shape[1] - 1)), "final")
    return Learning(table[:, 0], table[:, 1], right, names)


def decades(loss: Floats) -> tuple[int, int]:
    """The powers of ten that hold every loss; at least one apart."""
    good = loss[np.isfinite(loss) & (loss > 0)]
    if not good.size:
        return -1, 0
    low, high = math.floor(np.log10(good.min())), math.ceil(np.log10(good.max()))
    return low, max(high, low + 1)


def apart(places: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """``places`` moved so little that they are ``least`` apart between ``low`` and ``high``,
    in the same order; closer where there is no room."""
    order = sorted(range(len(places)), key=lambda k: places[k])
    if len(places) > 1:
        least = min(least, (high - low) / (len(places) - 1))
    moved = [0.0] * len(places)
    below = -math.inf
    for k in order:
        below = moved[k] = max(min(max(places[k], low), high), below + least)
    above = high + least
    for k in reversed(order):
        above = moved[k] = min(moved[k], above - least)
    return moved


class TrainCurves(QWidget):
    """Loss on the left, shares of right cells on the right; each line's name at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown, self.title = learning_of(()), "loss"
        self.setAccessibleName("Loss and right cells over the steps of the training")
        self.setToolTip("Left: the loss, log scale. Right: the share of right cells of each state "
                        "on 64 boards it does not learn from; the network is told of the final "
                        "state only.")  # fmt: skip
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_learning(self, learning: Learning, title: str = "loss") -> None:
        self.shown, self.title = learning, title
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 160)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 96)

    # -- painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("window"))
        painter.setFont(theme.small(self))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.width() * 0.42
        self._paint_loss(painter, tones, QRectF(0, 0, middle, self.height()))
        rest = QRectF(middle + theme.GAP, 0, self.width() - middle - theme.GAP, self.height())
        self._paint_right(painter, tones, rest)
        painter.end()

    def _paint_loss(self, painter: QPainter, tones: theme.Tones, box: QRectF) -> None:
        low, high = decades(self.shown.loss)
        plot = self._plot(painter, box, f"{10.0**low:g}", "")
        self._paint_frame(painter, tones, plot, self.title)
        for power in range(low, high + 1):
            y = plot.bottom() - (power - low) / (high - low) * plot.height()
            self._paint_tick(painter, tones, plot, y, f"{10.0**power:g}")
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = (np.log10(self.shown.loss) - low) / (high - low)
        self._paint_line(painter, plot, heights, QPen(tones.colour("accent"), 1.5))

    def _paint_right(self, painter: QPainter, tones: theme.Tones, box: QRectF) -> None:
        shown = self.shown
        names = [self._label(k) for k in range(len(shown.names))]
        widest = max(names, key=len, default="final 99.99 %")
        plot = self._plot(painter, box, "100 %", widest)
        self._paint_frame(painter, tones, plot, "right cells")
        low = min(LEAST_RIGHT, float(shown.right.min(initial=1)))
        for value, words in ((low, f"{low:.0%}"), (GOAL, f"{GOAL:.0%}")):
            y = plot.bottom() - (value - low) / (1 - low) * plot.height()
            self._paint_tick(painter, tones, plot, y, words.replace("%", " %"))
        heights = (shown.right - low) / (1 - low)
        ends = [plot.bottom() - h * plot.height() for h in heights[-1]] if len(heights) else []
        line = painter.fontMetrics().height()
        spread = apart(ends, line * 0.92, plot.top() + line / 2, plot.bottom() - line / 2)
        for k in range(len(shown.names)):
            pen = self._pen(tones, k)
            self._paint_line(painter, plot, heights[:, k], pen)
            place = QRectF(plot.right() + theme.GAP, spread[k] - line / 2, 500, line)
            painter.setPen(pen.color())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, names[k])

    def _label(self, k: int) -> str:
        return f"{self.shown.names[k]} {share(float(self.shown.right[-1, k]))}"

    def _pen(self, tones: theme.Tones, k: int) -> QPen:
        """Colour and dashes of a state's line; the final one is the strongest."""
        last = len(self.shown.names) - 1
        if k == last:
            return QPen(tones.colour("accent"), 2.2)
        if k == 0:
            pen = QPen(tones.colour("muted"), 1.2)
            pen.setDashPattern(START_DASH)
            return pen
        pen = QPen(QColor(COLOURS[(k - 1) % len(COLOURS)]), 1.8)
        pen.setDashPattern(DASHES[(k - 1) % len(DASHES)])
        return pen

    def _plot(self, painter: QPainter, box: QRectF, widest: str, right: str) -> QRectF:
        """The room of the lines, beside the numbers of the axes."""
        metrics = painter.fontMetrics()
        left = metrics.horizontalAdvance(widest) + theme.GAP
        side = metrics.horizontalAdvance(right) + theme.GAP if right else 1
        line = metrics.height()
        return box.adjusted(left, line + 2, -side, -line - 2)

    def _paint_frame(self, painter: QPainter, tones: theme.Tones, plot: QRectF, title: str) -> None:
        line = painter.fontMetrics().height()
        painter.fillRect(plot, tones.colour("base"))
        painter.setPen(tones.colour("text"))
        above = QRectF(plot.left(), plot.top() - line - 1, plot.width(), line)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(tones.colour("muted"))
        foot = QRectF(plot.left(), plot.bottom() + 1, plot.width(), line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, "step 0")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{self.shown.last:,}")

    def _paint_tick(
        self, painter: QPainter, tones: theme.Tones, plot: QRectF, y: float, words: str
    ) -> None:
        painter.setPen(QPen(tones.colour("line"), 1))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(tones.colour("muted"))
        line = painter.fontMetrics().height()
        place = QRectF(0, y - line / 2, plot.left() - theme.GAP / 2, line)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, words)

    def _paint_line(self, painter: QPainter, plot: QRectF, heights: Floats, pen: QPen) -> None:
        good = np.isfinite(heights)
        if not good.any():
            return
        x = plot.left() + self.shown.steps[good] / max(self.shown.last, 1) * plot.width()
        y = plot.bottom() - np.clip(heights[good], 0, 1) * plot.height()
        painter.setPen(pen)
        if len(x) > 1:
            painter.drawPolyline(arrayToQPolygonF(x, y))
        else:
            painter.drawEllipse(QPointF(x[0], y[0]), 1.5, 1.5)
