"""The Layers panel: all layers as a tree, with how strongly each fires."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QModelIndex, QRectF, QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter, QPalette, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_tool_button
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.formatting import as_plain_text, format_number
from dnnvis.core.messages import LayerInfo, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.layers import LayerNode, build_layer_tree
from dnnvis.session.session import Session
from dnnvis.session.state import State

DRAWINGS_PER_SECOND = 4  # of the bars
KERNELS_HELP = "The weights of the layer on show, and the sum behind a place you click"
GRAPH_HELP = "The network as a graph; Esc goes back"
BAR_HELP = "Bars: share of a layer's values above zero in this frame"
_NAME, _SHAPE, _PINNED, _ACTIVE = (Qt.ItemDataRole.UserRole + k for k in range(4))


class LayerTreePanel(Panel):
    """All layers that keys can reach, blocks folded; a click on a row shows that layer.

    However the layer on show changes, its row is unfolded, scrolled to and marked. Blocks that
    were unfolded for that are folded again when it goes on.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._activity: dict[str, tuple[float, float]] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._opened: list[QTreeWidgetItem] = []  # blocks unfolded for the layer on show
        self._shown_layer: str | None = None
        self._throttle = Throttle(self, self._show_activity, DRAWINGS_PER_SECOND)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(tr("filter layers"))
        self.filter.setAccessibleName(tr("Filter of the layers"))
        self.filter.setToolTip(tr("A part of a layer's name or kind: only those that have it stay"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # letters are the window's at first
        self.tree = QTreeWidget(self)
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setFrameShape(QFrame.Shape.NoFrame)
        self.tree.setIndentation(12)
        self.tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys are the window's
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setItemDelegate(_LayerDelegate(self.tree))
        self.tree.setAccessibleName("Layers")
        colors = QPalette()  # all else follows the theme
        colors.setColor(QPalette.ColorRole.Highlight, Qt.GlobalColor.transparent)
        self.tree.setPalette(colors)  # the delegate marks the current row
        self.help = create_label(self, theme.caption_font(self), text=BAR_HELP, muted=True)
        self.help.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.filter)
        column.addWidget(self.tree, 1)
        column.addWidget(self._create_switches())
        column.addWidget(self.help)
        self.filter.textChanged.connect(self._apply_filter)
        self.tree.itemClicked.connect(self._on_click)

    def _create_switches(self) -> QWidget:
        """Create what opens the kernels of the layer on show, and the graph of all layers."""
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, theme.GAP, 0)
        line.setSpacing(theme.GAP)
        self.kernels = create_tool_button(row, "Kernels", KERNELS_HELP)
        self.graph = create_tool_button(row, "Graph", GRAPH_HELP)
        for name, button in (("kernels", self.kernels), ("graph", self.graph)):
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.toggled.connect(partial(self._switch, name))
            line.addWidget(button)
        line.addStretch(1)
        return row

    def _switch(self, name: str, on: bool) -> None:
        self.session.update(**{name: replace(getattr(self.session.state, name), shown=on)})

    def header_part(self) -> QWidget:
        return self.filter

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.help,)

    def arrange_compact(self, on: bool) -> None:
        """Leave the filter to the card's title, or take it back."""
        column = self.layout()
        if not on and isinstance(column, QVBoxLayout):
            column.insertWidget(0, self.filter)
            self.filter.show()

    def sizeHint(self) -> QSize:
        return QSize(220, 15 * (self.fontMetrics().height() + theme.GAP))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 5 * (self.fontMetrics().height() + theme.GAP))

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self._activity = {}
        self._items, self._opened, self._shown_layer = {}, [], None
        with QSignalBlocker(self.tree):
            self.tree.clear()
            nodes = [] if info is None else build_layer_tree(info)
            self.tree.addTopLevelItems([self._create_item(node) for node in nodes])
        self.tree.setRootIsDecorated(any(node.children for node in nodes))
        with QSignalBlocker(self.filter):
            self.filter.clear()
        self.show_state(self.state)

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        for button, choice in ((self.kernels, state.kernels), (self.graph, state.graph)):
            with QSignalBlocker(button):
                button.setChecked(choice.shown)
        if previous.pinned != state.pinned or self._shown_layer is None:
            for name, item in self._items.items():
                item.setData(0, _PINNED, state.pinned is not None and state.pinned.layer == name)
        if state.layer != self._shown_layer:
            self._shown_layer = state.layer
            self._follow()

    def on_message(self, key: str, value: Any) -> None:
        if isinstance(value, Live) and value.activity:
            self._activity.update(value.activity)
            if self.isVisible():
                self._throttle.request()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._follow()

    def names(self) -> list[str]:
        """Return the layers in the tree."""
        return list(self._items)

    def is_current_visible(self) -> bool:
        """Return whether the row of the layer on show is on screen, and marked."""
        item = self._items.get(self.state.layer)
        if item is None or item is not self.tree.currentItem():
            return False
        rect = self.tree.visualItemRect(item)
        return not rect.isEmpty() and require(self.tree.viewport()).rect().contains(rect)

    def _create_item(self, node: LayerNode) -> QTreeWidgetItem:
        item = _LayerItem(node, self._activity)
        if node.row is not None:
            self._items[node.row.name] = item
        item.addChildren([self._create_item(child) for child in node.children])
        return item

    def _follow(self) -> None:
        """Mark the row of the layer on show, and bring it on screen."""
        item = self._items.get(self.state.layer)
        parents = [] if item is None else list(_iter_parents(item))
        for block in [
            block for block in self._opened if block not in parents and block is not item
        ]:
            block.setExpanded(False)
            self._opened.remove(block)
        if item is None:
            self.tree.setCurrentItem(None)
            return
        if item.isHidden() or any(block.isHidden() for block in parents):
            self.filter.clear()
        for block in parents:
            if not block.isExpanded():
                block.setExpanded(True)
                self._opened.append(block)
        self.tree.setCurrentItem(item)
        self._scroll_to_current()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._scroll_to_current()

    def _scroll_to_current(self) -> None:
        """Bring the current row to the middle, unless it and its neighbors are on screen."""
        item = self.tree.currentItem()
        if item is None:
            return
        rect = self.tree.visualItemRect(item)
        area = require(self.tree.viewport()).rect()
        if rect.top() < rect.height() or rect.bottom() > area.height() - rect.height():
            self.tree.scrollToItem(item, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _show_activity(self) -> None:
        require(self.tree.viewport()).update()

    def _apply_filter(self, text: str) -> None:
        """Show the layers whose title or name holds the text, with the blocks around them."""
        query = text.strip().lower()
        for k in range(self.tree.topLevelItemCount()):
            self._filter_item(require(self.tree.topLevelItem(k)), query)
        if not query:
            self.tree.collapseAll()
            self._opened = []
            self._follow()

    def _filter_item(self, item: QTreeWidgetItem, query: str) -> bool:
        name = item.data(0, _NAME)
        row = self.info.layer(name) if self.info is not None and name else None
        names = (item.text(0),) if row is None else (row.name, row.label)
        is_match = any(query in each.lower() for each in names)
        children = [require(item.child(k)) for k in range(item.childCount())]
        inside = [self._filter_item(child, query) for child in children]
        item.setHidden(not (is_match or any(inside)))
        if query:
            item.setExpanded(any(inside))
        return is_match or any(inside)

    def _on_click(self, item: QTreeWidgetItem, column: int) -> None:
        name = item.data(0, _NAME)
        if name is None:
            item.setExpanded(not item.isExpanded())
        else:
            self.session.update(layer=name)


class _LayerItem(QTreeWidgetItem):
    """A row of the tree, which reads the layer's numbers from ``activity`` when it is drawn."""

    def __init__(self, node: LayerNode, activity: Mapping[str, tuple[float, float]]) -> None:
        super().__init__([node.text])
        self._row, self._activity = node.row, activity
        if node.row is None:
            self.setFlags(Qt.ItemFlag.ItemIsEnabled)

    def data(self, column: int, role: int) -> Any:
        row = self._row
        if row is None or role not in (_NAME, _SHAPE, _ACTIVE, Qt.ItemDataRole.ToolTipRole):
            return super().data(column, role)
        numbers = self._activity.get(row.name)
        if role == _NAME:
            return row.name
        if role == _SHAPE:
            return str(row.shape[0])
        if role == _ACTIVE:
            return None if numbers is None else numbers[0]
        return _describe(row, numbers)


def _iter_parents(item: QTreeWidgetItem) -> Iterator[QTreeWidgetItem]:
    parent = item.parent()
    while parent is not None:
        yield parent
        parent = parent.parent()


def _describe(row: LayerInfo, numbers: tuple[float, float] | None) -> str:
    """Describe a layer over two or three lines."""
    calls = tr(" · {calls} calls", calls=row.calls) if row.calls > 1 else ""
    lines = [row.label if row.label == row.name else f"{row.label} ({row.name})"]
    lines.append(f"{row.kind}, {row.shape_text}{calls}")
    if numbers is not None:
        active, mean = numbers
        lines.append(
            tr(
                "{percent:.0f} % of its values above 0, mean {mean}",
                percent=100 * active,
                mean=format_number(mean),
            )
        )
    return as_plain_text("\n".join(lines))


def fit_name(font: QFont, name: str, width: float) -> tuple[QFont, str]:
    """Return the font and the text of a layer's name in a row.

    Letters become smaller before any is left out, and those are of the middle: names of one block
    differ at their ends.

    Args:
        font: The font of the row.
        name: The name.
        width: Pixels that there are.
    """
    fitted = theme.fit_font(font, name, width)
    metrics = QFontMetricsF(fitted)
    if metrics.horizontalAdvance(name) <= width + 0.5:  # half a pixel: sizes are rounded
        return fitted, name
    return fitted, metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, width)


class _LayerDelegate(QStyledItemDelegate):
    """The bar behind the name, the number of units at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(40, option.fontMetrics.height() + theme.GAP)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        assert painter is not None
        palette, box = theme.palette(option.widget), QRectF(option.rect)
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        inner = box.adjusted(0, 1, -theme.GAP, -1)
        active = index.data(_ACTIVE)
        if is_current:
            painter.fillRect(inner, palette.color("raised"))
        if active is not None:
            bar = QRectF(inner)
            bar.setWidth(inner.width() * min(max(active, 0.0), 1.0))
            color = palette.color("bar")
            color.setAlpha(150)
            painter.fillRect(bar, color)
        if is_current or index.data(_PINNED):
            edge = QRectF(inner.left(), inner.top(), 3, inner.height())
            painter.fillRect(edge, palette.color("accent" if is_current else "pinned"))
        font = option.font
        font.setBold(is_current)
        painter.setFont(font)
        text = inner.adjusted(2 * theme.GAP, 0, -theme.GAP, 0)
        shape = index.data(_SHAPE) or ""
        room = text.width() - painter.fontMetrics().horizontalAdvance(shape + "  ")
        painter.setPen(palette.color("text" if index.data(_NAME) else "muted"))
        mark = " ⚲" if index.data(_PINNED) else ""
        name_font, name = fit_name(font, index.data() + mark, room)
        painter.setFont(name_font)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(font)
        painter.setPen(palette.color("muted"))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shape)
        painter.restore()
