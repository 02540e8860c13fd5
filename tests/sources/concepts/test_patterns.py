"""The patterns are what their names say."""

import colorsys

import numpy as np
import pytest

from dnnvis.sources.concepts import patterns
from dnnvis.sources.concepts.patterns import ANGLES, choose_period, hsv_to_rgb, list_patterns

SIDE = 128


def draw(name: str, seed: int = 0) -> np.ndarray:
    draws, _ = list_patterns(colored=True)
    return draws[name](SIDE, SIDE, SIDE, np.random.default_rng(seed))


@pytest.mark.parametrize("degrees", [0, 30, 77, 120, 200, 280, 359])
def test_colors_are_those_of_the_standard_library(degrees: float) -> None:
    expected = colorsys.hsv_to_rgb(degrees / 360, 0.7, 0.9)
    np.testing.assert_allclose(hsv_to_rgb(degrees, 0.7, 0.9), expected, atol=1e-9)


@pytest.mark.parametrize("size", ["fine", "broad"])
@pytest.mark.parametrize("angle", ANGLES)
def test_stripes_have_their_angle_and_period(size: str, angle: int) -> None:
    gray = draw(f"{size} stripes {angle}°")[..., 0]
    power = np.abs(np.fft.fft2(gray - gray.mean()))
    row, column = np.unravel_index(power[: SIDE // 2 + 1].argmax(), power.shape)
    down, across = np.fft.fftfreq(SIDE)[[row, column]]
    # stripes run at right angles to the wave; rows count downward
    found = np.rad2deg(np.arctan2(across, down)) % 180
    assert min(abs(found - angle), 180 - abs(found - angle)) < 4
    period = 1 / np.hypot(down, across)
    expected = choose_period(SIDE, fine=size == "fine")
    assert expected * 0.85 < period < expected * 1.15


@pytest.mark.parametrize("name", sorted(list_patterns(colored=True)[0]))
def test_every_pattern_is_in_range_varies_and_is_finite(name: str) -> None:
    values = draw(name)
    assert values.shape == (SIDE, SIDE, 3)
    assert values.dtype == np.float32
    assert 0 <= values.min() <= values.max() <= 1
    assert values.std() > 0.005
    assert (draw(name, 1) != values).any()


def test_dots_take_as_much_as_circles_of_their_radius() -> None:
    values = draw("broad dots")[..., 0]
    first = values == values[0, 0]
    part = min(first.mean(), 1 - first.mean())
    assert part == pytest.approx(np.pi * 0.3**2, abs=0.03)


def test_checks_are_half_of_each_gray_and_have_no_straight_stripes() -> None:
    values = draw("broad checks")[..., 0]
    assert np.mean(values == values.max()) == pytest.approx(0.5, abs=0.05)
    assert np.ptp(values.mean(0)) < 0.2 * np.ptp(values)


def test_a_photograph_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(patterns.TEXTURES, "moss", "moss.png")
    draws, missing = list_patterns(colored=False)
    assert missing == ["moss.png"]
    assert "moss" not in draws
    assert "brick" in draws
