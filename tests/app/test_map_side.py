"""Each tab beside the map shows what it is told, and nothing while nobody sees it."""

from dataclasses import replace

import app_map_values as made
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app import map_errors, map_learning, map_noise, map_pattern, map_selected
from dnnvis.app.map_side import MapSide
from dnnvis.app.map_tab import NO_CLOUD, number
from dnnvis.core.mail import Failure
from dnnvis.core.mapped import Cloud, Picked
from dnnvis.core.palette import class_colours
from dnnvis.core.unit import Unit
from dnnvis.session import mapping
from dnnvis.session.session import Session
from dnnvis.session.state import State


@pytest.fixture
def side(qtbot: QtBot) -> MapSide:
    session = Session(replace(State(), map=mapping.MapChoice(shown=True)))
    side = MapSide(session)
    qtbot.addWidget(side)
    session.listen(side.show_state)
    side.resize(420, 520)
    with qtbot.waitExposed(side):
        side.show()
    side.show_info(made.INFO)
    return side


def choose(side: MapSide, **changes: object) -> None:
    side.session.update(map=replace(side.session.state.map, **changes))


def choice(side: MapSide) -> mapping.MapChoice:
    return side.session.state.map


def coloured(widget: QWidget, colour: np.ndarray, near: int = 12) -> int:
    """How many pixels of a widget have about that colour."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    pixels = np.frombuffer(bits, np.uint8).reshape(image.height(), image.width(), 4)
    apart = np.abs(pixels[:, :, 2::-1].astype(int) - np.asarray(colour, int)).max(2)
    return int((apart < near).sum())


def move(qtbot: QtBot, widget: QWidget, point: QPoint) -> None:
    """The mouse may be there already, which would be no move."""
    qtbot.mouseMove(widget, QPoint(1, 1))
    qtbot.mouseMove(widget, point)


# -- the tabs


def test_the_tab_on_show_is_the_states_both_ways(side: MapSide) -> None:
    assert side.count() == len(mapping.TABS) and side.currentWidget() is side.tabs["pattern"]
    for name in mapping.TABS:
        choose(side, tab=name)
        assert side.currentWidget() is side.tabs[name]
    side.setCurrentWidget(side.tabs["noise"])
    assert choice(side).tab == "noise"


def test_a_tab_that_is_not_seen_draws_nothing(
    side: MapSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    for name, tab in side.tabs.items():
        monkeypatch.setattr(tab, "draw", lambda key, name=name: drawn.append(name))
    side.show_mail(mapping.CLOUD, made.cloud())
    side.show_mail(mapping.MAP, made.here())
    assert set(drawn) == {"pattern"}
    drawn.clear()
    side.show_mail(mapping.ATTACK, made.attacks())  # the pattern has no use for it
    side.hide()
    side.show_mail(mapping.MAP, made.here())
    assert drawn == []
    choose(side, tab="errors")
    side.show()
    assert set(drawn) == {"errors"}


@pytest.mark.parametrize("tab", mapping.TABS)
def test_without_a_map_each_tab_can_be_looked_at(side: MapSide, tab: str) -> None:
    choose(side, tab=tab)
    assert not side.grab().isNull()
    side.show_mail(mapping.CLOUD, Cloud(words="This network has no map."))
    assert not side.grab().isNull()


def test_what_failed_is_said_in_the_tabs_that_need_it(side: MapSide) -> None:
    views = {"pattern": "view", "errors": "view", "learning": "map"}
    for tab, view in views.items():
        choose(side, tab=tab)
        assert getattr(side.tabs[tab], view).words == NO_CLOUD
        side.show_mail(mapping.CLOUD, Failure("The map cannot be read."))
        assert getattr(side.tabs[tab], view).words == "The map cannot be read."
        side.show_info(made.INFO)
    for key, tab in ((mapping.NOISE, "noise"), (mapping.ATTACK, "attack")):
        choose(side, tab=tab)
        side.show_mail(key, Failure(f"No {tab}."))
    assert side.tabs["attack"].pictures.words == "No attack."
    choose(side, tab="noise")
    assert side.tabs["noise"].own.map.words == "No noise."


def test_another_network_makes_all_be_forgotten(side: MapSide, qtbot: QtBot) -> None:
    side.show_mail(mapping.CLOUD, made.cloud())
    side.show_mail(mapping.ATTACK, made.attacks())
    with qtbot.waitSignal(side.attacked):
        side.show_info(replace(made.INFO, name="another"))
    assert side.attacks is None and side.heard.cloud is None
    assert side.tabs["pattern"].view.words == NO_CLOUD


def test_short_numbers() -> None:
    assert [number(x) for x in (0.3, -0.25, 1.256, 0.0, np.nan)] == [
        ".30", "-.25", "1.26", ".00", "unknown",
    ]  # fmt: skip


# -- units


def units(side: MapSide) -> map_pattern.PatternTab:
    choose(side, tab="pattern")
    side.show_mail(mapping.CLOUD, made.cloud())
    tab = side.tabs["pattern"]
    assert isinstance(tab, map_pattern.PatternTab)
    return tab


def test_the_units_that_a_frame_excites_are_red_in_their_class_block(side: MapSide) -> None:
    tab = units(side)
    assert tab.view.words == map_pattern.NO_FRAME
    side.show_mail(mapping.MAP, made.here(fires=1))
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
    side.show_mail(mapping.PLACE, made.place())
    assert tab.values.tolist() == [[1] * 10]


def test_the_mouse_names_a_unit_and_a_click_selects_it(side: MapSide, qtbot: QtBot) -> None:
    tab = units(side)
    side.show_mail(mapping.MAP, made.here(fires=1))
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
    side.show_mail(mapping.CLOUD, replace(made.cloud(), ways=("random", "random")))
    side.show_mail(mapping.MAP, made.here())
    spot = _spot(tab, 7)
    move(qtbot, tab.view, spot)
    assert tab.hover.text().startswith("second, projection 1")
    qtbot.mouseClick(tab.view, Qt.MouseButton.LeftButton, pos=spot)
    assert side.session.state.unit is None


def test_the_order_is_chosen_and_the_strip_is_of_the_sorted_one(side: MapSide) -> None:
    tab = units(side)
    side.show_mail(mapping.MAP, made.here())
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
    side.show_mail(mapping.CLOUD, replace(made.cloud(), rows_each=3, calls=calls))
    h = np.stack([made.here(fires=k).h[0] for k in range(3)])
    side.show_mail(mapping.MAP, replace(made.here(), h=h))
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
    side.show_mail(mapping.CLOUD, bare)
    side.show_mail(mapping.MAP, made.here())
    assert tab.view.drawn() is not None and not tab.order.isEnabled()
    choose(side, pattern="owner")
    assert tab.view.words == map_pattern.NO_CLASSES


# -- errors


def test_the_violins_are_of_the_kind_that_is_chosen(side: MapSide) -> None:
    choose(side, tab="errors")
    side.show_mail(mapping.CLOUD, made.cloud())
    tab = side.tabs["errors"]
    assert isinstance(tab, map_errors.ErrorsTab)
    assert [v.wrong.count for v in tab.view.violins] == [3, 3, 3]
    assert tab.view.line == -3.5 and tab.among.text() == "90 test examples"
    right = tab.view.violins[0].right.quarters[1]
    tab.kind.setCurrentIndex(1)
    tab.kind.activated.emit(1)
    assert choice(side).kind == "rich" and tab.view.line == -4.5
    assert tab.view.violins[0].right.quarters[1] == pytest.approx(right - 1, abs=1e-5)
    assert tab.figures.text() == (
        "AUROC: 2d 0.920, rich 0.955, 1 - max 0.951\ngap: 2d 5.0, rich 5.1 orders"
    )
    assert "1 - max" in tab.free.text()


def test_wrong_examples_stand_higher_and_to_the_right(side: MapSide, qtbot: QtBot) -> None:
    choose(side, tab="errors")
    side.show_mail(mapping.CLOUD, made.cloud())
    view = side.tabs["errors"].view
    image = view.grab().toImage()
    for value, colour, side_ in ((-6.0, map_errors.RIGHT, -1), (-1.0, map_errors.WRONG, 1)):
        pixel = image.pixelColor(round(view.middle(1)) + side_ * 12, round(view.height_of(value)))
        wanted = QColor(colour)
        assert abs(pixel.hue() - wanted.hue()) < 12 and pixel.saturation() > 60
    move(qtbot, view, QPoint(round(view.middle(1)), 40))
    assert side.tabs["errors"].hover.text().startswith("dog: right 27, median -6.")


def test_a_map_without_estimates_says_so(side: MapSide) -> None:
    choose(side, tab="errors")
    side.show_mail(mapping.CLOUD, replace(made.cloud(), expected={}))
    assert side.tabs["errors"].view.words.startswith("This map has no estimate")
    nothing = np.full(90, -1)
    side.show_mail(mapping.CLOUD, replace(made.cloud(), labels=nothing))
    assert side.tabs["errors"].view.words.startswith("Right and wrong are not known")


# -- noise


def noise(side: MapSide) -> map_noise.NoiseTab:
    choose(side, tab="noise")
    side.show_mail(mapping.CLOUD, made.cloud())
    tab = side.tabs["noise"]
    assert isinstance(tab, map_noise.NoiseTab)
    return tab


def test_both_constellations_are_shown_with_their_figures(side: MapSide) -> None:
    tab = noise(side)
    assert tab.own.map.words == map_noise.WAITING
    side.show_mail(mapping.NOISE, made.constellation())
    assert tab.own.title.text() == "toy" and tab.sister.title.text() == "toy sister"
    assert tab.own.figures.text() == "error rate 90.0 %, spread .42, displacement 3.90"
    assert tab.sister.figures.text().startswith("error rate 11.1 %, spread .30")
    assert tab.own.said.text() == "seen as dog × 18, cat × 2"
    assert coloured(tab.own.map, class_colours(3)[1]) > 50  # the copies that look like dogs
    scene = tab.own.map.scene
    assert scene.cross == (-2, -2) and scene.arrow[0] == (-2, -2)
    assert scene.arrow[1] == pytest.approx(tuple(made.constellation().z.mean(0)))


def test_without_a_sister_words_say_why(side: MapSide) -> None:
    tab = noise(side)
    side.show_mail(mapping.NOISE, made.constellation(sister=False))
    assert tab.own.map.scene is not None and tab.sister.map.words == "It has none."


def test_the_backdrop_is_of_the_map_itself_under_any_projection(side: MapSide) -> None:
    tab, cloud = noise(side), made.cloud()
    side.show_mail(mapping.CLOUD, replace(cloud, projection="pca", z=cloud.z * 50))
    side.show_mail(mapping.NOISE, made.constellation())
    assert np.abs(tab.own.map.scene.backdrop).max() < 4


def test_the_slider_and_the_button_ask_for_noise(side: MapSide) -> None:
    tab = noise(side)
    tab.sigma.setValue(55)
    assert choice(side).sigma == 0.55 and tab.number.text() == "sigma .55"
    tab.again.click()
    assert choice(side).noise_run == 1
    choose(side, sigma=0.2)
    assert tab.sigma.value() == 20 and choice(side).sigma == 0.2


def test_following_begins_again_once_with_a_new_frame_when_one_is_done(side: MapSide) -> None:
    tab = noise(side)
    tab.follow.setChecked(True)
    side.show_mail(mapping.MAP, made.here(frame=1))
    side.show_mail(mapping.NOISE, made.constellation(frame=1, progress=0.5))
    side.show_mail(mapping.MAP, made.here(frame=2))
    assert choice(side).noise_run == 0  # not done yet
    side.show_mail(mapping.NOISE, made.constellation(frame=1))
    assert choice(side).noise_run == 1
    side.show_mail(mapping.MAP, made.here(frame=3))
    assert choice(side).noise_run == 1  # asked already
    side.show_mail(mapping.NOISE, made.constellation(frame=3))
    assert choice(side).noise_run == 1  # the frame is still the same


# -- learning


def test_the_learning_record_is_walked_with_a_slider(side: MapSide) -> None:
    choose(side, tab="learning")
    side.show_mail(mapping.CLOUD, made.cloud())
    tab = side.tabs["learning"]
    assert tab.map.words == map_learning.NO_RECORD and not tab.moment.isVisible()
    side.show_mail(mapping.CLOUD, replace(made.cloud(), record=made.history()))
    assert tab.number.text() == "step 900" and tab.moment.value() == 2
    assert tab.map.scene.dots.tolist() == made.CORNERS[[0, 1, 2, 1]].tolist()
    tab.moment.setValue(1)
    assert choice(side).moment == 1 and tab.number.text() == "step 100"
    assert np.abs(tab.map.scene.dots).max() < 0.3
    tab.moment.setValue(2)
    assert choice(side).moment == -1  # the last one, whichever it is


def test_lines_fade_from_gray_to_the_class_colour(side: MapSide) -> None:
    choose(side, tab="learning", moment=0)
    side.show_mail(mapping.CLOUD, replace(made.cloud(), record=made.history()))
    view = side.tabs["learning"].map
    start, end = view.points(np.array([[0.12, 0.12 * -1], [1.5, -1.5]])).round().astype(int)
    image = view.grab().toImage()
    assert image.pixelColor(*end.tolist()).hue() == pytest.approx(
        QColor(*class_colours(3)[1].tolist()).hue(), abs=12
    )
    assert image.pixelColor(*start.tolist()).saturation() < 120


# -- examples


def test_picked_examples_are_shown_with_their_class_and_can_be_picked_alone(
    side: MapSide, qtbot: QtBot
) -> None:
    choose(side, tab="selected")
    side.show_mail(mapping.CLOUD, made.cloud())
    tab = side.tabs["selected"]
    assert tab.picked.words == map_selected.NONE_PICKED
    choose(side, picked=(4, 0, 8))
    assert tab.picked.words == map_selected.READING
    side.show_mail(mapping.PICKED, made.picked(4, 0))
    assert [tile.text for tile in tab.picked.tiles] == ["dog", "cat, said dog"]
    assert tab.head.text() == "3 picked, the first 2 shown"
    spot = tab.picked.place(1).center().toPoint()
    qtbot.mouseClick(tab.picked, Qt.MouseButton.LeftButton, pos=spot)
    assert choice(side).picked == (0,)


def test_examples_without_pictures_are_named_or_the_reason_is(side: MapSide) -> None:
    choose(side, tab="selected", picked=(1, 2))
    side.show_mail(mapping.CLOUD, made.cloud())
    tab = side.tabs["selected"]
    side.show_mail(mapping.PICKED, Picked(rows=np.array([4, 5])))
    assert tab.picked.words == "dog, ship"
    side.show_mail(mapping.PICKED, Picked(rows=np.array([4]), words="The data is gone."))
    assert tab.picked.words == "The data is gone."
    side.show_mail(mapping.PICKED, Failure("It broke."))
    assert tab.picked.words == "It broke."


def test_what_lives_at_a_place_is_shown_with_a_warning_where_nothing_does(side: MapSide) -> None:
    choose(side, tab="selected")
    side.show_mail(mapping.CLOUD, made.cloud())
    tab = side.tabs["selected"]
    assert tab.near.words == map_selected.NO_PLACE
    choose(side, place=(0.5, -1.25))
    side.show_mail(mapping.PLACE, made.place())
    assert tab.said.text() == (
        "At (.50, -1.25): expected error 10^-3.2, no example lives here, so do not trust it"
    )
    assert [tile.text for tile in tab.near.tiles] == ["cat", "dog"]
    choose(side, place=())
    assert tab.said.text() == "" and not tab.near.tiles
