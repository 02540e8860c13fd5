"""The map on screen: what the mouse does, and who paints."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map import markers
from dnnvis.app.activation_map.markers import MAX_TRAIL_POINTS, FrameTrail
from dnnvis.app.activation_map.plot import (
    MARGIN_BOTTOM,
    MARGIN_LEFT,
    MARGIN_RIGHT,
    MARGIN_TOP,
    THREAD_NAME,
    MapPlot,
)
from dnnvis.core.activation_map import AttackPath, Attacks, Constellation
from dnnvis.core.messages import Failure
from dnnvis.session.map_state import MapChoice
from helpers.map_data import PLACES, cloud_of_many, here_at, small_cloud


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[MapPlot]:
    made = MapPlot()
    qtbot.addWidget(made)
    made.resize(400 + MARGIN_LEFT + MARGIN_RIGHT, 300 + MARGIN_TOP + MARGIN_BOTTOM)
    made.show()
    qtbot.waitExposed(made)
    made.show_map_data(small_cloud())
    qtbot.waitUntil(lambda: made.row_at(made.point_of(PLACES[0])) >= 0, timeout=5000)
    yield made
    made.close()


def point(canvas: MapPlot, place: tuple[float, float]) -> QPoint:
    return canvas.point_of(place).toPoint()


def colours(canvas: MapPlot) -> np.ndarray:
    """What is on screen (H, W, 3)."""
    image = canvas.grab().toImage().convertToFormat(canvas._image.format())
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    raw = np.frombuffer(bits, np.uint8).reshape(image.height(), -1, 4)
    return raw[:, : image.width(), 2::-1].astype(int)


def running() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == THREAD_NAME]


def test_the_picture_is_painted_away_from_the_windows_thread(qtbot: QtBot, canvas: MapPlot) -> None:
    with qtbot.waitSignal(canvas.rendered, timeout=10_000) as got:
        canvas.show_map_data(cloud_of_many(100_000))
    painted = got.args[0]
    assert painted.thread == THREAD_NAME != threading.current_thread().name
    assert len(painted.dots.rows) == 100_000
    assert painted.pixels.shape == (300, 400)


def test_another_map_at_the_same_places_is_painted_anew(qtbot: QtBot, canvas: MapPlot) -> None:
    other = small_cloud(labels=np.ones(6, np.int64))
    with qtbot.waitSignal(canvas.rendered, timeout=5000) as got:
        canvas.show_map_data(other)
    assert got.args[0].request.map_data is other


def test_the_thread_ends_with_the_panel_and_begins_again_with_it(
    qtbot: QtBot, canvas: MapPlot
) -> None:
    assert running() == [THREAD_NAME]
    canvas.hide()
    assert running() == []
    canvas.show_choice(MapChoice(colour="error"))
    assert running() == []  # nothing is painted that nobody sees
    with qtbot.waitSignal(canvas.rendered, timeout=5000) as got:
        canvas.show()
    assert got.args[0].request.colour == "error"


def test_the_nearest_dot_is_found_within_six_pixels(canvas: MapPlot) -> None:
    for row, place in enumerate(PLACES):
        at = canvas.point_of(place)
        assert canvas.row_at(at) == row
        assert canvas.row_at(at + QPointF(3, -4)) == row
        assert canvas.row_at(at + QPointF(5, 5)) == -1
    between = (canvas.point_of(PLACES[4]) + canvas.point_of(PLACES[5])) / 2
    assert canvas.row_at(between) == -1
    assert canvas.row_at(QPointF(1, 1)) == -1


def test_hidden_dots_are_not_found(qtbot: QtBot, canvas: MapPlot) -> None:
    canvas.show_choice(MapChoice(off=(1,)))
    qtbot.waitUntil(lambda: canvas.row_at(canvas.point_of(PLACES[1])) == -1, timeout=5000)
    qtbot.waitUntil(lambda: canvas.row_at(canvas.point_of(PLACES[0])) == 0, timeout=5000)


def test_a_click_picks_a_dot_and_one_beside_it_nothing(qtbot: QtBot, canvas: MapPlot) -> None:
    got: list[object] = []
    canvas.picked.connect(got.append)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, (1.5, -1.0)))
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, (0.9, -0.7)))
    assert got == [(2,)]


def drag(
    qtbot: QtBot,
    canvas: MapPlot,
    places: list[tuple[float, float]],
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    button = Qt.MouseButton.LeftButton
    qtbot.mousePress(canvas, button, held, pos=point(canvas, places[0]))
    for place in places[1:]:
        qtbot.mouseMove(canvas, point(canvas, place))
    qtbot.mouseRelease(canvas, button, held, pos=point(canvas, places[-1]))


def test_a_line_drawn_with_shift_picks_what_lies_inside(qtbot: QtBot, canvas: MapPlot) -> None:
    around = [(-0.3, 0.3), (0.7, 0.3), (1.7, -0.8), (1.7, -1.2), (-0.3, -0.3)]
    with qtbot.waitSignal(canvas.picked, timeout=5000) as got:
        drag(qtbot, canvas, around, Qt.KeyboardModifier.ShiftModifier)
    assert got.args[0] == (2, 4, 5)
    view = canvas.view
    canvas.lassoing = True
    with qtbot.waitSignal(canvas.picked, timeout=5000) as got:
        drag(qtbot, canvas, [(-1.7, 1.2), (1.7, 1.2), (1.7, 0.8), (-1.7, 0.8)])
    assert got.args[0] == (0, 1)
    assert canvas.view == view  # a line moves nothing
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor  # the next drag draws, too


def test_a_drag_moves_the_map_and_picks_nothing(qtbot: QtBot, canvas: MapPlot) -> None:
    got: list[object] = []
    canvas.picked.connect(got.append)
    before = canvas.point_of((0.5, 0.0))
    drag(qtbot, canvas, [(0.0, 0.0), (0.2, 0.1), (0.5, 0.5)])
    moved = canvas.point_of((0.5, 0.0)) - before
    assert moved.x() > 30
    assert moved.y() < -30
    assert got == []


def test_the_wheel_comes_closer_about_the_mouse_and_0_shows_all(
    qtbot: QtBot, canvas: MapPlot
) -> None:
    whole, at = canvas.view, canvas.point_of((1.5, 1.0))
    turned = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        QPoint(0, 0),
        QPoint(0, 600),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, turned)
    assert canvas.view.scale > 2 * whole.scale
    assert (canvas.point_of((1.5, 1.0)) - at).manhattanLength() < 0.01
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.view == whole
    canvas.zoom(1e9)
    canvas.zoom(1e9)
    assert np.isfinite(canvas.view.scale)
    assert canvas.view.scale <= whole.scale * 2.1e5
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert canvas.view == whole
    canvas.zoom(1e-9)
    assert canvas.view.scale == pytest.approx(whole.scale / 4)


def test_while_another_picture_is_painted_the_last_one_moves_along(
    canvas: MapPlot,
) -> None:
    """No event is handled between the zoom and the look: the new picture cannot be there."""
    before = canvas.shown
    target = tuple(
        int(v) for v in colours(canvas)[point(canvas, PLACES[5]).y(), point(canvas, PLACES[5]).x()]
    )
    canvas.zoom(1.5, canvas.point_of((0, 0)))
    canvas.zoom(0.9, canvas.point_of((0, 0)))
    seen, at = colours(canvas), point(canvas, PLACES[5])
    assert canvas.shown is before
    near = seen[at.y() - 3 : at.y() + 4, at.x() - 3 : at.x() + 4].reshape(-1, 3)
    assert np.abs(near - target).sum(1).min() < 30


def test_the_cross_moves_with_the_frame(canvas: MapPlot) -> None:
    plain = colours(canvas)
    for place in ((-0.8, -0.4), (0.9, -0.6)):
        canvas.show_frame_position(here_at(place))
        changed = np.abs(colours(canvas) - plain).sum(2) > 60
        canvas.clear_trail()
        rows, columns = np.nonzero(changed)
        assert (np.median(columns), np.median(rows)) == pytest.approx(
            (canvas.point_of(place).x(), canvas.point_of(place).y()), abs=1.5
        )
    canvas.show_frame_position(None)
    assert (colours(canvas) == plain).all()


def test_a_frame_beyond_the_edge_is_an_arrow_there(canvas: MapPlot) -> None:
    plain = colours(canvas)
    canvas.show_frame_position(here_at((50.0, 0.0)))
    rows, columns = np.nonzero(np.abs(colours(canvas) - plain).sum(2) > 60)
    assert columns.min() > MARGIN_LEFT + 400 - 20
    assert columns.max() < MARGIN_LEFT + 400
    assert abs(np.median(rows) - canvas.point_of((0, 0)).y()) < 3


def test_steps_of_a_recurrent_network_are_a_numbered_line(canvas: MapPlot) -> None:
    plain = colours(canvas)
    canvas.show_frame_position(here_at((-1.0, -0.5), (0.0, -0.5), (1.0, -0.5)))
    canvas.clear_trail()
    changed = np.abs(colours(canvas) - plain).sum(2) > 60
    for x in (-0.5, 0.4):  # on the line, between its places
        assert changed[point(canvas, (x, -0.5)).y(), point(canvas, (x, -0.5)).x()]
    assert not changed[:, : point(canvas, (-1.2, 0)).x()].any()


def test_the_trail_fades_and_ends() -> None:
    trail = FrameTrail([])
    for k in range(200):
        trail.add((k, 0.0))
        trail.add((k, 0.0))  # a frame that stands still adds nothing
    trail.add((np.nan, 1.0))
    assert len(trail.points) == MAX_TRAIL_POINTS
    assert trail.points[-1] == (199, 0)
    strengths = trail.strengths()
    assert strengths == sorted(strengths)
    assert strengths[-1] == 1
    assert 0 < strengths[0] < 0.02


def test_the_trail_is_drawn_where_it_is_wanted(canvas: MapPlot) -> None:
    plain = colours(canvas)
    canvas.show_frame_position(here_at((-1.0, -1.2)))
    canvas.show_frame_position(here_at((1.0, -1.2)))
    at = point(canvas, (0.0, -1.2))
    line = np.abs(colours(canvas) - plain)[at.y() - 2 : at.y() + 3, at.x()]
    assert line.sum() > 60
    canvas.show_choice(MapChoice(trail=False))
    assert np.abs(colours(canvas) - plain)[at.y() - 2 : at.y() + 3, at.x()].sum() == 0


def test_the_mouse_tells_dot_and_place_now_and_then_and_takes_it_back(
    qtbot: QtBot, canvas: MapPlot
) -> None:
    rows: list[int] = []
    places: list[tuple[float, ...]] = []
    canvas.hovered.connect(rows.append)
    canvas.point_hovered.connect(places.append)
    for place in ((1.0, 0.9), (1.2, 0.95), (1.5, 1.0)):
        qtbot.mouseMove(canvas, point(canvas, place))
    qtbot.waitUntil(lambda: len(rows) > 0, timeout=2000)
    assert rows == [1]
    assert len(places) == 1
    assert places[0] == pytest.approx((1.5, 1.0), abs=0.02)
    canvas.leaveEvent(None)
    assert rows[-1] == -1
    assert places[-1] == ()


def test_escape_gives_up_what_was_picked_and_nothing_else(qtbot: QtBot, canvas: MapPlot) -> None:
    got: list[object] = []
    canvas.picked.connect(got.append)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert got == []  # the window's own Escape
    canvas.show_choice(MapChoice(picked=(2,)))
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert got == [()]


def test_noise_and_attacks_are_drawn_while_their_tab_is_open(canvas: MapPlot) -> None:
    canvas.show_choice(MapChoice(tab="pattern"))
    plain = colours(canvas)
    z = np.array([[-0.5, -0.6], [-0.4, -0.9]], np.float32)
    canvas.show_overlay(
        Constellation(centre=np.array([-1.0, -0.5], np.float32), z=z, predicted=np.array([0, 1]))
    )
    assert (colours(canvas) == plain).all()
    canvas.show_choice(MapChoice(tab="noise"))
    at = point(canvas, (-0.4, -0.9))
    assert np.abs(colours(canvas) - plain)[at.y(), at.x()].sum() > 60
    nothing = np.zeros((1, 1, 1))
    path = AttackPath(
        1,
        z,
        {},
        np.array([0, 1]),
        "target reached",
        1,
        1,
        -1,
        -1,
        0,
        nothing.astype(np.uint8),
        nothing.astype(np.float32),
        0.0,
    )
    canvas.show_overlay(Attacks(paths=(path,)))
    assert (colours(canvas) == plain).all()
    canvas.show_choice(MapChoice(tab="attack"))
    assert np.abs(colours(canvas) - plain)[at.y(), at.x()].sum() > 60


def test_a_wish_that_fails_is_told_and_the_next_is_done(qtbot: QtBot, canvas: MapPlot) -> None:
    with qtbot.waitSignal(canvas.result_ready, timeout=5000) as got:
        canvas.worker.submit("bad", lambda: 1 / 0)
    assert got.args[0] == "bad"
    assert isinstance(got.args[1], Failure)
    assert "ZeroDivisionError" in got.args[1].sentence
    with qtbot.waitSignal(canvas.rendered, timeout=5000):
        canvas.refresh()


def test_numbers_of_the_axes_are_painted_with_all_and_not_with_the_cross(
    canvas: MapPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[str] = []
    for name in ("paint_ticks", "paint_frame_position"):
        paint = getattr(markers, name)

        def note(*given: Any, name: str = name, paint: Any = paint) -> None:
            painted.append(name)
            paint(*given)

        monkeypatch.setattr(markers, name, note)
    canvas.show_frame_position(here_at(PLACES[0]))
    canvas.repaint(canvas.plot().toAlignedRect())
    assert painted == ["paint_frame_position"]
    canvas.repaint()
    assert painted == ["paint_frame_position", "paint_frame_position", "paint_ticks"]
