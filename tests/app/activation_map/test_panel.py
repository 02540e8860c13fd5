"""The map panel with maps made by hand: words, choices, legend, another map."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.callbacks import MapCallbacks
from dnnvis.app.activation_map.legend import ClassList
from dnnvis.app.activation_map.panel import MapPanel
from dnnvis.core.activation_map import Attacks, FramePosition, MapData, SelectedExamples
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Failure, SecondLive
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.comparison import second_network
from dnnvis.session.map_state import MAP, MAP_DATA, MapChoice
from dnnvis.session.session import Session
from helpers.live_frames import make_live
from helpers.map_data import PLACES, cloud_of_many, here_at, small_cloud
from helpers.map_panels import (  # noqa: F401 (fixtures)
    INFO,
    asked_of_a_map,
    chosen,
    panel_of_a_map,
    session_of_a_map,
    told,
    with_map,
)


def test_without_a_map_the_panel_says_why_and_how_to_get_one(qtbot: QtBot, panel: MapPanel) -> None:
    assert panel.message.text() == text.NO_FRAME
    assert panel.fit.isVisible()
    panel.on_message("live", make_live())
    assert panel.message.text() == text.READING
    assert not panel.fit.isVisible()
    panel.on_message(MAP_DATA, Failure("The cat sat on the map.", kind="BadInput"))
    assert panel.message.text() == "The cat sat on the map."
    assert panel.message.isVisible()
    with qtbot.waitSignal(panel.fit_requested, timeout=1000):
        panel.fit.click()
    panel.on_message(MAP_DATA, MapData(message="There is no map of toy yet."))
    assert panel.message.text() == "There is no map of toy yet."
    assert panel.fit.isVisible()
    with qtbot.waitSignal(panel.example_requested, timeout=1000):
        panel.empty_state.example.click()
    panel.on_message(MAP_DATA, MapData())
    assert panel.message.text() == "This map holds no examples."
    panel.show_info(None)
    assert panel.message.text().startswith("Opening ")
    assert not panel.fit.isVisible()


def test_a_map_takes_the_place_of_the_words_until_another_network_runs(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    assert panel.canvas.isVisible()
    assert not panel.message.isVisible()
    assert "6 examples" in panel.about.text()
    assert "Two seeds" in panel.about.text()
    of_map = {"picked": (1,), "off": (0,), "data": "/d", "attack_run": 4, "projection": "umap"}
    session.update(map=replace(chosen(session), **of_map))
    panel.show_info(replace(INFO, name="other"))
    assert panel.message.isVisible()
    assert panel.message.text() == text.NO_FRAME
    assert chosen(session) == MapChoice(shown=True, tab="errors")  # all that was of that map
    with qtbot.waitSignal(panel.tools.fit_requested, timeout=1000):
        panel.tools.fit.click()


def test_boards_of_another_size_leave_the_map_where_it_is(qtbot: QtBot, panel: MapPanel) -> None:
    with_map(qtbot, panel)
    panel.show_info(replace(INFO, size=(9, 9)))
    assert panel.map_data is not None
    assert panel.canvas.isVisible()


def test_a_place_that_came_before_its_map_is_shown_with_it(qtbot: QtBot, panel: MapPanel) -> None:
    """Of a still picture the place comes once, and may come first."""
    here = here_at(PLACES[0])
    panel.on_message(MAP, here)
    assert panel.canvas.frame_position is None
    with_map(qtbot, panel)
    assert panel.canvas.frame_position is here


def test_what_is_expected_of_the_frame_is_said_by_both_estimates(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    assert panel.line.text() == text.POSITION_PENDING
    told(qtbot, panel, here_at((0.5, 0.2), alarms={"2d": False, "rich": True}))
    assert panel.line.text() == (
        "expected log₁₀ error −3.2 (2-d: field), −4.7 (richer) · "
        "above the 5 % false-alarm line (richer) · taken for “dog” · 1 − max probability 0.250"
    )
    session.update(map=replace(chosen(session), kind="rich", colour="expected"))
    assert "−3.2 (2-d: field), −4.7 (richer: dots)" in panel.line.text()
    session.update(map=replace(chosen(session), kind="2d"))
    assert "−3.2 (2-d: field and dots), −4.7 (richer)" in panel.line.text()
    session.update(map=replace(chosen(session), field=False, colour="class"))
    assert "−3.2 (2-d), −4.7 (richer)" in panel.line.text()
    told(qtbot, panel, here_at((0.5, 1.8), empty=True))
    assert text.NO_EXAMPLES_THERE in panel.line.text()
    told(qtbot, panel, here_at((0.5, 1.8), expected={}))
    assert "no estimate of the error" in panel.line.text()
    told(qtbot, panel, Failure("The activations are not finite."))
    assert panel.line.text() == "The activations are not finite."
    assert panel.canvas.frame_position is None
    assert panel.canvas.isVisible()


def test_a_place_under_another_projection_is_not_drawn(qtbot: QtBot, panel: MapPanel) -> None:
    with_map(qtbot, panel)
    told(qtbot, panel, here_at((0.5, 0.2), projection="pca"))
    assert panel.canvas.frame_position is None
    told(qtbot, panel, here_at((0.5, 0.2)))
    assert panel.canvas.frame_position is not None


def test_a_dot_under_the_mouse_is_told(qtbot: QtBot, panel: MapPanel) -> None:
    with_map(qtbot, panel)
    told: list[str] = []
    panel.hovered.connect(told.append)
    qtbot.mouseMove(panel.canvas, panel.canvas.point_of(PLACES[2]).toPoint())
    qtbot.waitUntil(lambda: len(told) > 0, timeout=2000)
    words = "example 102 (test) · “dog” · taken for “cat” · log₁₀ error −0.5 · expected −2.0 (2-d)"
    assert told[-1] == panel.about.text() == words
    panel.canvas.leaveEvent(None)
    assert told[-1] == ""
    assert "6 examples" in panel.about.text()


def test_dots_of_many_steps_and_without_a_class_are_told() -> None:
    cloud = small_cloud(rows_each=3, step=np.array([0, 1, 2, 0, 1, 2]))
    assert text.dot(cloud, 4, "none") == (
        "example 104 · step 1 of 0 to 2 · no class · taken for “dog” · log₁₀ error not known"
    )
    assert "right" in text.dot(cloud, 0, "2d")
    assert text.about(cloud).startswith("2 examples, 3 steps each")


def test_the_tools_change_the_state_and_follow_it(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    tools = panel.tools
    assert not tools.colour.isEnabled()
    with_map(qtbot, panel, small_cloud(projections=("map", "pca")))
    for combo, name, value in (
        (tools.colour, "colour", "expected"),
        (tools.kind, "kind", "rich"),
        (tools.projection, "projection", "pca"),
        (tools.part, "part", "test"),
    ):
        combo.setCurrentIndex(combo.findData(value))
        combo.activated.emit(combo.currentIndex())
        assert getattr(chosen(session), name) == value
    tools.field.click()
    tools.trail.click()
    assert not chosen(session).field
    assert not chosen(session).trail
    session.update(map=replace(MapChoice(shown=True, tab="errors"), colour="predicted"))
    assert tools.colour.currentData() == "predicted"
    assert tools.kind.currentData() == "2d"
    assert tools.field.isChecked()
    assert tools.trail.isChecked()
    tools.line.click()
    assert panel.canvas.lassoing
    assert tools.projection.findData("umap") == -1
    none = np.zeros((0, 0), np.float32)
    panel.on_message(
        MAP_DATA, small_cloud(projection="pca", error_field=none, empty=none.astype(bool))
    )
    assert not tools.field.isEnabled()
    assert "own projection" in tools.field.toolTip()


def test_a_wish_is_painted_as_the_state_says(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    with qtbot.waitSignal(panel.canvas.rendered, timeout=5000) as got:
        session.update(
            map=replace(
                chosen(session), colour="error", off=(0,), part="train", field=False, picked=(1,)
            )
        )
    wish = got.args[0].request
    assert (wish.colour, wish.off, wish.part, wish.field, wish.picked) == (
        "error",
        (0,),
        "train",
        False,
        (1,),
    )


def test_the_colour_bar_stands_there_where_errors_are_coloured(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    bar = panel.legend.bar
    assert bar.isVisible()
    assert bar.texts()[0] == "0"
    assert bar.texts()[2].startswith("−")
    session.update(map=replace(chosen(session), field=False))
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5000)
    session.update(map=replace(chosen(session), colour="error"))
    qtbot.waitUntil(bar.isVisible, timeout=5000)


def test_a_click_in_the_legend_hides_a_class_and_with_shift_all_others(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    rows = panel.legend.classes
    assert rows.rows == ((0, "cat", 2), (1, "dog", 3), (-1, "no class", 1))

    def click(place: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        at = rows.box(place).center().toPoint()
        qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, held, at)

    click(1)
    assert chosen(session).off == (1,)
    click(1)
    assert chosen(session).off == ()
    click(0, Qt.KeyboardModifier.ShiftModifier)
    assert chosen(session).off == (-1, 1)
    click(0, Qt.KeyboardModifier.ShiftModifier)
    assert chosen(session).off == ()
    qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, pos=rows.rect().bottomLeft())
    assert chosen(session).off == ()
    session.update(map=replace(chosen(session), colour="predicted", part="test"))
    assert rows.rows == ((0, "cat", 1), (1, "dog", 1))


def test_a_list_of_many_classes_is_rolled(qtbot: QtBot) -> None:
    rows = ClassList()
    qtbot.addWidget(rows)
    rows.resize(100, 100)
    names = tuple(f"class {k}" for k in range(300))
    cloud = cloud_of_many(3000, 300)
    rows.show_classes(replace(cloud, classes=names), MapChoice())
    rows.show()
    assert len(rows.rows) == 300
    assert rows.row_at(rows.box(2).center()) == 2
    assert rows.box(200).top() > 100
    seen = len(rows._visible_rows())
    assert rows.more_label() == f"▾ {300 - seen} more"
    assert rows.row_at(rows.box(seen).center()) is None  # there it says so
    rows.roll(200)
    assert rows.row_at(rows.box(200).center()) == 200
    assert rows.more_label() == f"▴ 200  ▾ {100 - seen} more"
    rows.roll(900)
    assert rows.row_at(rows.box(299).center()) == 299
    assert rows.more_label() == f"▴ {300 - seen} more"
    assert not rows.grab().isNull()
    rows.resize(100, 9000)
    assert rows.more_label() == ""
    assert rows.row_at(rows.box(0).center()) == 0


def test_classes_without_examples_are_not_listed_and_the_networks_names_count(
    qtbot: QtBot,
) -> None:
    rows = ClassList()
    qtbot.addWidget(rows)
    rows.show_classes(small_cloud(classes=tuple(f"c{k}" for k in range(1000))), MapChoice())
    assert rows.rows == ((0, "c0", 2), (1, "c1", 3), (-1, "no class", 1))
    nameless = small_cloud(classes=(), labels=np.full(6, -1))
    rows.show_classes(nameless, MapChoice(colour="predicted"), ("space bar", "pier"))
    assert [name for _, name, _ in rows.rows] == ["space bar", "pier"]
    named = text.dot(nameless, 1, "2d", ("space bar", "pier"))
    assert "no class · taken for “pier”" in named
    said = here_at((0.0, 0.0))
    assert "taken for “pier”" in text.describe_frame_position(
        nameless, said, MapChoice(), ("space bar", "pier")
    )
    assert text.class_name(nameless, 7, ("space bar",)) == "class 7"


def test_hatching_and_rings_are_explained_where_they_are(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    key = panel.legend.key
    assert key.marks == ("no example", "wrong answer")
    assert key.isVisible()
    assert not key.grab().isNull()
    session.update(map=replace(chosen(session), field=False))
    assert key.marks == ("wrong answer",)
    session.update(map=replace(chosen(session), colour="expected"))
    assert key.marks == ()
    assert not key.isVisible()


def test_what_a_map_does_not_know_cannot_be_chosen(qtbot: QtBot, panel: MapPanel) -> None:
    tools = panel.tools

    def on(combo: QComboBox) -> dict[str, bool]:
        return {
            combo.itemData(k): combo.model().flags(combo.model().index(k, 0)).value & 32 > 0
            for k in range(combo.count())
        }

    with_map(qtbot, panel)
    assert all(on(tools.colour).values())
    assert all(on(tools.kind).values())
    panel.on_message(MAP_DATA, small_cloud(log_e=np.full(6, np.nan, np.float32), expected={}))
    assert on(tools.colour) == {"class": True, "predicted": True, "error": False, "expected": False}
    assert not any(on(tools.kind).values())


def test_the_line_below_says_the_seed_first(qtbot: QtBot, panel: MapPanel) -> None:
    notes = ("Two fits with different seeds give different maps.", "A note.")
    cloud = small_cloud(recipe={"map": {"seed": 3}}, notes=notes, message="No names.")
    with_map(qtbot, panel, cloud)
    assert panel.about.text() == (
        "seed 3 · another seed gives another map · 6 examples · 2 of them for testing · "
        "No names. · A note."
    )
    assert notes[0] in panel.about.tip


def test_the_trail_of_the_old_map_goes_with_it_and_late_places_are_not_drawn(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    panel.canvas.show_overlay(Attacks())
    told(qtbot, panel, here_at((0.1, 0.0)))
    told(qtbot, panel, here_at((0.2, 0.0)))
    panel.on_message(MAP_DATA, replace(panel.received, message="once more"))  # the same places
    assert len(panel.canvas.trail.points) == 2
    session.update(map=replace(chosen(session), fitted=1))
    assert panel.canvas.trail.points == []
    assert panel.canvas.overlay is None
    assert panel.canvas.frame_position is None
    assert panel.position is None
    told(qtbot, panel, here_at((0.3, 0.0)))  # late, of the old map
    of_new = here_at((0.4, 0.0), version=1)
    told(qtbot, panel, of_new)
    assert panel.canvas.frame_position is None  # the old map is still on show
    panel.on_message(MAP_DATA, small_cloud(z=PLACES * 2, version=1))
    assert panel.canvas.frame_position is of_new
    assert panel.canvas.trail.points == [pytest.approx((0.4, 0.0))]


def test_the_ways_back_are_looked_up_when_the_menu_opens_and_walked_beside_the_window(
    qtbot: QtBot, session: Session
) -> None:
    looked: list[str] = []
    went: list[tuple[str, str, str]] = []
    problems: list[Failure] = []

    def ways_back(cloud: MapData) -> tuple[str, ...]:
        looked.append(cloud.fingerprint)
        return ("previous",)

    def back_to(cloud: MapData, which: str) -> None:
        went.append((cloud.fingerprint, which, threading.current_thread().name))
        if which == "bundled":
            raise BadInput("There is none.")

    panel = MapPanel(
        session,
        MapCallbacks(report_problem=problems.append, available_backups=ways_back, restore=back_to),
    )
    qtbot.addWidget(panel)
    session.listen(panel.show_state)
    panel.show()
    panel.show_info(INFO)
    with_map(qtbot, panel, small_cloud(fingerprint="f00"))
    tools = panel.tools
    assert looked == []
    assert not any(action.isEnabled() for action in tools.backup_actions.values())
    tools.fit.menu().aboutToShow.emit()
    assert looked == ["f00"]
    assert tools.backup_actions["previous"].isEnabled()
    assert not tools.backup_actions["bundled"].isEnabled()
    session.update(map=replace(chosen(session), picked=(1,), data="/gone"))
    tools.backup_actions["previous"].trigger()
    qtbot.waitUntil(lambda: chosen(session).fitted == 1, timeout=5000)
    assert went == [("f00", "previous", "dnnvis-map")]
    assert chosen(session).picked == ()
    assert chosen(session).data == ""
    panel.restore_map("bundled")
    qtbot.waitUntil(lambda: len(problems) == 1, timeout=5000)
    assert problems[0].sentence == "There is none."
    assert chosen(session).fitted == 1
    panel.close()


def test_a_map_without_classes_is_colored_by_what_the_network_says(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel, small_cloud(labels=np.full(6, -1)))
    assert session.state.map.colour == "class"  # what was chosen stays chosen
    assert panel.tools.colour.currentData() == "predicted"
    assert panel.canvas.choice.colour == "predicted"
    assert [name for _, name, _ in panel.legend.classes.rows][:2] == ["cat", "dog"]
    with_map(qtbot, panel)
    assert panel.canvas.choice.colour == "class"


def test_what_a_map_says_is_said_once(qtbot: QtBot, panel: MapPanel) -> None:
    sentence = "This map has no classes and no expected error."
    with_map(qtbot, panel, small_cloud(message=sentence, notes=(sentence, "Another note.")))
    assert panel.about.text().count(sentence) == 1
    assert panel.about.tip.count(sentence) == 1
    assert "Another note." in panel.about.text()


def test_in_a_card_the_legend_lies_over_the_map_and_closes_with_a_click(
    qtbot: QtBot, panel: MapPanel
) -> None:
    panel.set_compact(True)
    with_map(qtbot, panel)
    box = panel.legend_box
    assert box.isVisible()
    assert panel.canvas.plot().contains(QRectF(box.geometry()))
    assert box.is_open
    large = box.height()
    box.toggle.click()
    assert not box.is_open
    assert box.height() < large
    panel.set_compact(False)
    assert not box.isVisible()
    assert panel.legend.isVisible()


def test_neighbors_are_those_of_the_frame_while_the_mouse_is_elsewhere(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    session.update(map=replace(session.state.map, tab="selected"))
    with_map(qtbot, panel)
    told(qtbot, panel, here_at((1.5, -1.0)))
    panel._point_timer.timeout.emit()
    assert session.state.map.place == (1.5, -1.0)
    panel.canvas.point_hovered.emit((0.25, 0.5))
    assert session.state.map.place == (0.25, 0.5)
    panel.canvas.point_hovered.emit(())
    assert session.state.map.place == ()
    panel._point_timer.timeout.emit()
    assert session.state.map.place == (1.5, -1.0)


def test_pictures_are_asked_for_where_there_is_room(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    qtbot.waitUntil(lambda: len(session.state.map.seen) == 6, timeout=5000)
    thumbs = np.full((6, 8, 8, 3), 200, np.uint8)
    rows = np.array(session.state.map.seen)
    panel.on_message("map pictures", SelectedExamples(rows=rows, thumbs=thumbs))
    panel.canvas.grab()
    assert len(panel.canvas.pictures._find(panel.canvas.shown.dots)) == 6
    session.update(map=replace(session.state.map, pictures=False))
    assert panel.canvas.pictures.rows == ()


def test_what_is_picked_is_given_up_once(qtbot: QtBot, panel: MapPanel, session: Session) -> None:
    with_map(qtbot, panel)
    assert not panel.drop_picks()
    panel.pick((1, 2))
    assert panel.drop_picks()
    assert session.state.map.picked == ()
    assert not panel.drop_picks()


def show_second(panel: MapPanel, second: SecondLive | None) -> None:
    panel.on_message("live", replace(make_live(), second=second))


def test_the_second_networks_cross_has_its_own_color_and_a_legend(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    told(qtbot, panel, here_at((-1.0, 0.0)))
    assert not panel.tools.second.isVisible()
    session.update(second=NetworkChoice(net="other"))
    assert panel.tools.second.isVisible()
    there = replace(here_at((1.0, 0.4)), network="other")
    show_second(panel, SecondLive(142, "other", position=there))
    canvas = panel.canvas
    assert canvas.second_position is there
    assert panel.crosses.isVisible()
    assert panel.crosses.text() == (
        "White cross +: toy; green cross ×: other, as if its units were those of toy"
    )
    image = canvas.grab().toImage()
    arm = canvas.point_of((1.0, 0.4)).toPoint()
    color = image.pixelColor(arm.x() + 4, arm.y() + 4)  # its arms lie aslant
    assert color.green() > 1.4 * color.red()
    assert color.green() > 1.4 * color.blue()
    own = canvas.point_of((-1.0, 0.0)).toPoint()
    white = image.pixelColor(own.x() + 6, own.y())
    assert min(white.red(), white.green(), white.blue()) > 180

    note = "other has no place on this map"
    show_second(panel, SecondLive(143, "other", position=FramePosition(message=note)))
    assert canvas.second_position is None
    assert panel.crosses.text() == f"No second cross. {note}"
    show_second(panel, SecondLive(144, "", "The second network cannot be run: it is gone"))
    assert panel.crosses.text() == "The second network cannot be run: it is gone"
    stale = replace(there, projection="pca")  # of the map on show before
    show_second(panel, SecondLive(145, "other", position=stale))
    assert canvas.second_position is None
    show_second(panel, SecondLive(146, "other", position=there))
    show_second(panel, None)
    assert canvas.second_position is None
    assert not panel.crosses.isVisible()
    assert second_network(session.state) is not None  # the map is open
    panel.tools.second.click()
    assert not chosen(session).second
    assert second_network(session.state) is None
    show_second(panel, SecondLive(147, "other", position=there))
    assert canvas.second_position is None
