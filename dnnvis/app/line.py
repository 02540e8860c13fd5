"""Text that changes with every frame.

A QLabel asks its whole window for a new layout each time its text changes width; in a window
of docks that costs more than drawing everything. A Line keeps the room it was given.
"""

from PyQt6.QtCore import QEvent, QRect, QSize, Qt
from PyQt6.QtGui import QFont, QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget


class Line(QWidget):
    """``lines`` lines of plain text, cut off where they do not fit; the tool tip (``tip``, else
    the text) has all of it."""

    def __init__(
        self, parent: QWidget, font: QFont | None = None, *, muted: bool = False, lines: int = 1
    ) -> None:
        super().__init__(parent)
        self._text, self.tip = "", ""
        self._muted, self._lines = muted, lines
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        if font is not None:
            self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 2)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(40, self.height())

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip or self._text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.window())
        painter.setPen((palette.placeholderText() if self._muted else palette.text()).color())
        box = QRect(self.contentsRect())
        if self._lines == 1:
            elide = Qt.TextElideMode.ElideRight
            text = painter.fontMetrics().elidedText(self._text, elide, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        else:
            wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
            painter.drawText(box, wrap, self._text)
        painter.end()
