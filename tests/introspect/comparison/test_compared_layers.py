"""Which layers are compared, and which belong together."""

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.introspect.comparison.compared_layers import (
    check_names,
    choose_layers,
    find_layers,
    find_partners,
    inputs_differ,
)


class Looped(nn.Module):
    """A convolution and an activation that are called three times."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(3):
            x = self.act(self.conv(x))
        return x.mean((2, 3))


def plain() -> dnnvis.Network:
    return dnnvis.wrap(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 5)), size=8
    )


def test_activations_and_the_output_are_compared_at_each_call() -> None:
    chosen, note = choose_layers(dnnvis.wrap(Looped(), size=8))
    assert [each.name for each in chosen] == ["act#0", "act#1", "act#2", "output"]
    assert note == ""


def test_without_activations_it_is_the_layers_with_weights() -> None:
    assert [each.name for each in choose_layers(plain())[0]] == ["0", "2", "output"]


def test_layers_are_named_with_or_without_a_call() -> None:
    net = dnnvis.wrap(Looped(), size=8)
    assert [each.name for each in find_layers(net, ["act#1"])] == ["act#1"]
    assert [each.name for each in find_layers(net, ["conv", "conv#2"])] == [
        "conv#0",
        "conv#1",
        "conv#2",
    ]
    assert find_layers(net, ["act#3", "nothing"]) == []


def test_a_network_with_none_of_the_named_layers_takes_its_own() -> None:
    assert [each.name for each in choose_layers(plain(), ["act"])[0]] == ["0", "2", "output"]


def test_a_layer_that_nobody_has_is_refused() -> None:
    nets = plain(), dnnvis.wrap(Looped(), size=8)
    check_names(nets, ["act", "0"])
    with pytest.raises(dnnvis.UnknownUnit, match="has a layer 'nothing'"):
        check_names(nets, ["nothing"])
    with pytest.raises(dnnvis.BadInput, match="at least one layer"):
        check_names(nets, [])


def test_the_same_layer_comes_first_then_the_most_similar() -> None:
    a = choose_layers(plain())[0]
    cka = np.array([[0.1, 0.9, 0.2], [np.nan] * 3, [0.3, 0.1, 0.2]])
    assert find_partners(a, a, cka) == (0, 1, 2)
    other = choose_layers(dnnvis.wrap(Looped(), size=8))[0]
    wider = np.array([[0.1, 0.9, 0.2, 0.3], [np.nan] * 4, [0.3, 0.1, 0.2, 0.4]])
    assert find_partners(a, other, wider) == (1, -1, 3)


def test_networks_that_take_any_size_get_the_same_picture() -> None:
    board = dnnvis.open("life-3")
    other = dnnvis.open("life-3-unshared")
    other.encode(np.zeros((32, 32), np.uint8))
    assert board.card.size != other.card.size
    assert not inputs_differ(board, other)
    assert inputs_differ(board, plain())
