"""The graph on the screen: folding, marking, clicking, moving."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor

from dnnvis.app.graph import text
from dnnvis.app.graph.canvas import GraphDrawing
from dnnvis.app.graph.panel import GraphPanel
from dnnvis.core.lens_results import GraphBlock, GraphNode, NetworkGraph
from dnnvis.core.messages import Failure, LayerInfo, Live, NetworkInfo
from dnnvis.session.session import Session
from dnnvis.session.state import State

ROWS = ("stem", "cell.conv", "cell.relu", "cell", "fc", "output")
INFO = NetworkInfo(
    "toy",
    tuple(
        LayerInfo(name, "Layer", (4, 8, 8), calls=2 if name.startswith("cell") else 1)
        for name in ROWS
    ),
    (),
    (8, 8),
    3,
)


def cell(call: int) -> list[GraphNode]:
    mark = f"#{call}" if call else ""
    return [
        GraphNode(f"cell.conv{mark}", "Conv2d", "cell.conv", call, (4, 8, 8), f"cell{mark}"),
        GraphNode(f"cell.relu{mark}", "ReLU", "cell.relu", call, (4, 8, 8), f"cell{mark}"),
        GraphNode(f"cell{mark} +", "+", block=f"cell{mark}", is_operation=True),
    ]


NODES = (
    GraphNode("input", "input", shape=(3, 8, 8)),
    GraphNode("stem", "Conv2d", "stem", 0, (4, 8, 8)),
    *cell(0),
    *cell(1),
    GraphNode("fc", "Linear", "fc", 0, (5,)),
    GraphNode("output", "output", "output", 0, (5,)),
)
CHAIN = [node.key for node in NODES]
GRAPH = NetworkGraph(
    NODES,
    (
        GraphBlock("cell", "Cell", "cell", 0, result="cell +"),
        GraphBlock("cell#1", "Cell", "cell", 1, result="cell#1 +"),
    ),
    (*pairwise(CHAIN), ("stem", "cell +"), ("cell +", "cell#1 +")),
    network="toy",
)


@pytest.fixture
def panel(qtbot: Any) -> Iterator[GraphPanel]:
    session = Session(State(layer="stem"))
    panel = GraphPanel(session)
    qtbot.addWidget(panel)
    session.listen(panel.show_state)
    panel.resize(500, 600)
    panel.show_info(INFO)
    panel.show()
    yield panel
    panel.leave()


def drawn(panel: GraphPanel, qtbot: Any, change: Any) -> GraphDrawing:
    """What is drawn once ``change`` was called and laid out."""
    previous = panel.canvas.drawing
    change()
    qtbot.waitUntil(lambda: panel.canvas.drawing not in (None, previous))
    assert panel.canvas.drawing is not None
    return panel.canvas.drawing


def click(panel: GraphPanel, qtbot: Any, key: str) -> None:
    canvas = panel.canvas
    assert canvas.drawing is not None
    k = canvas.drawing.graph.index(key)
    assert k is not None
    point = canvas._to_screen(canvas.drawing.rect_of(k)).center().toPoint()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point)


def folded(panel: GraphPanel, qtbot: Any) -> GraphDrawing:
    drawn(panel, qtbot, lambda: panel.on_message("graph", GRAPH))
    drawn(panel, qtbot, lambda: panel.fold_block("cell"))
    return drawn(panel, qtbot, lambda: panel.fold_block("cell#1"))


def test_a_small_network_is_unfolded_and_the_layer_on_show_marked(
    panel: GraphPanel, qtbot: Any
) -> None:
    drawing = drawn(panel, qtbot, lambda: panel.on_message("graph", GRAPH))
    assert [node.key for node in drawing.graph.nodes] == CHAIN
    assert panel.canvas.current == CHAIN.index("stem")
    assert set(drawing.frames) == {"cell", "cell#1"}
    assert [title for title, _ in drawing.frames.values()] == ["cell · 1", "cell · 2"]
    for k, node in enumerate(drawing.graph.nodes):  # frames hold their own nodes and no others
        for key, (_, rect) in drawing.frames.items():
            assert rect.contains(drawing.rect_of(k)) == (key in node.blocks)
    assert "0 crossings" in panel.canvas.accessibleDescription()
    panel.session.update(layer="cell.relu", call=0)
    assert panel.canvas.current == CHAIN.index("cell.relu")
    panel.session.update(call=-1)  # the last one
    assert panel.canvas.current == CHAIN.index("cell.relu#1")
    panel.session.update(layer="cell")  # unfolded: what it returns
    assert panel.canvas.current == CHAIN.index("cell#1 +")


def test_clicks_go_to_layers_and_calls_and_unfold_blocks(panel: GraphPanel, qtbot: Any) -> None:
    drawing = folded(panel, qtbot)
    assert [node.key for node in drawing.graph.nodes] == [
        "input", "stem", "cell", "cell#1", "fc", "output",
    ]  # fmt: skip
    click(panel, qtbot, "fc")
    assert (panel.session.state.layer, panel.session.state.call) == ("fc", -1)
    drawing = drawn(panel, qtbot, lambda: click(panel, qtbot, "cell#1"))
    assert (panel.session.state.layer, panel.session.state.call) == ("cell", 1)
    assert panel.unfolded == {"cell#1"}
    click(panel, qtbot, "cell.conv#1")
    assert (panel.session.state.layer, panel.session.state.call) == ("cell.conv", 1)
    click(panel, qtbot, "input")  # no layer
    assert panel.session.state.layer == "cell.conv"
    canvas = panel.canvas
    inside = canvas._title_rect("cell#1").center()
    point = (canvas.origin + inside * canvas.scale).toPoint()
    drawn(panel, qtbot, lambda: qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point))
    assert panel.unfolded == frozenset()
    assert canvas.current == 3  # the folded block that holds the layer on show


def test_keys_fold_and_unfold_around_the_layer_on_show(panel: GraphPanel, qtbot: Any) -> None:
    folded(panel, qtbot)
    panel.session.update(layer="cell.conv", call=0)
    drawn(panel, qtbot, panel.unfold_current)
    assert panel.unfolded == {"cell"}
    panel.unfold_current()  # nothing to unfold any more
    assert panel.unfolded == {"cell"}
    drawn(panel, qtbot, panel.fold_current)
    assert panel.unfolded == frozenset()


def test_what_is_unfolded_stays_where_it_is_on_the_screen(panel: GraphPanel, qtbot: Any) -> None:
    folded(panel, qtbot)
    canvas = panel.canvas
    canvas.zoom(1.4, QPointF(100, 100))
    assert canvas.drawing is not None
    before = canvas._screen_point("cell")
    drawn(panel, qtbot, lambda: panel.unfold_block("cell"))
    after = canvas._screen_point("cell")
    assert before is not None
    assert after is not None
    assert (after - before).manhattanLength() < 1e-6


def test_dragging_moves_and_selects_nothing_the_wheel_enlarges_about_the_mouse(
    panel: GraphPanel, qtbot: Any
) -> None:
    folded(panel, qtbot)
    canvas = panel.canvas
    k = 1
    start = canvas._to_screen(canvas.drawing.rect_of(k)).center().toPoint()  # type: ignore[union-attr]
    origin = QPointF(canvas.origin)
    panel.session.update(layer="fc")
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(30, 40))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 40))
    assert canvas.origin - origin == QPointF(30, 40)
    assert panel.session.state.layer == "fc"
    point = QPointF(200, 150)
    inside = (point - canvas.origin) / canvas.scale
    canvas.zoom(2.0, point)
    assert ((point - canvas.origin) / canvas.scale - inside).manhattanLength() < 1e-6
    canvas.fit()
    assert canvas.is_fitted


def test_bars_are_as_long_as_a_layer_is_active(panel: GraphPanel, qtbot: Any, live: Live) -> None:
    drawing = folded(panel, qtbot)
    rect = panel.canvas._to_screen(drawing.rect_of(1))

    def color_at(fraction: float) -> QColor:
        image = panel.canvas.grab().toImage()
        x = int(rect.left() + fraction * rect.width())
        return QColor(image.pixel(x, int(rect.bottom()) - 3))

    without = color_at(0.3)
    panel.on_message("live", replace(live, activity={"stem": (0.5, 1.0)}))
    qtbot.waitUntil(lambda: color_at(0.3) != without)
    assert color_at(0.7) == without


def test_failures_and_waiting_are_said(panel: GraphPanel, qtbot: Any) -> None:
    assert panel.canvas.message == text.WAITING
    panel.on_message("graph", Failure("A pass calls too many modules."))
    assert panel.canvas.message == "A pass calls too many modules."
    drawn(panel, qtbot, lambda: panel.on_message("graph", replace(GRAPH, message="Only parts.")))
    assert panel.help.text().startswith("Only parts.")
    panel.show_info(None)
    assert panel.canvas.message == text.NO_NETWORK
    panel.canvas.grab()


def test_names_leave_out_what_the_block_around_says(panel: GraphPanel, qtbot: Any) -> None:
    drawing = drawn(panel, qtbot, lambda: panel.on_message("graph", GRAPH))
    assert drawing.labels[:5] == ("input", "stem", "conv", "relu", "+")
    assert drawing.shapes[:2] == ("3 × 8 × 8", "4 × 8 × 8")
    assert drawing.helps[2] == "conv: Conv2d\ngives 4 × 8 × 8"


def test_more_news_of_the_same_network_leaves_the_graph_as_it_is(
    panel: GraphPanel, qtbot: Any
) -> None:
    drawing = folded(panel, qtbot)
    panel.show_info(replace(INFO, notes=("Layouts are proved now.",)))
    assert panel.canvas.drawing is drawing
    panel.show_info(replace(INFO, name="another"))
    assert panel.canvas.drawing is None
    assert panel.canvas.message == text.WAITING
