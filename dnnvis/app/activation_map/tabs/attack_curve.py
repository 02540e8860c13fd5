"""The expected error along an attack."""

from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget
from pyqtgraph.functions import arrayToQPolygonF

from dnnvis.app.activation_map.tabs.base import signed
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import points, span
from dnnvis.core.activation_map import Floats


@dataclass(frozen=True, eq=False)
class Course:
    """``lines``: log10 e at each step done, of each attack, and their ``colours`` (r, g, b);
    ``chosen`` which is strong; ``steps`` in all; ``alarm``: the 5 % false-alarm line;
    ``flipped``: the step at which the chosen one changes its label, -1 = never."""

    lines: tuple[Floats, ...]
    colours: tuple[tuple[int, int, int], ...]
    chosen: int
    steps: int
    alarm: float | None = None
    flipped: int = -1


class AttackCurve(QWidget):
    """The chosen attack strong in its target's colour, the others faint; dashed the 5 % line,
    upright the step of the flip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.course: Course | None = None
        self.words = ""
        self.setAccessibleName("Expected error over the steps of the attack")
        self.setToolTip(
            "log₁₀ of the expected error at each step. Dashed: 5 % of the right examples lie "
            "above it. Upright: the network's answer changes."
        )
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_course(self, course: Course) -> None:
        self.course, self.words = course, ""
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there is none."""
        self.course, self.words = None, words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 90)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 44)

    def extent(self) -> tuple[float, float]:
        """The lowest and highest value of the drawing."""
        course = self.course
        if course is None:
            return 0.0, 1.0
        values = [line for line in course.lines if len(line)]
        values += [np.array([course.alarm])] if course.alarm is not None else []
        low, high = span(np.concatenate(values) if values else np.zeros(0))
        room = 0.05 * (high - low)
        return low - room, high + room

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("window"))
        painter.setFont(theme.small(self))
        if self.course is None:
            painter.setPen(tones.colour("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self.words)
        else:
            self._paint(painter, tones, self.course)
        painter.end()

    def _paint(self, painter: QPainter, tones: theme.Tones, course: Course) -> None:
        line = painter.fontMetrics().height()
        room = painter.fontMetrics().horizontalAdvance("−10.0")
        plot = QRectF(self.rect()).adjusted(room + 4, 2, -2, -line - 1)
        painter.fillRect(plot, tones.colour("base"))
        low, high = self.extent()
        self._paint_marks(painter, tones, plot, course)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        order = sorted(range(len(course.lines)), key=lambda k: k == course.chosen)
        for k in order:
            colour = QColor(*course.colours[k])
            colour.setAlpha(255 if k == course.chosen else 70)
            painter.setPen(QPen(colour, 2.0 if k == course.chosen else 1.0))
            at = points(course.lines[k], course.steps + 1, low, high)
            at = at * (plot.width(), plot.height()) + (plot.left(), plot.top())
            if len(at) > 1:
                painter.drawPolyline(arrayToQPolygonF(at[:, 0], at[:, 1]))
        painter.setPen(tones.colour("muted"))
        side = QRectF(0, plot.top(), room, plot.height())
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        painter.drawText(side, right | Qt.AlignmentFlag.AlignTop, signed(high))
        painter.drawText(side, right | Qt.AlignmentFlag.AlignBottom, signed(low))
        foot = QRectF(plot.left(), plot.bottom() + 1, plot.width(), line)
        painter.drawText(foot, left, "step 0")
        painter.drawText(foot, right, str(course.steps))

    def _paint_marks(
        self, painter: QPainter, tones: theme.Tones, plot: QRectF, course: Course
    ) -> None:
        low, high = self.extent()
        if course.alarm is not None:
            y = plot.bottom() - (course.alarm - low) / (high - low) * plot.height()
            painter.setPen(QPen(tones.colour("warning"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        if course.flipped >= 0:
            x = plot.left() + course.flipped / max(course.steps, 1) * plot.width()
            painter.setPen(QPen(tones.colour("text"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            self._paint_flip(painter, plot, course, x)

    def _paint_flip(self, painter: QPainter, plot: QRectF, course: Course, x: float) -> None:
        """The step of the flip below its line, between the first and the last step."""
        metrics = painter.fontMetrics()
        words = f"flips at {course.flipped}"
        wide = metrics.horizontalAdvance(words)
        least = plot.left() + metrics.horizontalAdvance("step 0 ")
        most = plot.right() - metrics.horizontalAdvance(f" {course.steps}") - wide
        if least <= most:
            left = min(max(x - wide / 2, least), most)
            place = QRectF(left, plot.bottom() + 1, wide + 1, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, words)
