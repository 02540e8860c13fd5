"""Draw the list of keys over the window."""

from PyQt6.QtCore import QEvent, QObject, QRectF, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.shell.keymap import GROUPS, KeyBinding, format_key, format_keys, keys_in_group
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

_HEADINGS = ("Keys", "Letters do not fire while a text field has the focus.  h or a click closes.")


class HelpOverlay(QWidget):
    """A child of the window that covers it; ``toggle`` shows and hides it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("List of keys"))
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
        palette = theme.palette(self)
        gap = 4 * theme.GAP
        columns = _spread_groups(3 if self.width() > 900 else 2)
        longest = max(map(len, columns))
        line_height = self.fontMetrics().height() * 1.5
        card = QRectF(self.rect()).adjusted(gap, gap, -gap, -gap)
        card.setHeight(min(card.height(), (longest + 2) * line_height + gap))
        card.moveCenter(QRectF(self.rect()).center())
        painter.setPen(palette.color("line"))
        painter.setBrush(palette.color("window"))
        painter.drawRoundedRect(card, 8, 8)
        inner = card.adjusted(gap, gap / 2, -gap, -gap / 2)
        top = self._paint_heading(painter, inner, palette)
        width = inner.width() / len(columns)
        line_height = min(line_height, (inner.bottom() - top) / longest)
        for k, column in enumerate(columns):
            box = QRectF(inner.left() + k * width, top, width - gap, line_height)
            self._paint_column(painter, column, box, palette)
        painter.end()

    def _paint_heading(self, painter: QPainter, box: QRectF, palette: theme.Palette) -> float:
        painter.setFont(theme.title_font(self))
        painter.setPen(palette.color("text"))
        line_height = painter.fontMetrics().height() * 1.4
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, tr(_HEADINGS[0]))
        painter.setFont(theme.caption_font(self))
        painter.setPen(palette.color("muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, tr(_HEADINGS[1]))
        return box.top() + line_height

    def _paint_column(
        self, painter: QPainter, column: list[str | KeyBinding], box: QRectF, palette: theme.Palette
    ) -> None:
        for entry in column:
            if isinstance(entry, str):
                painter.setFont(theme.caption_font(self))
                painter.setPen(palette.color("accent"))
                painter.drawText(box, _ALIGNMENT, tr(entry).upper())
            else:
                self._paint_key(painter, entry, box, palette)
            box = box.translated(0, box.height())

    def _paint_key(
        self, painter: QPainter, key: KeyBinding, box: QRectF, palette: theme.Palette
    ) -> None:
        painter.setFont(theme.value_font(self))
        painter.setPen(palette.color("text"))
        texts = (format_key("Ctrl+Shift+O"), format_keys(key))
        left = max(painter.fontMetrics().horizontalAdvance(f"{text}  ") for text in texts)
        painter.drawText(box, _ALIGNMENT, format_keys(key))
        painter.setFont(self.font())
        painter.drawText(box.adjusted(left, 0, 0, 0), _ALIGNMENT, tr(key.name))
        used = painter.fontMetrics().horizontalAdvance(tr(key.name) + "  ")
        rest = box.adjusted(left + used, 0, 0, 0)
        painter.setFont(theme.fit_font(theme.caption_font(self), tr(key.help), rest.width()))
        painter.setPen(palette.color("muted"))
        elide = Qt.TextElideMode.ElideRight
        text = painter.fontMetrics().elidedText(tr(key.help), elide, int(rest.width()))
        painter.drawText(rest, _ALIGNMENT, text)


_ALIGNMENT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def _spread_groups(count: int) -> list[list[str | KeyBinding]]:
    """Spread groups with their keys over ``count`` columns of about equal length."""
    groups: list[list[str | KeyBinding]] = [[group, *keys_in_group(group), ""] for group in GROUPS]
    per_column = sum(map(len, groups)) / count
    columns: list[list[str | KeyBinding]] = [[]]
    for group in groups:
        if len(columns[-1]) + len(group) / 2 > per_column and len(columns) < count:
            columns.append([])
        columns[-1] += group
    return columns
