"""The loss as a slider's track: where its points and its handle lie, and what a drag chooses."""

import math

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.training.loss_track import LossTrack, curve_points, nearest_moment
from helpers.strips import life_info
from helpers.training_panel import (  # noqa: F401 (fixtures)
    Rig,
    rig_fixture,
    stood,
)

CURVE = ((0.0, 1.0), (25.0, 0.1), (50.0, math.nan), (75.0, 0.0), (100.0, 0.01))


def test_the_points_of_a_curve_are_on_a_log_scale_without_what_has_no_log() -> None:
    points = curve_points(CURVE, 100)
    assert points[:, 0].tolist() == [0, 0.25, 1]
    assert points[:, 1] == pytest.approx([0, 0.5, 1])  # two decades, y downwards
    assert curve_points((), 100).shape == (0, 2)


def test_the_nearest_moment_is_that_of_the_smallest_distance() -> None:
    steps = (0, 25, 425, 1350)
    for fraction in np.linspace(0, 1, 41):
        distances = [abs(step / 1350 - fraction) for step in steps]
        assert distances[nearest_moment(steps, float(fraction))] == pytest.approx(min(distances))
    assert nearest_moment((), 0.5) == -1


def test_a_drag_goes_to_moments_and_the_handle_lies_on_the_curve(qtbot: QtBot) -> None:
    track = LossTrack()
    qtbot.addWidget(track)
    track.resize(412, 60)
    track.show_curve(CURVE, (0, 25, 100), 2)
    plot = track.plot()
    handle = track.handle()
    assert handle is not None
    assert (handle.x(), handle.y()) == pytest.approx((plot.right(), plot.bottom()))
    chosen: list[int] = []
    track.chosen.connect(chosen.append)
    middle = QPoint(round(plot.left() + 0.3 * plot.width()), 30)
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=middle)
    assert chosen == [1]
    handle = track.handle()
    assert handle is not None
    assert handle.y() == pytest.approx(plot.center().y(), abs=1)
    track.show_curve(())
    track.grab()
    assert track.handle() is None


def test_a_card_shows_a_stopped_training_and_goes_on_with_it(rig: Rig) -> None:
    form = rig.panel
    form.set_compact(True)
    rig.answer(None)
    assert not form.row.go_on.isVisible()
    rig.answer(stood(474))
    assert form.row.go_on.text() == "Go on from step 474"
    assert "stands at step 474" in form.row.label.text()
    assert form.row.track.curve[-1][0] == 474
    rig.press(form.row.go_on)
    assert "--restart" not in rig.made[-1].args
    rig.look(500)
    assert not form.row.go_on.isVisible()
    assert form.row.track.curve[-1][0] == 500


def test_a_card_goes_to_the_moments_of_the_network_that_runs(rig: Rig) -> None:
    form = rig.panel
    form.set_compact(True)
    form.show_info(life_info(snapshots=(0, 25, 100), losses=((0, 1.0), (100, 0.01))))
    assert form.row.track.moment == 2
    form.row.track.chosen.emit(1)
    assert form.session.state.steps.moment == 1
    assert form.row.label.text() == "Training: step 25 of 100."
    form.row.track.chosen.emit(2)
    assert form.session.state.steps.moment == -1
