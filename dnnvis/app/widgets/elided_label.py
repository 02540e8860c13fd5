"""Text that changes with every frame.

A QLabel asks its whole window for a new layout each time its text changes width; in a window
of docks that costs more than drawing everything. A Line keeps the room it was given.
"""

from PyQt6.QtCore import QEvent, QRect, QSize, Qt
from PyQt6.QtGui import (
    QFont,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QTextLayout,
    QTextOption,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

ELIDED = Qt.TextElideMode.ElideRight


class ElidedLabel(QWidget):
    """``lines`` lines of plain text, cut off with "…" where they do not fit; the tool tip
    (``tip``, else the text) has all of it."""

    def __init__(
        self, parent: QWidget, font: QFont | None = None, *, muted: bool = False, lines: int = 1
    ) -> None:
        super().__init__(parent)
        self._text, self.tip = "", ""
        self._muted, self._lines = muted, lines
        self._rows: tuple[tuple[str, int, str], list[str]] | None = None
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

    def rows(self) -> list[str]:
        """What stands in each line, at most so many as there are; made once for a text, a width
        and a font."""
        font, width = self.font(), self.contentsRect().width()
        key = self._text, width, font.key()
        if self._rows is None or self._rows[0] != key:
            self._rows = key, break_lines(self._text, font, width, self._lines)
        return self._rows[1]

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
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
        if self._lines == 1:
            text = painter.fontMetrics().elidedText(self._text, ELIDED, box.width())
            painter.drawText(box, flags | Qt.AlignmentFlag.AlignVCenter, text)
        else:
            line_height = painter.fontMetrics().lineSpacing()
            for k, text in enumerate(self.rows()):
                painter.drawText(
                    box.left(), box.top() + k * line_height, box.width(), line_height, flags, text
                )
        painter.end()


def break_lines(text: str, font: QFont, width: int, max_lines: int) -> list[str]:
    """``text`` in at most so many lines of ``width`` pixels, broken between words (inside one
    that is too long) and where it says so; "…" ends the last one where there is more."""
    lines: list[str] = []
    rest, metrics = text, QFontMetrics(font)
    while rest and len(lines) < max_lines - 1:
        paragraph = rest.partition("\n")[0]
        length = _count_fitting(paragraph, font, metrics, width)
        lines.append(paragraph[:length].rstrip())
        rest = rest[length:]
        rest = rest[1:] if rest.startswith("\n") else rest.lstrip(" ")
    if rest:
        last, _, after = rest.partition("\n")
        lines.append(metrics.elidedText(f"{last} …" if after else last, ELIDED, width))
    return lines


def _count_fitting(paragraph: str, font: QFont, metrics: QFontMetrics, width: int) -> int:
    """How many characters of a paragraph fit into one line."""
    if metrics.horizontalAdvance(paragraph) <= width:
        return len(paragraph)
    layout = QTextLayout(paragraph, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(width)
    layout.endLayout()
    return max(line.textLength(), 1)
