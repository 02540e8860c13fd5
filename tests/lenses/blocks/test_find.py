"""Building blocks of a picture: what they are, and what they say where there are none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.unit import Unit
from dnnvis.lenses.blocks.find import find_blocks
from dnnvis.network.network import Network


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "kept"))


class Parts(nn.Module):
    """A layer ``parts`` whose channels are four planted groups of three, from four quarters."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.Conv2d(3, 12, 1)
        self.relu = nn.ReLU()
        self.head = nn.Linear(12, 2)
        with torch.no_grad():
            self.parts.weight.zero_()
            self.parts.bias.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.parts(x) * 0
        groups = torch.zeros_like(y)
        side = x.shape[2] // 2
        light = x.mean(1)
        for group, (top, left) in enumerate(((0, 0), (0, side), (side, 0), (side, side))):
            where = slice(top, top + side), slice(left, left + side)
            for number in range(3):
                groups[:, 3 * group + number, where[0], where[1]] = light[:, where[0], where[1]] * (
                    number + 1
                )
        return self.head(self.relu(groups + y).mean((2, 3)))


@pytest.fixture
def net() -> Network:
    torch.manual_seed(0)
    return dnnvis.wrap(Parts(), size=8)


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(50, 256, (8, 8, 3), np.uint8)


def test_four_planted_groups_are_found_and_become_units(net: Network, picture: np.ndarray) -> None:
    blocks = dnnvis.blocks(net, "relu", picture, k=4)
    truth = np.zeros((4, 12))
    for group in range(4):
        truth[group, 3 * group : 3 * group + 3] = np.array([1, 2, 3]) / np.sqrt(14)
    cosines = blocks.directions @ truth.T
    assert (cosines.max(0) >= 0.95).all()
    assert blocks.explained == pytest.approx(1, abs=1e-4)
    assert blocks.error == pytest.approx(0, abs=1e-4)
    assert blocks.units[2] == Unit("relu~", 2)
    assert (blocks.negative, blocks.step) == (0, 1)
    recorded = net.record(picture, "relu~")["relu~"][0]
    np.testing.assert_allclose(recorded, blocks.groups, atol=1e-5)
    quarter = [set(zip(*np.nonzero(each > 1e-4), strict=True)) for each in blocks.groups]
    assert all(len(each) == 16 for each in quarter)  # each in its own
    assert "hold 100 % of the energy of relu" in blocks.caption


def test_negative_values_are_left_out_and_said(picture: np.ndarray) -> None:
    torch.manual_seed(0)
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 36, 2)), size=8)
    blocks = dnnvis.blocks(net, "0", picture, k=2)
    values = net.record(picture, "0")["0"][0]
    lost = float((values.clip(max=0) ** 2).sum() / (values**2).sum())
    assert blocks.negative == pytest.approx(lost, rel=1e-4)
    assert f"{100 * lost:.0f} % of the map's energy" in blocks.caption
    above = values.clip(min=0)
    model = np.einsum("khw,kc->chw", blocks.groups, blocks.directions)
    error = float(((above - model) ** 2).sum() / (above**2).sum())
    assert blocks.error == pytest.approx(error, rel=1e-3)


def test_warm_and_held_groups(net: Network, picture: np.ndarray) -> None:
    recording = net.record(picture, "relu")
    first = find_blocks(net, recording, "relu", 3)
    darker = net.record(picture // 2, "relu")
    warm = find_blocks(net, darker, "relu", 3, fit="warm")
    assert (np.sum(warm.directions * first.directions, axis=1) > 0.9).all()
    held = find_blocks(net, darker, "relu", 3, fit="held")
    assert held.is_held
    np.testing.assert_array_equal(held.directions, warm.directions)
    other = find_blocks(net, darker, "relu", 2, fit="held")  # of another number: these are new
    assert other.count == 2
    assert net.layer("relu~").shape[0] == 2


def test_large_maps_are_factored_at_every_second_place() -> None:
    torch.manual_seed(0)
    net = dnnvis.wrap(
        nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        size=100,
    )
    picture = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    blocks = dnnvis.blocks(net, "1", picture, k=2, keep=False)
    assert blocks.step == 2
    assert blocks.groups.shape == (2, 50, 50)
    assert "every 2th row" in blocks.caption
    np.testing.assert_allclose(
        net.record(picture, "1~")["1~"][0][:, ::2, ::2], blocks.groups, atol=1e-4
    )


def test_why_there_are_none(net: Network, picture: np.ndarray) -> None:
    with pytest.raises(BadInput, match="no positions"):
        dnnvis.blocks(net, "head", picture)
    with pytest.raises(BadInput, match="choose 4 or fewer"):
        dnnvis.blocks(net, "relu", picture, k=5)
    with pytest.raises(BadInput, match="nothing to group"):
        dnnvis.blocks(net, "relu", picture * 0, k=2)
    with pytest.raises(BadInput, match="lies in 1 to 16"):
        dnnvis.blocks(net, "relu", picture, k=17)
    with pytest.raises(UnknownUnit):
        dnnvis.blocks(net, "nowhere", picture)
    assert net.directions.get("relu~") is None  # nothing was left behind
