"""Receptive fields: published numbers, and the pixels that a gradient really reaches."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import vgg

import dnnvis
from dnnvis.core.messages import LayerInfo
from dnnvis.core.receptive_field import per_axis, receptive_box
from dnnvis.imaging.mosaic import locate_receptive_field

PUBLISHED = {
    "alexnet": {
        "features.0": 11,
        "features.3": 51,
        "features.6": 99,
        "features.8": 131,
        "features.10": 163,
    },
    "resnet18": {"conv1": 7, "layer1": 43, "layer2": 99, "layer3": 211, "layer4": 435},
    "googlenet": {"inception3a": 43, "inception3b": 59, "inception4a": 107},
}


def fields_of(net: dnnvis.Network) -> dict[str, Any]:
    return {layer.name: layer.field for layer in net.layers}


@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_are_the_published_ones(name: str, family: Callable[..., nn.Module]) -> None:
    fields = fields_of(dnnvis.wrap(family(name), size=96))
    found = {layer: fields[layer] for layer in PUBLISHED[name]}
    assert {layer: field and field[0] for layer, field in found.items()} == PUBLISHED[name]


def test_sizes_of_vgg16_are_the_published_ones() -> None:
    net = dnnvis.wrap(vgg.make_layers(vgg.cfgs["D"]), size=64)
    fields = fields_of(net)
    pools = [fields[name] for name in ("9", "16", "23")]
    assert [field and field[:2] for field in pools] == [(16, 4), (44, 8), (100, 16)]


def positive(module: nn.Module) -> nn.Module:
    """Weights above 0, so that no path cancels another."""
    generator = torch.Generator().manual_seed(2)
    for weight in module.parameters():
        weight.data.uniform_(0.1, 1, generator=generator)
    return module


def reached(net: dnnvis.Network, layer: str, side: int) -> tuple[range, range]:
    """Rows and columns of the picture that the middle unit's gradient reaches, over many
    random pictures (a maximum passes one of its inputs only)."""
    x = torch.rand(48, 3, side, side, generator=torch.Generator().manual_seed(3))
    recording = net.run(x, [layer], gradients=True)
    maps = recording.tensor(layer)
    middle = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2].sum()
    (gradient,) = torch.autograd.grad(middle, recording.x, retain_graph=True)
    seen = gradient.abs().sum((0, 1)) > 0
    rows, columns = seen.any(1).nonzero().ravel(), seen.any(0).nonzero().ravel()
    return range(int(rows[0]), int(rows[-1]) + 1), range(int(columns[0]), int(columns[-1]) + 1)


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 2, padding=1)
        self.near = nn.Conv2d(4, 4, 1)
        self.far = nn.Conv2d(4, 4, 5, padding=2)
        self.wide = nn.Conv2d(4, 4, 3, padding=3, dilation=3)
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.after = nn.Conv2d(12, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        both = self.near(x) + self.far(x).relu_()
        x = torch.cat([both, self.wide(x), x], 1)
        return self.after(self.pool(x)[:, :12])


class Gated(nn.Module):
    """Squeeze-and-excitation: the gate sees everything, the map keeps its window."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Conv2d(4, 4, 1)
        self.after = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.after(x * self.gate(self.squeeze(x)).sigmoid().detach())


class Asymmetric(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2)
        self.down = nn.Conv2d(4, 4, 2, 2)
        self.pool = nn.MaxPool2d(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.pad(x, (0, 1, 0, 1)))
        return self.pool(self.down(F.pad(x, (2, 0, 2, 0), mode="reflect")))


def check_field(net: dnnvis.Network, layer: LayerInfo, side: int) -> None:
    """The middle unit's field is exactly the rows and columns that its gradient reaches."""
    assert layer.field is not None, layer.name
    axes, place = per_axis(layer.field), (layer.shape[1] // 2, layer.shape[2] // 2)
    for size, middle, seen in zip(
        axes.size, axes.center(place), reached(net, layer.name, side), strict=True
    ):
        low, high = middle - (size - 1) / 2, middle + (size - 1) / 2
        assert (low, high) == (seen[0], seen[-1]), layer.name
    rows, columns = reached(net, layer.name, side)
    box = (rows[0], columns[0], len(rows), len(columns))
    assert receptive_box(layer.field, place, (side, side)) == box
    x, y, width, height = locate_receptive_field(layer, place, (side, side))
    assert (y, x, height, width) == box


def chain(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


NETS: dict[str, Callable[[], nn.Module]] = {
    "convolutions": lambda: chain(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 5, 2, padding=2), nn.ELU()
    ),
    "dilation": lambda: chain(
        nn.Conv2d(3, 4, 3, dilation=2), nn.SiLU(), nn.Conv2d(4, 4, 3, 2, dilation=3, padding=3)
    ),
    "pools": lambda: chain(
        nn.Conv2d(3, 4, 3, 2, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, padding=1),
        nn.AvgPool2d(2),
        nn.Conv2d(4, 2, 2),
    ),
    "ceil": lambda: chain(
        nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(3, 3, 3), nn.MaxPool2d(2, 2, dilation=2)
    ),
    "depthwise": lambda: chain(
        nn.Conv2d(3, 6, 3, padding=1, groups=3), nn.Hardswish(), nn.Conv2d(6, 4, 1), nn.GELU()
    ),
    "adaptive": lambda: chain(nn.Conv2d(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(8)),
    "branches": Branches,
    "gated": Gated,
    "asymmetric": Asymmetric,
    "padding": lambda: chain(nn.ZeroPad2d((3, 0, 1, 2)), nn.Conv2d(3, 4, 5, 2), nn.Dropout(0.5)),
    "of two sides": lambda: chain(
        nn.Conv2d(3, 4, (3, 7), (1, 2), padding=(1, 0)),
        nn.ReLU(),
        nn.MaxPool2d((2, 1)),
        nn.Conv2d(4, 4, (1, 3), dilation=(1, 2)),
        nn.AvgPool2d((3, 2), (2, 1), padding=(1, 0)),
    ),
    "rows": lambda: chain(nn.Conv2d(3, 4, (1, 9), padding="same"), nn.Conv2d(4, 4, (1, 5), (1, 3))),
    "one side padded": lambda: chain(nn.ZeroPad2d((5, 0, 0, 2)), nn.Conv2d(3, 4, 3), nn.SiLU()),
    "even kernels": lambda: chain(nn.Conv2d(3, 4, (4, 2), padding="same"), nn.Conv2d(4, 4, 3)),
}


@pytest.mark.filterwarnings("ignore:Using padding=.same.")
@pytest.mark.parametrize("name", NETS)
def test_a_field_is_what_the_gradient_reaches(name: str) -> None:
    side = 64
    net = dnnvis.wrap(positive(NETS[name]()), size=side)
    for layer in net.layers:
        if name == "gated" and layer.name in ("squeeze", "gate"):
            assert layer.field is None or per_axis(layer.field).covers((side, side))
            continue
        assert layer.field is not None, layer.name
        check_field(net, layer, side)


def test_random_chains_have_the_fields_that_gradients_reach() -> None:
    draw = np.random.default_rng(4)
    for _ in range(24):
        layers: list[nn.Module] = []
        for _ in range(int(draw.integers(1, 5))):
            size, stride = (tuple(map(int, draw.integers(1, high, 2))) for high in (4, 3))
            pad = tuple(int(draw.integers(0, extent // 2 + 1)) for extent in size)
            kind = draw.integers(0, 4)
            if kind == 0:
                spread = tuple(map(int, draw.integers(1, 3, 2)))
                layers.append(nn.Conv2d(3, 3, size, stride, pad, spread))
            elif kind == 1:
                layers.append(nn.MaxPool2d(size, stride, pad))
            elif kind == 2:
                layers.append(nn.AvgPool2d(size, stride, pad))
            else:
                layers.append(nn.ZeroPad2d(tuple(map(int, draw.integers(0, 4, 4)))))
        net = dnnvis.wrap(positive(nn.Sequential(*layers)), size=72)
        check_field(net, net.layers[-2], 72)


def test_fields_that_are_the_whole_picture_are_not_told() -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(72, 4)), size=8)
    fields = fields_of(net)
    assert fields["0"] == (3, 1, 1.0)
    assert fields["1"] is fields["2"] is fields["output"] is None


def test_channels_last_networks_have_fields_too(family: Callable[..., nn.Module]) -> None:
    fields = fields_of(dnnvis.wrap(family("convnext_tiny"), size=64))
    assert fields["features.0"] == (4, 4, 1.5)
    # a 7x7 depthwise convolution on patches of 4: 4 + 6 * 4
    assert fields["features.1.0.block.0"] == (28, 4, 1.5)
    assert fields["features.1.0.block.5"] == (28, 4, 1.5)
    assert fields["features.1.1"] == (52, 4, 1.5)
    assert fields["features.2"] == (80, 8, 3.5)


def test_layers_called_with_keywords_or_without_gradients_break_nothing() -> None:
    class Keywords(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.line = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.line(input=x.movedim(1, 3))
            with torch.no_grad():
                return self.line(x)

    net = dnnvis.wrap(Keywords(), size=8)
    assert net.record(np.zeros((8, 8, 3), np.uint8))["line"].shape == (2, 3, 8, 8)


def test_a_field_has_a_number_for_each_axis() -> None:
    net = dnnvis.wrap(NETS["of two sides"](), size=64)
    assert fields_of(net)["0"] == ((3, 7), (1, 2), (0.0, 3.0))
    assert fields_of(net)["2"] == ((4, 7), (2, 2), (0.5, 3.0))
    assert fields_of(net)["3"] == ((4, 15), (2, 2), (0.5, 7.0))
    assert net.layer("3").receptive_field == net.layer("3").field


def test_a_mean_over_an_oblong_picture_sees_all_of_both_sides() -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)), size=(16, 24))
    field = fields_of(net)["1"]
    assert field == ((16, 24), (14, 22), (7.5, 11.5))
    assert receptive_box(field, (0, 0), (16, 24)) == (0, 0, 16, 24)
