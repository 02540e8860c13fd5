"""Pictures grown for directions: their objective, what stays, and where each position's is."""

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.unit import Unit
from dnnvis.lenses.blocks.pictures import BlockPicturesParams, grow_directions, pool_positions
from dnnvis.network.network import Network

PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


@pytest.fixture
def net() -> Network:
    torch.manual_seed(0)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    return dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), head), size=8)


def measure(net: Network, picture: np.ndarray, direction: np.ndarray) -> float:
    """Mean over positions of dot x cosine^2, with the cosine at least .1, in NumPy."""
    x = torch.from_numpy(picture).permute(2, 0, 1)[None]
    maps = net.run(x, ["1"]).tensor("1")[0].numpy().astype(float)  # (C, H, W)
    dot = np.einsum("chw,c->hw", maps, direction)
    cosine = dot / (np.linalg.norm(maps, axis=0) * np.linalg.norm(direction) + 1e-6)
    return float((dot * cosine.clip(min=0.1) ** 2).mean())


def test_pictures_rise_in_their_own_direction(net: Network) -> None:
    vectors = np.eye(6, dtype=np.float32)[[1, 4]]
    steps = list(grow_directions(net, "1", vectors, BlockPicturesParams(steps=25, batch=2)))
    assert len(steps) == 25
    (first_numbers, first), (numbers, last) = steps[0], steps[-1]
    assert first_numbers == numbers == [0, 1]
    for number in range(2):
        before = measure(net, first[number], vectors[number])
        after = measure(net, last[number], vectors[number])
        assert after > before
        assert after > measure(net, last[1 - number], vectors[number])
    assert len(net.directions) == 0  # what they grew for is not the network's
    assert net.table.find("1 pictures~") is None


def test_a_group_whose_direction_stays_keeps_its_picture(net: Network) -> None:
    dnnvis.blocks(net, "1", PICTURE, k=2, keep=False)
    first = dnnvis.look(net, "block_pictures", "1[0]", image=PICTURE, steps=4)
    assert first.pictures.shape == (2, 8, 8, 3)
    again = dnnvis.looks(net, "block_pictures", Unit("1", 0), image=PICTURE, steps=4)
    results = list(again)
    assert len(results) == 1  # nothing grew
    np.testing.assert_array_equal(results[0].pictures, first.pictures)
    vectors = net.directions.get("1~").vectors.numpy().copy()
    vectors[1] = np.roll(vectors[1], 3)
    net.add_directions("1", vectors)
    later = dnnvis.look(net, "block_pictures", "1[0]", image=PICTURE, steps=4)
    np.testing.assert_array_equal(later.pictures[0], first.pictures[0])
    assert np.abs(later.pictures[1] - first.pictures[1]).max() > 0


def test_positions_have_pictures_and_norms(net: Network) -> None:
    result = dnnvis.look(
        net, "block_pictures", "1[0]", image=PICTURE, of="positions", steps=1, batch=64
    )
    assert result.grid == (8, 8)
    assert result.pictures.shape == (64, 8, 8, 3)
    values = net.record(PICTURE, "1")["1"][0]
    np.testing.assert_allclose(result.norms, np.linalg.norm(values, axis=0), rtol=1e-5)
    assert f"{result.norms.max():.3g} fills its cell" in result.caption


def test_many_positions_are_averaged() -> None:
    maps = torch.arange(30.0 * 20).reshape(1, 1, 30, 20)
    pooled, vectors = pool_positions(maps)
    assert pooled == 3
    assert vectors.shape == (10, 7, 1)
    assert float(vectors[0, 0, 0]) == pytest.approx(float(maps[0, 0, :3, :3].mean()))
    assert float(vectors[9, 6, 0]) == pytest.approx(float(maps[0, 0, 27:, 18:].mean()))


def test_what_has_no_groups_or_positions_says_so(net: Network) -> None:
    result = dnnvis.look(net, "block_pictures", "1[0]", image=PICTURE)
    assert "no groups yet" in result.message
    result = dnnvis.look(net, "block_pictures", "output[0]", image=PICTURE, of="positions")
    assert "no positions" in result.message
