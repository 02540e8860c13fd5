"""A few units in a row that can be clicked."""

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from dnnvis.app.widgets import theme

MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
Chips = tuple[tuple[int, str], ...]


class UnitRow(QWidget):
    """A title, then the units as far as they fit; the tool tip names all. ``clicked`` carries
    a channel."""

    clicked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self.chips: Chips = ()
        self._over: int | None = None
        self.setFont(theme.small(self))
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_units(self, title: str, chips: Chips) -> None:
        """``chips``: channels and what stands on them."""
        if (title, chips) != (self.title, self.chips):
            self.title, self.chips, self._over = title, chips, None
            self.setAccessibleName(title)
            self.setAccessibleDescription(self.all_words())
            self.update()

    def all_words(self) -> str:
        return ", ".join(words for _, words in self.chips)

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() + 4)

    def places(self) -> list[QRectF]:
        """Where the chips lie that fit."""
        metrics, found = self.fontMetrics(), []
        left = metrics.horizontalAdvance(self.title) + theme.GAP
        more = metrics.horizontalAdvance("+9999") + theme.GAP
        for k, (_, words) in enumerate(self.chips):
            width = metrics.horizontalAdvance(words) + 2 * theme.GAP
            rest = more if k + 1 < len(self.chips) else 0
            if left + width + rest > self.width():
                break
            found.append(QRectF(left, 1, width, self.height() - 2))
            left += width + 3
        return found

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("window"))
        painter.setPen(tones.colour("muted"))
        places = self.places()
        painter.drawText(QRectF(self.rect()), MIDDLE, self.title)
        for k, place in enumerate(places):
            painter.fillRect(place, tones.colour("bar" if k == self._over else "raised"))
            painter.setPen(tones.colour("text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.chips[k][1])
        if len(places) < len(self.chips):
            head = painter.fontMetrics().horizontalAdvance(self.title)
            left = (places[-1].right() if places else head) + theme.GAP
            painter.setPen(tones.colour("muted"))
            rest = QRectF(left, 0, self.width() - left, self.height())
            painter.drawText(rest, MIDDLE, f"+{len(self.chips) - len(places)}")
        painter.end()

    def index_at(self, point: QPointF) -> int | None:
        """Which of the chips lies under a point of the widget."""
        return next((k for k, place in enumerate(self.places()) if place.contains(point)), None)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        found = self.index_at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.chips[found][0])

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self._point(self.index_at(event.position()))

    def leaveEvent(self, event: QEvent | None) -> None:
        self._point(None)

    def _point(self, over: int | None) -> None:
        if over != self._over:
            self._over = over
            self.update()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.all_words() or self.title, self)
            return True
        return super().event(event)
