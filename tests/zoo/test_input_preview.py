"""The preview of a network's input is what the network gets once it is opened."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.card import Card
from dnnvis.network.preprocess import fit_to_card
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.input_preview import UNKNOWN_NETWORK, locate_crop, preview_input
from dnnvis.zoo.net2 import net2

PIXELS = np.random.default_rng(0).integers(0, 256, (50, 90, 3), np.uint8)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "small.pt"
    torch.save({"state_dict": net2().state_dict(), "mean": [0.5, 0.4, 0.3]}, file)
    return file


@pytest.mark.parametrize(
    "options",
    [
        {"net": "net2-cifar10"},
        {"net": "net1-mnist", "size": "28"},
        {"net": "squeezenet-imagenet", "mean": "0.5", "std": "0.25"},
        {"net": "net2-cifar10", "size": "40x20", "mean": "0.1, 0.2, 0.3"},
        {"net": "FILE"},
        {"net": "FILE", "std": "0.5"},
        {"net": "net2", "checkpoint": "FILE"},
    ],
    ids=lambda options: " ".join(map(str, options.values())),
)
def test_the_preview_is_what_the_opened_network_gets(
    options: dict[str, str], weights: Path
) -> None:
    choice = NetworkChoice(**{k: v.replace("FILE", str(weights)) for k, v in options.items()})
    preview = preview_input(choice, PIXELS)
    network = open_network(**vars(choice))
    x = network.encode(PIXELS)
    assert (preview.pixels == network.show(x)).all()
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (network.card.mean, network.card.std))
    values = (x - mean) / std
    for channel, (low, middle, high) in enumerate(preview.ranges):
        row = values[0, channel]
        expected = (float(row.min()), float(row.mean()), float(row.max()))
        assert (low, middle, high) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert preview.sentence == ""
    assert f"{network.card.size[1]} x {network.card.size[0]}" in preview.preprocessing


@pytest.mark.parametrize(
    "card",
    [
        Card("a", (20, 20)),
        Card("a", (20, 40)),
        Card("a", (40, 20), crop_ratio=0.8),
        Card("a", (20, 20), fit="stretch"),
        Card("a", (20, 20), fit="letterbox"),
        Card("a", (60, 60), crop_ratio=0.5, fit="crop"),
    ],
)
@pytest.mark.parametrize("size", [(120, 200), (160, 80), (100, 100)])
def test_the_crop_is_the_part_that_goes_in(card: Card, size: tuple[int, int]) -> None:
    top, left, height, width = locate_crop(*size, card)
    rows, columns = np.indices(size)
    for axis, ramp, start, length in ((0, rows, top, height), (1, columns, left, width)):
        scaled = np.round(ramp * (255 / (size[axis] - 1))).astype(np.uint8)
        fitted = fit_to_card(np.repeat(scaled[None, ..., None], 3, 3), card)[0, 0].double()
        if card.fit == "letterbox":  # all of it, with bars beside it
            assert (start, length) == (0, size[axis])
            continue
        line = fitted.mean(1 - axis) * (size[axis] - 1) / 255  # where each pixel came from
        step = length / card.size[axis]
        assert float(line[0]) == pytest.approx(start + step / 2 - 0.5, abs=step / 2 + 1.2)
        assert float(line[-1]) == pytest.approx(start + length - step / 2 - 0.5, abs=step / 2 + 1.2)


def test_a_network_of_the_users_own_shows_what_is_typed() -> None:
    choice = NetworkChoice("own.py:make", size="10", channels="1", mean="0.5", std="0.5")
    preview = preview_input(choice, np.full((20, 20, 3), 255, np.uint8))
    assert preview.pixels.shape == (10, 10, 1)
    assert preview.ranges == ((1.0, 1.0, 1.0),)
    assert preview.channels == ("gray",)
    assert preview.sentence == UNKNOWN_NETWORK


@pytest.mark.parametrize(
    "options", [{"std": "0"}, {"mean": "a"}, {"size": "-3"}, {"mean": "0.5, 0.5"}]
)
def test_numbers_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        preview_input(NetworkChoice("net2-cifar10", **options), PIXELS)
