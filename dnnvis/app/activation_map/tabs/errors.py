"""How far the estimated error tells right from wrong: violins, and the figures beside them.

Source: Pardo et al. 2019, section 3.6, Figure 7.
"""

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PyQt6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.base import Heard, MapTab, signed
from dnnvis.app.activation_map.tabs.violins import GRID, Half, Violin, violins
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.elided_label import Line
from dnnvis.core.activation_map import Cloud
from dnnvis.session import map_state
from dnnvis.session.session import Session

RIGHT, WRONG = "#4caf6d", "#e05a52"
APART = 4  # pixels between two words
MOST = 20  # classes that are shown
KIND_WORDS = {"2d": "2-d: from the place", "rich": "richer: from 50 components"}
SHORT = {"2d": "2-d", "rich": "richer"}
FREE = (
    "1 − max is the doubt of the output itself, for free: it often ranks errors as well, or "
    "better. Read the estimates as ranks: of wrong examples they are too low."
)

GAP = (
    "AUROC: how often a wrong example has the greater value of two, one wrong and one right. "
    "Gap: the median log₁₀ estimate of wrong examples, less that of right ones."
)


class ViolinsView(QWidget):
    """One violin a class: right examples to the left in green, wrong ones to the right in red,
    each as wide as it can be; dots are medians, bars the middle half. ``pointed`` says what
    lies under the mouse, "" nothing."""

    pointed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.violins: tuple[Violin, ...] = ()
        self.names: tuple[str, ...] = ()
        self.range = (-8.0, 0.0)
        self.line: float | None = None
        self.words = ""
        self.setMouseTracking(True)
        self.setAccessibleName("Estimated error of right and wrong examples, per class")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_violins(
        self,
        made: tuple[Violin, ...],
        extent: tuple[float, float],
        names: tuple[str, ...],
        line: float | None,
    ) -> None:
        """``extent`` of the log10 errors; ``line``: above it 5 % of right examples lie."""
        self.violins, self.range, self.names, self.line = made, extent, names, line
        self.words = ""
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there are none."""
        self.violins, self.words = (), words
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 110)

    # -- where things lie

    def plot(self) -> QRectF:
        """The room of the shapes, between the axis, the shares above and the names below."""
        metrics = QFontMetrics(theme.small(self))
        left = metrics.horizontalAdvance("−10 ")
        return QRectF(self.rect()).adjusted(left, self.head(left) + 2, -2, -self.foot(left) - 2)

    def head(self, left: float) -> float:
        """The height of the shares above: they are turned where they do not fit side by side."""
        metrics, shares = QFontMetrics(theme.small(self)), self.shares(self._pitch(left))
        turned = self._turned(shares, self._pitch(left))
        return max(map(metrics.horizontalAdvance, shares)) if turned else metrics.height()

    def foot(self, left: float) -> float:
        """The height of the names below, turned where they do not fit."""
        metrics = QFontMetrics(theme.small(self))
        if not self._turned(self.names, self._pitch(left)):
            return metrics.height()
        return min(max(map(metrics.horizontalAdvance, self.names)), self.height() / 4)

    def shares(self, wide: float) -> tuple[str, ...]:
        """The percentage of right examples of each class, as exact as there is room for."""
        known = [100 * violin.share for violin in self.violins]
        exact = tuple("" if np.isnan(share) else f"{share:.1f}" for share in known)
        if not self._turned(exact, wide):
            return exact
        return tuple("" if np.isnan(share) else f"{share:.0f}" for share in known)

    def _pitch(self, left: float) -> float:
        return (self.width() - left - 2) / max(len(self.violins), 1)

    def _turned(self, words: tuple[str, ...], wide: float) -> bool:
        metrics = QFontMetrics(theme.small(self))
        return max(map(metrics.horizontalAdvance, words), default=0) + APART > wide

    def middle(self, k: int) -> float:
        """The x of a class' middle line."""
        plot = self.plot()
        return plot.left() + (k + 0.5) * plot.width() / max(len(self.violins), 1)

    def height_of(self, value: float) -> float:
        """The y of a log10 error."""
        (low, high), plot = self.range, self.plot()
        return plot.bottom() - (value - low) / (high - low) * plot.height()

    # -- drawing

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("base"))
        painter.setFont(theme.small(self))
        if not self.violins:
            gap = 2 * theme.GAP
            painter.setPen(tones.colour("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(gap, gap, -gap, -gap), flags, self.words)
        else:
            self._paint_axis(painter, tones)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for k, violin in enumerate(self.violins):
                self._paint_half(painter, tones, k, violin.right, -1, QColor(RIGHT))
                self._paint_half(painter, tones, k, violin.wrong, 1, QColor(WRONG))
            self._paint_names(painter, tones)
        painter.end()

    def _paint_axis(self, painter: QPainter, tones: theme.Tones) -> None:
        plot, (low, high) = self.plot(), self.range
        step = 1 if high - low < 6 else 2
        for value in range(int(np.ceil(low)), int(np.floor(high)) + 1):
            if value % step:
                continue
            y = self.height_of(value)
            painter.setPen(QPen(tones.colour("grid"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(tones.colour("muted"))
            box = QRectF(0, y - 10, plot.left() - 3, 20)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, f"{value}".replace("-", "−"))
        if self.line is not None and low < self.line < high:
            y = self.height_of(self.line)
            painter.setPen(QPen(tones.colour("warning"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))

    def _paint_half(
        self, painter: QPainter, tones: theme.Tones, k: int, half: Half, side: int, colour: QColor
    ) -> None:
        if not half.count:
            return
        plot, x = self.plot(), self.middle(k)
        wide = 0.46 * plot.width() / len(self.violins)
        seen = np.flatnonzero(half.shape > 0.003)
        shape = half.shape[seen[0] : seen[-1] + 1]
        levels = np.linspace(plot.bottom(), plot.top(), GRID)[seen[0] : seen[-1] + 1]
        edge = [QPointF(x + side * s * wide, y) for s, y in zip(shape, levels, strict=True)]
        body = QPolygonF([QPointF(x, levels[0]), *edge, QPointF(x, levels[-1])])
        fill = QColor(colour)
        fill.setAlpha(150)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(fill)
        painter.drawPolygon(body)
        at = x + side * min(3.0, wide / 3)
        first, median, third = (self.height_of(q) for q in half.quarters)
        painter.setPen(QPen(tones.colour("text"), 1.4))
        painter.drawLine(QPointF(at, first), QPointF(at, third))
        painter.setBrush(tones.colour("base"))
        painter.drawEllipse(QPointF(at, median), 2.2, 2.2)

    def _paint_names(self, painter: QPainter, tones: theme.Tones) -> None:
        plot = self.plot()
        below = QRectF(0, plot.bottom() + 2, plot.width(), self.height() - plot.bottom() - 2)
        painter.setPen(tones.colour("text"))
        self._paint_words(painter, self.names, below, Qt.AlignmentFlag.AlignRight)
        above = QRectF(0, 0, plot.width(), plot.top() - 2)
        painter.setPen(tones.colour("muted"))
        shares = self.shares(plot.width() / len(self.violins))
        self._paint_words(painter, shares, above, Qt.AlignmentFlag.AlignLeft)

    def _paint_words(
        self, painter: QPainter, words: tuple[str, ...], room: QRectF, turned: Qt.AlignmentFlag
    ) -> None:
        """One for each class within the height of ``room``; upwards where they are turned, as
        ``turned`` says then."""
        wide, metrics = room.width() / len(self.violins), painter.fontMetrics()
        upwards = self._turned(words, wide)
        long, thick = (room.height(), metrics.height()) if upwards else (wide, room.height())
        for k, word in enumerate(words):
            painter.save()
            painter.translate(self.middle(k), room.center().y())
            painter.rotate(-90 if upwards else 0)
            elided = metrics.elidedText(word, Qt.TextElideMode.ElideRight, int(long) + 1)
            where = turned if upwards else Qt.AlignmentFlag.AlignHCenter
            box = QRectF(-long / 2, -thick / 2, long + 1, thick)
            painter.drawText(box, where | Qt.AlignmentFlag.AlignVCenter, elided)
            painter.restore()

    # -- the mouse

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        plot = self.plot()
        at = (event.position().x() - plot.left()) / max(plot.width(), 1) * len(self.violins)
        self.pointed.emit(self.said(int(at)) if 0 <= at < len(self.violins) else "")

    def leaveEvent(self, event: QEvent | None) -> None:
        self.pointed.emit("")

    def said(self, k: int) -> str:
        """The medians of a class, and how many examples it has."""
        violin = self.violins[k]
        parts = [
            f"{name} {half.count:,}, median {signed(half.quarters[1], 2)}"
            if half.count
            else f"{name} 0"
            for name, half in (("right", violin.right), ("wrong", violin.wrong))
        ]
        return f"{self.names[k]}: " + " · ".join(parts)


class ErrorsTab(MapTab):
    """The violins of the test examples, or of all where none was held back."""

    hears = (map_state.CLOUD,)

    def __init__(self, session: Session, heard: Heard, parent: QWidget | None = None) -> None:
        super().__init__(session, heard, parent)
        self._drawn: tuple[Cloud, str] | None = None
        self.kind = QComboBox(self)
        for kind, words in KIND_WORDS.items():
            self.kind.addItem(words, kind)
        self.kind.setAccessibleName("Estimate")
        self.kind.setToolTip("Which estimate of log₁₀ e: e is half the squared error of the output")
        self.kind.activated.connect(lambda _: self.choose(kind=self.kind.currentData()))
        self.among = Line(self, theme.small(self), muted=True)
        self.view = ViolinsView(self)
        self.view.pointed.connect(self._say)
        self.hover = Line(self, theme.small(self), lines=2)
        self.figures = Line(self, theme.small(self), lines=2)
        self.figures.tip = GAP
        self.free = Line(self, theme.small(self), muted=True, lines=4)
        self.free.setText(FREE)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.kind)
        column.addWidget(self.among)
        column.addWidget(self.view, 1)
        for widget in (self.hover, self.figures, self.free):
            column.addWidget(widget)
        Spare(self, column, self.figures, self.hover, self.among, self.free)

    def draw(self, key: str) -> None:
        kind, cloud = self.choice.kind, self.heard.cloud
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(max(self.kind.findData(kind), 0))
        words = self.heard.why_no_cloud() or why_no_violins(cloud, kind)
        if words or cloud is None:
            self._drawn = None
            self.view.show_words(words)
            self.figures.setText("")
            self.among.setText("")
            return
        if self._drawn is None or self._drawn[0] is not cloud or self._drawn[1] != kind:
            self._drawn = cloud, kind
            self._show(cloud, kind)

    def _show(self, cloud: Cloud, kind: str) -> None:
        rows, among = asked(cloud)
        wrong = cloud.labels[rows] != cloud.predicted[rows]
        many = len(cloud.classes) or int(cloud.labels.max()) + 1
        shown = list(range(many))
        if many > MOST:
            wrongs = np.bincount(cloud.labels[rows][wrong], minlength=many)
            shown = np.argsort(-wrongs, kind="stable")[:MOST].tolist()
            among += f", the {MOST} classes with most errors"
        made, extent = violins(cloud.expected[kind][rows], cloud.labels[rows], wrong, shown)
        names = tuple(self.heard.class_name(k) for k in shown)
        self.view.show_violins(made, extent, names, cloud.lines.get(kind))
        self.among.setText(among)
        self.figures.setText(figures_line(cloud))
        self._say("")

    def _say(self, words: str) -> None:
        hint = "log₁₀ of the estimated error; green right, red wrong; above: % right"
        self.hover.setText(words or hint)


def asked(cloud: Cloud) -> tuple[np.ndarray, str]:
    """The rows whose errors are shown, and in words which they are."""
    known = (cloud.labels >= 0) & (cloud.predicted >= 0)
    test = known & cloud.test
    if test.any():
        return np.flatnonzero(test), f"{int(test.sum()):,} test examples"
    return np.flatnonzero(known), f"{int(known.sum()):,} examples, all used in fitting"


def why_no_violins(cloud: Cloud | None, kind: str) -> str:
    """Why a map has no violins; "" where it has."""
    if cloud is None or kind not in cloud.expected:
        return (
            "This map has no estimate of the error: no labels of the network's classes were there."
        )
    if not len(asked(cloud)[0]):
        return "Right and wrong are not known: this map has no labels of the network's classes."
    return ""


def figures_line(cloud: Cloud) -> str:
    """AUROC and gap of each estimate beside those of 1 - max, as measured when it was fitted."""

    def of(name: str, kinds: dict[str, str], digits: int) -> str:
        found = ((title, cloud.figures.get(f"{name} {kind}")) for kind, title in kinds.items())
        return ", ".join(
            f"{title} {signed(value, digits)}" for title, value in found if value is not None
        )

    ranks = of("auroc", {**SHORT, "1-max": "1 − max"}, 3)
    gaps = of("gap", SHORT, 1)
    lines = [f"AUROC: {ranks}"] * bool(ranks) + [f"gap: {gaps} orders"] * bool(gaps)
    return "\n".join(lines)
