"""The Predictions panel: the classes of the picture by the network's output."""

from dataclasses import replace
from typing import Any

import numpy as np
from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFont, QMouseEvent, QPainter, QPen, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from dnnvis.app.predictions import ranking, text
from dnnvis.app.predictions.accuracy import Accuracy, find_true_class
from dnnvis.app.predictions.meaning_choice import MeaningChoice
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.lens_results import Ranking
from dnnvis.core.messages import Live, NetworkInfo, OutputKind
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session import readout
from dnnvis.session.boards.source_board import has_class_labels
from dnnvis.session.plan_for import ATTRIBUTION, explained_class
from dnnvis.session.session import Session
from dnnvis.session.state import State

MAX_UNSEARCHED = 20  # classes; of more, some are found by typing
REASONS_PER_SECOND = 4  # how often the units that speak for a class are written
HOVER_MS = 120  # milliseconds that the mouse rests over a class before its units are requested


class ClassBars(PaintedWidget):
    """One bar a class.

    A click on one reports its channel, and so does the mouse that rests over it: ``pointed`` is the
    channel, -1 over none.
    """

    policies = (Policy.Preferred, Policy.Preferred)

    clicked = pyqtSignal(int)
    pointed = pyqtSignal(int)
    size_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Predicted classes"), parent)
        self.rows: tuple[ranking.ClassScore, ...] = ()
        self._selected: int | None = None
        self._hovered = -1
        self._query = ""
        self._hover_timer = QTimer(self)
        self._hover_timer.setSingleShot(True)
        self._hover_timer.timeout.connect(lambda: self.pointed.emit(self._hovered))
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def holds(self, query: str) -> bool:
        """Return whether its classes stay where they are: the mouse is over them.

        Args:
            query: What classes were searched by; another one has other classes.
        """
        is_same, self._query = query == self._query, query
        return is_same and self._hovered >= 0

    def show_message(self, text: str) -> None:
        """Show a sentence, or nothing, in the place of classes."""
        if self.rows or text != self.message:
            self.rows, self.message = (), text
            self.setAccessibleDescription(text)
            self.update()

    def show_rows(self, rows: tuple[ranking.ClassScore, ...], selected: int | None) -> None:
        if (rows, selected, "") != (self.rows, self._selected, self.message):
            self.rows, self._selected, self.message = rows, selected, ""
            best = next((row for row in rows if row.is_best), None)
            self.setAccessibleDescription(f"{best.name} {best.text}" if best else "")
            self.update()

    @property
    def row_height(self) -> int:
        """Return the height of a row."""
        return self.fontMetrics().height() + theme.GAP

    def row_capacity(self) -> int:
        """Return how many rows there is room for."""
        return max(1, self.height() // self.row_height)

    def row_at(self, y: float) -> ranking.ClassScore | None:
        k = int(y // self.row_height)
        return self.rows[k] if 0 <= k < len(self.rows) else None

    def sizeHint(self) -> QSize:
        return QSize(220, 10 * self.row_height)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 3 * self.row_height)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self.size_changed.emit()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        row = self.row_at(event.position().y())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(row.channel)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        row = self.row_at(event.position().y())
        self._hover(-1 if row is None else row.channel)

    def leaveEvent(self, event: QEvent | None) -> None:
        self._hover(-1)

    def _hover(self, channel: int) -> None:
        if channel != self._hovered:
            self._hovered = channel
            self._hover_timer.start(HOVER_MS)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if not self.rows:
            painter.setFont(theme.caption_font(self))
            self.paint_message(painter, palette)
            return
        value_font = theme.value_font(self)
        painter.setFont(value_font)
        widest = "0.000 −.00" if any(row.change for row in self.rows) else "0.000"
        value_width = painter.fontMetrics().horizontalAdvance(widest) + theme.GAP
        row_height = self.row_height
        for k, row in enumerate(self.rows):
            box = QRectF(0, k * row_height, self.width(), row_height)
            self._paint_row(painter, row, box, palette, value_font, value_width)

    def _paint_row(
        self,
        painter: QPainter,
        row: ranking.ClassScore,
        box: QRectF,
        palette: theme.Palette,
        value_font: QFont,
        value_width: int,
    ) -> None:
        font = self.font()
        font.setBold(row.is_best)
        painter.setFont(value_font)
        inner = box.adjusted(1, 1, -1, -1)
        track = inner.adjusted(0, 0, -value_width, 0)
        painter.fillRect(track, palette.color("base"))
        filled = QRectF(track)
        filled.setWidth(track.width() * min(max(row.fraction, 0), 1))
        painter.fillRect(filled, palette.color("bar"))
        if row.unedited is not None:
            _paint_unedited(painter, row.unedited, track, palette)
        painter.setPen(palette.color("text" if row.is_best else "muted"))
        painter.drawText(inner, _RIGHT, f"{row.text} {row.change}".rstrip())
        painter.setFont(font)
        painter.setPen(palette.color("text"))
        room = track.adjusted(theme.GAP, 0, 0, 0)
        metrics = painter.fontMetrics()
        ends = (tr("  ✓ true label"), "  ✓") if row.is_true_label else ("",)
        fits = (end for end in ends if metrics.horizontalAdvance(row.name + end) <= room.width())
        end = next(fits, ends[-1])
        name = metrics.elidedText(
            row.name,
            Qt.TextElideMode.ElideRight,
            int(room.width()) - metrics.horizontalAdvance(end),
        )
        painter.drawText(room, _LEFT, name + end)
        if row.channel == self._selected:
            painter.setPen(QPen(palette.color("accent"), 2))
            painter.drawRect(track.adjusted(1, 1, -1, -1))


def _paint_unedited(
    painter: QPainter, fraction: float, track: QRectF, palette: theme.Palette
) -> None:
    """Draw the bar without edits along the bottom of the row, in the accent color."""
    unedited = QRectF(track)
    unedited.setTop(track.bottom() - max(2.0, track.height() / 5))
    unedited.setWidth(max(1.0, track.width() * fraction))
    painter.fillRect(unedited, palette.color("accent"))


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class PredictionsPanel(Panel):
    """The classes; a click on a bar makes that class the selected unit ``output[k]``.

    Where there is no room for all, a text field finds them by name. Below the bars stand the units
    that speak for the class under the mouse, or the selected one.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self._compared: Live | None = None  # the last frame that ran without the edits, too
        self.ranking: Ranking | None = None
        self._accuracy = Accuracy()
        self._true_label: str | None = None  # of the frame on show
        self._throttle = Throttle(self, self._redraw)
        self._reasons_throttle = Throttle(self, self._show_reasons, REASONS_PER_SECOND)
        self.query = QLineEdit(self)
        self.query.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # letters are the window's at first
        self.query.setPlaceholderText(tr("find a class"))
        self.query.setAccessibleName(tr("Find a class by its name"))
        tip = "A part of a class's name: those that have it are listed, best first"
        self.query.setToolTip(tr(tip))
        self.query.setClearButtonEnabled(True)
        self.query.hide()
        self.bars = ClassBars(self)
        self.reasons = create_label(self, theme.caption_font(self), muted=True)
        self.reasons.setTextFormat(Qt.TextFormat.RichText)
        self.reasons.setWordWrap(True)
        self.reasons.setToolTip(tr(text.REASONS_TIP))
        self.reasons.setFixedHeight(2 * self.reasons.fontMetrics().lineSpacing() + 2)
        self.reasons.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.message = ElidedLabel(self, theme.caption_font(self), muted=True, lines=3)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.query)
        column.addWidget(self.bars, 1)
        column.addWidget(self.reasons)
        column.addWidget(self.message)
        self.meaning = MeaningChoice(session, self)
        column.addWidget(self.meaning)
        self.bars.clicked.connect(self._select)
        self.bars.pointed.connect(lambda k: self.session.update(explained_class=k))
        self.query.textChanged.connect(lambda _: self._redraw())
        self.query.returnPressed.connect(self._select_first)
        self.reasons.linkActivated.connect(self._select_reason)
        self.bars.size_changed.connect(self._redraw)
        self._redraw()

    @property
    def truth(self) -> str:
        """Return the picture's class and how many answers were right so far, "" if unknown."""
        if not has_class_labels(self.state.source):
            return "" if self.live is None else self.live.frame.label or ""
        known = tr("true: {true_label}", true_label=self._true_label) if self._true_label else ""
        return ", ".join(part for part in (known, self._accuracy.describe()) if part)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.message,)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self.reasons, self.meaning)

    def header_part(self) -> QWidget:
        return self.query

    def arrange_compact(self, on: bool) -> None:
        """Leave the search to the card's title, or take it back."""
        column = self.layout()
        if not on and isinstance(column, QVBoxLayout):
            column.insertWidget(0, self.query)
            self.query.show()

    def show_state(self, state: State) -> None:
        if state.source != self.state.source:
            self._accuracy.reset()
        super().show_state(state)
        self.meaning.show_state(state, self.info)
        self._show_reasons()
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.live = self.ranking = self._compared = None
        self._accuracy.reset()
        self.query.clear()
        self._show_reasons()
        self.meaning.show_state(self.state, info)
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if self.note_frame(key, value):
            self._redraw()
        elif key == ATTRIBUTION and isinstance(value, Ranking):
            self.ranking = value
            self._reasons_throttle.request()
        elif isinstance(value, Live):
            self.live = value
            if not value.edits:
                self._compared = None
            elif value.unedited is not None:
                self._compared = value
            self._note_truth(value)
            self._throttle.request()

    def _note_truth(self, live: Live) -> None:
        """Note which class a frame is of, and whether the answer to it is right."""
        self._true_label = live.frame.label
        kind = self.state.source.kind
        is_late = live.frame.source == "demo" and kind != "demo"  # another source opens still
        if self.info is None or not has_class_labels(self.state.source) or is_late:
            return
        labels, synsets = self.info.labels, self.info.synsets
        reads_name = self.state.source.kind == "pictures"
        number = find_true_class(live, labels, synsets, reads_name=reads_name)
        if number is not None and self._true_label is None:
            self._true_label = messages.get_class_name(self.info, number)
        self._accuracy.add(live, number)

    def export_values(self) -> np.ndarray | None:
        """Return the network's output (K,)."""
        return None if self.live is None else self.live.output

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if self.frame_failure is not None:  # what is known is of a frame before
            self._show_no_classes(self.frame_failure.sentence)
            return
        if self.live is None or not self.live.output.size:
            self._show_no_classes(tr(messages.NO_OUTPUT) if self.info else "")
            return
        if not self.isVisible():
            return
        meaning = readout.get_meaning(self.state, self.info)
        if message := text.explain_no_classes(meaning, self.info, self.live):
            self._show_no_classes(message)
            return
        rows = self._rank(self.live, meaning.kind)
        compared = self._compared
        if compared is not None and compared.unedited is not None and self.live.classes is None:
            previous = compared.unedited.output
            rows = ranking.add_changes(rows, previous, compared.output, meaning.kind)
        unit = self.state.unit
        selected = unit.channel if unit is not None and unit.layer == "output" else None
        self.bars.show_rows(rows, selected)
        is_map = self.live.classes is not None
        n_nonfinite = "" if is_map else messages.describe_not_finite(self.live.output)
        is_board = not has_class_labels(self.state.source)
        true_label = None if is_board else self._true_label
        is_known = is_map or bool(np.isfinite(self.live.output).any())
        message = messages.describe_predictions(
            text.describe_numbers(meaning) if is_known else "",
            len(rows),
            len(rows) if is_map else self.live.output.size,
            true_label,
            n_nonfinite,
        )
        accuracy = "" if is_board or is_map else self._accuracy.describe()
        edited = "" if compared is None else text.describe_changes(compared, self.live)
        message = " · ".join(part for part in (edited, message, accuracy) if part)
        if message != self.message.text():
            self.message.setText(message)

    def _show_no_classes(self, message: str) -> None:
        """Say why there are no bars: in their place where a card leaves out the line below."""
        self.bars.show_message(message if self.compact else "")
        self.query.setVisible(False)
        self.message.setText(message)

    def _select(self, k: int) -> None:
        self.session.select(Unit("output", k))

    def _select_first(self) -> None:
        """Select the first class that was found."""
        if self.bars.rows and self.query.text().strip():
            self._select(self.bars.rows[0].channel)

    def _select_reason(self, unit: str) -> None:
        names = self.info.names if self.info is not None else ()
        self.session.select(Unit.parse(unit, names))

    def _show_reasons(self) -> None:
        """Show which units speak for the class under the mouse, else for the selected one."""
        k, info = explained_class(self.state), self.info
        self.reasons.setVisible(info is not None and bool(info.penultimate))
        shown = tr(text.POINT_AT_CLASS)
        if info is not None and k >= 0:
            shown = text.describe_reasons(info, self.ranking, k) or self.reasons.text()
        if shown != self.reasons.text():
            self.reasons.setText(shown)
            self.bars.setToolTip(self.reasons.text() if self.compact else "")

    def _rank(self, live: Live, kind: OutputKind) -> tuple[ranking.ClassScore, ...]:
        """Return the rows of classes that there is room for."""
        capacity = self.bars.row_capacity()
        if live.classes is not None and self.info is not None:
            return ranking.rank_shares(live.classes, self.info, capacity)
        self.query.setVisible(live.output.size > MAX_UNSEARCHED)
        if live.frame.label is None and self._true_label is not None:  # its name says it
            live = replace(live, frame=replace(live.frame, label=self._true_label))
        query = self.query.text()
        held = tuple(row.channel for row in self.bars.rows) if self.bars.holds(query) else ()
        return ranking.rank_classes(live, self.info, capacity, kind, query, held)
