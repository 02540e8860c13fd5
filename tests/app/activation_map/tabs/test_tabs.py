"""Each tab beside the map shows what it is told, and nothing while nobody sees it."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.tabs import errors, examples, learning, near
from dnnvis.app.activation_map.tabs import noise as noise_tab
from dnnvis.app.activation_map.tabs.base import MAP_PENDING
from dnnvis.app.activation_map.tabs.tabs import MapTabs
from dnnvis.core.activation_map import MapData, MovingMap, SelectedExamples
from dnnvis.core.messages import Failure
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.session import map_state
from helpers import map_tab_data as made
from helpers.map_tab_data import choice, choose, coloured, move


@pytest.fixture
def side(qtbot: QtBot) -> MapTabs:
    return made.open_side(qtbot)


def test_the_tab_on_show_is_the_states_both_ways(side: MapTabs) -> None:
    assert side.count() == len(map_state.TABS)
    assert side.currentWidget() is side.tabs["pattern"]
    for name in map_state.TABS:
        choose(side, tab=name)
        assert side.currentWidget() is side.tabs[name]
    side.setCurrentWidget(side.tabs["noise"])
    assert choice(side).tab == "noise"


def test_a_tab_that_is_not_seen_draws_nothing(
    side: MapTabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    for name, tab in side.tabs.items():
        monkeypatch.setattr(tab, "draw", lambda key, name=name: drawn.append(name))
    side.on_message(map_state.MAP_DATA, made.map_data())
    side.on_message(map_state.MAP, made.frame_position())
    assert set(drawn) == {"pattern"}
    drawn.clear()
    side.on_message(map_state.ATTACK, made.attacks())  # the pattern has no use for it
    side.on_message("live", object())
    assert "live" not in side.tab_data.values
    side.hide()
    side.on_message(map_state.MAP, made.frame_position())
    assert drawn == []
    choose(side, tab="errors")
    side.show()
    assert set(drawn) == {"errors"}


def test_the_place_under_the_mouse_concerns_few_tabs(
    side: MapTabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    for name, tab in side.tabs.items():
        monkeypatch.setattr(tab, "draw", lambda key, name=name: drawn.append(f"{name} {key}"))
    choose(side, tab="attack")
    drawn.clear()
    choose(side, place=(1.0, 2.0))
    side.session.update(frozen=True)
    assert drawn == []
    choose(side, tab="selected")
    drawn.clear()
    choose(side, place=(1.0, 2.5))
    assert drawn == ["selected place"]


@pytest.mark.parametrize("tab", map_state.TABS)
def test_without_a_map_each_tab_can_be_looked_at(side: MapTabs, tab: str) -> None:
    choose(side, tab=tab)
    assert not side.grab().isNull()
    side.on_message(map_state.MAP_DATA, MapData(message="This network has no map."))
    assert not side.grab().isNull()


def test_what_failed_is_said_in_the_tabs_that_need_it(side: MapTabs) -> None:
    views = {"pattern": "view", "errors": "view", "learning": "map"}
    for tab, view in views.items():
        choose(side, tab=tab)
        assert getattr(side.tabs[tab], view).message == MAP_PENDING
        side.on_message(map_state.MAP_DATA, Failure("The map cannot be read."))
        assert getattr(side.tabs[tab], view).message == "The map cannot be read."
        side.show_info(replace(made.INFO, name=tab))
    for key, tab in ((map_state.NOISE, "noise"), (map_state.ATTACK, "attack")):
        choose(side, tab=tab)
        side.on_message(key, Failure(f"No {tab}."))
    assert side.tabs["attack"].empty.text() == "No attack."
    choose(side, tab="noise")
    assert side.tabs["noise"].own.map.message == "No noise."


def test_another_network_makes_all_be_forgotten(side: MapTabs, qtbot: QtBot) -> None:
    side.on_message(map_state.MAP_DATA, made.map_data())
    side.on_message(map_state.ATTACK, made.attacks())
    with qtbot.waitSignal(side.attacks_changed):
        side.show_info(replace(made.INFO, name="another"))
    assert side.attacks is None
    assert side.tab_data.map_data is None
    assert side.tabs["pattern"].view.message == MAP_PENDING


def test_pictures_of_another_size_do_not_make_the_map_be_forgotten(side: MapTabs) -> None:
    side.on_message(map_state.MAP_DATA, made.map_data())
    side.show_info(replace(made.INFO, size=(20, 20)))
    assert side.tab_data.map_data is not None
    assert side.tab_data.info.size == (20, 20)
    side.show_info(replace(made.INFO, choice="another checkpoint"))
    assert side.tab_data.map_data is None
    side.on_message(map_state.MAP_DATA, made.map_data())
    side.show_info(replace(made.INFO, choice="another checkpoint", name="toy at step 0"))
    assert side.tab_data.map_data is not None


def test_the_violins_are_of_the_kind_that_is_chosen(side: MapTabs) -> None:
    choose(side, tab="errors")
    side.on_message(map_state.MAP_DATA, made.map_data())
    tab = side.tabs["errors"]
    assert isinstance(tab, errors.ErrorsTab)
    assert [v.wrong.count for v in tab.view.violins] == [3, 3, 3]
    assert tab.view.alarm_line == -3.5
    assert tab.subset.text() == "90 test examples"
    right = tab.view.violins[0].right.quartiles[1]
    tab.kind.setCurrentIndex(1)
    tab.kind.activated.emit(1)
    assert choice(side).kind == "rich"
    assert tab.view.alarm_line == -4.5
    assert tab.view.violins[0].right.quartiles[1] == pytest.approx(right - 1, abs=1e-5)
    assert tab.figures.text() == (
        "AUROC: 2-d 0.920, richer 0.955, 1 − max probability 0.951\ngap: 2-d 5.0, richer 5.1 orders"
    )
    assert "1 − max probability" in tab.one_minus_max.text()


def test_wrong_examples_stand_higher_and_to_the_right(side: MapTabs, qtbot: QtBot) -> None:
    choose(side, tab="errors")
    side.on_message(map_state.MAP_DATA, made.map_data())
    view = side.tabs["errors"].view
    image = view.grab().toImage()
    for value, colour, side_ in ((-6.0, errors.RIGHT_COLOR, -1), (-1.0, errors.WRONG_COLOR, 1)):
        pixel = image.pixelColor(round(view.center_x(1)) + side_ * 12, round(view.y_of(value)))
        wanted = QColor(colour)
        assert abs(pixel.hue() - wanted.hue()) < 12
        assert pixel.saturation() > 60
    move(qtbot, view, QPoint(round(view.center_x(1)), 40))
    assert side.tabs["errors"].hover.text().startswith("dog: right 27, median −6.")


def test_of_many_classes_those_with_most_errors_are_shown(side: MapTabs) -> None:
    choose(side, tab="errors")
    many, cloud = 3 * errors.MAX_CLASSES, made.map_data(900)
    labels = np.arange(900) % many
    said = np.where(labels == many - 2, 0, labels)
    names = tuple(f"class {k}" for k in range(many))
    side.on_message(
        map_state.MAP_DATA, replace(cloud, labels=labels, predicted=said, classes=names)
    )
    tab = side.tabs["errors"]
    assert len(tab.view.violins) == errors.MAX_CLASSES
    assert tab.view.names[0] == names[many - 2]
    assert tab.view.violins[0].right.count == 0
    assert tab.subset.text().endswith(f"the {errors.MAX_CLASSES} classes with most errors")


def test_names_and_shares_of_many_classes_do_not_overlap(side: MapTabs) -> None:
    choose(side, tab="errors")
    view = side.tabs["errors"].view
    side.on_message(map_state.MAP_DATA, made.map_data())
    few = view.plot()
    assert [share for share in view.percentages(100)] == ["90.0"] * 3
    many = 3 * errors.MAX_CLASSES
    labels = np.arange(900) % many
    names = tuple(f"a long name {k}" for k in range(many))
    cloud = replace(made.map_data(900), labels=labels, predicted=labels, classes=names)
    side.resize(300, 520)
    side.on_message(map_state.MAP_DATA, cloud)
    wide = view.plot().width() / errors.MAX_CLASSES
    line = view.fontMetrics().height()
    assert view.plot().bottom() < few.bottom() - line, "the names are turned"
    assert view.percentages(wide) == ("100",) * errors.MAX_CLASSES
    assert view.plot().height() > 60
    assert not view.grab().isNull()


def test_all_tabs_are_seen_beside_a_map_of_the_usual_width(side: MapTabs) -> None:
    side.resize(300, 520)
    bar = side.tabBar()
    assert sum(bar.tabRect(k).width() for k in range(bar.count())) <= 300


def test_a_map_without_estimates_says_so(side: MapTabs) -> None:
    choose(side, tab="errors")
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), expected={}))
    assert side.tabs["errors"].view.message.startswith("This map has no estimate")
    nothing = np.full(90, -1)
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), labels=nothing))
    assert side.tabs["errors"].view.message.startswith("Right and wrong are not known")


def noise(side: MapTabs) -> noise_tab.NoiseTab:
    choose(side, tab="noise")
    side.on_message(map_state.MAP_DATA, made.map_data())
    tab = side.tabs["noise"]
    assert isinstance(tab, noise_tab.NoiseTab)
    return tab


def test_both_constellations_are_shown_with_their_figures(side: MapTabs) -> None:
    tab = noise(side)
    assert tab.own.map.message == noise_tab.ADDING_NOISE
    side.on_message(map_state.NOISE, made.constellation())
    assert tab.own.title.text() == "toy · frame 1"
    assert tab.paired.title.text().startswith("toy sister")
    assert tab.own.figures.text() == "error rate 90.0 %\nspread .42\ndisplacement 3.90"
    assert tab.paired.figures.text().startswith("error rate 11.1 %\nspread .30")
    assert tab.own.description.text() == "seen as “dog” 18 times, “cat” 2 times"
    assert coloured(tab.own.map, generate_class_colors(3)[1]) > 50  # the copies that look like dogs
    scene = tab.own.map.scene
    assert scene.cross == (-2, -2)
    assert scene.arrow[0] == (-2, -2)
    assert scene.arrow[1] == pytest.approx(tuple(made.constellation().z.mean(0)))


def test_without_a_sister_words_say_why(side: MapTabs) -> None:
    tab = noise(side)
    side.on_message(map_state.NOISE, made.constellation(progress=0.4, sister=False))
    assert tab.paired.map.message == noise_tab.PAIRED_NETWORK_PENDING
    side.on_message(map_state.NOISE, made.constellation(sister=False))
    assert tab.own.map.scene is not None
    assert tab.paired.map.message == "It has none."


def test_the_sister_stays_until_the_next_one_is_there(side: MapTabs) -> None:
    tab = noise(side)
    side.on_message(map_state.NOISE, made.constellation(frame=1))
    before = tab.paired.map.scene
    assert before is not None
    side.on_message(map_state.NOISE, made.constellation(frame=2, progress=0.4, sister=False))
    assert tab.own.title.text().endswith("frame 2")
    assert tab.paired.title.text().endswith("frame 1")
    assert tab.paired.map.scene is not None
    side.on_message(map_state.NOISE, made.constellation(frame=3, sister=False))
    side.on_message(map_state.NOISE, made.constellation(frame=4, progress=0.4, sister=False))
    assert tab.paired.map.message == "It has none.", "that is not forgotten either"
    other = replace(made.constellation(progress=0.4, sister=False), network="another")
    side.on_message(map_state.NOISE, other)
    assert tab.paired.map.message == noise_tab.PAIRED_NETWORK_PENDING


def test_the_backdrop_is_of_the_map_itself_under_any_projection(side: MapTabs) -> None:
    tab, cloud = noise(side), made.map_data()
    side.on_message(map_state.MAP_DATA, replace(cloud, projection="pca", z=cloud.z * 50))
    side.on_message(map_state.NOISE, made.constellation())
    assert np.abs(tab.own.map.scene.backdrop).max() < 4


def test_the_slider_and_the_button_ask_for_noise(side: MapTabs) -> None:
    tab = noise(side)
    tab.sigma.setValue(55)
    assert choice(side).sigma == 0.55
    assert tab.number.text() == "sigma .55"
    tab.restart.click()
    assert choice(side).noise_run == 1
    choose(side, sigma=0.2)
    assert tab.sigma.value() == 20
    assert choice(side).sigma == 0.2


def test_following_begins_again_once_with_a_new_frame_when_one_is_done(side: MapTabs) -> None:
    tab = noise(side)
    tab.follow.setChecked(True)
    side.on_message(map_state.MAP, made.frame_position(frame=1))
    side.on_message(map_state.NOISE, made.constellation(frame=1, progress=0.5))
    side.on_message(map_state.MAP, made.frame_position(frame=2))
    assert choice(side).noise_run == 0  # not done yet
    side.on_message(map_state.NOISE, made.constellation(frame=1))
    assert choice(side).noise_run == 1
    side.on_message(map_state.MAP, made.frame_position(frame=3))
    assert choice(side).noise_run == 1  # asked already
    side.on_message(map_state.NOISE, made.constellation(frame=3))
    assert choice(side).noise_run == 1  # the frame is still the same


def test_the_learning_record_is_walked_with_a_slider(side: MapTabs) -> None:
    choose(side, tab="learning")
    side.on_message(map_state.MAP_DATA, made.map_data())
    tab = side.tabs["learning"]
    assert tab.map.message == learning.NO_SNAPSHOTS
    assert not tab.moment.isVisible()
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), record=made.history()))
    assert tab.number.text() == "step 900"
    assert tab.moment.value() == 2
    assert tab.map.scene.dots.tolist() == made.CORNERS[[0, 1, 2, 1]].tolist()
    tab.moment.setValue(1)
    assert choice(side).moment == 1
    assert tab.number.text() == "step 100"
    assert np.abs(tab.map.scene.dots).max() < 0.3
    tab.moment.setValue(2)
    assert choice(side).moment == -1  # the last one, whichever it is


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "kept no moments"),
        ({"snapshots": (0, 9)}, "ticked"),
        ({"snapshots": (0, 9), "binary": True}, "of a network of boards none is made"),
    ],
)
def test_why_there_is_no_learning_record_is_said(
    side: MapTabs, changes: dict[str, object], words: str
) -> None:
    choose(side, tab="learning")
    side.show_info(replace(made.INFO, **changes))
    side.on_message(map_state.MAP_DATA, made.map_data())
    assert words in side.tabs["learning"].map.message


def test_while_a_network_learns_its_vectors_are_drawn_as_they_lie_now(side: MapTabs) -> None:
    choose(side, tab="learning")
    tab = side.tabs["learning"]
    playground = replace(side.session.state.playground, pictures=True)
    side.session.update(playground=playground)
    assert tab.map.message == MAP_PENDING
    side.on_message(map_state.MOVING, MovingMap(message="The pictures are being read ..."))
    assert "being read" in tab.map.message
    z = np.array([[0, 0], [1, 0], [0, 2]], np.float32)
    moving = MovingMap(
        z=z,
        previous=z - 1,
        labels=np.array([0, 1, -1]),
        classes=("cat", "dog"),
        unit="conv[0]",
        explained=0.75,
        kind="picture",
    )
    side.on_message(map_state.MOVING, moving)
    assert tab.map.scene.dots.tolist() == z.tolist()
    assert tab.map.scene.polylines[2].z.tolist() == [[-1, 1], [0, 2]]
    assert tab.hint.text().startswith("3 pictures in conv as the network is now")
    assert "75%" in tab.hint.text()
    side.on_message(map_state.MOVING, replace(moving, kind="position"))
    assert not tab.map.scene.polylines
    assert "places of the frame" in tab.hint.text()
    side.session.update(playground=replace(playground, pictures=False))
    assert tab.map.scene is None  # of the finished network again
    side.on_message(map_state.MOVING, moving)  # too late
    assert tab.map.scene is None


def test_lines_fade_from_gray_to_the_class_colour(side: MapTabs) -> None:
    choose(side, tab="learning", moment=0)
    side.on_message(map_state.MAP_DATA, replace(made.map_data(), record=made.history()))
    view = side.tabs["learning"].map
    start, end = view.points(np.array([[0.12, 0.12 * -1], [1.5, -1.5]])).round().astype(int)
    image = view.grab().toImage()
    assert image.pixelColor(*end.tolist()).hue() == pytest.approx(
        QColor(*generate_class_colors(3)[1].tolist()).hue(), abs=12
    )
    assert image.pixelColor(*start.tolist()).saturation() < 120


def test_picked_examples_are_shown_with_their_class_and_can_be_picked_alone(
    side: MapTabs, qtbot: QtBot
) -> None:
    choose(side, tab="selected")
    side.on_message(map_state.MAP_DATA, made.map_data())
    tab = side.tabs["selected"]
    assert tab.picked.message == examples.NONE_PICKED
    choose(side, picked=(4, 0, 8))
    assert tab.picked.message == examples.READING
    side.on_message(map_state.PICKED, made.picked(4, 0))
    assert [tile.text for tile in tab.picked.tiles] == ["dog", "cat, said dog"]
    assert tab.head.text() == "3 picked, the first 2 shown"
    spot = tab.picked.image_rect(1).center().toPoint()
    with qtbot.waitSignal(tab.chosen, timeout=1000) as got:  # the panel picks it and runs it
        qtbot.mouseClick(tab.picked, Qt.MouseButton.LeftButton, pos=spot)
    assert got.args == [(0,)]


def test_examples_without_pictures_are_named_or_the_reason_is(side: MapTabs) -> None:
    choose(side, tab="selected", picked=(1, 2))
    side.on_message(map_state.MAP_DATA, made.map_data())
    tab = side.tabs["selected"]
    side.on_message(map_state.PICKED, SelectedExamples(rows=np.array([4, 5])))
    assert tab.picked.message == "dog, ship"
    side.on_message(
        map_state.PICKED, SelectedExamples(rows=np.array([4]), message="The data is gone.")
    )
    assert tab.picked.message == "The data is gone."
    asked: list[bool] = []
    tab.pictures_requested.connect(asked.append)
    assert tab.pictures.isVisible()
    for action in tab.pictures.menu().actions():
        action.trigger()
    assert asked == [True, False]
    side.on_message(map_state.PICKED, made.picked(4, 5))
    assert not tab.pictures.isVisible()
    side.on_message(map_state.PICKED, Failure("It broke."))
    assert tab.picked.message == "It broke."


def test_what_lives_at_a_place_is_shown_with_a_warning_where_nothing_does(side: MapTabs) -> None:
    choose(side, tab="selected")
    side.on_message(map_state.MAP_DATA, made.map_data())
    tab = side.tabs["selected"]
    assert tab.near.message == near.NO_POINT
    choose(side, place=(0.5, -1.25))
    side.on_message(map_state.MAP_POINT, made.place())
    assert tab.description.text() == (
        "At (.50, −1.25): expected log₁₀ error −3.2, no example lives here, so do not trust it"
    )
    assert [tile.text for tile in tab.near.tiles] == ["cat", "dog"]
    bare = replace(made.place(), thumbs=made.place().thumbs[:0], message="Choose their folder.")
    side.on_message(map_state.MAP_POINT, bare)
    assert tab.description.tip.endswith("do not trust it\nChoose their folder.")
    tab.description.resize(2000, 20)
    assert tab.description.text().endswith("do not trust it · Choose their folder.")
    assert [tile.text for tile in tab.near.tiles] == ["cat", "dog"]
    colors = [tuple(tile.pixels[0, 0]) for tile in tab.near.tiles]
    assert colors == [tuple(c) for c in generate_class_colors(3)[:2]]
    choose(side, place=())
    assert tab.description.text() == ""
    assert not tab.near.tiles
