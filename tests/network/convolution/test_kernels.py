"""Which convolution computes a layer's values, and what is said where none does."""

import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import LensMissing
from dnnvis.network.convolution.kernels import (
    color_inputs,
    describe_geometry,
    find_convolution,
    read_weights,
)
from dnnvis.network.dataflow.trace import trace_dataflow
from dnnvis.network.network import Network


class Branches(nn.Module):
    """A stem with its rectifier, two branches that are joined, and what has no kernels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU())
        self.left, self.right = nn.Conv2d(6, 4, 1), nn.Conv2d(6, 4, 3, padding=1)
        self.relu, self.pool = nn.ReLU(inplace=True), nn.MaxPool2d(2)
        self.up, self.fc = nn.ConvTranspose2d(8, 2, 2), nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.relu(torch.cat([self.left(x), self.right(x)], 1))
        return self.fc(self.up(self.pool(x)).mean((2, 3)))


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(0)
    network = dnnvis.wrap(Branches(), size=15)
    network.prove_later = True
    return network


def find(net: Network, layer: str) -> object:
    return find_convolution(net, trace_dataflow(net, net.probe()), net.layer(layer))


@pytest.mark.parametrize(
    ("layer", "convolution", "after"),
    [
        ("stem.0", "stem.0", ()),
        ("stem.1", "stem.0", ("BatchNorm2d",)),
        ("stem.2", "stem.0", ("BatchNorm2d", "ReLU")),
        ("stem", "stem.0", ("BatchNorm2d", "ReLU")),
        ("right", "right", ()),
    ],
)
def test_a_layer_that_changes_single_values_has_the_kernels_before_it(
    net: Network, layer: str, convolution: str, after: tuple[str, ...]
) -> None:
    result = find(net, layer)
    assert (result.name, result.after) == (convolution, after)  # type: ignore[attr-defined]
    assert color_inputs(net, result) == ((0, 1, 2) if convolution == "stem.0" else ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("relu", "relu joins several layers .concat.; choose one of the convolutions"),
        ("pool", "pool .MaxPool2d. has no kernels: choose a convolution"),
        ("up", "up is a transposed convolution"),
        ("fc", "fc .Linear. has no kernels"),
    ],
)
def test_a_layer_without_kernels_gets_a_sentence(net: Network, layer: str, sentence: str) -> None:
    with pytest.raises(LensMissing, match=sentence):
        find(net, layer)


def test_a_convolution_over_one_axis_gets_a_sentence() -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x.mean(2))

    net = dnnvis.wrap(Rows(), size=8)
    with pytest.raises(LensMissing, match="conv is a convolution over one axis"):
        find(net, "conv")


def test_the_weights_are_the_networks_own(net: Network) -> None:
    module = find(net, "right").module  # type: ignore[attr-defined]
    weights = read_weights(module)
    assert weights.shape == (4, 6, 3, 3)
    torch.testing.assert_close(torch.from_numpy(weights), net.module.get_parameter("right.weight"))


@pytest.mark.parametrize(
    ("convolution", "text"),
    [
        (nn.Conv2d(3, 4, 3), "3 x 3"),
        (
            nn.Conv2d(4, 4, (1, 5), stride=(1, 2), padding=(0, 2)),
            "1 x 5, stride 1 x 2, padding 0 x 2",
        ),
        (
            nn.Conv2d(4, 4, 3, groups=4, dilation=2, padding="same"),
            "3 x 3, padding 'same', dilation 2, 4 groups",
        ),
        (nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), "3 x 3, padding 1 (reflect)"),
    ],
)
def test_unusual_geometry_is_said(convolution: nn.Conv2d, text: str) -> None:
    assert describe_geometry(convolution) == text
