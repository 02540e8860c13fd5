"""How the selected unit, and its layer, behaved on natural pictures."""

from dataclasses import replace
from typing import Any

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dnnvis.app.statistics import text as words_of
from dnnvis.app.statistics.histogram import HistogramView
from dnnvis.app.statistics.matrix_view import MatrixView
from dnnvis.app.statistics.unit_chips import UnitRow
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.color_bar import ColourBar
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.image_view import PictureView
from dnnvis.app.widgets.panel import Panel, label
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.statistics import UnitStatistics
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import STATISTICS
from dnnvis.session.session import Session
from dnnvis.session.state import State

HINT = "correlations · alike units side by side"


class StatisticsPanel(Panel):
    """Numbers and histogram of the unit, the layer's correlations and its dead units. A click
    on a cell of the matrix selects one of its two units: the one that is not selected yet."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.got: UnitStatistics | Failure | None = None
        self._drawn: Any = None
        self.histogram = HistogramView(self)
        self.matrix = MatrixView("Correlation of the layer's units", self)
        self.bar = ColourBar(self)
        self.bar.show_range((-1, 1), "signed")
        self.numbers = {name: Line(self, theme.numbers(self)) for name in words_of.TIPS}
        self.alike, self.unlike, self.dead = (UnitRow(self) for _ in range(3))
        self.hover = Line(self, theme.small(self))
        self.caption = Line(self, theme.small(self), muted=True)
        self.empty = PictureView("Why there are no statistics", self)
        self._arrange()
        self.matrix.pointed.connect(self._point)
        self.matrix.left.connect(lambda: self._say(""))
        self.matrix.clicked.connect(self._click)
        self.histogram.pointed.connect(self._say)
        for row in (self.alike, self.unlike, self.dead):
            row.clicked.connect(self._select)
        self._redraw()

    def _arrange(self) -> None:
        table = QGridLayout()
        table.setSpacing(theme.GAP // 2)
        for column, (name, number) in enumerate(self.numbers.items()):
            head = label(self, theme.small(self), muted=True)
            head.setText(name)
            for widget in (head, number):
                widget.setToolTip(words_of.TIPS[name])
            number.tip = words_of.TIPS[name]
            table.addWidget(head, 0, column)
            table.addWidget(number, 1, column)
        picture = QHBoxLayout()
        picture.setSpacing(theme.GAP)
        picture.addWidget(self.matrix, 1)
        picture.addWidget(self.bar)
        full = QWidget(self)
        layout = QVBoxLayout(full)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addLayout(table)
        layout.addWidget(self.histogram, 2)
        layout.addLayout(picture, 5)
        for line in (self.hover, self.alike, self.unlike, self.dead, self.caption):
            layout.addWidget(line)
        Spare(full, layout, self.hover)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)
        self.full = full
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        whole.addWidget(self.stack)

    # -- what arrives

    @property
    def found(self) -> UnitStatistics | None:
        return self.got if isinstance(self.got, UnitStatistics) else None

    def raw_values(self) -> Any:
        """The layer's correlations (C, C), in the drawn order."""
        return self.found.layer.correlation if self.found is not None else None

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        if before.unit != state.unit or before.statistics != state.statistics:
            self.got = self.found  # what failed may do now
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.got = None
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if key == STATISTICS:
            self._take(value)
        elif key == "job scan" and value.finished:
            self.refresh()

    def refresh(self) -> None:
        """Look again: there may be more by now."""
        wish = self.state.statistics
        self.session.update(statistics=replace(wish, run=wish.run + 1))

    def _take(self, value: Any) -> None:
        """Of one layer the matrix stays while a unit's own numbers come first."""
        before = self.found
        self.got = value
        fresh = isinstance(value, UnitStatistics) and value.progress < 1
        if before is not None and fresh and before.layer.layer == value.layer.layer:
            same = before.layer.images == value.layer.images and before.network == value.network
            self.got = replace(value, layer=before.layer) if same else value
        self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    # -- drawing

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        found, unit = self.found, self.state.unit
        if isinstance(self.got, Failure):
            words = self.got.sentence
        else:
            words = words_of.why_empty(self.info, unit, found)
        self.stack.setCurrentWidget(self.empty if words or found is None else self.full)
        if words or found is None:
            self.empty.show_words(words)
            return
        why = words_of.why_stale(found, unit, self.info.name if self.info else None)
        self.caption.setText(f"{found.unit} · {found.among}" + (" · stale" if why else ""))
        self.caption.tip = f"These statistics are {why}." if why else ""
        self.matrix.show_stale(bool(why))
        if found is not self._drawn:
            self._drawn = found
            self._show(found)

    def _show(self, found: UnitStatistics) -> None:
        for name, text in words_of.numbers(found):
            self.numbers[name].setText(text)
        self.histogram.show_histogram(words_of.histogram(found))
        layer = found.layer
        self._show_matrix(found)
        for row, title, pairs in (
            (self.alike, "with it", found.alike),
            (self.unlike, "against it", found.unlike),
        ):
            row.show_units(words_of.some(title, pairs), _rated(pairs))
        self.dead.show_units(words_of.dead(layer), tuple((k, str(k)) for k in layer.dead))
        self._say("")

    def _show_matrix(self, found: UnitStatistics) -> None:
        layer = found.layer
        if not len(layer.order):
            waiting = f"Putting the {layer.units:,} units of {layer.layer} into order ..."
            self.matrix.show_words(found.words or waiting)
            return
        self.matrix.show_pixels(words_of.pixels_of(layer))
        self.matrix.show_marked(words_of.line_of(layer, Unit.parse(found.unit).channel))

    def _say(self, words: str) -> None:
        self.hover.setText(words or HINT)

    # -- the mouse

    def _point(self, y: float, x: float) -> None:
        found = self.found
        pair = None if found is None else words_of.pair_at(found.layer, y, x)
        self._say("" if found is None or pair is None else words_of.pair(found.layer, pair))

    def _click(self, y: float, x: float) -> None:
        found = self.found
        pair = None if found is None else words_of.pair_at(found.layer, y, x)
        if found is not None and pair is not None:
            unit = self.state.unit
            own = unit is not None and (unit.layer, unit.channel) == (found.layer.layer, pair[0])
            self._select(pair[1] if own else pair[0])

    def _select(self, channel: int) -> None:
        if self.found is not None:
            shown = Unit.parse(self.found.unit)
            self.session.select(Unit(self.found.layer.layer, channel, None, shown.call))


def _rated(pairs: tuple[tuple[int, float], ...]) -> tuple[tuple[int, str], ...]:
    return tuple((channel, f"{channel}  {r:.2f}") for channel, r in pairs)
