"""Votes of positions and groups: exact where the rest is linear, and the error where it is not."""

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.network.network import Network


def build(last: nn.Module) -> Network:
    torch.manual_seed(0)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    return dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), last, head), size=8)


PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


def test_they_add_up_to_the_true_change_where_the_rest_is_linear() -> None:
    net = build(nn.Identity())
    blocks = dnnvis.blocks(net, "1", PICTURE, k=3, keep=False)
    votes = dnnvis.look(net, "block_votes", "1[0]", image=PICTURE, target="output[1]", check=True)
    weight = net.module[3][2].weight[1].numpy()
    values = net.record(PICTURE, "1")["1"][0]
    expected = np.einsum("chw,c->hw", values, weight) / 36  # the head is a mean, then linear
    np.testing.assert_allclose(votes.positions, expected, rtol=1e-4, atol=1e-6)
    for group in range(3):
        alone = blocks.groups[group].sum() / 36 * float(weight @ blocks.directions[group])
        assert votes.groups[group] == pytest.approx(alone, rel=1e-4, abs=1e-6)
    np.testing.assert_allclose(votes.drops, votes.groups, atol=1e-5)
    assert votes.groups.sum() + votes.rest == pytest.approx(votes.total, abs=1e-6)
    bias = float(net.module[3][2].bias[1])
    assert votes.baseline == pytest.approx(bias, abs=1e-6)
    assert votes.total == pytest.approx(votes.change, abs=1e-5)
    assert votes.error < 1e-4
    assert "0 % off" in votes.caption


def test_the_error_is_stated_where_it_is_not() -> None:
    net = build(nn.Tanh())
    dnnvis.blocks(net, "1", PICTURE, k=2, keep=False)
    votes = dnnvis.look(net, "block_votes", "1[0]", image=PICTURE, target="output[1]", check=True)
    x = net.encode(PICTURE)
    with net.edited("1 = 0"):
        zero = float(net.run(x, ["output"]).tensor("output")[0, 1])
    full = float(net.run(x, ["output"]).tensor("output")[0, 1])
    assert votes.change == pytest.approx(full - zero, abs=1e-6)
    assert votes.error == pytest.approx(abs(votes.total - votes.change) / abs(votes.change))
    assert votes.error > 1e-3
    for group in range(2):
        with net.edited(f"1~[{group}] = 0"):
            without = float(net.run(x, ["output"]).tensor("output")[0, 1])
        assert votes.drops[group] == pytest.approx(full - without, abs=1e-6)


def test_the_strongest_class_is_explained_where_none_is_named() -> None:
    net = build(nn.Identity())
    output = net.record(PICTURE, "output").output
    votes = dnnvis.look(net, "block_votes", "1[0]", image=PICTURE)
    assert votes.target == f"output[{int(output.argmax())}]"
    assert votes.groups.shape == (0,)  # no groups were made yet
    assert np.isnan(votes.drops).all()


def test_a_layer_behind_the_class_says_so() -> None:
    net = build(nn.Identity())
    votes = dnnvis.look(net, "block_votes", "output[0]", image=PICTURE, target="1[0]")
    assert "does not lie before" in votes.message
