"""A tuning curve's numbers: closed forms."""

import numpy as np
import pytest

from dnnvis.core.probing.tuning import TuningAxis, TuningCurve

ANGLES = tuple(float(k) * 180 / 16 for k in range(16))


def curve(responses: np.ndarray, period: float = 180.0) -> TuningCurve:
    axes = (
        TuningAxis("angle", ANGLES, "degrees", period),
        TuningAxis("width", (1.0, 2.0), "pixels"),
    )
    return TuningCurve("bars", "conv1[0]", axes, responses.astype(np.float32), 0.5)


def test_one_angle_alone_is_full_selectivity_and_all_alike_is_none() -> None:
    responses = np.zeros((16, 2))
    responses[5, 1] = 3.0
    one = curve(responses)
    assert one.best == (ANGLES[5], 2.0)
    assert one.selectivity() == pytest.approx((1.0, ANGLES[5]))
    np.testing.assert_array_equal(one.curve, responses[:, 1])
    assert one.describe() == (
        "most for angle 56.2 degrees, width 2 pixels: 3 (background 0.5); "
        "selectivity 1.00 around 56°"
    )
    assert curve(np.ones((16, 2))).selectivity() is None


@pytest.mark.parametrize("preferred", [0.0, 33.75, 172.0])
def test_a_cosine_has_a_selectivity_of_one_half(preferred: float) -> None:
    """(1 + cos 2(a - p)) / 2 over a period: the resultant is 1/2 at p."""
    wave = 1 + np.cos(2 * np.deg2rad(np.array(ANGLES) - preferred))
    selectivity = curve(np.stack([wave, 0 * wave], 1)).selectivity()
    assert selectivity is not None
    strength, direction = selectivity
    assert strength == pytest.approx(0.5, abs=0.02)  # the minimum of 16 samples is not quite 0
    assert abs((direction - preferred + 90) % 180 - 90) < 0.5


def test_what_is_not_known_yet_and_no_period() -> None:
    unknown = curve(np.full((16, 2), np.nan))
    assert unknown.best == ()
    assert unknown.selectivity() is None
    assert unknown.describe() == ""
    assert curve(np.random.default_rng(0).random((16, 2)), period=0.0).selectivity() is None
