"""Show text that changes with every frame.

A QLabel requests a new layout of its whole window each time its text changes width; in a window of
docks that costs more than drawing everything. An ElidedLabel keeps the room it was given.
"""

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QRect, QSize, Qt
from PyQt6.QtGui import (
    QFont,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from dnnvis.core.formatting import as_plain_text

ELIDED = Qt.TextElideMode.ElideRight


class ElidedLabel(QWidget):
    """Lines of plain text, cut off with "…" where they do not fit.

    There are ``lines`` of them; the tool tip (``tip``, else the text) has all of it.
    """

    def __init__(
        self, parent: QWidget, font: QFont | None = None, *, muted: bool = False, lines: int = 1
    ) -> None:
        super().__init__(parent)
        self._text, self.tip = "", ""
        self._muted, self._lines = muted, lines
        self._parts: tuple[str, ...] = ()
        self._separator = ""
        self._rows: tuple[tuple[str, int, str], list[str]] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        if font is not None:
            self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 2)

    def changeEvent(self, event: QEvent | None) -> None:
        if event is not None and event.type() == QEvent.Type.FontChange:
            self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + 2)
        super().changeEvent(event)

    def text(self) -> str:
        return self._text

    @property
    def has_parts(self) -> bool:
        """Return whether it shows as many parts as there is room for, rather than one text."""
        return bool(self._parts)

    def setText(self, text: str) -> None:
        self._parts = ()
        self._write(text)

    def _write(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def set_parts(self, parts: Sequence[str], separator: str = " · ") -> None:
        """Show as many whole parts as there is room for, the first ones, rather than cut one off.

        Args:
            parts: The parts, the most important first.
            separator: What stands between two of them.
        """
        self._parts, self._separator = tuple(part for part in parts if part), separator
        self._fit_parts()

    def _fit_parts(self) -> None:
        shown, metrics = list(self._parts), self.fontMetrics()
        while len(shown) > 1:
            if (
                metrics.horizontalAdvance(self._separator.join(shown))
                <= self.contentsRect().width()
            ):
                break
            shown.pop()
        self._write(self._separator.join(shown))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._parts:
            self._fit_parts()

    def rows(self) -> list[str]:
        """Return the text of each line, at most so many as there are.

        It is computed once for a text, a width and a font.
        """
        font, width = self.font(), self.contentsRect().width()
        key = self._text, width, font.key()
        if self._rows is None or self._rows[0] != key:
            self._rows = key, break_lines(self._text, font, width, self._lines)
        return self._rows[1]

    def sizeHint(self) -> QSize:
        return QSize(40, self.height())

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), as_plain_text(self.tip or self._text), self)
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
    """Break text into lines, between words and at its own line breaks.

    A word that is too long is broken inside; "…" ends the last line where there is more.

    Args:
        text: The text.
        font: Its font.
        width: Width of a line, in pixels.
        max_lines: Number of lines at most.

    Returns:
        The lines.
    """
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
    """Return how many characters of a paragraph fit into one line."""
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
