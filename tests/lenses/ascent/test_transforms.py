"""One fused warp, against a chain of separate transforms on a picture without pixels."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.ascent.transforms import (
    RandomTransform,
    affine_maps,
    apply_transform,
    draw_numbers,
    resample,
    roll_rows,
)
from helpers.ascent_networks import pictures

PICTURE, WINDOW = (96, 128), (40, 56)
SHAKE = RandomTransform(jitter=6, jitter_after=3, rotate=20, scale=(0.8, 1.2))


def generators(*seeds: int) -> list[Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def scene(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth picture, known between pixels too: waves of 30 to 60 pixels."""
    return np.sin(2 * math.pi * (x / 40 + y / 55)) + np.cos(2 * math.pi * (y / 33 - x / 60))


def painted(size: tuple[int, int]) -> Tensor:
    """The scene where the middle of the picture is (0, 0)."""
    y = np.arange(size[0]) - (size[0] - 1) / 2
    x = np.arange(size[1]) - (size[1] - 1) / 2
    return torch.from_numpy(scene(y[:, None], x[None])).float()[None, None]


def chained(
    shake: RandomTransform, numbers: list[float], window: tuple[int, int]
) -> NDArray[np.float64]:
    """What the window shows, one transform after another, each as its inverse on the pixels'
    places: jitter after, rotation, scale, jitter before, crop."""
    turn, grow, top, left, by_y, by_x, late_y, late_x = numbers

    def signed(number: float, reach: float) -> float:
        return (2 * number - 1) * reach

    y, x = np.meshgrid(
        np.arange(window[0]) - (window[0] - 1) / 2,
        np.arange(window[1]) - (window[1] - 1) / 2,
        indexing="ij",
    )
    y, x = y + signed(late_y, shake.jitter_after), x + signed(late_x, shake.jitter_after)
    angle = math.radians(signed(turn, shake.rotate))
    y, x = (
        y * math.cos(angle) + x * math.sin(angle),
        x * math.cos(angle) - y * math.sin(angle),
    )
    larger = shake.scale[0] + grow * (shake.scale[1] - shake.scale[0])
    y, x = y / larger, x / larger
    y, x = y + signed(by_y, shake.jitter), x + signed(by_x, shake.jitter)
    y = y + signed(top, (PICTURE[0] - window[0]) / 2)
    x = x + signed(left, (PICTURE[1] - window[1]) / 2)
    return scene(y, x)


@pytest.mark.parametrize("seed", range(8))
def test_the_fused_warp_is_the_chain(seed: int) -> None:
    numbers = draw_numbers(generators(seed), 1)
    numbers[:, 2:4] = 0.35 + 0.3 * numbers[:, 2:4]  # inside, where nothing is reflected
    shown = resample(
        painted(PICTURE), affine_maps(SHAKE, numbers, PICTURE, WINDOW, torch.zeros(1)), WINDOW
    )
    wanted = chained(SHAKE, numbers[0].tolist(), WINDOW)
    np.testing.assert_allclose(shown[0, 0], wanted, atol=0.03)  # bilinear: up to pi^2 / 4 / 30^2


@pytest.mark.parametrize(
    "shake",
    [
        RandomTransform(jitter=5),
        RandomTransform(jitter_after=5),
        RandomTransform(rotate=30),
        RandomTransform(scale=(0.7, 0.9)),
        RandomTransform(scale=(1.3, 1.3)),
    ],
)
def test_each_transform_alone(shake: RandomTransform) -> None:
    numbers = draw_numbers(generators(1), 1)
    numbers[:, 2:4] = 0.5
    shown = resample(
        painted(PICTURE), affine_maps(shake, numbers, PICTURE, WINDOW, torch.zeros(1)), WINDOW
    )
    np.testing.assert_allclose(shown[0, 0], chained(shake, numbers[0].tolist(), WINDOW), atol=0.03)


def test_a_canvas_stands_for_the_picture_it_is_enlarged_to() -> None:
    """Half the pixels, the same window: what it shows is the same scene, coarser."""
    numbers = draw_numbers(generators(4), 1)
    numbers[:, 2:4] = 0.5
    how = affine_maps(SHAKE, numbers, PICTURE, WINDOW, torch.zeros(1))
    halves = torch.nn.functional.avg_pool2d(painted(PICTURE), 2)
    apart = resample(halves, how, WINDOW) - resample(painted(PICTURE), how, WINDOW)
    assert float(apart.abs().max()) < 0.1


def test_a_still_shake_is_the_identity() -> None:
    x = pictures(2, 3, 9, 12)
    assert (
        apply_transform(x, RandomTransform(), generators(0, 1), picture=(9, 12), window=(9, 12))
        is x
    )
    number = draw_numbers(generators(0, 1), 1)
    how = affine_maps(RandomTransform(), number, (9, 12), (9, 12), torch.zeros(2))
    torch.testing.assert_close(resample(x, how, (9, 12)), x, atol=1e-5, rtol=0)


def test_a_window_without_anything_else_is_a_crop_of_the_picture() -> None:
    x = pictures(1, 3, 12, 16)
    numbers = torch.full((1, 8), 0.5)
    numbers[0, 2:4] = torch.tensor([0.0, 1.0])  # the top right corner
    how = affine_maps(RandomTransform(), numbers, (12, 16), (4, 6), torch.zeros(1))
    torch.testing.assert_close(resample(x, how, (4, 6)), x[:, :, :4, 10:], atol=1e-5, rtol=0)


def test_windows_lie_inside_the_picture_and_reach_all_of_it() -> None:
    numbers = draw_numbers(generators(7), 500)
    how = affine_maps(RandomTransform(), numbers, PICTURE, WINDOW, torch.zeros(500))
    corners = torch.tensor([[-1.0, -1.0, 1.0], [1.0, 1.0, 1.0]]).T
    ends = how @ corners  # (R, 2, corner)
    assert float(ends.abs().max()) <= 1 + 1e-6
    assert float(ends.amin()) < -0.98
    assert float(ends.amax()) > 0.98


def test_what_lies_outside_is_reflected() -> None:
    x = pictures(1, 1, 6, 6)
    numbers = torch.full((1, 8), 0.5)
    numbers[0, 5] = 1.0  # a jitter of 2 pixels to the right
    how = affine_maps(RandomTransform(jitter=2), numbers, (6, 6), (6, 6), torch.zeros(1))
    wanted = np.pad(x[0, 0].numpy(), ((0, 0), (0, 2)), mode="symmetric")[:, 2:]
    np.testing.assert_allclose(resample(x, how, (6, 6))[0, 0], wanted, atol=1e-5)


def test_jitter_alone_rolls_the_picture_by_whole_pixels() -> None:
    x = pictures(2, 3, 9, 11)
    shown = apply_transform(
        x, RandomTransform(jitter=3.7), generators(3, 4), picture=(9, 11), window=(9, 11)
    )
    for k, seed in enumerate((3, 4)):
        (draw,) = generators(seed)
        by = torch.randint(-3, 4, (2,), generator=draw).tolist()
        np.testing.assert_array_equal(shown[k], np.roll(x[k].numpy(), by, (1, 2)))
    many = roll_rows(x[:1].expand(200, -1, -1, -1), generators(*range(200)), 1)
    kinds = {tuple(row.flatten().tolist()) for row in many}
    assert len(kinds) == 9  # -1, 0, 1 each way


@pytest.mark.parametrize(
    "shake",
    [
        SHAKE,
        RandomTransform(jitter=4),
        RandomTransform(noise=0.1, rotate=5),
        RandomTransform(noise=0.1, boxes=(0.5, 0.1)),
    ],
)
def test_a_row_depends_on_its_own_generator_alone(shake: RandomTransform) -> None:
    x = pictures(3, 3, 16, 16)
    both = {"picture": (16, 16), "window": (16, 16), "views": 2}
    if shake.is_roll:
        both["views"] = 1
    views = int(both["views"])
    whole = apply_transform(x, shake, generators(5, 6, 7), **both)  # type: ignore[arg-type]
    alone = apply_transform(x[1:2], shake, generators(6), **both)  # type: ignore[arg-type]
    torch.testing.assert_close(alone, whole[views : 2 * views], atol=1e-6, rtol=0)
    again = apply_transform(x, shake, generators(5, 6, 7), **both)  # type: ignore[arg-type]
    assert torch.equal(again, whole)


def test_views_of_a_picture_differ_and_stand_in_a_row() -> None:
    x = torch.stack([torch.zeros(3, 32, 32), torch.ones(3, 32, 32)])
    x = x + 0.01 * pictures(2, 3, 32, 32)
    shown = apply_transform(x, SHAKE, generators(0, 1), picture=(32, 32), window=(16, 16), views=3)
    assert shown.shape == (6, 3, 16, 16)
    assert [round(float(row.mean())) for row in shown] == [0, 0, 0, 1, 1, 1]
    assert len({float(row.sum()) for row in shown}) == 6


def test_noise_has_its_spread_and_no_bias() -> None:
    x = torch.zeros(1, 3, 100, 100)
    shown = apply_transform(
        x, RandomTransform(noise=0.08), generators(0), picture=(100, 100), window=(100, 100)
    )
    # a Gaussian, and an even number in [-1/2, 1/2) of the same width: variance 1 + 1/12
    assert float(shown.std()) == pytest.approx(0.08 * math.sqrt(13 / 12), rel=0.02)
    assert abs(float(shown.mean())) < 0.002


@pytest.mark.parametrize("far", [0.0, 0.5, 1.0])
def test_boxes_shrink_with_the_progress_and_their_middles_are_spread(far: float) -> None:
    numbers = draw_numbers(generators(0), 4000)
    how = affine_maps(
        RandomTransform(boxes=(0.5, 0.05)), numbers, PICTURE, WINDOW, torch.full((4000,), far)
    )
    size, middle = how[:, 0, 0], (how[:, :, 2] + 1) / 2
    assert torch.equal(how[:, 0, 0], how[:, 1, 1])
    assert not how[:, 0, 1].any()
    assert not how[:, 1, 0].any()
    assert float(size.min()) >= 0.05
    assert float(size.max()) <= 1
    if far < 1:  # at the end half of them are cut at .05
        assert float(size.mean()) == pytest.approx(0.5 - 0.45 * far, abs=0.005)
        assert float(size.std()) == pytest.approx(0.05, abs=0.005)
    assert middle.mean(0).tolist() == pytest.approx([0.5, 0.5], abs=0.01)
    assert middle.std(0).tolist() == pytest.approx([0.15, 0.15], abs=0.01)


def test_boxes_show_nothing_but_the_picture() -> None:
    x = 0.2 + 0.6 * pictures(1, 3, 32, 32)
    shown = apply_transform(
        x,
        RandomTransform(boxes=(0.5, 0.2)),
        generators(0),
        picture=(32, 32),
        window=(16, 16),
        views=50,
        progress=torch.tensor([0.3]),
    )
    assert float(shown.min()) >= 0.2
    assert float(shown.max()) <= 0.8
    assert float(shown.std()) > 0.05


def test_the_gradient_at_the_picture_counts_every_pixel_of_the_window() -> None:
    """A window inside, not turned or scaled: every pixel shown gives its share once."""
    x = pictures(1, 1, 32, 32).requires_grad_()
    numbers = torch.full((1, 8), 0.43)
    how = affine_maps(RandomTransform(jitter=2), numbers, (32, 32), (10, 12), torch.zeros(1))
    (gradient,) = torch.autograd.grad(resample(x, how, (10, 12)).sum(), x)
    assert float(gradient.sum()) == pytest.approx(120, rel=1e-5)
    assert float(gradient.min()) >= 0
    assert int((gradient > 0).sum()) <= 11 * 13


def test_recipes_say_how_to_shake() -> None:
    shake = PRESETS["lucid"].transform
    assert (shake.jitter, shake.jitter_after, shake.rotate) == (14, 7, 10)
    assert shake.scale == (0.9, 1.1)
    assert shake.boxes is None
    assert not shake.is_still
    assert PRESETS["deepdream"].transform.is_roll
    assert PRESETS["yosinski3"].transform.is_still
    boxed = PRESETS["maco"].with_changes({"first_box": 0.5, "last_box": 0.05})
    assert boxed.transform.boxes == (0.5, 0.05)
    assert not boxed.transform.is_roll
