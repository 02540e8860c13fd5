"""A dense layer that sees the picture, as pictures."""

import numpy as np
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.lenses.wiring import trace_graph
from dnnvis.network.connections.first_layer import read_picture_weights
from helpers.circuit_networks import planted_network


class Dense(nn.Module):
    """Sees the picture's pixels row by row, colors last, behind a permutation of its own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.act, self.second = nn.Linear(3 * 20, 6), nn.ELU(), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.second(self.act(self.first(x.permute(0, 2, 3, 1).flatten(1))))
        return result


def test_each_weight_lies_at_its_pixel_and_color() -> None:
    network = dnnvis.wrap(Dense(), size=(4, 5), mean=(0.1,), std=(0.3,))
    found = read_picture_weights(network, trace_graph(network), network.layer("act"))
    assert found is not None
    module = dict(network.module.named_modules())["first"]
    expected = module.weight.detach().numpy().reshape(6, 4, 5, 3).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(found.weights, expected)
    assert (found.owner, found.after) == ("first", ("ELU",))


def test_other_layers_see_no_picture() -> None:
    network = dnnvis.wrap(Dense(), size=(4, 5))
    assert read_picture_weights(network, trace_graph(network), network.layer("second")) is None
    other = planted_network()
    assert read_picture_weights(other, trace_graph(other), other.layer("a")) is None
