"""Pattern mode: the kept picture of each unit in its tile."""

from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.app.widgets import messages, theme
from dnnvis.core.lens_results import Patterns
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.colorize import pack_rgb
from dnnvis.imaging.pattern_mosaic import (
    DEFAULT_TILE_SIDE,
    MAX_PIXELS,
    PatternMosaic,
    shrink,
)
from dnnvis.session.session import Session
from dnnvis.session.state import State

EMPTY, LINE = (9, 8, 7), (1, 2, 3)


def flat(colour: tuple[int, int, int], side: int = 12) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.uint8), (side, side, 3)).copy()


def kept(*channels: int, layer: str = "block.conv", network: str = "toy") -> Patterns:
    return Patterns(layer, network, {k: flat((10 * k, 200, 30)) for k in channels}, "some kept.")


def tile_of(painted: np.ndarray, grid: Any, k: int) -> np.ndarray:
    x, y, w, h = (int(edge) for edge in grid.box(k))
    return painted[y : y + h, x : x + w]


def test_a_tile_is_the_picture_inside_an_edge_of_the_units_colour() -> None:
    tiles = PatternMosaic(kept(0, 2), 4, EMPTY)
    grid = tiles.grid(1.0)
    edges = np.array([[255, k, 0] for k in range(4)], np.uint8)
    painted = tiles.render(grid, edges, LINE)
    for k, inside in enumerate(((0, 200, 30), EMPTY, (20, 200, 30), EMPTY)):
        tile, edge = tile_of(painted, grid, k), tiles.edge
        assert (tile[edge:-edge, edge:-edge] == pack_rgb(np.array(inside, np.uint8))).all()
        around = tile.copy()
        around[edge:-edge, edge:-edge] = pack_rgb(edges[k])
        assert (around == pack_rgb(edges[k])).all()


def test_in_another_order_each_picture_lies_in_its_units_tile_large_ones_enlarged() -> None:
    tiles = PatternMosaic(kept(*range(20)), 30, EMPTY)
    order = np.random.default_rng(1).permutation(30)
    grid = tiles.grid(1.0, order=order, with_large=True)
    painted = tiles.render(grid, np.zeros((30, 3), np.uint8), LINE)
    assert grid.tiling.large
    for k in range(30):
        tile = tile_of(painted, grid, k)
        inside = (10 * k, 200, 30) if k < 20 else EMPTY
        assert tile[tile.shape[0] // 2, tile.shape[1] // 2] == pack_rgb(np.array(inside, np.uint8))
    assert tile_of(painted, grid, int(order[0])).shape[0] == 3 * grid.tiling.height


def test_edges_change_without_touching_the_pictures() -> None:
    tiles = PatternMosaic(kept(1), 2, EMPTY)
    grid = tiles.grid(1.0)
    first = tiles.render(grid, np.zeros((2, 3), np.uint8), LINE)
    second = tiles.render(grid, np.full((2, 3), 255, np.uint8), LINE)
    edge = tiles.edge
    inner = np.s_[edge:-edge, edge:-edge]
    assert (tile_of(first, grid, 1)[inner] == tile_of(second, grid, 1)[inner]).all()
    assert (tile_of(first, grid, 1)[0] != tile_of(second, grid, 1)[0]).all()


def test_a_layer_without_pictures_has_empty_tiles() -> None:
    tiles = PatternMosaic(Patterns("a", "b", {}), 6, EMPTY)
    assert tiles.grid(1.0).tiling.height == DEFAULT_TILE_SIDE + 2 * tiles.edge


def test_pictures_are_shrunk_where_a_layer_has_many_units() -> None:
    patterns = Patterns("a", "b", {0: flat((0, 0, 0), 96)})
    tiles = PatternMosaic(patterns, 2048, EMPTY)
    grid = tiles.grid(1.6)
    painted = tiles.render(grid, np.zeros((2048, 3), np.uint8), LINE)
    assert painted.size < 3 * MAX_PIXELS


def test_a_shrunk_pixel_is_the_mean_of_those_it_stands_for() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    small = shrink(picture, 3)
    assert small.shape == (2, 3, 3)
    for y in range(2):
        for x in range(3):
            block = picture[3 * y : 3 * y + 3, 3 * x : 3 * x + 3].reshape(-1, 3)
            assert np.abs(small[y, x].astype(int) - block.mean(0)).max() <= 1


def test_pictures_of_units_that_the_layer_lacks_are_left_out() -> None:
    tiles = PatternMosaic(kept(1, 20), 4, EMPTY)
    assert tiles.count == 4


@pytest.fixture
def mosaic(qtbot: QtBot, info: NetworkInfo, live: Live) -> MosaicPanel:
    session = Session(State(layer="block.conv", grid="patterns"))
    panel = MosaicPanel(session)
    qtbot.addWidget(panel)
    session.listen(panel.show_state)
    panel.resize(700, 500)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    panel.on_message("live", live)
    return panel


def shown(mosaic: MosaicPanel, k: int) -> tuple[int, int, int]:
    """The colour in the middle of a unit's tile, on the screen."""
    x, y, w, h = mosaic.grid.box(k)
    point = point_of(mosaic, x + w / 2, y + h / 2)
    colour = mosaic.canvas.viewport().grab().toImage().pixelColor(point)
    return colour.red(), colour.green(), colour.blue()


def point_of(mosaic: MosaicPanel, x: float, y: float) -> QPoint:
    scene = mosaic.canvas.view_box.mapViewToScene(QPointF(x, y))
    return mosaic.canvas.mapFromScene(scene)


def test_kept_pictures_take_the_place_of_the_activations(mosaic: MosaicPanel) -> None:
    assert "reading the kept pictures" in mosaic.notes.text()
    mosaic.on_message("patterns", kept(1, 3))
    assert shown(mosaic, 1) == (10, 200, 30)
    assert shown(mosaic, 3) == (30, 200, 30)
    assert shown(mosaic, 0) == theme.palette(mosaic).rgb("raised")
    assert mosaic.notes.text() == (
        "kept pictures of what each unit wants · some kept · edges: present maximum"
    )


def test_the_edges_follow_the_frames(mosaic: MosaicPanel, live: Live) -> None:
    from dataclasses import replace

    mosaic.session.update(contrast="frame")
    mosaic.on_message("patterns", kept(1))
    before = mosaic.canvas.viewport().grab().toImage()
    maps = {**live.maps, "block.conv": live.maps["block.conv"][::-1].copy()}
    mosaic.on_message("live", replace(live, maps=maps))
    after = mosaic.canvas.viewport().grab().toImage()
    assert after != before
    assert shown(mosaic, 1) == (10, 200, 30)


def test_a_click_on_a_picture_selects_its_unit(mosaic: MosaicPanel) -> None:
    mosaic.on_message("patterns", kept(4))
    x, y, w, h = mosaic.grid.box(4)
    where = point_of(mosaic, x + w / 2, y + h / 2)
    QTest.mouseMove(mosaic.canvas.viewport(), where)
    QTest.mouseClick(mosaic.canvas.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert mosaic.session.state.unit == Unit("block.conv", 4)
    assert mosaic.session.state.synthesis.goal == "block.conv[4]"


def test_pictures_of_another_layer_or_network_are_not_shown(mosaic: MosaicPanel) -> None:
    empty = theme.palette(mosaic).rgb("raised")
    for other in (kept(1, layer="dense"), kept(1, network="other")):
        mosaic.on_message("patterns", other)
        assert shown(mosaic, 1) == empty
    mosaic.on_message("patterns", kept(1))
    mosaic.session.update(grid="forward")
    assert shown(mosaic, 1) != (10, 200, 30)
    mosaic.session.update(grid="patterns")
    assert shown(mosaic, 1) == (10, 200, 30)


def test_no_tile_is_empty_for_a_moment_while_the_pictures_are_read_again(
    mosaic: MosaicPanel,
) -> None:
    mosaic.on_message("patterns", kept(1, 3))
    changed = Patterns("block.conv", "toy", {1: flat((77, 77, 77))}, "a part.")
    mosaic.on_message("patterns", changed)
    assert shown(mosaic, 1) == (77, 77, 77)
    assert shown(mosaic, 3) == (30, 200, 30)
    mosaic.on_message("patterns", Patterns("block.conv", "toy", {}, "none"))
    assert shown(mosaic, 3) == theme.palette(mosaic).rgb("raised")


def test_an_empty_layer_and_a_failure_say_so_and_the_edges_go_on(mosaic: MosaicPanel) -> None:
    mosaic.on_message("patterns", Patterns("block.conv", "toy", {}, "none"))
    assert "no pictures kept for this layer yet: g grows one" in mosaic.notes.text()
    mosaic.on_message("patterns", Failure("The library is of version 99."))
    assert mosaic.notes.text() == "The library is of version 99."
    assert mosaic.canvas.isVisible()
    assert messages.describe_patterns(None, None).startswith("reading")
