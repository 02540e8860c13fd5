"""Pixels brought to a network's size, against torchvision's transforms and sums by hand."""

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as tv

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.network.card import Card, read_preprocessing
from dnnvis.network.preprocess import fit_to_card

SHAPES = [(40, 61), (61, 40), (33, 33), (9, 200), (12, 10)]


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    random = np.random.default_rng(height * width)
    return random.integers(0, 256, (height, width, channels), np.uint8)


def resize_and_cut(pixels: np.ndarray, resize: int, cut: int, mode: InterpolationMode) -> Any:
    resized = tv.resize(Image.fromarray(pixels), [resize], interpolation=mode)
    return torch.from_numpy(np.array(tv.center_crop(resized, [cut, cut]))).permute(2, 0, 1)


def assert_same_to_rounding(a: torch.Tensor, b: torch.Tensor) -> None:
    assert a.shape == b.shape
    assert (a.int() - b.int()).abs().max() <= 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_a_crop_ratio_resizes_and_cuts_as_torchvision_does_with_pillow(
    shape: tuple[int, int], mode: str
) -> None:
    card = Card("net", (21, 21), crop_ratio=21 / 24, interpolation=mode)
    expected = resize_and_cut(picture(*shape), 24, 21, InterpolationMode(mode))
    assert_same_to_rounding(fit_to_card(picture(*shape)[None], card)[0], expected)


def test_a_picture_of_the_networks_size_goes_in_as_it_is() -> None:
    for changes in ({"crop_ratio": 0.5}, {"fit": "letterbox"}, {"interpolation": "nearest"}):
        card = Card("net", (10, 12), **changes)
        assert np.array_equal(
            fit_to_card(picture(10, 12)[None], card)[0], np.moveaxis(picture(10, 12), 2, 0)
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stretched_picture_may_be_cut_too(shape: tuple[int, int]) -> None:
    card = Card("net", (16, 24), fit="stretch", crop_ratio=0.8)
    x = torch.from_numpy(picture(*shape)).permute(2, 0, 1)
    expected = tv.center_crop(tv.resize(x, [20, 30], antialias=True), [16, 24])
    assert_same_to_rounding(fit_to_card(picture(*shape)[None], card)[0], expected)


def test_a_letterbox_shows_all_of_a_picture_between_bars() -> None:
    gray = np.full((20, 40, 3), 200, np.uint8)
    result = fit_to_card(gray[None], Card("net", (16, 16), fit="letterbox"))[0].numpy()
    assert (result[:, 4:12] == 200).all()
    assert (result[:, :4] == 114).all()
    assert (result[:, 12:] == 114).all()
    card = Card("net", (16, 16), fit="letterbox", mean=(0.2, 0.4, 0.6), std=(1.0, 1.0, 1.0))
    tall = fit_to_card(np.moveaxis(gray, 0, 1)[None].copy(), card)[0].numpy()
    assert tall[:, 0, 0].tolist() == [51, 102, 153]
    assert (tall[:, :, 4:12] == 200).all()


def test_a_box_averages_and_the_nearest_takes_one() -> None:
    pixels = picture(12, 12)
    box = fit_to_card(pixels[None], Card("net", (4, 4), interpolation="box"))[0].numpy()
    mean = pixels.reshape(4, 3, 4, 3, 3).mean((1, 3)).transpose(2, 0, 1)
    assert np.abs(box - mean).max() <= 0.5 + 1e-6
    large = picture(45, 31)
    box = fit_to_card(large[None], Card("net", (14, 11), fit="stretch", interpolation="box"))[0]
    area = cv2.resize(large, (11, 14), interpolation=cv2.INTER_AREA)
    assert np.abs(box.permute(1, 2, 0).numpy().astype(int) - area).max() <= 1
    near = fit_to_card(pixels[None], Card("net", (4, 4), interpolation="nearest"))[0].numpy()
    assert np.array_equal(near, pixels[1::3, 1::3].transpose(2, 0, 1))


def test_without_antialiasing_pixels_between_are_left_out() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[::4] = 255  # two lines, which samples between the others miss
    card = Card("net", (2, 2))
    assert fit_to_card(pixels[None], card).float().mean() > 30
    assert fit_to_card(pixels[None], Card("net", (2, 2), antialias=False)).max() == 0


def test_a_network_that_takes_blue_first_is_given_it_first() -> None:
    module = nn.Conv2d(3, 3, 1, bias=False)
    module.weight.data = torch.eye(3).view(3, 3, 1, 1)
    net = dnnvis.wrap(module, size=4, mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 0.125))
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 255
    expected = [(1 - 0.1) / 0.5, (0 - 0.2) / 0.25, (0 - 0.3) / 0.125]
    assert net.record(red)["output"][0, :, 0, 0].tolist() == pytest.approx(expected)
    card = net.card.with_values({"channel_order": "BGR"}, "user")
    other = type(net)(net.module, card)
    assert other.record(red)["output"][0, :, 0, 0].tolist() == pytest.approx(expected[::-1])
    assert np.array_equal(other.show(other.encode(red)), red)
    assert "4 x 4 BGR" in card.preprocessing()


@pytest.mark.parametrize("ratio", [0.0, -1.0, 1.01, float("nan")])
def test_a_crop_ratio_outside_its_range_is_refused(ratio: float) -> None:
    with pytest.raises(BadInput, match="crop_ratio"):
        Card("net", (8, 8), crop_ratio=ratio)


def test_every_field_says_whose_word_it_is() -> None:
    card = Card("net", (8, 8)).with_values({"mean": (0.5,)}, "file")
    card = card.with_values({"size": (9, 9)}, "user")
    preprocessing = read_preprocessing(card)
    assert (preprocessing.origin, preprocessing.mean) == ("file", (0.5,))
    assert preprocessing.origins["size"] == "user"
    assert preprocessing.origins["std"] == preprocessing.origins["crop"] == "assumed"
    text = preprocessing.describe_origins()
    assert text == "size as you said; mean from the file; std, crop, interpolation assumed"


def test_what_cannot_be_computed_exactly_says_so() -> None:
    assert "lanczos (as bicubic)" in Card("n", (8, 8), interpolation="lanczos").preprocessing()
    card = Card("n", (8, 8), crop_ratio=0.875, antialias=False)
    assert card.preprocessing().endswith("the middle 87.5%, not antialiased")


@pytest.mark.parametrize("size", [(13, 13), (5, 21)])
def test_a_picture_of_pure_colors_keeps_its_size_where_any_is_taken(size: tuple[int, int]) -> None:
    drawn = (picture(*size) > 127).astype(np.uint8) * 255
    free, fixed = Card("net", (9, 9), fit="free"), Card("net", (9, 9))
    assert np.array_equal(fit_to_card(drawn[None], free)[0].permute(1, 2, 0).numpy(), drawn)
    assert fit_to_card(drawn[None], fixed).shape == (1, 3, 9, 9)
    assert fit_to_card(picture(*size)[None], free).shape == (1, 3, 9, 9)  # a photograph does not
