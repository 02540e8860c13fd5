"""List the layers in a row, as the network runs."""

from PyQt6.QtCore import QModelIndex, QRectF, QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QPainter, QWheelEvent
from PyQt6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.messages import NetworkInfo
from dnnvis.session.layers import list_layers
from dnnvis.session.session import Session
from dnnvis.session.state import State

QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's own, which PyQt does not export
_NAME, _SHAPE, _PINNED = (Qt.ItemDataRole.UserRole + k for k in range(3))


class LayerBar(QListWidget):
    """The names of the layers in a row.

    A click on a name shows that layer; the wheel scrolls sideways.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setItemDelegate(_LayerDelegate(self))
        self.setAccessibleName("Layers")
        self.set_upright(False)
        self.currentItemChanged.connect(self._on_item_chosen)

    def set_upright(self, on: bool) -> None:
        """List the layers below each other, as in a card, or beside each other."""
        self.upright = on
        policy = Qt.ScrollBarPolicy
        self.setFlow(QListWidget.Flow.TopToBottom if on else QListWidget.Flow.LeftToRight)
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if on else policy.ScrollBarAlwaysOff
        )
        two_lines = 2 * self.fontMetrics().height() + 2 * theme.GAP
        self.setMinimumHeight(0 if on else two_lines)
        self.setMaximumHeight(QWIDGETSIZE_MAX if on else two_lines)
        self.scheduleDelayedItemsLayout()

    def show_info(self, info: NetworkInfo | None) -> None:
        blocker = QSignalBlocker(self)
        self.clear()
        for layer in list_layers(info) if info is not None else ():
            calls = f" · {layer.calls} calls" if layer.calls > 1 else ""
            item = QListWidgetItem(layer.name, self)
            item.setData(_NAME, layer.name)
            item.setData(_SHAPE, messages.format_shape(layer) + calls)
            text = f"{layer.name}: {layer.kind}, {messages.format_shape(layer)}{calls}"
            item.setToolTip(as_plain_text(text))
        blocker.unblock()

    def show_state(self, state: State) -> None:
        blocker = QSignalBlocker(self)
        pinned = state.pinned.layer if state.pinned else ""
        current: QListWidgetItem | None = None
        for row in range(self.count()):
            item = require(self.item(row))
            item.setData(_PINNED, item.data(_NAME) == pinned)
            current = item if item.data(_NAME) == state.layer else current
        changed = current is not self.currentItem()
        self.setCurrentItem(current)
        if changed and current is not None:
            self.scrollToItem(current, QListWidget.ScrollHint.PositionAtCenter)
        blocker.unblock()
        require(self.viewport()).update()

    def names(self) -> list[str]:
        return [require(self.item(row)).data(_NAME) for row in range(self.count())]

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        assert event is not None
        if self.upright:
            super().wheelEvent(event)
            return
        bar = require(self.horizontalScrollBar())
        delta = event.angleDelta()
        bar.setValue(bar.value() - (delta.y() or delta.x()) // 2)
        event.accept()

    def _on_item_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.session.update(layer=item.data(_NAME))


class _LayerDelegate(QStyledItemDelegate):
    """Name above, shape below; the layer on show underlined, the pinned one marked."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        widest = max(index.data(_NAME), index.data(_SHAPE), key=len)
        metrics = option.fontMetrics
        bar = self.parent()
        if isinstance(bar, LayerBar) and bar.upright:
            return QSize(60, metrics.height() + theme.GAP)
        width = max(metrics.horizontalAdvance(widest), metrics.horizontalAdvance("conv1"))
        return QSize(width + 4 * theme.GAP, 2 * metrics.height() + 2 * theme.GAP - 2)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        assert painter is not None
        palette = theme.palette(option.widget)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        box = QRectF(option.rect)
        painter.save()
        if current or hovered:
            painter.fillRect(box, palette.color("raised"))
        upright = isinstance(option.widget, LayerBar) and option.widget.upright
        if upright:
            self._paint_row(painter, option, index, palette, current)
            painter.restore()
            return
        if current or index.data(_PINNED):
            color = "accent" if current else "pinned"
            painter.fillRect(box.adjusted(0, box.height() - 3, 0, 0), palette.color(color))
        inner = box.adjusted(2 * theme.GAP, theme.GAP / 2, -theme.GAP, -theme.GAP / 2 - 3)
        upper, lower = QRectF(inner), QRectF(inner)
        upper.setHeight(inner.height() / 2)
        lower.setTop(upper.bottom())
        font = option.font
        font.setBold(current)
        painter.setFont(font)
        painter.setPen(palette.color("text"))
        mark = " ⚲" if index.data(_PINNED) else ""
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, index.data(_NAME) + mark)
        painter.setFont(theme.caption_font(option.widget))
        painter.setPen(palette.color("muted"))
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, index.data(_SHAPE))
        painter.restore()

    def _paint_row(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex,
        palette: theme.Palette,
        current: bool,
    ) -> None:
        """Draw one row of the upright list: the name at the left, the shape at the right.

        Args:
            painter: Paints on the list.
            option: Where and how Qt wants the row.
            index: The row.
            palette: The theme's colors.
            current: Whether its layer is on show.
        """
        box = QRectF(option.rect)
        if current or index.data(_PINNED):
            color = "accent" if current else "pinned"
            painter.fillRect(box.adjusted(0, 1, 3 - box.width(), -1), palette.color(color))
        inner = box.adjusted(2 * theme.GAP, 0, -theme.GAP, 0)
        shape_font, font = theme.caption_font(option.widget), option.font
        font.setBold(current)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setFont(shape_font)
        shape_width = painter.fontMetrics().horizontalAdvance(index.data(_SHAPE)) + theme.GAP
        mark = " ⚲" if index.data(_PINNED) else ""
        painter.setFont(font)
        name = index.data(_NAME) + mark
        metrics = painter.fontMetrics()
        if metrics.horizontalAdvance(name) <= inner.width() - shape_width:
            painter.setFont(shape_font)
            painter.setPen(palette.color("muted"))
            painter.drawText(inner, right, index.data(_SHAPE))
        painter.setFont(font)
        painter.setPen(palette.color("text"))
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideLeft, int(inner.width()))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, shown)
