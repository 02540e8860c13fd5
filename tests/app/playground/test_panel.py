"""The Playground panel in parts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt

from dnnvis.app.playground.answer_view import AnswerView
from dnnvis.app.playground.loss_plot import CEILING, FLOOR, locate_losses
from dnnvis.app.playground.text import (
    describe_status,
    explain_painted,
    gather_painted,
    parse_widths,
    read_spec,
    title_units,
)
from dnnvis.core.learning.live_weights import LiveWeights
from dnnvis.core.learning.moments import EARLY_STEPS, Moment
from dnnvis.core.learning.plane_network import Mlp2dSpec
from dnnvis.core.learning.status import LearningStatus
from dnnvis.sources.plane.sets import make_plane_set


def moment(step: int, train: float, test: float) -> Moment:
    return Moment(LiveWeights(step), train, test)


def status(**changes: Any) -> LearningStatus:
    moments = (moment(0, 0.5, 0.5), moment(40, 0.1, 0.2))
    fields = {"step": 40, "moments": moments, "losses": (0.1, 0.2)}
    return LearningStatus(**{**fields, **changes})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (LearningStatus(), "The training starts ..."),
        (status(step=0), "Press Play, or Space"),
        (status(is_playing=True, speed=1234.4), "loss 0.1000 · test 0.2000 · 1,234 steps/s"),
        (status(shown=0), "learning goes on at step 40"),
        (status(warning="It has diverged."), "It has diverged."),
        (status(error="No such data.", warning="stuck"), "No such data."),
        (status(ended="The disk is full."), "The disk is full. Reset begins anew."),
    ],
)
def test_one_line_says_how_it_goes(found: LearningStatus, expected: str) -> None:
    assert expected in describe_status(found, is_on=True)


@pytest.mark.parametrize(
    ("text", "widths"),
    [("8-8", (8, 8)), ("8, 4", (8, 4)), ("0", ()), ("", ()), ("8-x", None), ("99999", None)],
)
def test_widths_are_read_as_people_write_them(text: str, widths: tuple[int, ...] | None) -> None:
    assert parse_widths(text) == widths


def test_units_are_called_by_what_they_are() -> None:
    assert title_units("features", 2, ("x", "xx")) == ("x", "x²")
    assert title_units("active1", 2, ()) == ("active1[0]", "active1[1]")
    assert title_units("answer", 1, ()) == ("answer",)
    assert read_spec("mlp-2d:3") == Mlp2dSpec((3,))
    assert read_spec("/a/b.safetensors") is None
    assert read_spec("mlp-2d:8-foo") is None  # as a state may name it


def test_losses_lie_on_logarithmic_axes() -> None:
    moments = [moment(0, CEILING, 1.0), moment(90, FLOOR, 9.0), moment(990, float("nan"), 0.0)]
    points, finite = locate_losses(moments, test=False)
    steps = np.log((np.array([0, 90, 990]) + EARLY_STEPS) / EARLY_STEPS)
    np.testing.assert_allclose(points[:, 0], steps / steps[-1])
    np.testing.assert_allclose(points[:2, 1], [0, 1], atol=1e-9)
    assert finite.tolist() == [True, True, False]
    points, _ = locate_losses(moments, test=True)
    np.testing.assert_allclose(points[1:, 1], [0, 1], atol=1e-9)  # clipped to the plot


@pytest.fixture
def view(qtbot: Any) -> Iterator[AnswerView]:
    view = AnswerView("answer")
    qtbot.addWidget(view)
    view.resize(300, 330)
    view.show_answers([(np.zeros((86, 86)), "")])
    view.show()
    yield view
    view.close()


def test_a_click_on_the_answer_is_a_place_of_its_map(view: AnswerView, qtbot: Any) -> None:
    (rect,) = view.rects()
    corner = rect.topLeft() + QPointF(1, 1)
    assert view.point_under(corner) == pytest.approx((-6, 6), abs=0.1)
    assert view.point_under(QPointF(-5, 3)) is None
    with qtbot.waitSignal(view.placed) as found:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=rect.center().toPoint())
    assert found.args == pytest.approx([42.5, 42.5], abs=1)


def test_the_mouse_paints_blue_and_right_orange(view: AnswerView, qtbot: Any) -> None:
    view.set_painting(True)
    painted: list[tuple[float, ...]] = []
    view.painted.connect(lambda *values: painted.append(values))
    start = view.rects()[0].center().toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, start + QPoint(1, 0))  # too near for a second point
    qtbot.mouseMove(view, start + QPoint(40, 0))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, start + QPoint(90, 0))  # no button is held
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=start)
    qtbot.mouseClick(view, Qt.MouseButton.MiddleButton, pos=start)  # is for neither
    assert [label for _, _, label in painted] == [1, 1, -1]
    assert painted[1][0] - painted[0][0] == pytest.approx(40 / view.rects()[0].width() * 12)


def test_the_right_button_opens_no_menu_where_it_paints(view: AnswerView) -> None:
    view.set_painting(True)
    assert view.contextMenuPolicy() == Qt.ContextMenuPolicy.PreventContextMenu
    view.set_painting(False)
    assert view.contextMenuPolicy() == Qt.ContextMenuPolicy.DefaultContextMenu


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ((), "Nothing is painted yet"),
        ((1.0, 2.0, 1.0), "Only blue"),
        ((1.0, 2.0, -1.0, 3.0, 2.0, -1.0), "Only orange"),
        ((1.0, 2.0, -1.0, 3.0, 2.0, 1.0), ""),
        ((1.0,), "Nothing is painted yet"),  # of a file that somebody changed
        ((1.0, 2.0, 1.0, 4.0), "Only blue"),
    ],
)
def test_painted_points_say_what_they_lack(points: tuple[float, ...], sentence: str) -> None:
    said = explain_painted(points)
    assert said.startswith(sentence) if sentence else said == ""
    drawn = gather_painted(points)
    assert (0 if drawn is None else len(drawn.labels)) == len(points) // 3


def test_points_are_drawn_once_and_anew_for_others(view: AnswerView) -> None:
    data = make_plane_set("circle")
    view.show_data(data, True)
    first = view._draw_points(200)
    assert view._draw_points(200) is first
    image = first.toImage()
    assert any(image.pixelColor(x, y).alpha() for x in range(0, 200, 2) for y in range(0, 200, 2))
    view.show_data(data, False)
    assert view._draw_points(200) is not first
    view.show_data(None, False)
    assert view._draw_points(200).toImage().pixelColor(100, 100).alpha() == 0


def test_two_answers_stand_side_by_side(view: AnswerView) -> None:
    view.show_answers([(np.ones((86, 86)), "before"), (np.zeros((86, 86)), "now")])
    left, right = view.rects()
    assert left.right() <= right.left()
    assert left.size() == right.size()
    assert right.right() <= view.width()


def test_an_answer_that_is_not_finite_is_not_drawn_black(view: AnswerView) -> None:
    view.show_answers([(np.full((86, 86), np.nan), "")])
    color = view.grab().toImage().pixelColor(150, 150)
    assert (color.red(), color.green(), color.blue()) == (255, 0, 255)


def test_axes_of_a_table_are_written_in_its_own_units(view: AnswerView, tmp_path: Path) -> None:
    from dnnvis.sources.plane.table import read_table

    path = tmp_path / "t.csv"
    path.write_text("width,height,kind\n0,10,cat\n1,20,dog\n2,30,cat\n1,15,dog\n")
    view.show_data(read_table(str(path)), True)
    assert view.describe_axes() == ("→ width -0.2 … 2.2, ↑ height 8 … 32; orange cat, blue dog")
    view.show_data(make_plane_set("xor"), True)
    assert view.describe_axes() == ""
