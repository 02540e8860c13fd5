"""Which key lies at which position, and what has no heads."""

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.network.attention.finder import find_layout
from helpers.attention_networks import (
    GRID,
    HEADS,
    ROW,
    TOLERANCE,
    WIDTH,
    ChannelAttention,
    WindowNetwork,
    cut_windows,
    far,
    heads_of,
    inside,
    network,
    picture,
    pictures,
    seeded,
    small_swin,
    softmax_weights,
    wrapped,
)


def test_channels_that_attend_to_channels_are_a_list() -> None:
    net = network(ChannelAttention(), 0)
    assert net.layer(ROW).shape == (HEADS, WIDTH // HEADS, 1)
    assert "positions not known" in net.record(picture(), [ROW]).describe(ROW)


def test_channels_are_a_list_even_where_they_are_as_many_as_positions() -> None:
    class Square(ChannelAttention):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = nn.Linear(WIDTH, HEADS * 16), nn.Linear(HEADS * 16, WIDTH)
            self.qkv = nn.Linear(HEADS * 16, 3 * HEADS * 16)

        def forward(self, tokens: Tensor) -> Tensor:
            return self.down(super().forward(self.up(tokens)))

    net = network(Square(), 0)  # 16 channels a head, 16 positions
    assert net.layer(ROW).shape == (HEADS, 16, 1)


def test_linear_attention_and_gates_have_no_heads() -> None:
    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv = nn.Linear(WIDTH, 3 * WIDTH)

        def forward(self, tokens: Tensor) -> Tensor:
            q, k, v = self.qkv(tokens).chunk(3, -1)
            values = F.softmax(q, dim=-1) @ (F.softmax(k, dim=-2).mT @ v)
            return values * F.softmax(values, dim=-1)

    net = network(Linear())
    assert [row.name for row in net.layers if row.kind == "attention heads"] == []


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("heads_first", [False, True])
def test_windows_are_put_back_in_their_position(shift: int, heads_first: bool) -> None:
    net, image = wrapped(seeded(WindowNetwork(shift, heads_first))), picture()
    row = net.layer("heads")
    assert row.shape == (HEADS, GRID, GRID)
    recording = net.record(image, ["heads"])
    weights = recording.attention("heads")  # (windows, heads, 4, 4)
    (maps,) = inside(net.module, net.encode(image), "embed")
    q, k, _ = net.module.qkv(cut_windows(maps.permute(0, 2, 3, 1), shift)).chunk(3, -1)
    expected = np.zeros((HEADS, GRID, GRID))
    queries = np.zeros((HEADS, GRID, GRID))  # what the query at 1,2 attends to
    positions = torch.stack(
        torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing="ij"), -1
    )
    windows = cut_windows(positions[None], shift)[0].tolist()  # (windows, 4, 2)
    for n, window in enumerate(windows):
        by_hand = softmax_weights(heads_of(q[:, n]), heads_of(k[:, n]))
        assert far(weights[n], by_hand) <= TOLERANCE
        for m, (y, x) in enumerate(window):
            expected[:, y, x] = by_hand[:, :, m].mean(1)
            if [1, 2] in window:
                queries[:, y, x] = by_hand[:, window.index([1, 2]), m]
    assert far(recording["heads"][0], expected) <= TOLERANCE
    assert recording.describe("heads") == "attention averaged over the queries of each window"
    recording.choose_query("heads", (1, 2))
    assert far(recording["heads"][0], queries) <= TOLERANCE
    with pytest.raises(BadInput, match="no rollout"):
        recording.choose_query("heads", "rollout")
    batch = net.record(pictures(2), ["heads"])
    assert far(batch.attention("heads")[0], weights) <= TOLERANCE


def test_the_axis_of_heads_is_told_from_that_of_windows() -> None:
    windows_first = torch.rand(4, 3, 5, 5)
    assert (find_layout(windows_first).heads, find_layout(windows_first).windows) == (3, 4)
    heads_first = torch.rand(1, 3, 4, 5, 5)
    layout = find_layout(heads_first, count=3)
    assert (layout.heads, layout.windows, layout.head_axis) == (3, 4, -4)
    assert find_layout(heads_first, axis=-4, count=None).heads == 3
    assert find_layout(heads_first).heads == 4  # nothing speaks against it
    single = find_layout(torch.rand(1, 1, 4, 5, 5), count=1)
    assert (single.heads, single.windows) == (1, 4)
    merged = find_layout(torch.rand(12, 5, 5), count=3)
    assert (merged.heads, merged.windows) == (3, 4)
    weights = torch.rand(2, 3, 4, 5, 5)  # two pictures
    assert torch.equal(layout.split(weights, 2), weights.transpose(1, 2))


def test_torchvisions_windows_come_back_to_their_position_shift_included() -> None:
    torch.manual_seed(0)
    net, image = wrapped(small_swin(), 16), picture(16)
    rows = {row.name: row for row in net.layers if row.kind == "attention heads"}
    plain, shifted = "features.1.0.attn.heads", "features.1.1.attn.heads"
    assert rows[plain].shape == rows[shifted].shape == (3, 8, 8)
    assert rows["features.3.0.attn.heads"].shape == (6, 4, 4)
    recording = net.record(image, list(rows))
    positions = torch.stack(torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij"), -1)
    for row, shift in ((plain, 0), (shifted, 2)):
        weights = recording.attention(row)
        assert weights.shape == (4, 3, 16, 16)
        expected = np.zeros((3, 8, 8))
        for n, window in enumerate(cut_windows(positions[None], shift, 4)[0].tolist()):
            for m, (y, x) in enumerate(window):
                expected[:, y, x] = weights[n, :, :, m].mean(1)
        assert far(recording[row][0], expected) <= TOLERANCE


@pytest.mark.slow
def test_torchvisions_two_kinds_of_windows() -> None:
    net = wrapped(torchvision.models.maxvit_t(), 224)
    rows = [row for row in net.layers if row.kind == "attention heads"]
    assert len(rows) == 22
    recording = net.record(picture(224), [rows[0].name, rows[1].name])
    for row in rows[:2]:
        weights = recording.attention(row.name)
        assert np.allclose(weights.sum(-1), 1, atol=1e-5)
        assert weights.shape == (64, 2, 49, 49)
