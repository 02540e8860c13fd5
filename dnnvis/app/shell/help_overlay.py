"""The list of keys, drawn over the window."""

from PyQt6.QtCore import QEvent, QObject, QRectF, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.shell.keymap import GROUPS, Key, all_shown, by_group
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require

_HEADS = ("Keys", "Letters do not fire while a text field has the focus.  h or a click closes.")


class HelpOverlay(QWidget):
    """A child of the window that covers it; ``toggle`` shows and hides it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("List of keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        parent.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        if self.isVisible():
            self.hide()
            return
        self.setGeometry(require(self.parentWidget()).rect())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        assert event is not None
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(require(self.parentWidget()).rect())
        return False

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.hide()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        assert event is not None
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 110))
        tones = theme.tones(self)
        gap = 4 * theme.GAP
        columns = _columns(3 if self.width() > 900 else 2)
        longest = max(map(len, columns))
        line = self.fontMetrics().height() * 1.5
        sheet = QRectF(self.rect()).adjusted(gap, gap, -gap, -gap)
        sheet.setHeight(min(sheet.height(), (longest + 2) * line + gap))
        sheet.moveCenter(QRectF(self.rect()).center())
        painter.setPen(tones.colour("line"))
        painter.setBrush(tones.colour("window"))
        painter.drawRoundedRect(sheet, 8, 8)
        inner = sheet.adjusted(gap, gap / 2, -gap, -gap / 2)
        top = self._paint_heading(painter, inner, tones)
        width = inner.width() / len(columns)
        line = min(line, (inner.bottom() - top) / longest)
        for k, column in enumerate(columns):
            box = QRectF(inner.left() + k * width, top, width - gap, line)
            self._paint_column(painter, column, box, tones)
        painter.end()

    def _paint_heading(self, painter: QPainter, box: QRectF, tones: theme.Tones) -> float:
        painter.setFont(theme.strong(self))
        painter.setPen(tones.colour("text"))
        line = painter.fontMetrics().height() * 1.4
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, _HEADS[0])
        painter.setFont(theme.small(self))
        painter.setPen(tones.colour("muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, _HEADS[1])
        return box.top() + line

    def _paint_column(
        self, painter: QPainter, column: list[str | Key], box: QRectF, tones: theme.Tones
    ) -> None:
        for entry in column:
            if isinstance(entry, str):
                painter.setFont(theme.small(self))
                painter.setPen(tones.colour("accent"))
                painter.drawText(box, _MIDDLE, entry.upper())
            else:
                self._paint_key(painter, entry, box, tones)
            box = box.translated(0, box.height())

    def _paint_key(self, painter: QPainter, key: Key, box: QRectF, tones: theme.Tones) -> None:
        painter.setFont(theme.numbers(self))
        painter.setPen(tones.colour("text"))
        left = painter.fontMetrics().horizontalAdvance("Ctrl+Shift+O  ")
        painter.drawText(box, _MIDDLE, all_shown(key))
        painter.setFont(self.font())
        painter.drawText(box.adjusted(left, 0, 0, 0), _MIDDLE, key.name)
        used = painter.fontMetrics().horizontalAdvance(key.name + "  ")
        painter.setFont(theme.small(self))
        painter.setPen(tones.colour("muted"))
        painter.drawText(box.adjusted(left + used, 0, 0, 0), _MIDDLE, key.words)


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def _columns(count: int) -> list[list[str | Key]]:
    """Groups with their keys, spread over ``count`` columns of about equal length."""
    groups: list[list[str | Key]] = [[group, *by_group(group), ""] for group in GROUPS]
    each = sum(map(len, groups)) / count
    columns: list[list[str | Key]] = [[]]
    for group in groups:
        if len(columns[-1]) + len(group) / 2 > each and len(columns) < count:
            columns.append([])
        columns[-1] += group
    return columns
