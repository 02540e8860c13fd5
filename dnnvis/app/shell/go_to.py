"""The palette over the window: type what you look for, Enter goes there."""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QRectF, QSize, Qt
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.translation.catalog import tr
from dnnvis.session.go_to import Target, TargetIndex, TargetKind, search

WIDTH_PIXELS = 620
MAX_LETTERS = 200  # of a query
HEADINGS: dict[TargetKind, str] = {
    "unit": "Units",
    "class": "Classes: Enter grows what one wants",
    "layer": "Layers",
    "concept": "Concepts: Enter selects a unit that detects one",
    "note": "Notes and bookmarks",
    "action": "Actions",
    "source": "Recent files",
    "network": "Networks",
}
PLACEHOLDER = "layer, unit, class, concept, note, action or file: fire9, 20, fire9 20, zebra ..."
NOTHING = "Nothing here is called so."
HELP = "↑ ↓ choose · Enter goes · Esc closes"
_TARGET = Qt.ItemDataRole.UserRole


class GoToPalette(QFrame):
    """A child of the window with a text field and what its text may mean.

    Args:
        parent: The window.
        build_index: Lists what there is, each time the palette opens.
        go: Goes to what was chosen, after the palette has closed.
    """

    def __init__(
        self,
        parent: QWidget,
        build_index: Callable[[], TargetIndex],
        go: Callable[[Target], None],
    ) -> None:
        super().__init__(parent)
        self._build_index, self._go = build_index, go
        self._index = TargetIndex(())
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setAccessibleName(tr("Go to"))
        self.query = _QueryField(self)
        self.query.setPlaceholderText(tr(PLACEHOLDER))
        self.query.setAccessibleName(tr("What to go to"))
        self.query.setToolTip(
            tr("Some letters of a name, or a number; Enter goes to the first match")
        )
        self.query.setMaxLength(MAX_LETTERS)
        self.query.setFont(theme.title_font(self))
        self.list = QListWidget(self)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_TargetDelegate(self.list))
        self.list.setAccessibleName(tr("What it may mean"))
        self.help = create_label(self, theme.caption_font(self), text=HELP, muted=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.GAP] * 4)
        column.setSpacing(theme.GAP)
        for widget in (self.query, self.list, self.help):
            column.addWidget(widget)
        self.query.textChanged.connect(self._search)
        self.query.key_pressed = self._on_key
        self.query.focus_lost = self.hide
        self.list.itemClicked.connect(self._choose)
        parent.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Open the palette, or close it."""
        if self.isVisible():
            self.close_palette()
            return
        self._index = self._build_index()
        self.query.clear()
        self._search()
        self._move()
        self.show()
        self.raise_()
        self.query.setFocus()

    def close_palette(self) -> None:
        """Close the palette; the window has the keys again."""
        self.hide()
        require(self.parentWidget()).setFocus()

    def shown_targets(self) -> list[Target]:
        """Return what is listed, from top to bottom."""
        items = (require(self.list.item(row)).data(_TARGET) for row in range(self.list.count()))
        return [item for item in items if item is not None]

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        assert event is not None
        is_resize = watched is self.parent() and event.type() == QEvent.Type.Resize
        if is_resize and self.isVisible():
            self._move()
        return False

    def _move(self) -> None:
        area = require(self.parentWidget()).rect()
        width = min(WIDTH_PIXELS, area.width() - 4 * theme.GAP)
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.list.count()))
        chrome = self.query.sizeHint().height() + self.help.sizeHint().height() + 8 * theme.GAP
        height = min(chrome + max(rows, 3 * self.fontMetrics().height()), area.height() * 3 // 4)
        self.setGeometry((area.width() - width) // 2, area.height() // 10, width, height)

    def _search(self) -> None:
        query = self.query.text()
        targets = search(self._index, query)
        self.list.clear()
        kind = ""
        for target in targets:
            if target.kind != kind:
                kind = target.kind
                heading = QListWidgetItem(tr(HEADINGS[target.kind]), self.list)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
            item = QListWidgetItem(target.text, self.list)
            item.setData(_TARGET, target)
            item.setToolTip(as_plain_text(": ".join(filter(None, (target.text, target.detail)))))
        self.list.setCurrentRow(1 if targets else -1)
        if not targets:
            message = QListWidgetItem(tr(NOTHING if query.strip() else PLACEHOLDER), self.list)
            message.setFlags(Qt.ItemFlag.NoItemFlags)
        self._move()

    def _on_key(self, event: QKeyEvent) -> bool:
        """Handle a key of the text field; return whether it was one of the palette's."""
        key, ctrl = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_Escape or (ctrl and key == Qt.Key.Key_K):
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentItem())
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Tab):
            self._step(1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Backtab):
            self._step(-1)
        else:
            return False
        return True

    def _step(self, step: int) -> None:
        """Select the next target, around the end; headings are left out."""
        rows = [
            row
            for row in range(self.list.count())
            if require(self.list.item(row)).data(_TARGET) is not None
        ]
        if rows:
            current = self.list.currentRow()
            at = rows.index(current) if current in rows else -1
            self.list.setCurrentRow(rows[(at + step) % len(rows)])

    def _choose(self, item: QListWidgetItem | None) -> None:
        target = None if item is None else item.data(_TARGET)
        if target is not None:
            self.close_palette()
            self._go(target)


class _QueryField(QLineEdit):
    """A text field whose keys reach no shortcut of the window."""

    key_pressed: Callable[[QKeyEvent], bool]
    focus_lost: Callable[[], None]

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self.key_pressed(event) or super().event(event)
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        if event is not None and event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.focus_lost()


class _TargetDelegate(QStyledItemDelegate):
    """A heading, or the target's name at the left and what it is at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        height = option.fontMetrics.height()
        return QSize(10, height + theme.GAP + (0 if index.data(_TARGET) else theme.GAP))

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        assert painter is not None
        palette, target = theme.palette(option.widget), index.data(_TARGET)
        box = QRectF(option.rect)
        painter.save()
        if target is None:
            painter.setFont(theme.caption_font(option.widget))
            painter.setPen(palette.color("muted"))
            bottom = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
            painter.drawText(box.adjusted(theme.GAP, 0, 0, -2), bottom, index.data())
            painter.restore()
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, palette.color("accent"))
            painter.setPen(palette.color("window" if palette is theme.LIGHT else "text"))
        else:
            painter.setPen(palette.color("text"))
        inner = box.adjusted(2 * theme.GAP, 0, -theme.GAP, 0)
        metrics, right = option.fontMetrics, Qt.TextElideMode.ElideRight
        name = metrics.elidedText(target.text, right, int(inner.width() * 0.7))
        painter.drawText(inner, _LEFT, name)
        room = inner.width() - metrics.horizontalAdvance(name) - 2 * theme.GAP
        if not option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(palette.color("muted"))
        painter.drawText(inner, _RIGHT, metrics.elidedText(target.detail, right, int(room)))
        painter.restore()


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
