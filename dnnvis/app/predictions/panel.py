"""What the network says the picture is."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.predictions import ranking
from dnnvis.app.runtime.throttle import Pace
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State


class ClassBars(QWidget):
    """One bar a class; a click on one reports its channel."""

    clicked = pyqtSignal(int)
    resized = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ranking.Row, ...] = ()
        self._selected: int | None = None
        self.setAccessibleName("Predicted classes")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_rows(self, rows: tuple[ranking.Row, ...], selected: int | None) -> None:
        if (rows, selected) != (self.rows, self._selected):
            self.rows, self._selected = rows, selected
            best = next((row for row in rows if row.best), None)
            self.setAccessibleDescription(f"{best.name} {best.text}" if best else "")
            self.update()

    @property
    def line(self) -> int:
        """The height of a row."""
        return self.fontMetrics().height() + theme.GAP

    def fitting(self) -> int:
        """How many rows there is room for."""
        return max(1, self.height() // self.line)

    def row_at(self, y: float) -> ranking.Row | None:
        k = int(y // self.line)
        return self.rows[k] if 0 <= k < len(self.rows) else None

    def sizeHint(self) -> QSize:
        return QSize(220, 10 * self.line)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 3 * self.line)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self.resized.emit()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        row = self.row_at(event.position().y())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(row.channel)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("window"))
        numbers = theme.numbers(self)
        painter.setFont(numbers)
        room = painter.fontMetrics().horizontalAdvance("0.000") + theme.GAP
        line = self.line
        for k, row in enumerate(self.rows):
            box = QRectF(0, k * line, self.width(), line)
            self._paint_row(painter, row, box, tones, numbers, room)
        painter.end()

    def _paint_row(
        self,
        painter: QPainter,
        row: ranking.Row,
        box: QRectF,
        tones: theme.Tones,
        numbers: QFont,
        room: int,
    ) -> None:
        font = self.font()
        font.setBold(row.best)
        painter.setFont(numbers)
        inner = box.adjusted(1, 1, -1, -1)
        track = inner.adjusted(0, 0, -room, 0)
        painter.fillRect(track, tones.colour("base"))
        filled = QRectF(track)
        filled.setWidth(track.width() * min(max(row.share, 0), 1))
        painter.fillRect(filled, tones.colour("bar"))
        painter.setPen(tones.colour("text" if row.best else "muted"))
        painter.drawText(inner, _RIGHT, row.text)
        painter.setFont(font)
        painter.setPen(tones.colour("text"))
        words = f"{row.name}  ✓ true label" if row.true else row.name
        painter.drawText(track.adjusted(theme.GAP, 0, 0, 0), _LEFT, words)
        if row.channel == self._selected:
            painter.setPen(QPen(tones.colour("accent"), 2))
            painter.drawRect(track.adjusted(1, 1, -1, -1))


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class PredictionsPanel(Panel):
    """The classes; a click on a bar makes that class the selected unit ``output[k]``."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self._pace = Pace(self, self._redraw)
        self.bars = ClassBars(self)
        self.words = Line(self, theme.small(self), muted=True, lines=2)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.bars, 1)
        column.addWidget(self.words)
        self.bars.clicked.connect(lambda k: self.session.select(Unit("output", k)))
        self.bars.resized.connect(self._redraw)
        self._redraw()

    def show_state(self, state: State) -> None:
        super().show_state(state)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.live = None
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            self.live = value
            self._pace.ask()

    def raw_values(self) -> np.ndarray | None:
        """What the network returned (K,)."""
        return None if self.live is None else self.live.output

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if self.live is None or not self.live.output.size:
            self.bars.show_rows((), None)
            self.words.setText(messages.NO_OUTPUT if self.info else messages.NO_NETWORK)
            return
        if not self.isVisible():
            return
        if words := messages.no_classes(self.info):
            self.bars.show_rows((), None)
            self.words.setText(words)
            return
        rows, kind = ranking.rows_of(self.live, self.info, self.bars.fitting())
        unit = self.state.unit
        selected = unit.channel if unit is not None and unit.layer == "output" else None
        self.bars.show_rows(rows, selected)
        bad = messages.not_finite(self.live.output)
        board = self.state.source.kind == "life"  # whose label tells its generation, no class
        true = None if board else self.live.frame.label
        words = messages.predictions(kind, len(rows), self.live.output.size, true, bad)
        if words != self.words.text():
            self.words.setText(words)
