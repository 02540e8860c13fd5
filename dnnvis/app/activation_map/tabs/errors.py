"""The Errors tab: how well the estimated error separates right from wrong.

It shows violins, and the figures beside them.

Source: Pardo et al. 2019, section 3.6, Figure 7.
"""

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
)
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData
from dnnvis.app.activation_map.tabs.violins import LEVELS, Violin, ViolinSide, violins
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.controls import create_combo
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.activation_map import MapData
from dnnvis.core.formatting import format_signed, format_value
from dnnvis.core.translation.catalog import tr
from dnnvis.session import map_state
from dnnvis.session.session import Session

RIGHT_COLOR, WRONG_COLOR = "#4caf6d", "#e05a52"
MIN_LABEL_GAP_PIXELS = 4  # pixels between two labels
MAX_CLASSES = 20  # classes that are shown
KIND_LABELS = {"2d": "2-d: from the place", "rich": "richer: from 50 components"}
SHORT_KIND_LABELS = {"2d": "2-d", "rich": "richer"}
ONE_MINUS_MAX_NOTE = (
    "1 − max probability is the doubt of the output itself, for free: it often ranks errors as "
    "well, or better. Read the estimates as ranks: of wrong examples they are too low."
)

GAP = (
    "AUROC: how often a wrong example has the greater value of two, one wrong and one right. "
    "Gap: the median log₁₀ estimate of wrong examples, less that of right ones."
)


class ViolinsView(PaintedWidget):
    """One violin a class: right examples to the left in green, wrong ones in red.

    Each is as wide as it can be; dots are medians, bars the middle half. ``description_changed``
    carries what lies under the mouse, "" for nothing.
    """

    background = "base"

    description_changed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Estimated error of right and wrong examples, per class"), parent)
        self.violins: tuple[Violin, ...] = ()
        self.names: tuple[str, ...] = ()
        self.range = (-8.0, 0.0)
        self.alarm_line: float | None = None
        self.setMouseTracking(True)

    def show_violins(
        self,
        violins: tuple[Violin, ...],
        extent: tuple[float, float],
        names: tuple[str, ...],
        alarm_line: float | None,
    ) -> None:
        """Show violins.

        Args:
            violins: One for each class.
            extent: Lowest and highest log10 error of the axis.
            names: Names of the classes.
            alarm_line: The log10 error above which 5 % of right examples lie; None where it is not
                known.
        """
        self.violins, self.range, self.names, self.alarm_line = violins, extent, names, alarm_line
        self.message = ""
        self.update()

    def show_message(self, message: str) -> None:
        """Show why there are none."""
        self.violins, self.message = (), message
        self.setAccessibleDescription(message)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 110)

    def plot(self) -> QRectF:
        """Return the box of the shapes: between axis, fractions above and names below."""
        metrics = QFontMetrics(theme.caption_font(self))
        left = metrics.horizontalAdvance("−10 ")
        return QRectF(self.rect()).adjusted(
            left, self.header_height(left) + 2, -2, -self.footer_height(left) - 2
        )

    def header_height(self, left: float) -> float:
        """Return the height of the fractions above.

        They are turned where they do not fit side by side.
        """
        metrics, percentages = (
            QFontMetrics(theme.caption_font(self)),
            self.percentages(self._class_width(left)),
        )
        rotated = self._needs_rotation(percentages, self._class_width(left))
        return max(map(metrics.horizontalAdvance, percentages)) if rotated else metrics.height()

    def footer_height(self, left: float) -> float:
        """Return the height of the names below, turned where they do not fit."""
        metrics = QFontMetrics(theme.caption_font(self))
        if not self._needs_rotation(self.names, self._class_width(left)):
            return metrics.height()
        return min(max(map(metrics.horizontalAdvance, self.names)), self.height() / 4)

    def percentages(self, width: float) -> tuple[str, ...]:
        """Return the percentage of right examples of each class, as exact as there is room for."""
        known = [100 * violin.right_fraction for violin in self.violins]
        exact = tuple(
            "" if np.isnan(percentage) else format_value(percentage, ".1f") for percentage in known
        )
        if not self._needs_rotation(exact, width):
            return exact
        return tuple("" if np.isnan(percentage) else f"{percentage:.0f}" for percentage in known)

    def _class_width(self, left: float) -> float:
        return (self.width() - left - 2) / max(len(self.violins), 1)

    def _needs_rotation(self, labels: tuple[str, ...], width: float) -> bool:
        metrics = QFontMetrics(theme.caption_font(self))
        return max(map(metrics.horizontalAdvance, labels), default=0) + MIN_LABEL_GAP_PIXELS > width

    def center_x(self, k: int) -> float:
        """Return the x of a class' middle line."""
        plot = self.plot()
        return plot.left() + (k + 0.5) * plot.width() / max(len(self.violins), 1)

    def y_of(self, value: float) -> float:
        """Return the y of a log10 error."""
        (lower, upper), plot = self.range, self.plot()
        return plot.bottom() - (value - lower) / (upper - lower) * plot.height()

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        if not self.violins:
            self.paint_message(painter, palette)
        else:
            self._paint_axis(painter, palette)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for k, violin in enumerate(self.violins):
                self._paint_half(painter, palette, k, violin.right, -1, QColor(RIGHT_COLOR))
                self._paint_half(painter, palette, k, violin.wrong, 1, QColor(WRONG_COLOR))
            self._paint_names(painter, palette)

    def _paint_axis(self, painter: QPainter, palette: theme.Palette) -> None:
        plot, (lower, upper) = self.plot(), self.range
        step = 1 if upper - lower < 6 else 2
        for value in range(int(np.ceil(lower)), int(np.floor(upper)) + 1):
            if value % step:
                continue
            y = self.y_of(value)
            painter.setPen(QPen(palette.color("grid"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(palette.color("muted"))
            box = QRectF(0, y - 10, plot.left() - 3, 20)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, f"{value}".replace("-", "−"))
        if self.alarm_line is not None and lower < self.alarm_line < upper:
            y = self.y_of(self.alarm_line)
            painter.setPen(QPen(palette.color("warning"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))

    def _paint_half(
        self,
        painter: QPainter,
        palette: theme.Palette,
        k: int,
        half: ViolinSide,
        side: int,
        color: QColor,
    ) -> None:
        if not half.count:
            return
        plot, x = self.plot(), self.center_x(k)
        half_width = 0.46 * plot.width() / len(self.violins)
        nonzero = np.flatnonzero(half.shape > 0.003)
        shape = half.shape[nonzero[0] : nonzero[-1] + 1]
        levels = np.linspace(plot.bottom(), plot.top(), LEVELS)[nonzero[0] : nonzero[-1] + 1]
        edge = [QPointF(x + side * s * half_width, y) for s, y in zip(shape, levels, strict=True)]
        body = QPolygonF([QPointF(x, levels[0]), *edge, QPointF(x, levels[-1])])
        fill = QColor(color)
        fill.setAlpha(150)
        painter.setPen(QPen(color, 1))
        painter.setBrush(fill)
        painter.drawPolygon(body)
        center = x + side * min(3.0, half_width / 3)
        first, median, third = (self.y_of(q) for q in half.quartiles)
        painter.setPen(QPen(palette.color("text"), 1.4))
        painter.drawLine(QPointF(center, first), QPointF(center, third))
        painter.setBrush(palette.color("base"))
        painter.drawEllipse(QPointF(center, median), 2.2, 2.2)

    def _paint_names(self, painter: QPainter, palette: theme.Palette) -> None:
        plot = self.plot()
        below = QRectF(0, plot.bottom() + 2, plot.width(), self.height() - plot.bottom() - 2)
        painter.setPen(palette.color("text"))
        self._paint_labels(painter, self.names, below, Qt.AlignmentFlag.AlignRight)
        above = QRectF(0, 0, plot.width(), plot.top() - 2)
        painter.setPen(palette.color("muted"))
        percentages = self.percentages(plot.width() / len(self.violins))
        self._paint_labels(painter, percentages, above, Qt.AlignmentFlag.AlignLeft)

    def _paint_labels(
        self,
        painter: QPainter,
        labels: tuple[str, ...],
        area: QRectF,
        rotated_alignment: Qt.AlignmentFlag,
    ) -> None:
        """Paint one label for each class within the height of ``area``.

        They run upwards where they are turned, and are aligned by ``rotated_alignment`` then.
        """
        width, metrics = area.width() / len(self.violins), painter.fontMetrics()
        upwards = self._needs_rotation(labels, width)
        length, thickness = (area.height(), metrics.height()) if upwards else (width, area.height())
        for k, text in enumerate(labels):
            painter.save()
            painter.translate(self.center_x(k), area.center().y())
            painter.rotate(-90 if upwards else 0)
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(length) + 1)
            alignment = rotated_alignment if upwards else Qt.AlignmentFlag.AlignHCenter
            box = QRectF(-length / 2, -thickness / 2, length + 1, thickness)
            painter.drawText(box, alignment | Qt.AlignmentFlag.AlignVCenter, elided)
            painter.restore()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        plot = self.plot()
        at = (event.position().x() - plot.left()) / max(plot.width(), 1) * len(self.violins)
        self.description_changed.emit(
            self.describe_class(int(at)) if 0 <= at < len(self.violins) else ""
        )

    def leaveEvent(self, event: QEvent | None) -> None:
        self.description_changed.emit("")

    def describe_class(self, k: int) -> str:
        """Describe the medians of a class, and how many examples it has."""
        violin = self.violins[k]
        parts = [
            tr(
                "{name} {count:,}, median {median}",
                name=name,
                count=half.count,
                median=format_signed(half.quartiles[1], 2),
            )
            if half.count
            else f"{name} 0"
            for name, half in (("right", violin.right), ("wrong", violin.wrong))
        ]
        return f"{self.names[k]}: " + " · ".join(parts)


class ErrorsTab(MapTab):
    """The violins of the test examples, or of all where none was held back."""

    mail_keys = (map_state.MAP_DATA,)

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self._drawn_key: tuple[MapData, str] | None = None
        self.kind = create_combo(self, "Estimate", KIND_LABELS)
        self.kind.setToolTip(
            tr("Which estimate of log₁₀ e: e is half the squared error of the output")
        )
        self.kind.activated.connect(lambda _: self.choose(kind=self.kind.currentData()))
        self.subset = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.view = ViolinsView(self)
        self.view.description_changed.connect(self._show_hint)
        self.hover = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.figures = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.figures.tip = GAP
        self.one_minus_max = ElidedLabel(self, theme.caption_font(self), muted=True, lines=4)
        self.one_minus_max.setText(tr(ONE_MINUS_MAX_NOTE))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.kind)
        column.addWidget(self.subset)
        column.addWidget(self.view, 1)
        for widget in (self.hover, self.figures, self.one_minus_max):
            column.addWidget(widget)
        CollapseToFit(self, column, self.figures, self.hover, self.subset, self.one_minus_max)

    def draw(self, key: str) -> None:
        kind, map_data = self.choice.kind, self.tab_data.map_data
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(max(self.kind.findData(kind), 0))
        reason = self.tab_data.no_map_reason() or no_violins_reason(map_data, kind)
        if reason or map_data is None:
            self._drawn_key = None
            self.view.show_message(reason)
            self.figures.setText("")
            self.subset.setText("")
            return
        if (
            self._drawn_key is None
            or self._drawn_key[0] is not map_data
            or self._drawn_key[1] != kind
        ):
            self._drawn_key = map_data, kind
            self._show(map_data, kind)

    def _show(self, map_data: MapData, kind: str) -> None:
        rows, subset = select_evaluated(map_data)
        wrong = map_data.labels[rows] != map_data.predicted[rows]
        class_count = len(map_data.classes) or int(map_data.labels.max()) + 1
        shown = list(range(class_count))
        if class_count > MAX_CLASSES:
            error_counts = np.bincount(map_data.labels[rows][wrong], minlength=class_count)
            shown = np.argsort(-error_counts, kind="stable")[:MAX_CLASSES].tolist()
            subset += tr(", the {max_classes} classes with most errors", max_classes=MAX_CLASSES)
        shapes, extent = violins(map_data.expected[kind][rows], map_data.labels[rows], wrong, shown)
        names = tuple(self.tab_data.class_name(k) for k in shown)
        self.view.show_violins(shapes, extent, names, map_data.lines.get(kind))
        self.subset.setText(subset)
        self.figures.setText(format_figures(map_data))
        self._show_hint("")

    def _show_hint(self, text: str) -> None:
        hint = tr("log₁₀ of the estimated error; green right, red wrong; above: % right")
        self.hover.setText(text or hint)


def select_evaluated(map_data: MapData) -> tuple[np.ndarray, str]:
    """Return the rows whose errors are shown, and a description of them."""
    known = (map_data.labels >= 0) & (map_data.predicted >= 0)
    test = known & map_data.test
    if test.any():
        return np.flatnonzero(test), tr("{count:,} test examples", count=int(test.sum()))
    return np.flatnonzero(known), tr(
        "{count:,} examples, all used in fitting", count=int(known.sum())
    )


def no_violins_reason(map_data: MapData | None, kind: str) -> str:
    """Return why a map has no violins; "" where it has."""
    if map_data is None or kind not in map_data.expected:
        return tr(
            "This map has no estimate of the error: no labels of the network's classes were there."
        )
    if not len(select_evaluated(map_data)[0]):
        return tr("Right and wrong are not known: this map has no labels of the network's classes.")
    return ""


def format_figures(map_data: MapData) -> str:
    """Format AUROC and gap of each estimate beside those of 1 - max.

    They are as measured when the map was fitted.
    """

    def of(name: str, kinds: dict[str, str], digits: int) -> str:
        values = ((title, map_data.figures.get(f"{name} {kind}")) for kind, title in kinds.items())
        return ", ".join(
            f"{title} {format_signed(value, digits)}"
            for title, value in values
            if value is not None
        )

    ranks = of("auroc", {**SHORT_KIND_LABELS, "1-max": tr("1 − max probability")}, 3)
    gaps = of("gap", SHORT_KIND_LABELS, 1)
    lines = [tr("AUROC: {ranks}", ranks=ranks)] * bool(ranks) + [
        tr("gap: {gaps} orders", gaps=gaps)
    ] * bool(gaps)
    return "\n".join(lines)
