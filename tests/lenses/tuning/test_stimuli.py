"""The pictures of tuning curves: what is in them, measured another way."""

import numpy as np
import pytest

from dnnvis.lenses.tuning.stimuli import (
    ANGLES,
    draw_background,
    draw_bar,
    draw_dot,
    draw_grating,
    draw_hue,
    draw_stimuli,
    list_axes,
)


@pytest.mark.parametrize("angle", [0.0, 22.5, 90.0, 135.0])
@pytest.mark.parametrize("period", [8, 16])
def test_a_grating_has_one_frequency_at_its_angle(angle: float, period: int) -> None:
    size = 64
    picture = draw_grating(angle, 1 / period, 0.3, (size, size))[:, :, 0]
    window = np.outer(np.hanning(size), np.hanning(size))
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2((picture - 0.5) * window)))
    row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
    down, across = row - size // 2, column - size // 2
    assert np.hypot(down, across) / size == pytest.approx(1 / period, abs=0.6 / size)
    stripes = np.rad2deg(np.arctan2(across, down)) % 180  # perpendicular to the wave vector
    assert abs((stripes - angle + 90) % 180 - 90) < 8
    assert picture.min() >= 0
    assert picture.max() <= 1


@pytest.mark.parametrize("width", [1.0, 3.0, 6.5])
def test_a_bar_covers_its_area(width: float) -> None:
    for angle in (0.0, 90.0):
        light = draw_bar(angle, width, 1, (40, 40))[:, :, 0]
        assert (light - 0.5).sum() / 0.5 == pytest.approx(width * 40, rel=1e-5)
        dark = draw_bar(angle, width, -1, (40, 40))[:, :, 0]
        np.testing.assert_allclose(dark, 1 - light, atol=1e-6)
    level = draw_bar(0.0, width, 1, (41, 61))[:, :, 0]
    np.testing.assert_array_equal(level, np.repeat(level[:, :1], 61, 1))  # horizontal
    rising = draw_bar(45.0, 1.0, 1, (41, 41))[:, :, 0]
    assert rising[0, 40] > 0.9  # up to the right
    assert rising[0, 0] == 0.5


def test_a_dot_covers_its_area() -> None:
    for diameter in (7.0, 20.0):
        dot = draw_dot(diameter, 1, (48, 64))[:, :, 0]
        assert (dot - 0.5).sum() / 0.5 == pytest.approx(np.pi * diameter**2 / 4, rel=0.02)
        assert dot[23:25, 31:33].min() > 0.99


def test_hues_and_background() -> None:
    assert draw_hue(0, (2, 3))[1, 2].tolist() == [1, 0, 0]
    assert draw_hue(120, (2, 3))[0, 0].tolist() == [0, 1, 0]
    assert draw_hue(180, (2, 3))[0, 0].tolist() == [0, 1, 1]
    assert (draw_background((2, 3)) == 0.5).all()


@pytest.mark.parametrize("kind", ["gratings", "bars", "dots", "hues"])
@pytest.mark.parametrize("size", [(224, 224), (32, 48), (8, 8)])
def test_every_point_of_a_curve_can_be_drawn(kind: str, size: tuple[int, int]) -> None:
    axes = list_axes(kind, size)
    assert all(len(set(axis.values)) == len(axis.values) for axis in axes)
    for values in (tuple(a.values[0] for a in axes), tuple(a.values[-1] for a in axes)):
        pictures = draw_stimuli(kind, values, size)
        assert pictures.shape[1:] == (*size, 3)
        assert pictures.dtype == np.float32
        assert (pictures >= 0).all()
        assert (pictures <= 1).all()
    assert len(ANGLES) == 16
