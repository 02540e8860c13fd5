"""The Graph panel: the network as a graph of layers and blocks, with how strongly each fires."""

from dataclasses import replace
from typing import Any

import numpy as np
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QFontMetrics, QHideEvent, QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.graph import text
from dnnvis.app.graph.canvas import FRAME_MARGIN, GraphCanvas, GraphDrawing
from dnnvis.app.runtime.bridge import Bridge
from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.lens_results import NetworkGraph
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.graph.folding import BlockTree, FoldedGraph
from dnnvis.imaging.graph.layout import Spacing, lay_out
from dnnvis.session.plan_for import GRAPH
from dnnvis.session.session import Session
from dnnvis.session.state import State

DRAWINGS_PER_SECOND = 4  # of the bars
THREAD_NAME = "dnnvis-graph"
MIN_NODE_WIDTH = 88.0
USUAL_PERCENT = 75  # of the layers that are at most as wide as all are drawn at least


class GraphPanel(Panel):
    """The network as a graph; a click on a layer shows it, one on a block unfolds it, too.

    It is laid out on a thread of its own: a network of 400 layers takes a second.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.graph: NetworkGraph | None = None
        self.unfolded: frozenset[str] = frozenset()
        self._tree: BlockTree | None = None
        self._requested: FoldedGraph | None = None
        self._activity: dict[str, tuple[float, float]] = {}
        self._throttle = Throttle(self, self._show_activity, DRAWINGS_PER_SECOND)
        self.canvas = GraphCanvas(tr("Graph of the network"), self)
        self.help = create_label(self, theme.caption_font(self), text=text.HELP, muted=True)
        self.help.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.help)
        self._mail = Mailbox()
        self._bridge = Bridge(self._mail, self._on_layout, self)
        self._worker = LatestWorker(THREAD_NAME, self._mail.post, stay=False)
        self.canvas.clicked.connect(self._on_click)
        self.canvas.fold_clicked.connect(self.fold_block)
        self.canvas.show_message(tr(text.NO_NETWORK))

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.canvas,)

    def is_double_click_free(self) -> bool:
        return False  # two quick clicks unfold two blocks

    def leave(self) -> None:
        """End what lays out; the window is closed."""
        self._worker.close()
        self._bridge.close()

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known = self.runs_already(info)
        super().show_info(info)
        if is_known:
            return
        self.graph = self._tree = self._requested = None
        self._activity = {}
        self.canvas.show_activity(self._activity)
        self.canvas.is_fitted = True
        self.canvas.show_message(tr(text.NO_NETWORK if info is None else text.WAITING))

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if (state.layer, state.call) != (previous.layer, previous.call):
            self.canvas.mark(self._find_current())

    def on_message(self, key: str, value: Any) -> None:
        if isinstance(value, Live) and value.activity:
            self._activity.update(value.activity)
            if self.isVisible():
                self._throttle.request()
        elif key == GRAPH and isinstance(value, NetworkGraph):
            self._show_graph(value)
        elif key == GRAPH and isinstance(value, Failure):
            self.canvas.show_message(value.sentence)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._show_activity()
        if self.canvas.is_fitted:
            self.canvas.fit()
            self.canvas.show_current()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.canvas.is_fitted = True  # it opens where the layer on show is

    def fit(self) -> None:
        """Show all of the graph."""
        self.canvas.fit()

    def unfold_block(self, key: str) -> None:
        """Unfold a block."""
        if self._tree is not None and key in self._tree.blocks and key not in self.unfolded:
            self.unfolded |= {key}
            self._request_layout(key)

    def fold_block(self, key: str) -> None:
        """Fold a block, and what is inside of it."""
        if self._tree is None or key not in self.unfolded:
            return
        blocks = self._tree.blocks
        inside = {k for k in self.unfolded if k == key or key in self._tree.around(blocks[k])}
        self.unfolded -= inside
        self._request_layout(key)

    def unfold_current(self) -> None:
        """Unfold the block that the layer on show is in."""
        drawing, k = self.canvas.drawing, self.canvas.current
        if drawing is not None and k is not None and drawing.graph.nodes[k].inside:
            self.unfold_block(drawing.graph.nodes[k].key)

    def fold_current(self) -> None:
        """Fold the innermost unfolded block around the layer on show."""
        drawing, k = self.canvas.drawing, self.canvas.current
        if drawing is not None and k is not None and drawing.graph.nodes[k].blocks:
            self.fold_block(drawing.graph.nodes[k].blocks[-1])

    def _show_graph(self, graph: NetworkGraph) -> None:
        previous = self.graph
        self.graph, self._tree = graph, BlockTree(graph)
        self.help.setText(self.label(f"{graph.message} {tr(text.HELP)}".strip()))
        if previous is None or previous.network != graph.network:
            self.unfolded = self._tree.choose_unfolded()
        self.unfolded &= frozenset(self._tree.blocks)
        self._request_layout("")

    def _request_layout(self, anchor: str) -> None:
        """Have the graph laid out with the blocks that are unfolded now."""
        tree = self._tree
        if tree is None:
            return
        graph, metrics = tree.fold(self.unfolded), self.canvas.fontMetrics()
        labels = tuple(text.label_node(node, self.info, tree) for node in graph.nodes)
        shapes = tuple(text.format_shape(node.shape) for node in graph.nodes)
        sizes = _measure(graph, labels, metrics)
        shape_width = max(map(metrics.horizontalAdvance, shapes), default=0)
        spacing = Spacing(across=24.0 + shape_width / 3, down=1.6 * metrics.height())

        rooms = _reserve_frames(graph, self._title_height())

        def run() -> tuple[GraphDrawing, str]:
            layout = lay_out(sizes, graph.edges, spacing, rooms)
            return GraphDrawing(graph, layout, sizes, labels, shapes), anchor

        self._requested = graph
        self._worker.submit("layout", run)

    def _on_layout(self, key: str, value: Any) -> None:
        if isinstance(value, Failure):
            self.canvas.show_message(value.sentence)
            return
        drawing, anchor = value
        tree, graph = self._tree, drawing.graph
        if tree is None or self._requested is None or graph is not self._requested:
            return  # a newer one comes, or another network runs
        helps = (text.describe_node(node, drawing.labels[k]) for k, node in enumerate(graph.nodes))
        frames = self._frame_blocks(drawing, tree)
        drawing = replace(drawing, helps=tuple(helps), frames=frames)
        self.canvas.show_drawing(drawing, self._find_current(graph), anchor)
        count = tr("{nodes} nodes, {lines} lines", nodes=len(graph.nodes), lines=len(graph.edges))
        self.canvas.setAccessibleDescription(
            tr("{count}, {crossings} crossings", count=count, crossings=drawing.layout.crossings)
        )

    def _frame_blocks(self, drawing: GraphDrawing, tree: BlockTree) -> dict[str, Any]:
        """Return name and rectangle of each unfolded block that nothing else lies in."""
        members: dict[str, list[int]] = {}
        for k, node in enumerate(drawing.graph.nodes):
            for key in node.blocks:
                members.setdefault(key, []).append(k)
        depths = {key: len(tree.around(tree.blocks[key])) for key in members}
        frames: dict[str, tuple[str, QRectF]] = {}
        for key in sorted(members, key=lambda key: depths[key]):
            rect = QRectF()
            for k in members[key]:
                rect = rect.united(drawing.rect_of(k))
            nodes = [drawing.graph.nodes[k] for k in members[key]]
            margin = FRAME_MARGIN * (max(len(node.blocks) for node in nodes) - depths[key])
            names = self._title_height() * (len(nodes[0].blocks) - 1 - depths[key])
            rect.adjust(-margin, -FRAME_MARGIN - names, margin, margin)
            frames[key] = (text.label_key(key, self.info, tree, within=True), rect)
        return frames

    def _title_height(self) -> float:
        """Return the room of an unfolded block's name."""
        return self.canvas.fontMetrics().height() + 2.0

    def _find_current(self, graph: FoldedGraph | None = None) -> int | None:
        """Return the number of the node that the layer on show is, or is in."""
        drawing = self.canvas.drawing
        graph = graph or (None if drawing is None else drawing.graph)
        if graph is None or self._tree is None:
            return None
        item = self._tree.find_layer(self.state.layer, self.state.call)
        if item is None:
            return None
        result = getattr(item, "result", "")  # a block that is unfolded is what it returns
        keys = (item.key, *reversed(self._tree.around(item)), result)
        return next((k for key in keys if key and (k := graph.index(key)) is not None), None)

    def _show_activity(self) -> None:
        self.canvas.show_activity(self._activity)

    def _on_click(self, k: int) -> None:
        drawing = self.canvas.drawing
        if drawing is None:
            return
        node = drawing.graph.nodes[k]
        row = self.info.layer(node.layer) if self.info is not None and node.layer else None
        if row is not None:
            self.session.update(layer=row.name, call=node.call if row.calls > 1 else -1)
        if node.inside:
            self.unfold_block(node.key)


def _reserve_frames(graph: FoldedGraph, room: float) -> list[float]:
    """Return the further room above each node: for the names of blocks, and their lower edges."""
    rooms = [0.0] * len(graph.nodes)
    previous: set[str] = set()
    for k, node in enumerate(graph.nodes):
        blocks = set(node.blocks)
        rooms[k] = room * len(blocks - previous) + FRAME_MARGIN * len(previous - blocks)
        previous = blocks
    return rooms


def _measure(
    graph: FoldedGraph, labels: tuple[str, ...], metrics: QFontMetrics
) -> tuple[tuple[float, float], ...]:
    """Return width and height of each node, for the letters of ``metrics``."""
    sizes: list[tuple[float, float]] = []
    for node, label in zip(graph.nodes, labels, strict=True):
        alone = node.is_operation or label == node.kind
        written = label if alone else f"▸ {label}   {node.kind}"
        width = metrics.horizontalAdvance(written) + (14.0 if alone else 20.0)
        height = metrics.height() + (4.0 if node.is_operation else 10.0)
        sizes.append((width if node.is_operation else max(width, MIN_NODE_WIDTH), height))
    layers = [size[0] for node, size in zip(graph.nodes, sizes, strict=True) if node.layer]
    usual = float(np.percentile(layers, USUAL_PERCENT)) if layers else MIN_NODE_WIDTH
    return tuple(
        (width if node.is_operation else max(width, usual), height)
        for node, (width, height) in zip(graph.nodes, sizes, strict=True)
    )
