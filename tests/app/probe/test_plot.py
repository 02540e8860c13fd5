"""The drawing of tuning curves: where points lie, and what is on the screen."""

from typing import Any

import numpy as np
import pytest

from dnnvis.app.probe.plot import TuningPlot, polar_points
from dnnvis.app.probe.text import describe_curve
from dnnvis.core.probing.tuning import TuningAxis, TuningCurve


def curve(name: str, period: float, values: tuple[float, ...], responses: Any) -> TuningCurve:
    axes = (TuningAxis(name, values, "degrees", period),)
    array = np.array(responses, np.float32)[:, None]
    preferred = np.full((8, 8, 3), 200, np.uint8)
    return TuningCurve("hues", "c[0]", axes, array, 0.0, preferred=preferred)


def test_an_angle_is_drawn_as_its_stripe_lies_on_both_sides() -> None:
    angles = curve("angle", 180, (0.0, 45.0, 90.0), [1, 0, 2])
    points = polar_points(angles, angles.responses[:, 0], 0, 2)
    np.testing.assert_allclose(points[0], (0.5, 0), atol=1e-9)  # horizontal
    np.testing.assert_allclose(points[2], (0, -1), atol=1e-9)  # upright, y downwards
    np.testing.assert_allclose(points[3], (-0.5, 0), atol=1e-9)
    np.testing.assert_allclose(points[6], points[0])  # closed


def test_what_is_not_known_yet_is_left_out() -> None:
    some = curve("hue", 360, (0.0, 90.0, 180.0, 270.0), [1, np.nan, 3, np.nan])
    points = polar_points(some, some.responses[:, 0], 0, 4)
    assert np.isfinite(points).all()
    assert len(points) == 3
    none = polar_points(some, np.full(4, np.nan), 0, 4)
    assert len(none) == 0


def test_a_hue_is_drawn_once_around() -> None:
    hues = curve("hue", 360, (0.0, 90.0, 180.0, 270.0), [1, 2, 3, 4])
    points = polar_points(hues, hues.responses[:, 0], 0, 4)
    assert len(points) == 5
    np.testing.assert_allclose(points[3], (0, 1), atol=1e-9)


@pytest.mark.parametrize("period", [0.0, 180.0, 360.0])
def test_a_curve_is_painted_and_a_message_where_there_is_none(qtbot: Any, period: float) -> None:
    plot = TuningPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 240)
    plot.show_curve(None, "nothing yet")
    empty = plot.grab().toImage()
    shown = curve("angle", period, (0.0, 45.0, 90.0, 135.0), [1, 3, 2, np.nan])
    plot.show_curve(shown)
    drawn = plot.grab().toImage()
    assert drawn != empty
    assert drawn.pixelColor(280, 20).red() == 200  # the picture that it responds to most
    assert "most for angle 45°" in plot.accessibleDescription()


def test_a_unit_that_responds_to_all_alike_gets_a_sentence_and_no_circle(qtbot: Any) -> None:
    plot = TuningPlot()
    qtbot.addWidget(plot)
    flat = curve("angle", 180, (0.0, 45.0, 90.0, 135.0), [0, 0, 0, np.nan])
    plot.show_curve(flat)
    assert "responds to all of these pictures alike so far: 0" in plot.accessibleDescription()
    plot.grab()
    assert plot.message == plot.accessibleDescription()
    assert describe_curve(curve("hue", 360, (0.0, 90.0), [1, 3])).startswith("most for hue 90°: 3")
