"""How far what is imagined is true, in six numbers."""

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from dnnvis.app.steps import text as say_steps
from dnnvis.app.widgets import theme


class ScoresView(QWidget):
    """A list beside the strip, or, where the panel is narrow, two lines under it. A number's
    tool tip says what it means, and why it is missing where it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scores: dict[str, float] = {}
        self.words = ""
        self._beside = True
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.show_scores({}, "")

    def show_scores(self, scores: dict[str, float], words: str) -> None:
        """``words`` say why scores are missing, where some are."""
        self.scores, self.words = scores, words
        texts = (f"{say_steps.SCORES[name][0]} {self.text(name)}" for name in say_steps.SCORES)
        self.setAccessibleName("Scores of the board on show: " + ", ".join(texts))
        self.update()

    def text(self, name: str) -> str:
        """The number as it is written."""
        return say_steps.score(self.scores.get(name))

    def lie_beside(self, beside: bool) -> None:
        """Be a list, or two lines."""
        if beside != self._beside:
            self._beside = beside
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        line = self._line()
        if self._beside:
            return QSize(self._width() + 2 * theme.GAP, line * 3)
        return QSize(3 * self._width(), 2 * line)

    def box(self, name: str) -> QRectF:
        """Where a number stands."""
        k, line = list(say_steps.SCORES).index(name), self._line()
        if self._beside:
            high = min(self.height() / len(say_steps.SCORES), 1.5 * line)
            return QRectF(theme.GAP, k * high, self.width() - 2 * theme.GAP, high)
        row, column = divmod(k, 3)
        wide = self.width() / 3
        box = QRectF(column * wide, row * line, wide, line)
        return box.adjusted(theme.GAP, 0, -theme.GAP, 0)

    def tip(self, point: QPointF) -> str:
        """What is said of the number under a point."""
        for name in say_steps.SCORES:
            if self.box(name).contains(point):
                return say_steps.score_tip(name, self.scores, self.words)
        return ""

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("window"))
        middle = Qt.AlignmentFlag.AlignVCenter
        for name, (title, _) in say_steps.SCORES.items():
            box = self.box(name)
            painter.setFont(theme.small(self))
            painter.setPen(tones.colour("muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, title)
            painter.setFont(theme.numbers(self))
            painter.setPen(tones.colour("text" if name in self.scores else "muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, self.text(name))
        painter.end()

    def _line(self) -> int:
        return self.fontMetrics().height() + 2

    def _width(self) -> int:
        return self.fontMetrics().horizontalAdvance("corrected -0.00")
