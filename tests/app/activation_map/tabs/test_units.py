"""The tab that shows all units at once."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.tabs import units as map_pattern
from dnnvis.app.activation_map.tabs.tabs import MapSide
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import class_colours
from dnnvis.session import map_state
from helpers import map_tab_data as made
from helpers.map_tab_data import choice, choose, coloured, move


@pytest.fixture
def side(qtbot: QtBot) -> MapSide:
    return made.open_side(qtbot)


def units(side: MapSide) -> map_pattern.PatternTab:
    choose(side, tab="pattern")
    side.show_mail(map_state.CLOUD, made.cloud())
    tab = side.tabs["pattern"]
    assert isinstance(tab, map_pattern.PatternTab)
    return tab


def test_the_units_that_a_frame_excites_are_red_in_their_class_block(side: MapSide) -> None:
    tab = units(side)
    assert tab.view.words == map_pattern.NO_FRAME
    side.show_mail(map_state.MAP, made.here(fires=1))
    image, at = tab.view.drawn(), tab.view.blocks.at
    red = {int(k) for k in np.unique(at[(at >= 0) & ~tab.view.blocks.strip])
           if _is_red(image[(at == k) & ~tab.view.blocks.strip][0])}  # fmt: skip
    assert red == {2, 3, 7}
    assert tab.said.text() == "fires most: units of dog (+2.00), then of cat (+0.00)"


def _is_red(colour: np.uint32) -> bool:
    return ((int(colour) >> 16) & 255) > (int(colour) & 255) + 40


def test_colours_of_units_and_of_their_classes(side: MapSide) -> None:
    tab, cloud = units(side), made.cloud()
    choose(side, pattern="brainbow")
    at, strip = tab.view.drawn(), tab.view.blocks.strip
    body = (tab.view.blocks.at == 9) & ~strip
    r, g, b = (int(part) for part in cloud.colours[9])
    assert (at[body] == (0xFF000000 | r << 16 | g << 8 | b)).all()
    choose(side, pattern="owner")
    assert coloured(tab.view, class_colours(3)[2]) > 1000
    assert tab.said.text() == map_pattern.HINTS["owner"]


def test_the_expected_pattern_of_a_class_and_the_place_under_the_mouse(side: MapSide) -> None:
    tab = units(side)
    choose(side, pattern="expected", pattern_of=2)
    assert tab.of.isVisible() and tab.of.currentText() == "ship"
    assert tab.said.text().startswith("fires most: units of ship (+1.50)")  # (4 - 1) / 2
    choose(side, pattern="place")
    assert not tab.of.isVisible() and tab.view.words == map_pattern.NO_PLACE
    choose(side, place=(0.5, -1.25))
    side.show_mail(map_state.PLACE, made.place())
    assert tab.values.tolist() == [[1] * 10]


def test_the_mouse_names_a_unit_and_a_click_selects_it(side: MapSide, qtbot: QtBot) -> None:
    tab = units(side)
    side.show_mail(map_state.MAP, made.here(fires=1))
    spot = _spot(tab, 7)
    move(qtbot, tab.view, spot)
    assert tab.hover.text() == "second[1] · works for dog · 5.00 (+2.0 sd)"
    qtbot.mouseClick(tab.view, Qt.MouseButton.LeftButton, pos=spot)
    assert side.session.state.unit == Unit("second", 1)
    tab.view.left.emit()
    assert tab.hover.text() == map_pattern.SCALE


def _spot(tab: map_pattern.PatternTab, column: int) -> QPoint:
    assert tab.view.drawn() is not None
    rows, across = np.nonzero((tab.view.blocks.at == column) & ~tab.view.blocks.strip)
    return QPoint(int(across[len(across) // 2]), int(rows[len(rows) // 2]))


def test_projections_are_named_and_cannot_be_clicked(side: MapSide, qtbot: QtBot) -> None:
    tab = units(side)
    side.show_mail(map_state.CLOUD, replace(made.cloud(), ways=("random", "random")))
    side.show_mail(map_state.MAP, made.here())
    spot = _spot(tab, 7)
    move(qtbot, tab.view, spot)
    assert tab.hover.text().startswith("second, projection 1")
    qtbot.mouseClick(tab.view, Qt.MouseButton.LeftButton, pos=spot)
    assert side.session.state.unit is None


def test_the_order_is_chosen_and_the_strip_is_of_the_sorted_one(side: MapSide) -> None:
    tab = units(side)
    side.show_mail(map_state.MAP, made.here())
    tab.view.drawn()
    assert tab.view.blocks.strip.any()
    tab.order.setCurrentIndex(1)
    tab.order.activated.emit(1)
    assert choice(side).unit_order == "original"
    tab.view.drawn()
    assert not tab.view.blocks.strip.any()


def test_every_step_of_a_recurrent_network_or_its_last(side: MapSide) -> None:
    tab = units(side)
    calls = tuple((("first", k), ("second", k)) for k in range(3))
    side.show_mail(map_state.CLOUD, replace(made.cloud(), rows_each=3, calls=calls))
    h = np.stack([made.here(fires=k).h[0] for k in range(3)])
    side.show_mail(map_state.MAP, replace(made.here(), h=h))
    assert tab.every.isVisible() and tab.values.shape == (1, 10)
    assert "ship" in tab.said.text()
    tab.every.click()
    assert choice(side).every_step and tab.values.shape == (3, 10)
    tab.view.drawn()
    assert tab.view.blocks.at.max() == 29
    tab.view.clicked.emit(7, 1)
    assert side.session.state.unit == Unit("second", 1, None, 1)


def test_a_map_without_classes_has_no_sorted_units(side: MapSide) -> None:
    tab = units(side)
    none = np.zeros(0, np.int64)
    bare = replace(made.cloud(), classes=(), owner=none, order=none,
                   colours=np.zeros((0, 3), np.uint8), expected_h=np.zeros((0, 0)))  # fmt: skip
    side.show_mail(map_state.CLOUD, bare)
    side.show_mail(map_state.MAP, made.here())
    assert tab.view.drawn() is not None and not tab.order.isEnabled()
    choose(side, pattern="owner")
    assert tab.view.words == map_pattern.NO_CLASSES
