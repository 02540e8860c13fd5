"""The Statistics panel: how the selected unit, and its layer, behaved on natural pictures."""

from dataclasses import replace
from typing import Any

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dnnvis.app.statistics import text as statistics_text
from dnnvis.app.statistics.histogram import HistogramView
from dnnvis.app.statistics.matrix_view import MatrixView
from dnnvis.app.statistics.unit_chips import UnitChips
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.color_bar import ColorBar
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.stale_mark import StaleMark
from dnnvis.core.formatting import format_value
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.statistics import UnitStatistics
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import STATISTICS
from dnnvis.session.session import Session
from dnnvis.session.state import State

MATRIX_HINT = "correlations · alike units side by side"


class StatisticsPanel(Panel):
    """Numbers and histogram of the unit, the layer's correlations and its dead units.

    A click on a cell of the matrix selects one of its two units: the one that is not selected yet.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.received: UnitStatistics | Failure | None = None
        self._drawn: Any = None
        self.histogram = HistogramView(self)
        self.matrix = MatrixView(tr("Correlation of the layer's units"), self)
        self.bar = ColorBar(self)
        self.bar.show_range((-1, 1), "signed")
        self.numbers = {
            name: ElidedLabel(self, theme.value_font(self)) for name in statistics_text.TIPS
        }
        self.correlated, self.anticorrelated, self.dead = (UnitChips(self) for _ in range(3))
        self.hover = ElidedLabel(self, theme.caption_font(self))
        self.caption = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.mark = StaleMark(self)
        self.empty = ImageView(tr("Why there are no statistics"), self)
        self._arrange()
        self.matrix.pointed.connect(self._on_hover)
        self.matrix.left.connect(lambda: self._show_hover(""))
        self.matrix.clicked.connect(self._on_click)
        self.histogram.pointed.connect(self._show_hover)
        for row in (self.correlated, self.anticorrelated, self.dead):
            row.clicked.connect(self._select)
        self._redraw()

    def _arrange(self) -> None:
        table = QGridLayout()
        table.setSpacing(theme.GAP // 2)
        for column, (name, number) in enumerate(self.numbers.items()):
            heading = create_label(self, theme.caption_font(self), muted=True, text=name)
            for widget in (heading, number):
                widget.setToolTip(tr(statistics_text.TIPS[name]))
            number.tip = tr(statistics_text.TIPS[name])
            table.addWidget(heading, 0, column)
            table.addWidget(number, 1, column)
        matrix_row = QHBoxLayout()
        matrix_row.setSpacing(theme.GAP)
        matrix_row.addWidget(self.matrix, 1)
        matrix_row.addWidget(self.bar)
        full = QWidget(self)
        layout = QVBoxLayout(full)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addWidget(self.mark)
        layout.addLayout(table)
        layout.addWidget(self.histogram, 2)
        layout.addLayout(matrix_row, 5)
        for line in (self.hover, self.correlated, self.anticorrelated, self.dead, self.caption):
            layout.addWidget(line)
        CollapseToFit(full, layout, self.hover)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)
        self.full = full
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        outer.addWidget(self.stack)

    @property
    def statistics(self) -> UnitStatistics | None:
        return self.received if isinstance(self.received, UnitStatistics) else None

    def export_values(self) -> Any:
        """Return the layer's correlations (C, C), in the drawn order."""
        return self.statistics.layer.correlation if self.statistics is not None else None

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if previous.unit != state.unit or previous.statistics != state.statistics:
            self.received = self.statistics  # what failed may succeed now
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.received = None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == STATISTICS:
            self._store(value)
        elif key == "job scan" and value.finished:
            self.refresh()

    def refresh(self) -> None:
        """Request the statistics again: there may be more by now."""
        choice = self.state.statistics
        self.session.update(statistics=replace(choice, run=choice.run + 1))

    def _store(self, value: Any) -> None:
        """Store what arrived; the layer's matrix stays while only a unit's numbers are new."""
        previous = self.statistics
        self.received = value
        is_partial = isinstance(value, UnitStatistics) and value.progress < 1
        if previous is not None and is_partial and previous.layer.layer == value.layer.layer:
            same_layer = (
                previous.layer.images == value.layer.images and previous.network == value.network
            )
            self.received = replace(value, layer=previous.layer) if same_layer else value
        self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        statistics, unit = self.statistics, self.state.unit
        if isinstance(self.received, Failure):
            message = self.received.sentence
        else:
            message = statistics_text.explain_empty(self.info, unit, statistics)
        is_empty = bool(message) or statistics is None or self.info is None
        self.stack.setCurrentWidget(self.empty if is_empty else self.full)
        if is_empty or statistics is None:
            self.empty.show_message(message)
            return
        network = self.info.name if self.info else None
        reason = statistics_text.explain_stale(statistics, unit, network)
        about = f"{statistics.unit} · {statistics.among}"
        self.caption.setText(self.label(about + (tr(" · stale") if reason else "")))
        self.caption.tip = (
            self.label(tr("These statistics are {reason}.", reason=reason)) if reason else ""
        )
        self.matrix.show_stale(bool(reason))
        self.mark.show_reason(statistics.stale)
        if statistics is not self._drawn:
            self._drawn = statistics
            self._show(statistics)

    def _show(self, statistics: UnitStatistics) -> None:
        for name, text in statistics_text.format_numbers(statistics):
            self.numbers[name].setText(text)
        self.histogram.show_histogram(statistics_text.build_histogram(statistics))
        layer = statistics.layer
        self._show_matrix(statistics)
        for row, title, pairs in (
            (self.correlated, "with it", statistics.correlated),
            (self.anticorrelated, "against it", statistics.anticorrelated),
        ):
            row.show_units(statistics_text.row_title(title, pairs), _format_pairs(pairs))
        self.dead.show_units(
            statistics_text.describe_dead_units(layer), tuple((k, str(k)) for k in layer.dead)
        )
        self._show_hover("")

    def _show_matrix(self, statistics: UnitStatistics) -> None:
        layer = statistics.layer
        if not len(layer.order):
            waiting = tr(
                "Putting the {units:,} units of {layer} into order ...",
                units=layer.units,
                layer=layer.layer,
            )
            self.matrix.show_message(statistics.message or waiting)
            return
        self.matrix.show_pixels(statistics_text.render_matrix(layer))
        self.matrix.mark_line(
            statistics_text.row_position(layer, Unit.parse(statistics.unit).channel)
        )

    def _show_hover(self, message: str) -> None:
        self.hover.setText(message or tr(MATRIX_HINT))

    def _on_hover(self, y: float, x: float) -> None:
        statistics = self.statistics
        pair = None if statistics is None else statistics_text.pair_at(statistics.layer, y, x)
        self._show_hover(
            ""
            if statistics is None or pair is None
            else statistics_text.describe_pair(statistics.layer, pair)
        )

    def _on_click(self, y: float, x: float) -> None:
        statistics = self.statistics
        pair = None if statistics is None else statistics_text.pair_at(statistics.layer, y, x)
        if statistics is not None and pair is not None:
            unit = self.state.unit
            own = unit is not None and (unit.layer, unit.channel) == (
                statistics.layer.layer,
                pair[0],
            )
            self._select(pair[1] if own else pair[0])

    def _select(self, channel: int) -> None:
        if self.statistics is not None:
            shown_unit = Unit.parse(self.statistics.unit)
            self.session.select(Unit(self.statistics.layer.layer, channel, None, shown_unit.call))


def _format_pairs(pairs: tuple[tuple[int, float], ...]) -> tuple[tuple[int, str], ...]:
    return tuple((channel, f"{channel}  {format_value(r, '.2f')}") for channel, r in pairs)
