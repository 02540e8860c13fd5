"""The tab that shows all units at once."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.tabs import units as units_tab
from dnnvis.app.activation_map.tabs.tabs import MapTabs
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.session import map_state
from helpers import map_tab_data as made
from helpers.map_tab_data import choice, choose, coloured, move


@pytest.fixture
def side(qtbot: QtBot) -> MapTabs:
    return made.open_side(qtbot)


def units(side: MapTabs) -> units_tab.PatternTab:
    choose(side, tab="pattern")
    side.on_message(map_state.MAP_DATA, made.map_data())
    tab = side.tabs["pattern"]
    assert isinstance(tab, units_tab.PatternTab)
    return tab


def test_the_units_that_a_frame_excites_are_red_in_their_class_block(side: MapTabs) -> None:
    tab = units(side)
    assert tab.view.message == units_tab.NO_FRAME
    side.on_message(map_state.MAP, made.frame_position(fires=1))
    image, at = tab.view.render_image(), tab.view.blocks.unit_index
    red = {
        int(k)
        for k in np.unique(at[(at >= 0) & ~tab.view.blocks.strip])
        if _is_red(image[(at == k) & ~tab.view.blocks.strip][0])
    }
    assert red == {2, 3, 7}
    assert tab.description.text() == "fires most: units of dog (+2.00), then of cat (+0.00)"


def _is_red(colour: np.uint32) -> bool:
    return ((int(colour) >> 16) & 255) > (int(colour) & 255) + 40


def test_colours_of_units_and_of_their_classes(side: MapTabs) -> None:
    tab, cloud = units(side), made.map_data()
    choose(side, pattern="brainbow")
    at, strip = tab.view.render_image(), tab.view.blocks.strip
    body = (tab.view.blocks.unit_index == 9) & ~strip
    r, g, b = (int(part) for part in cloud.unit_colors[9])
    assert (at[body] == (0xFF000000 | r << 16 | g << 8 | b)).all()
    choose(side, pattern="owner")
    assert coloured(tab.view, generate_class_colors(3)[2]) > 1000
    assert tab.description.text() == units_tab.HINTS["owner"]


def test_the_expected_pattern_of_a_class_and_the_place_under_the_mouse(side: MapTabs) -> None:
    tab = units(side)
    choose(side, pattern="expected", pattern_of=2)
    assert tab.class_choice.isVisible()
    assert tab.class_choice.currentText() == "ship"
    assert tab.description.text().startswith("fires most: units of ship (+1.50)")  # (4 - 1) / 2
    choose(side, pattern="place")
    assert not tab.class_choice.isVisible()
    assert tab.view.message == units_tab.NO_POINT
    choose(side, place=(0.5, -1.25))
    side.on_message(map_state.MAP_POINT, made.place())
    assert tab.values.tolist() == [[1] * 10]


def test_the_mouse_names_a_unit_and_a_click_selects_it(side: MapTabs, qtbot: QtBot) -> None:
    tab = units(side)
    side.on_message(map_state.MAP, made.frame_position(fires=1))
    spot = _spot(tab, 7)
    move(qtbot, tab.view, spot)
    assert tab.hover.text() == "second[1] · works for dog · 5.00 (+2.0 sd)"
    qtbot.mouseClick(tab.view, Qt.MouseButton.LeftButton, pos=spot)
    assert side.session.state.unit == Unit("second", 1)
    tab.view.mouse_left.emit()
    assert tab.hover.text() == units_tab.SCALE_HINT


def _spot(tab: units_tab.PatternTab, column: int) -> QPoint:
    assert tab.view.render_image() is not None
    rows, across = np.nonzero((tab.view.blocks.unit_index == column) & ~tab.view.blocks.strip)
    return QPoint(int(across[len(across) // 2]), int(rows[len(rows) // 2]))


def test_projections_are_named_and_cannot_be_clicked(side: MapTabs, qtbot: QtBot) -> None:
    tab = units(side)
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), reductions=("random", "random")))
    side.on_message(map_state.MAP, made.frame_position())
    spot = _spot(tab, 7)
    move(qtbot, tab.view, spot)
    assert tab.hover.text().startswith("second, projection 1")
    qtbot.mouseClick(tab.view, Qt.MouseButton.LeftButton, pos=spot)
    assert side.session.state.unit is None


def test_the_order_is_chosen_and_the_strip_is_of_the_sorted_one(side: MapTabs) -> None:
    tab = units(side)
    side.on_message(map_state.MAP, made.frame_position())
    tab.view.render_image()
    assert tab.view.blocks.strip.any()
    tab.order.setCurrentIndex(1)
    tab.order.activated.emit(1)
    assert choice(side).unit_order == "original"
    tab.view.render_image()
    assert not tab.view.blocks.strip.any()


def test_every_step_of_a_recurrent_network_or_its_last(side: MapTabs) -> None:
    tab = units(side)
    calls = tuple((("first", k), ("second", k)) for k in range(3))
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), rows_each=3, calls=calls))
    h = np.stack([made.frame_position(fires=k).h[0] for k in range(3)])
    side.on_message(map_state.MAP, replace(made.frame_position(), h=h))
    assert tab.all_steps.isVisible()
    assert tab.values.shape == (1, 10)
    assert "ship" in tab.description.text()
    tab.all_steps.click()
    assert choice(side).every_step
    assert tab.values.shape == (3, 10)
    tab.view.render_image()
    assert tab.view.blocks.unit_index.max() == 29
    tab.view.clicked.emit(7, 1)
    assert side.session.state.unit == Unit("second", 1, None, 1)


def test_a_map_without_classes_has_no_sorted_units(side: MapTabs) -> None:
    tab = units(side)
    none = np.zeros(0, np.int64)
    bare = replace(
        made.map_data(),
        classes=(),
        owner=none,
        order=none,
        unit_colors=np.zeros((0, 3), np.uint8),
        expected_h=np.zeros((0, 0)),
    )
    side.on_message(map_state.MAP_DATA, bare)
    side.on_message(map_state.MAP, made.frame_position())
    assert tab.view.render_image() is not None
    assert not tab.order.isEnabled()
    choose(side, pattern="owner")
    assert tab.view.message == units_tab.NO_CLASSES
