"""Which weights are behind a layer, and how they are read."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import LensMissing
from dnnvis.lenses.wiring import trace_graph
from dnnvis.network.connections import matrices, summary
from dnnvis.network.connections.matrices import CellRows, LayerWeights, find_weights
from dnnvis.network.network import Network
from helpers.circuit_networks import branches_network, planted_network


def read(network: Network, layer: str) -> LayerWeights:
    return find_weights(network, trace_graph(network), network.layer(layer))


def test_a_layer_that_follows_a_matrix_has_its_weights() -> None:
    network = planted_network()
    for layer, owner in (("relu_b", "b"), ("pool", "a"), ("d", "d"), ("output", "d")):
        found = read(network, layer)
        assert (found.owner, found.parameter) == (owner, "weight")
    module = dict(network.module.named_modules())["b"]
    np.testing.assert_array_equal(read(network, "norm")[:], module.weight.detach().numpy())


def test_layers_without_weights_say_what_to_choose() -> None:
    network = branches_network()
    with pytest.raises(LensMissing, match=r"comes out of '\+'"):
        find_weights(network, trace_graph(network), network.layer("relu"), 3)

    class Pools(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pool, self.flatten = nn.AvgPool2d(2), nn.Flatten()

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.flatten(self.pool(x))
            return result

    with pytest.raises(LensMissing, match=r"pool \(AvgPool2d\) has no matrix of weights"):
        read(dnnvis.wrap(Pools(), size=(4, 4)), "pool")


class Odd(nn.Module):
    """Matrices that lie otherwise than those of a convolution."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.stem = nn.Conv2d(3, 4, 2, 2)
        self.spread = nn.ConvTranspose2d(4, 6, 2, 2, groups=2)
        self.recurrent = nn.GRU(6, 5, batch_first=True)
        self.attention = nn.MultiheadAttention(5, 1, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.spread(self.stem(x)).flatten(2).transpose(1, 2)
        states = self.recurrent(tokens)[0]
        result: Tensor = self.attention(states, states, states)[0].mean(1)
        return result


def test_transposed_recurrent_and_attention_matrices_have_units_first_and_say_what_they_are() -> (
    None
):
    network = dnnvis.wrap(Odd(), size=(4, 4))
    module = dict(network.module.named_modules())
    spread = read(network, "spread")
    assert (spread.shape, spread.groups) == ((6, 2, 2, 2), 2)
    given = module["spread"].weight.detach().numpy()  # (inputs, units of a group, h, w)
    for unit in range(6):
        for channel in range(2):
            group = unit // 3
            expected = given[group * 2 + channel, unit % 3]
            np.testing.assert_array_equal(spread[:][unit, channel], expected)
    assert "transposed" in spread.notes[0]
    recurrent = read(network, "recurrent")
    assert (recurrent.parameter, recurrent.shape) == ("weight_ih_l0", (15, 6))
    attention = read(network, "attention")
    assert (attention.parameter, attention.shape) == ("in_proj_weight", (15, 5))
    assert "queries, keys and values" in attention.notes[0]


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_quantized_weights_are_those_they_stand_for() -> None:
    float_weights = torch.randn((4, 3, 1, 1), generator=torch.Generator().manual_seed(0))
    packed = torch.quantize_per_tensor(float_weights, 0.05, 0, torch.qint8)

    class Quantized(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.anchor = nn.Parameter(torch.zeros(1))

        def weight(self) -> Tensor:
            return packed

        def forward(self, x: Tensor) -> Tensor:
            return torch.conv2d(x, packed.dequantize()) + self.anchor

    network = dnnvis.wrap(nn.Sequential(Quantized(), nn.ReLU()), size=(4, 4))
    found = read(network, "0")
    np.testing.assert_array_equal(found[:], packed.dequantize().numpy())
    assert "whole numbers" in found.notes[0]
    assert np.abs(found[:] - float_weights.numpy()).max() <= 0.0251


def test_large_weights_are_read_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "MAX_WEIGHTS", 20)
    monkeypatch.setattr(summary, "MAX_WEIGHTS", 20)
    monkeypatch.setattr(summary, "CHUNK_WEIGHTS", 10)
    tensor = torch.randn((8, 6), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weights = LayerWeights("dense", "weight", tensor.half())
    assert weights.is_large
    read_rows: list[int] = []
    original = LayerWeights.__getitem__

    def note(self: LayerWeights, rows: slice) -> object:
        read_rows.append(rows.stop - rows.start)
        return original(self, rows)

    monkeypatch.setattr(LayerWeights, "__getitem__", note)
    found = summary.summarize(weights)
    assert max(read_rows) == 1  # of six weights each: two would be more than a chunk
    np.testing.assert_allclose(found.norms, tensor.half().double().norm(dim=1).numpy(), rtol=1e-6)
    np.testing.assert_array_equal(CellRows(weights)[2:4], tensor.half().float().numpy()[2:4])
