"""Which normalization was a network trained with? Told by trained networks, given wrong ones."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.lenses.normalization_check import (
    NORMALIZATIONS,
    Normalization,
    _pixels_as,
    check_normalization,
)
from dnnvis.network.card import Card
from dnnvis.network.network import Network
from dnnvis.sources.image_files import read_picture

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
PHOTOGRAPHS = SHARED / "imagenet-100"
DIGITS = SHARED / "MNIST" / "raw"
needs_photographs = pytest.mark.skipif(
    not PHOTOGRAPHS.is_dir(), reason="../shared/data/imagenet-100 is not there"
)
needs_digits = pytest.mark.skipif(not DIGITS.is_dir(), reason="../shared/data/MNIST is not there")


def photographs(first: int) -> tuple[list[np.ndarray], list[int]]:
    files = sorted(PHOTOGRAPHS.glob("*.JPEG"))
    numbers = list(range(first, 100, 8))[:12]
    return [read_picture(files[number]) for number in numbers], [10 * n for n in numbers]


def digits() -> tuple[list[np.ndarray], list[int]]:
    pixels = np.fromfile(DIGITS / "t10k-images-idx3-ubyte", np.uint8, offset=16)
    labels = np.fromfile(DIGITS / "t10k-labels-idx1-ubyte", np.uint8, offset=8)
    return list(pixels.reshape(-1, 28, 28)[:12]), [int(label) for label in labels[:12]]


def with_scale(net: Network, normalization: Normalization) -> Network:
    card = net.card.with_values({"mean": normalization.mean, "std": normalization.std}, "user")
    return Network(net.module, card)


@needs_photographs
@pytest.mark.parametrize(
    "wrong",
    [NORMALIZATIONS[2], pytest.param(NORMALIZATIONS[0], marks=pytest.mark.slow)],
    ids=["ImageNet", "0 to 1"],
)
def test_a_wrong_normalization_of_squeezenet_is_named_and_the_right_one_comes_first(
    wrong: Normalization,
) -> None:
    net = with_scale(dnnvis.open("squeezenet-imagenet"), wrong)
    pictures, classes = photographs(3)
    check = check_normalization(net, pictures, classes)
    assert check.best.normalization == NORMALIZATIONS[4]
    assert "The normalization looks wrong: of 12 pictures" in check.sentence
    assert "mean 0.485,0.458,0.4076, std 0.003922" in check.sentence
    assert check.best.accuracy > 0.5


@pytest.mark.slow
@needs_photographs
def test_the_right_normalization_needs_no_sentence() -> None:
    pictures, classes = photographs(1)
    check = check_normalization(dnnvis.open("squeezenet-imagenet"), pictures, classes)
    assert check.sentence == ""
    assert (check.pictures, check.labeled) == (12, 12)
    assert check.current == check.best.normalization.name == "as it is now"


@needs_digits
@pytest.mark.parametrize("labeled", [True, False])
def test_a_network_of_digits_knows_its_own(labeled: bool) -> None:
    pictures, classes = digits()
    net = dnnvis.open("net1-mnist")
    wrong = with_scale(net, Normalization("", (0.5,), (0.5,)))
    check = check_normalization(wrong, pictures, classes if labeled else None)
    assert check.best.normalization.mean == net.card.mean
    assert check.best.normalization.std == net.card.std
    assert check.sentence


def test_other_pixels_are_what_the_network_would_be_given() -> None:
    module = nn.Conv2d(3, 3, 1, bias=False)
    module.weight.data = torch.eye(3).view(3, 3, 1, 1)
    net = dnnvis.wrap(module, size=4, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    x = torch.rand(1, 3, 4, 4)
    for candidate in NORMALIZATIONS:
        given = net.forward(_pixels_as(candidate, net.card, x))
        expected = (x - torch.tensor(candidate.mean).view(1, -1, 1, 1)) / torch.tensor(
            candidate.std
        ).view(1, -1, 1, 1)
        if candidate.channel_order == "BGR":
            expected = expected[:, [2, 1, 0]]
        torch.testing.assert_close(given, expected, rtol=1e-4, atol=1e-4)


def test_what_a_batch_norm_remembers_decides() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 5),
    )  # fmt: skip
    pictures = [np.random.default_rng(n).integers(0, 256, (12, 12, 3), np.uint8) for n in range(4)]
    x = torch.stack([torch.from_numpy(p).permute(2, 0, 1) for p in pictures]).float() / 255
    module.train()
    for _ in range(200):
        module((x - 0.5) / 0.5)  # its memory is of pixels from -1 to 1
    net = Network(module.eval(), Card("net", (12, 12)))
    check = check_normalization(net, pictures)
    assert check.best.normalization == NORMALIZATIONS[1]
    assert check.best.divergence < 0.1
    assert check.sentence


def test_what_is_no_check_is_refused() -> None:
    with pytest.raises(LensMissing, match="does not answer with classes"):
        check_normalization(dnnvis.open("life-2"), [np.zeros((20, 20), np.uint8)] * 2)
    picture = np.zeros((32, 32, 3), np.uint8)
    with pytest.raises(BadInput, match="no check"):
        check_normalization(dnnvis.open("net2"), [picture])
    with pytest.raises(BadInput, match="no check"):
        check_normalization(dnnvis.open("net2"), [picture] * 3, [1, 2])
