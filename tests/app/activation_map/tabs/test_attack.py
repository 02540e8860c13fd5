"""The tab that shows attacks."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.tabs import attack
from dnnvis.app.activation_map.tabs.attack_curve import AttackCurve, AttackCurves
from dnnvis.app.activation_map.tabs.tabs import MapTabs
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.session import map_state
from helpers import map_tab_data as made


@pytest.fixture
def side(qtbot: QtBot) -> MapTabs:
    side = made.open_side(qtbot, "attack")
    side.on_message(map_state.MAP_DATA, made.map_data())
    return side


def tab_of(side: MapTabs) -> attack.AttackTab:
    tab = side.tabs["attack"]
    assert isinstance(tab, attack.AttackTab)
    return tab


def rows(tab: attack.AttackTab) -> list[list[str]]:
    table = tab.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def test_sliders_and_button_change_what_is_asked_for(side: MapTabs) -> None:
    tab = tab_of(side)
    assert tab.empty.text() == attack.START_HINT
    assert tab.stack.currentWidget() is tab.empty
    assert (tab.eps.value(), tab.steps.value()) == (10, 100)
    tab.eps.setValue(25)
    tab.steps.setValue(30)
    assert (side.session.state.map.eps, side.session.state.map.steps) == (0.025, 30)
    assert (tab.eps_label.text(), tab.steps_label.text()) == ("eps 0.025", "steps 30")
    tab.start.click()
    assert side.session.state.map.attack_run == 1
    assert tab.empty.text() == attack.ATTACKING


def test_each_target_has_a_row_with_its_outcome(side: MapTabs) -> None:
    side.on_message(map_state.ATTACK, made.attacks())
    assert rows(tab_of(side)) == [
        ["dog", "reached", "2", "3", "–"],
        ["ship", "resisted", "never", "never", "–"],
    ]
    assert tab_of(side).progress_label.text() == "done · frame 1"


def test_what_no_estimate_can_tell_is_a_dash(side: MapTabs) -> None:
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), lines={}))
    side.on_message(map_state.ATTACK, made.attacks())
    assert [row[2:] for row in rows(tab_of(side))] == [["2", "–", "–"], ["never", "–", "–"]]


def test_long_names_leave_room_for_the_outcome(side: MapTabs) -> None:
    names = ("cat", "a dog with a very long name, as ImageNet has", "ship")
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), classes=names))
    side.resize(300, 520)
    side.on_message(map_state.ATTACK, made.attacks())
    table = tab_of(side).table
    needed = table.fontMetrics().horizontalAdvance("resisted")
    assert table.columnWidth(1) > needed, (table.columnWidth(0), table.columnWidth(1))
    assert table.item(0, 0).toolTip() == names[1]


def test_while_it_runs_its_steps_are_said(side: MapTabs) -> None:
    side.on_message(map_state.ATTACK, made.attacks(done=2, steps=4))
    tab = tab_of(side)
    assert tab.progress_label.text() == "step 2 of 4 · frame 1"
    assert tab.table.item(1, 1).toolTip() == "resisted, so far"


def test_an_attack_that_only_passed_through_another_class_was_resisted_in_the_end() -> None:
    found = made.attacks()
    path = replace(found.paths[1], flipped=1)
    assert attack.outcome(found, path) == "resisted in the end"


def test_the_chosen_row_shows_its_pictures_and_stays_chosen(side: MapTabs) -> None:
    side.on_message(map_state.ATTACK, made.attacks())
    tab = tab_of(side)
    assert [tile.text for tile in tab.pictures.tiles] == ["cat", "now dog", "± .04"]
    assert (tab.pictures.tiles[2].pixels[0, 0] == 255).all()  # signed: gray is zero
    tab.table.selectRow(1)
    assert [tile.text for tile in tab.pictures.tiles] == ["cat", "now cat", "± .03"]
    assert (tab.pictures.tiles[2].pixels[0, 0] < 2).all()
    assert tab.note.text() == (
        "towards ship: resisted, no pixel changed by more than .03 (the steps allow .04)."
    )
    side.on_message(map_state.ATTACK, made.attacks())
    assert tab.table.currentRow() == 1
    assert tab.curve.curves.chosen == 1
    side.on_message(map_state.ATTACK, replace(made.attacks(), paths=made.attacks().paths[::-1]))
    assert tab.curve.curves.chosen == 0  # ship stands first now


def test_the_paths_are_drawn_on_the_small_map(side: MapTabs) -> None:
    side.on_message(map_state.ATTACK, made.attacks())
    view = tab_of(side).map
    assert [trail.strong for trail in view.scene.polylines] == [False, True]
    assert view.scene.rings == ((0.0, -2.0),)  # half way from cat to dog
    at = view.points(np.array([[1.2, -2.0]])).round().astype(int)[0]
    near = [view.grab().toImage().pixelColor(int(at[0]), int(at[1]) + k) for k in (-1, 0, 1)]
    wanted = QColor(*generate_class_colors(3)[1].tolist())
    assert any(abs(c.red() - wanted.red()) + abs(c.blue() - wanted.blue()) < 60 for c in near)


def test_what_must_be_known_of_an_attack_is_said(side: MapTabs) -> None:
    side.on_message(map_state.ATTACK, replace(made.attacks(), message="It begins at dog."))
    assert tab_of(side).note.text().endswith("It begins at dog.")


def test_without_an_estimate_there_are_words_for_the_curve(side: MapTabs) -> None:
    paths = tuple(replace(path, expected={}) for path in made.attacks().paths)
    side.on_message(map_state.ATTACK, replace(made.attacks(), paths=paths))
    assert tab_of(side).curve.curves is None
    assert tab_of(side).curve.message


def test_the_curve_marks_the_line_and_the_flip(qtbot: QtBot) -> None:
    curve = AttackCurve()
    qtbot.addWidget(curve)
    curve.resize(300, 120)
    line = np.linspace(-6, -2, 11, dtype=np.float32)
    plain = AttackCurves((line,), ((0, 200, 0),), 0, 10)
    curve.show_curves(plain)
    low, high = curve.extent()
    assert low < -6
    assert high > -2
    before = curve.grab().toImage()
    curve.show_curves(replace(plain, alarm=-4.0, flipped=5))
    after = curve.grab().toImage()
    changed = [
        QPoint(x, y)
        for x in range(after.width())
        for y in range(after.height())
        if before.pixel(x, y) != after.pixel(x, y)
    ]
    middle = (40 + 298) / 2
    assert sum(abs(p.x() - middle) < 12 for p in changed) > 20  # the upright one
    assert len({p.x() for p in changed}) > 80  # the dashed one
    curve.show_curves(AttackCurves((line[:1],), ((0, 200, 0),), 0, 10, alarm=5.0))
    assert curve.extent()[1] > 5  # the line is always seen
