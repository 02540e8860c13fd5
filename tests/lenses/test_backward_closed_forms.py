"""The backward lenses on small networks whose answer has a closed form."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis.lenses.catalog import LENSES
from helpers.backward_oracles import RULES, as_picture, derivative, difference


class PreActivation(nn.Module):
    """h + W relu(h), twice read: the case in which hooks on modules go wrong."""

    def __init__(self, functional: bool) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1, bias=False)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.functional = functional

    def forward(self, x: Tensor) -> Tensor:
        h = self.stem(x)
        r = F.relu(h) if self.functional else self.relu(h)
        return h + self.conv(r) + self.relu(h)


@pytest.mark.parametrize("functional", [True, False])
def test_a_residual_block_with_the_activation_first_has_its_closed_form(
    functional: bool, as_trained: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    module = as_trained(PreActivation(functional))
    net = dnnvis.wrap(module, size=12)
    image = noise(12, 12, 3)
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255)
    with torch.no_grad():
        h = module.stem(x)
        g = torch.zeros(1, 4, 12, 12)
        g[0, 2] = torch.from_numpy(net.record(image).output[2])
        assert g.min() < 0 < g.max()
        for rule in RULES:
            gate = (h > 0).float()
            bend = {
                "gradient": lambda s, gate=gate: s * gate,
                "guided": lambda s, gate=gate: s.clamp(min=0) * gate,
                "deconvnet": lambda s: s.clamp(min=0),
            }[rule]
            gh = bend(F.conv_transpose2d(g, module.conv.weight, padding=1)) + bend(g) + g
            oracle = F.conv_transpose2d(gh, module.stem.weight)
            ours = dnnvis.look(net, rule, "output[2]", image=image)
            assert difference(ours.values, as_picture(oracle)) < 1e-5
            assert ours.rectifiers == ({} if rule == "gradient" else {"ReluBackward0": 2})


ACTIVATIONS: dict[str, tuple[Callable[[], nn.Module], Callable[[Tensor], Tensor]]] = {
    "elu": (lambda: nn.ELU(1.3), lambda x: torch.where(x > 0, 1.0, 1.3 * x.exp())),
    "elu inplace": (lambda: nn.ELU(inplace=True), lambda x: derivative("elu", x)),
    "selu": (
        nn.SELU,
        lambda x: 1.0507009873554805 * torch.where(x > 0, 1.0, 1.6732632423543772 * x.exp()),
    ),
    "celu inplace": (
        lambda: nn.CELU(2.0, inplace=True),
        lambda x: torch.where(x > 0, 1.0, (x / 2).exp()),
    ),
    "silu": (nn.SiLU, lambda x: derivative("silu", x)),
    "silu inplace": (lambda: nn.SiLU(inplace=True), lambda x: derivative("silu", x)),
    "gelu": (nn.GELU, lambda x: derivative("gelu", x)),
    "hardswish": (nn.Hardswish, lambda x: derivative("hardswish", x)),
    "leaky": (lambda: nn.LeakyReLU(0.2), lambda x: torch.where(x > 0, 1.0, 0.2)),
    "leaky inplace": (
        lambda: nn.LeakyReLU(0.1, inplace=True),
        lambda x: torch.where(x > 0, 1.0, 0.1),
    ),
    "prelu": (nn.PReLU, lambda x: torch.where(x > 0, 1.0, 0.25)),
    "rrelu": (lambda: nn.RReLU(0.1, 0.3), lambda x: torch.where(x > 0, 1.0, 0.2)),
    "softplus": (nn.Softplus, torch.sigmoid),
    "mish": (
        nn.Mish,
        lambda x: F.softplus(x).tanh() + x * torch.sigmoid(x) * (1 - F.softplus(x).tanh().square()),
    ),
    "relu6": (nn.ReLU6, lambda x: derivative("relu6", x)),
    "relu6 inplace": (lambda: nn.ReLU6(inplace=True), lambda x: derivative("relu6", x)),
    "threshold": (lambda: nn.Threshold(0.1, 0, inplace=True), lambda x: (x > 0.1).float()),
}


class Clamped(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, x: Tensor) -> Tensor:
        return {
            "clamp": lambda: x.clamp(min=0),
            "clamp_min_": lambda: x.clamp_min_(0),
            "clip": lambda: torch.clip(x, 0.0, 1e9),
            "clamp tensor": lambda: x.clamp(min=torch.zeros(())),
            "maximum": lambda: torch.maximum(x, torch.zeros_like(x)),
            "maximum left": lambda: torch.maximum(torch.zeros(()), x),
            "fmax": lambda: torch.fmax(x, torch.zeros(())),
            "method": lambda: x.relu(),
            "method_": lambda: x.relu_(),
        }[self.how]()


ACTIVATIONS |= {
    how: (lambda how=how: Clamped(how), lambda x: (x > 0).float())
    for how in (
        *("clamp", "clamp_min_", "clip", "clamp tensor", "maximum", "maximum left", "fmax"),
        *("method", "method_"),
    )
}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_the_extension_is_the_stated_formula(
    kind: str, as_trained: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    make, slope = ACTIVATIONS[kind]
    first, last = (as_trained(nn.Conv2d(a, b, 3), k) for k, (a, b) in enumerate(((3, 5), (5, 2))))
    net = dnnvis.wrap(nn.Sequential(first, make(), last), size=10)
    image = noise(10, 10, 3)
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255)
    with torch.no_grad():
        before = first(x)
        g = torch.zeros(1, 2, 6, 6)
        g[0, 1, 2, 3] = 1
        g = F.conv_transpose2d(g, last.weight)
        assert g.min() < 0 < g.max()
        assert before.min() < 0 < before.max()
        signals = {
            "gradient": g * slope(before),
            "guided": g.clamp(min=0) * slope(before),
            "deconvnet": g.clamp(min=0),
        }
        for rule, signal in signals.items():
            oracle = F.conv_transpose2d(signal, first.weight)
            ours = dnnvis.look(net, rule, "2[1]@2,3", image=image, seed="one")
            assert difference(ours.values, as_picture(oracle)) < 1e-5
            if rule != "gradient":
                assert sum(ours.rectifiers.values()) == 1
                exact = kind in ("threshold", "method", "method_")
                assert ("extension" in ours.caption) != exact


@pytest.mark.parametrize("part", [nn.Hardtanh(), nn.Tanh(), nn.Sigmoid(), nn.Hardsigmoid()])
def test_what_is_no_rectifier_is_left_alone_and_the_caption_says_so(
    part: nn.Module, as_trained: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    module = as_trained(nn.Sequential(nn.Conv2d(3, 4, 3), part, nn.Conv2d(4, 2, 3)))
    net = dnnvis.wrap(module, size=10)
    pictures = [dnnvis.look(net, rule, "2[0]", image=noise(10, 10, 3)) for rule in RULES]
    for picture in pictures[1:]:
        assert np.array_equal(picture.values, pictures[0].values)
        assert "equals the plain gradient" in picture.caption
        assert picture.rectifiers == {}


def test_three_lenses_on_one_recording_give_what_each_gives_alone(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    from dnnvis.lenses.lens import Scene, params_for

    net = dnnvis.wrap(family("resnet18"), size=64)
    image = noise(64, 64, 3)
    recording = net.run(net.encode(image), ["layer2", "layer1"], gradients=True)
    unit = dnnvis.Unit("layer2", 5)
    rules = ["deconvnet", "gradient", "guided", "gradient", "deconvnet"]
    for rule, to in zip(rules, ["input", "layer1", "input", "input", "layer1"], strict=True):
        scene = Scene(net, unit, params_for(LENSES[rule], {"to": to}), None, recording)
        (shared,) = LENSES[rule].look(scene)
        alone = dnnvis.look(net, rule, "layer2[5]", image=image, to=to)
        assert np.array_equal(shared.values, alone.values), (rule, to)


def test_the_gradient_is_that_of_pixels_between_0_and_1(
    as_trained: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    module = as_trained(nn.Conv2d(3, 2, 3))
    net = dnnvis.wrap(module, size=9, mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 0.125))
    picture = dnnvis.look(net, "gradient", "output[1]@4,4", image=noise(9, 9, 3), seed="one")
    expected = np.zeros((9, 9, 3), np.float32)
    expected[4:7, 4:7] = module.weight[1].permute(1, 2, 0).detach().numpy() * [2, 4, 8]
    np.testing.assert_allclose(picture.values, expected, rtol=1e-5, atol=1e-6)
