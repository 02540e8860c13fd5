"""The Predictions panel: the classes of the picture by the network's output."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFont, QMouseEvent, QPainter, QPen, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.predictions import ranking, text
from dnnvis.app.predictions.accuracy import Accuracy
from dnnvis.app.predictions.meaning_choice import MeaningChoice
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.messages import Live, NetworkInfo, OutputKind
from dnnvis.core.unit import Unit
from dnnvis.session import readout
from dnnvis.session.session import Session
from dnnvis.session.state import State


class ClassBars(PaintedWidget):
    """One bar a class; a click on one reports its channel."""

    policies = (Policy.Preferred, Policy.Preferred)

    clicked = pyqtSignal(int)
    size_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Predicted classes", parent)
        self.rows: tuple[ranking.ClassScore, ...] = ()
        self._selected: int | None = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_rows(self, rows: tuple[ranking.ClassScore, ...], selected: int | None) -> None:
        if (rows, selected) != (self.rows, self._selected):
            self.rows, self._selected = rows, selected
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

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        value_font = theme.value_font(self)
        painter.setFont(value_font)
        value_width = painter.fontMetrics().horizontalAdvance("0.000") + theme.GAP
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
        painter.setPen(palette.color("text" if row.is_best else "muted"))
        painter.drawText(inner, _RIGHT, row.text)
        painter.setFont(font)
        painter.setPen(palette.color("text"))
        name_text = f"{row.name}  ✓ true label" if row.is_true_label else row.name
        painter.drawText(track.adjusted(theme.GAP, 0, 0, 0), _LEFT, name_text)
        if row.channel == self._selected:
            painter.setPen(QPen(palette.color("accent"), 2))
            painter.drawRect(track.adjusted(1, 1, -1, -1))


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class PredictionsPanel(Panel):
    """The classes; a click on a bar makes that class the selected unit ``output[k]``."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self._accuracy = Accuracy()
        self._throttle = Throttle(self, self._redraw)
        self.bars = ClassBars(self)
        self.message = ElidedLabel(self, theme.caption_font(self), muted=True, lines=3)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.bars, 1)
        column.addWidget(self.message)
        self.meaning = MeaningChoice(session, self)
        column.addWidget(self.meaning)
        self.bars.clicked.connect(lambda k: self.session.select(Unit("output", k)))
        self.bars.size_changed.connect(self._redraw)
        self._redraw()

    @property
    def accuracy(self) -> str:
        """Return how many answers were right over the labeled pictures so far, "" if unknown."""
        return self._accuracy.describe()

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.message,)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self.meaning,)

    def show_state(self, state: State) -> None:
        if state.source != self.state.source:
            self._accuracy.reset()
        super().show_state(state)
        self.meaning.show_state(state, self.info)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.live = None
        self._accuracy.reset()
        self.meaning.show_state(self.state, info)
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if self.note_frame(key, value):
            self._redraw()
        elif isinstance(value, Live):
            self.live = value
            if self.info is not None and self.state.source.kind != "life":
                self._accuracy.add(value, self.info.labels, self.info.synsets)
            self._throttle.request()

    def export_values(self) -> np.ndarray | None:
        """Return the network's output (K,)."""
        return None if self.live is None else self.live.output

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if self.frame_failure is not None:  # what is known is of a frame before
            self.bars.show_rows((), None)
            self.message.setText(self.frame_failure.sentence)
            return
        if self.live is None or not self.live.output.size:
            self.bars.show_rows((), None)
            self.message.setText(messages.NO_OUTPUT if self.info else messages.NO_NETWORK)
            return
        if not self.isVisible():
            return
        meaning = readout.get_meaning(self.state, self.info)
        if message := text.explain_no_classes(meaning, self.info, self.live):
            self.bars.show_rows((), None)
            self.message.setText(message)
            return
        rows = self._rank(self.live, meaning.kind)
        unit = self.state.unit
        selected = unit.channel if unit is not None and unit.layer == "output" else None
        self.bars.show_rows(rows, selected)
        is_map = self.live.classes is not None
        n_nonfinite = "" if is_map else messages.describe_not_finite(self.live.output)
        is_board = self.state.source.kind == "life"  # its label is its generation, not a class
        true_label = None if is_board else self.live.frame.label
        is_known = is_map or bool(np.isfinite(self.live.output).any())
        message = messages.describe_predictions(
            text.describe_numbers(meaning) if is_known else "",
            len(rows),
            len(rows) if is_map else self.live.output.size,
            true_label,
            n_nonfinite,
        )
        accuracy = "" if is_board or is_map else self._accuracy.describe()
        message = " · ".join(part for part in (message, accuracy) if part)
        if message != self.message.text():
            self.message.setText(message)

    def _rank(self, live: Live, kind: OutputKind) -> tuple[ranking.ClassScore, ...]:
        """Return the rows of classes that there is room for."""
        capacity = self.bars.row_capacity()
        if live.classes is not None and self.info is not None:
            return ranking.rank_shares(live.classes, self.info, capacity)
        return ranking.rank_classes(live, self.info, capacity, kind)
