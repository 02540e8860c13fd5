"""The Atlas tab: one flies over it, points, clicks, filters; the cross follows the frame."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.tabs.atlas import NO_CELL, NO_CHOICE, NO_EXAMPLES, AtlasTab
from dnnvis.app.activation_map.tabs.atlas_view import AtlasCanvas, cell_weights
from dnnvis.app.activation_map.tabs.base import MapTabData
from dnnvis.core.atlas_view import (
    AtlasCellExamples,
    AtlasPoint,
    AtlasRegion,
    AtlasView,
    AtlasViewLevel,
)
from dnnvis.session import map_state
from dnnvis.session.map_state import map_requests
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.map_tab_data import INFO


def level(grid: int, cells: list[tuple[int, int]]) -> AtlasViewLevel:
    """Cells in colors that say which they are; even ones speak for the first class."""
    count = len(cells)
    pictures = np.zeros((count, 8, 8, 3), np.uint8)
    pictures[:, :, :, 0] = (60 + 40 * np.arange(count))[:, None, None]
    attribution = np.zeros((count, 2), np.float32)
    attribution[::2, 0], attribution[1::2, 1] = 4.0, 2.0
    return AtlasViewLevel(grid, np.array(cells), np.arange(count) + 7, attribution, pictures)


VIEW = AtlasView(
    layer="first",
    layout="pca",
    levels=(
        level(2, [(0, 0), (0, 1), (1, 1)]),
        level(4, [(0, 0), (1, 1), (3, 3)]),
    ),
    classes=("cat", "dog"),
)


@pytest.fixture
def tab(qtbot: QtBot) -> AtlasTab:
    session = Session(State())
    widget = AtlasTab(session, MapTabData())
    qtbot.addWidget(widget)
    widget.resize(400, 640)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def give(tab: AtlasTab, key: str, value: object) -> None:
    tab.tab_data.store(key, value)
    tab.redraw(key)


def hover(canvas: AtlasCanvas, at: QPointF) -> None:
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        canvas.mapToGlobal(at),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    canvas.mouseMoveEvent(event)


def middle(canvas: AtlasCanvas, grid: int, row: int, column: int) -> QPointF:
    return canvas.cell_rect(grid, row, column).center()


def test_flying_over_the_atlas_and_clicking(tab: AtlasTab, qtbot: QtBot) -> None:
    assert "not here yet" in tab.canvas.message
    assert tab.examples.message == NO_EXAMPLES
    give(tab, map_state.ATLAS, VIEW)
    canvas = tab.canvas
    assert canvas.level is VIEW.levels[0]
    assert tab.description.text() == NO_CELL
    assert tab.examples.message == NO_CHOICE
    hover(canvas, middle(canvas, 2, 0, 1))
    assert tab.description.text() == "8 activations: dog 2.00, cat 0 (logit, gradient x activation)"
    hover(canvas, middle(canvas, 2, 1, 0))  # nothing is drawn there
    assert tab.description.text() == NO_CELL
    at = middle(canvas, 2, 0, 1)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert tab.session.state.map.atlas_cell == (2, 0, 1)
    tab.redraw()
    assert canvas.chosen == (2, 0, 1)
    thumbs = np.full((3, 10, 10, 3), 90, np.uint8)
    cell = AtlasCellExamples(cell=(2, 0, 1), thumbs=thumbs, index=np.arange(3))
    give(tab, map_state.ATLAS_CELL, cell)
    assert len(tab.examples.tiles) == 3
    give(tab, map_state.ATLAS_CELL, replace(cell, cell=(2, 0, 0)))  # of another cell, too late
    assert not tab.examples.tiles
    canvas.zoom_at(2.2, middle(canvas, 2, 0, 0))
    assert canvas.level is VIEW.levels[1]
    assert canvas.cell_at(middle(canvas, 4, 1, 1)) == (4, 1, 1)


def test_what_lies_under_the_mouse_stays_there_while_zooming(tab: AtlasTab) -> None:
    give(tab, map_state.ATLAS, VIEW)
    at = tab.canvas.to_pixels(0.4, 0.6)
    for factor in (1.5, 2.0, 0.8):
        tab.canvas.zoom_at(factor, at)
        assert tab.canvas.to_square(at) == pytest.approx((0.4, 0.6), abs=1e-6)
    tab.canvas.zoom_at(0.001, at)
    assert tab.canvas.zoom == 1.0
    tab.canvas.zoom_at(1e9, at)
    assert tab.canvas.zoom == 32.0


def test_a_drag_moves_the_atlas_and_clicks_nothing(tab: AtlasTab, qtbot: QtBot) -> None:
    give(tab, map_state.ATLAS, VIEW)
    canvas = tab.canvas
    canvas.zoom_at(4.0, middle(canvas, 2, 0, 0))
    start = canvas.to_pixels(0.2, 0.2)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start.toPoint())
    hover(canvas, start + QPointF(-40, -30))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start.toPoint() + QPoint(-40, -30))
    moved = canvas.to_pixels(0.2, 0.2)
    assert moved.x() == pytest.approx(start.x() - 40, abs=1.5)
    assert moved.y() == pytest.approx(start.y() - 30, abs=1.5)
    assert tab.session.state.map.atlas_cell == ()


def test_the_cross_lies_where_the_frame_is(tab: AtlasTab) -> None:
    give(tab, map_state.ATLAS, VIEW)
    plain = tab.canvas.grab().toImage()
    give(tab, map_state.ATLAS_POINT, AtlasPoint(points=np.array([[0.75, 0.25]], np.float32)))
    at = tab.canvas.to_pixels(0.75, 0.75).toPoint()  # y goes upwards on the map
    image = tab.canvas.grab().toImage()
    assert image.pixelColor(at).lightness() > 200
    assert plain.pixelColor(at) != image.pixelColor(at)
    give(tab, map_state.ATLAS_POINT, AtlasPoint(message="no"))
    assert tab.canvas.grab().toImage() == plain


def test_a_class_is_filtered_for(tab: AtlasTab) -> None:
    give(tab, map_state.ATLAS, VIEW)
    texts = [tab.category.itemText(k) for k in range(tab.category.count())]
    assert texts == ["all classes", "cat", "dog"]
    inside = middle(tab.canvas, 2, 0, 1).toPoint()  # a cell of the dog's
    shown = tab.canvas.grab().toImage().pixelColor(inside).red()
    tab.category.setCurrentIndex(1)
    assert tab.canvas.category == 0
    faint = tab.canvas.grab().toImage().pixelColor(inside)
    assert faint.red() != shown
    np.testing.assert_allclose(cell_weights(VIEW.levels[0], 0), [1, 0, 1])
    np.testing.assert_allclose(cell_weights(VIEW.levels[0], -1), 1)
    give(tab, map_state.ATLAS, replace(VIEW, classes=("cow", "dog")))
    assert tab.canvas.category == -1


def test_the_cells_of_a_class_nearest_to_another_are_outlined(tab: AtlasTab) -> None:
    give(tab, map_state.ATLAS, VIEW)
    assert not tab.neighbor.isEnabled()
    assert "Choose a class at the left" in tab.neighbor.toolTip()
    texts = [tab.neighbor.itemText(k) for k in range(tab.neighbor.count())]
    assert texts == ["nearest to ...", "nearest to cat", "nearest to dog"]
    tab.category.setCurrentIndex(1)
    assert "nearest to cells of another class" in tab.neighbor.toolTip()
    plain = tab.canvas.grab().toImage()
    tab.neighbor.setCurrentIndex(2)
    # the dog's cell lies at the upper right, one step from both of the cat's: the same distance
    # and attribution, so that they come in their order
    assert tab.canvas.outlined.tolist() == [0, 2]
    assert tab.near.text() == "Outlined: cat's cells nearest to dog's, 2."
    edge = tab.canvas.cell_rect(2, 0, 0)
    at = QPointF(edge.left(), edge.center().y()).toPoint()
    assert plain.pixelColor(at) != tab.canvas.grab().toImage().pixelColor(at)
    tab.tab_data.info = replace(INFO, name="net2-cifar10")
    tab.redraw()
    assert "reproduce atlas-attack --pair dog:cat" in tab.near.text()
    tab.neighbor.setCurrentIndex(1)
    assert tab.near.text() == "Choose two different classes."
    assert not len(tab.canvas.outlined)
    tab.neighbor.setCurrentIndex(2)
    tab.category.setCurrentIndex(0)
    assert not tab.near.isVisible()
    assert not len(tab.canvas.outlined)


def test_at_a_zoom_without_cells_of_both_classes_it_says_so(tab: AtlasTab) -> None:
    only_cats = level(4, [(0, 0)])
    give(tab, map_state.ATLAS, replace(VIEW, levels=(VIEW.levels[0], only_cats)))
    tab.category.setCurrentIndex(1)
    tab.neighbor.setCurrentIndex(2)
    assert len(tab.canvas.outlined) == 2
    tab.canvas.zoom_at(2.2, middle(tab.canvas, 2, 0, 0))
    assert not len(tab.canvas.outlined)
    assert tab.near.text().startswith("At this zoom no cell speaks for cat, or none for dog")


def test_without_an_atlas_it_says_how_to_make_one(tab: AtlasTab) -> None:
    give(tab, map_state.ATLAS, AtlasView(message="There is no atlas of toy yet."))
    assert tab.canvas.message == "There is no atlas of toy yet."
    assert not tab.category.isVisible()
    assert tab.description.text() == ""
    tab.canvas.grab()  # paints the sentence
    tab.reload.click()
    assert tab.session.state.map.atlas_version == 1


def test_the_atlas_is_asked_for_while_its_tab_is_on_show_alone() -> None:
    choice = map_state.MapChoice(shown=True, tab="atlas", atlas_cell=(20, 3, 4), atlas_version=2)
    requests = map_requests(choice, INFO)
    assert dict(requests[map_state.ATLAS_CELL].params) == {
        "version": 2,
        "grid": 20,
        "row": 3,
        "column": 4,
    }
    assert map_state.ATLAS_POINT in requests
    assert map_state.ATLAS_CELL not in map_requests(replace(choice, atlas_cell=()), INFO)
    assert map_state.ATLAS not in map_requests(replace(choice, tab="pattern"), INFO)


def region(done: int) -> AtlasRegion:
    """Two by two places of the left, upper quarter, black; no activation lies in the last."""
    return AtlasRegion(
        region=(0.0, 0.0, 0.5),
        grid=2,
        cells=np.array([(0, 0), (0, 1), (1, 0), (1, 1)]),
        counts=np.array([5, 1, 2, 0]),
        pictures=np.zeros((4, 4, 4, 3), np.uint8),
        done=np.arange(4) < done,
    )


def test_the_part_on_show_is_decoded_and_taken_away(tab: AtlasTab, qtbot: QtBot) -> None:
    assert not tab.decode.isEnabled()
    give(tab, map_state.ATLAS, VIEW)
    tab.canvas.zoom_at(2.0, tab.canvas.to_pixels(0.0, 0.0))
    qtbot.mouseClick(tab.decode, Qt.MouseButton.LeftButton)
    assert tab.choice.atlas_region == pytest.approx((0.0, 0.0, 0.5))
    requests = map_requests(replace(tab.choice, shown=True, tab="atlas"), INFO)
    settings = dict(requests[map_state.ATLAS_REGION].params)
    assert (settings["x"], settings["y"], settings["side"]) == (0.0, 0.0, 0.5)
    tab.redraw()
    assert "those in the middle first" in tab.description.text()
    give(tab, map_state.ATLAS_REGION, region(2))
    assert tab.description.text() == "2 of 4 places are drawn."
    give(tab, map_state.ATLAS_REGION, region(4))
    image = tab.canvas.grab().toImage()
    levels = [
        image.pixelColor(tab.canvas.tile_rect(k).center().toPoint()).lightness() for k in (0, 3)
    ]
    assert levels[0] < 5 < levels[1] - 5  # where nothing was seen it is pale, in a dark theme too
    hover(tab.canvas, tab.canvas.tile_rect(0).center())
    assert "5 activations" in tab.description.text()
    hover(tab.canvas, tab.canvas.tile_rect(3).center())
    assert "the decoder alone says so" in tab.description.text()
    qtbot.mouseClick(tab.whole, Qt.MouseButton.LeftButton)
    tab.redraw()
    assert tab.choice.atlas_region == ()
    assert tab.canvas.region is None


def test_an_atlas_of_umap_cannot_be_decoded(tab: AtlasTab) -> None:
    give(tab, map_state.ATLAS, replace(VIEW, layout="umap"))
    assert not tab.decode.isEnabled()
    assert "UMAP has no way back" in tab.decode.toolTip()


def test_an_atlas_is_asked_for(tab: AtlasTab, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tab.make_requested):
        qtbot.mouseClick(tab.make, Qt.MouseButton.LeftButton)
