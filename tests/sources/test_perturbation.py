"""Changed pictures: closed forms, and every number of every slider."""

from dataclasses import fields, replace

import numpy as np
import pytest

from dnnvis.core.frame import Frame
from dnnvis.core.probing.perturbation import RANGES, Perturbation, clamp
from dnnvis.sources.perturbation import GRAY, perturb, perturb_frame


def picture(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def test_nothing_changes_where_nothing_is_set() -> None:
    pixels = picture()
    assert perturb(pixels, Perturbation()) is pixels
    assert perturb(pixels, Perturbation(occluder_x=0.1)) is pixels
    frame = Frame(pixels, 3)
    assert perturb_frame(frame, Perturbation()) is frame
    assert Perturbation().describe() == ""


def test_a_frame_that_was_changed_already_stays_as_it_is() -> None:
    once = perturb_frame(Frame(picture(), 3), Perturbation(brightness=0.2))
    assert perturb_frame(once, Perturbation(brightness=0.2)) is once


def test_contrast_and_brightness_are_linear_about_gray() -> None:
    pixels = picture()
    half = perturb(pixels, Perturbation(contrast=0.5))
    expected = np.clip(((pixels / 255 - 0.5) * 0.5 + 0.5) * 255, 0, 255)
    assert np.abs(half - expected).max() <= 0.5001
    light = perturb(pixels, Perturbation(brightness=0.2))
    assert np.abs(light - np.clip(pixels + 51.0, 0, 255)).max() <= 0.5001


def test_noise_is_of_its_size_and_the_same_for_the_same_frame() -> None:
    gray = np.full((100, 100, 3), 128, np.uint8)
    noisy = [perturb(gray, Perturbation(noise=0.1), seed=seed) for seed in (1, 1, 2)]
    assert noisy[0].astype(float).std() / 255 == pytest.approx(0.1, rel=0.05)
    assert (noisy[0] == noisy[1]).all()
    assert (noisy[0] != noisy[2]).any()


def test_turns_shifts_and_zooms_move_pixels_where_they_belong() -> None:
    square = picture(25, 25)
    turned = perturb(square, Perturbation(rotation=90))
    assert np.abs(turned.astype(int) - np.rot90(square)).max() <= 1  # counter-clockwise
    pixels = picture(20, 40)
    moved = perturb(pixels, Perturbation(shift_x=0.25, shift_y=-0.1))
    np.testing.assert_array_equal(moved[:18, 10:], pixels[2:, :30])
    assert (moved[:, :10] == GRAY).all()
    assert (moved[18:] == GRAY).all()
    flat = np.zeros((41, 41, 3), np.uint8)
    flat[18:23, 18:23] = 255
    larger = perturb(flat, Perturbation(zoom=2))
    assert (larger > 127).sum() == pytest.approx(4 * (flat > 127).sum(), rel=0.25)


def test_a_blur_keeps_the_mean_and_an_occluder_covers_its_square() -> None:
    pixels = picture(64, 64)
    soft = perturb(pixels, Perturbation(blur=0.05))
    assert soft.astype(float).mean() == pytest.approx(pixels.mean(), abs=1)
    assert soft.astype(float).std() < 0.3 * pixels.std()
    covered = perturb(picture(20, 40), Perturbation(occluder=0.5, occluder_x=0.25, occluder_y=0.5))
    changed = (covered == GRAY).all(2)
    assert changed[5:15, 5:15].all()
    assert (covered[:, 15:] == picture(20, 40)[:, 15:]).all()


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_end_of_every_range_gives_a_picture(name: str, channels: int) -> None:
    pixels = picture(17, 13, channels)
    for value in RANGES[name]:
        given = replace(Perturbation(occluder=0.2), **{name: value})
        result = perturb(pixels, given)
        assert result.shape == pixels.shape
        assert result.dtype == np.uint8
        assert clamp(given) == given
    outside = replace(Perturbation(), **{name: 1e9})
    assert getattr(clamp(outside), name) == RANGES[name][1]


def test_a_frame_says_what_was_changed() -> None:
    everything = Perturbation(0.1, 0.02, 0.5, -0.1, 15, 0.1, 0, 2, 0.25, 0.5, 0.5)
    frame = perturb_frame(Frame(picture(), 7, "film", "cat"), everything)
    assert frame.perturbed == (
        "noise 0.10, blur 2.0 %, contrast x0.50, brightness -0.10, turned 15°, "
        "shifted +10 %, +0 %, zoom x2.00, occluder 25 %"
    )
    assert (frame.number, frame.source, frame.label) == (7, "film", "cat")
    assert {item.name for item in fields(Perturbation)} == set(RANGES)
