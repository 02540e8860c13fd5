"""Positions followed through what only moves them."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.network.layout import ChannelLayout
from dnnvis.network.trial.index_replay import IndexReplay, constant_axes, order_of
from dnnvis.network.trial.trial_call import TrialCall


def windows(x: Tensor) -> Tensor:
    return (
        x.roll((-1, -2), (2, 3))
        .unflatten(2, (2, 2))
        .unflatten(4, (2, 3))
        .permute(0, 2, 4, 3, 5, 1)
        .reshape(4, 6, 3)
    )


MOVES: dict[str, Callable[[Tensor], Tensor]] = {
    "tokens": lambda x: x.flatten(2).transpose(1, 2),
    "columns": lambda x: x.transpose(2, 3).flatten(2),
    "windows": windows,
    "class token": lambda x: torch.cat([torch.ones(1, 1, 3), x.flatten(2).transpose(1, 2)], 1),
    "padded": lambda x: F.pad(x, (0, 1, 0, 2)).permute(0, 2, 3, 1) + 1,
    "sum with attention": lambda x: x.flatten(2) + x.flatten(2).softmax(2) @ torch.rand(24, 24),
    "sliced": lambda x: torch.cat([x, x], 3)[:, :, :, 6:],
    "third channel": lambda x: x.permute(0, 2, 3, 1).split(1, -1)[2],
    "parts of the channels": lambda x: x.permute(0, 2, 3, 1).split([1, 2], -1)[1],
    "second half": lambda x: torch.cat([x, x.flip(3) + x], 2).chunk(2, 2)[0],
    "row by row": lambda x: x.unflatten(1, (3, 1)).unbind(2)[0],
    "selected": lambda x: x.unflatten(1, (3, 1))[:, :, 0],
}


@pytest.mark.parametrize("name", MOVES)
def test_each_number_tells_the_position_that_it_came_from(name: str) -> None:
    source = torch.rand(1, 3, 4, 6, requires_grad=True) * 1
    value = MOVES[name](source)
    replay = IndexReplay()
    layout = ChannelLayout("maps", shape=(1, 3, 4, 6))
    replay.learn(TrialCall(("a", 0), nn.Conv2d(3, 3, 1), source, source.grad_fn), layout)
    followed = replay.positions_of(TrialCall(("b", 0), nn.Identity(), value, value.grad_fn))
    assert followed is not None
    numbers, grid = followed
    assert grid == (4, 6)
    # the oracle: move the numbers themselves, as values
    cells = torch.arange(1.0, 25).reshape(1, 1, 4, 6).expand(1, 3, 4, 6)
    if name == "sum with attention":
        expected = cells.flatten(2)
    elif name == "padded":
        expected = MOVES[name](cells) - 1
    else:
        expected = MOVES[name](cells)
    keep = expected > 0
    if name == "class token":
        keep[:, 0] = False
    assert torch.equal(numbers[keep], expected[keep].long() - 1)
    assert (numbers[~keep] == -1).all()


def test_what_mixes_positions_is_not_followed() -> None:
    source = torch.rand(1, 3, 4, 6, requires_grad=True) * 1
    replay = IndexReplay()
    layout = ChannelLayout("maps", shape=(1, 3, 4, 6))
    replay.learn(TrialCall(("a", 0), nn.Conv2d(3, 3, 1), source, source.grad_fn), layout)
    for value in (source.flatten(2) @ torch.rand(24, 24), source.flip(3), source.mean(2)):
        call = TrialCall(("b", 0), nn.Identity(), value, value.grad_fn)
        assert replay.positions_of(call) is None


def test_each_half_of_a_split_map_has_its_own_positions() -> None:
    source = torch.rand(1, 3, 4, 6, requires_grad=True) * 1
    replay = IndexReplay()
    layout = ChannelLayout("maps", shape=(1, 3, 4, 6))
    replay.learn(TrialCall(("a", 0), nn.Conv2d(3, 3, 1), source, source.grad_fn), layout)
    for number, value in enumerate(source.split(2, 2)):
        call = TrialCall(("half", number), nn.Identity(), value, value.grad_fn)
        followed = replay.positions_of(call)
        assert followed is not None
        assert followed[0][0, 0].tolist() == torch.arange(24).reshape(2, 2, 6)[number].tolist()


def test_a_convolution_in_a_window_has_the_positions_of_the_window() -> None:
    source = torch.rand(1, 4, 4, 4, requires_grad=True) * 1
    replay = IndexReplay()
    layout = ChannelLayout("maps", shape=(1, 4, 4, 4))
    replay.learn(TrialCall(("a", 0), nn.Conv2d(4, 4, 1), source, source.grad_fn), layout)
    window = F.pad(source, (0, 3, 0, 3)).chunk(2, 1)[1]  # (1, 2, 7, 7)
    conv, norm = nn.Conv2d(2, 5, 3, padding=1), nn.BatchNorm2d(5)
    value = conv(window)
    calls = [
        TrialCall(("conv", 0), conv, value, value.grad_fn, (0,), (1, 2, 7, 7), window.grad_fn, 1)
    ]
    normed = norm(value)
    calls.append(
        TrialCall(("norm", 0), norm, normed, normed.grad_fn, (1,), (1, 5, 7, 7), value.grad_fn)
    )
    expected = F.pad(torch.arange(16).reshape(4, 4), (0, 3, 0, 3), value=-1)
    for call in calls:
        followed = replay.positions_of(call)
        assert followed is not None
        numbers, grid = followed
        assert grid == (4, 4)
        assert torch.equal(numbers, expected.expand(1, 5, 7, 7))


def test_channels_lie_where_positions_do_not_change() -> None:
    numbers = torch.arange(6).reshape(1, 2, 1, 3).expand(1, 2, 5, 3)
    assert constant_axes(numbers) == [2]


def test_an_order_has_each_cell_once() -> None:
    assert order_of(torch.tensor([-1, 2, 0, 1, 3]), (2, 2)) == ((2, 3, 1, 4), (0,))
    assert order_of(torch.tensor([0, 0, 1, 2, 3]), (2, 2)) is None
    assert order_of(torch.tensor([0, 1, 2]), (2, 2)) is None
