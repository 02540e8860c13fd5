"""Memory formats are tried: one in which a network fails or answers differently is not kept."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import Cancelled
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

CHANNELS_LAST = torch.channels_last


class Views(nn.Module):
    """Flattens with ``view`` after a convolution, as PyTorch's own CIFAR tutorial does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4 * 6 * 6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).relu().view(-1, 4 * 6 * 6))


class Solid(nn.Module):
    """Convolves in three dimensions: its weights have five axes."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.solid = nn.Conv2d(3, 4, 3), nn.Conv3d(1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.solid(self.flat(x).unsqueeze(1)).mean((2, 3, 4))


class ByStorage(nn.Module):
    """Reads its map in the order in which it lies in memory, which no error tells of."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4 * 6 * 6, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return self.head(torch.as_strided(y, (len(x), 4 * 6 * 6), (4 * 6 * 6, 1)))


def strides(net: Network) -> list[tuple[int, ...]]:
    return [weight.stride() for weight in net.module.parameters()]


@pytest.mark.parametrize("make", [Views, Solid, ByStorage])
def test_a_format_that_does_not_suit_a_network_is_put_back(
    as_trained: Callable[..., Any],
    noise: Callable[..., np.ndarray],
    make: type[nn.Module],
) -> None:
    net = wrap(as_trained(make()), size=8)
    before, lain = net.record(noise(8, 8, 3)).output, strides(net)
    net.choose_memory_format()
    assert not net.try_format(CHANNELS_LAST)
    assert net.memory_format == torch.contiguous_format
    assert strides(net) == lain
    np.testing.assert_array_equal(net.record(noise(8, 8, 3)).output, before)


def test_a_format_that_suits_a_network_is_kept(as_trained: Callable[..., Any]) -> None:
    net = wrap(as_trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())), size=8)
    assert net.try_format(CHANNELS_LAST, 2)
    assert net.memory_format == CHANNELS_LAST
    assert net.module[0].weight.is_contiguous(memory_format=CHANNELS_LAST)  # type: ignore[index]
    assert not net.module[0].weight.is_inference()  # type: ignore[index]


@pytest.mark.parametrize("error", [Cancelled("stopped"), KeyboardInterrupt()])
def test_whatever_is_raised_meanwhile_the_format_before_is_put_back(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 3)), size=8)
    lain, forward = strides(net), net.forward

    def stopped(x: Tensor) -> Any:
        if net.memory_format == CHANNELS_LAST:
            raise error
        return forward(x)

    monkeypatch.setattr(net, "forward", stopped)
    with pytest.raises(type(error)):
        net.choose_memory_format()
    assert net.memory_format == torch.contiguous_format
    assert strides(net) == lain


def test_broken_weights_answer_nan_in_either_format() -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 3)), size=8)
    net.module[0].bias.data[1] = torch.nan  # type: ignore[index]
    assert net.try_format(CHANNELS_LAST)
