"""Gradient, guided backprop and deconvnet against oracles that are written differently."""

import copy
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis.lenses.catalog import LENSES

RULES = ("gradient", "guided", "deconvnet")


def difference(ours: np.ndarray, oracle: Any) -> float:
    """max|a - b| / max|b|."""
    oracle = np.asarray(oracle)
    assert ours.shape == oracle.shape
    assert np.abs(oracle).max() > 0, "the oracle is zero: this would test nothing"
    return float(np.abs(ours - oracle).max() / np.abs(oracle).max())


def as_picture(signal: Tensor) -> np.ndarray:
    return signal[0].permute(1, 2, 0).numpy()


# ---- a deconvnet by hand: transposed convolutions and scatter-add unpooling ------------------


class ByHand:
    """Walks a chain of layers forward with switches, and back without autograd."""

    def __init__(self, layers: list[nn.Module], x: Tensor) -> None:
        self.layers = layers
        self.inputs: list[Tensor] = []
        self.switches: dict[int, Tensor] = {}
        with torch.no_grad():
            for k, layer in enumerate(layers):
                self.inputs.append(x)
                if isinstance(layer, nn.MaxPool2d):
                    x, self.switches[k] = F.max_pool2d(
                        x, layer.kernel_size, layer.stride, layer.padding, return_indices=True
                    )
                elif isinstance(layer, nn.ReLU):
                    x = F.relu(x)
                else:
                    x = layer(x)
        self.outputs = [*self.inputs[1:], x]

    def back(self, last: int, signal: Tensor, rule: str, overlapping: bool = True) -> Tensor:
        for k in range(last, -1, -1):
            signal = self._through(k, signal, rule, overlapping)
        return signal

    def _through(self, k: int, g: Tensor, rule: str, overlapping: bool) -> Tensor:
        layer, x = self.layers[k], self.inputs[k]
        if isinstance(layer, nn.ReLU):
            open_gate = (x > 0).float()
            return {
                "gradient": lambda: g * open_gate,
                "guided": lambda: g.clamp(min=0) * open_gate,
                "deconvnet": lambda: g.clamp(min=0),
            }[rule]()
        if isinstance(layer, nn.Conv2d):
            high = [
                n - ((m - 1) * s - 2 * p + w)
                for n, m, s, p, w in zip(
                    x.shape[2:],
                    g.shape[2:],
                    layer.stride,
                    layer.padding,
                    layer.kernel_size,
                    strict=True,
                )
            ]
            return F.conv_transpose2d(
                g, layer.weight, None, layer.stride, layer.padding, output_padding=high
            )
        if isinstance(layer, nn.MaxPool2d):
            if not overlapping:
                args = layer.kernel_size, layer.stride, layer.padding
                return F.max_unpool2d(g, self.switches[k], *args, output_size=x.shape[2:])
            flat = torch.zeros(x.shape).flatten(2)
            return flat.scatter_add(2, self.switches[k].flatten(2), g.flatten(2)).view(x.shape)
        if isinstance(layer, nn.Linear):
            return g @ layer.weight
        if isinstance(layer, nn.Flatten):
            return g.view(x.shape)
        assert isinstance(layer, nn.Dropout) or x.shape == g.shape  # pools of one pixel
        return g


@pytest.fixture(scope="module")
def chains(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> Callable[[str], tuple[dnnvis.Network, ByHand, list[str], np.ndarray]]:
    made: dict[str, Any] = {}

    def make(name: str) -> Any:
        if name not in made:
            made.clear()
            module = family(name)
            image = noise(224, 224, 3, seed=5)
            net = dnnvis.wrap(module, size=224, mean=(0.485, 0.456, 0.406), std=(0.25, 0.25, 0.25))
            parts = dict(module.named_modules())
            names = [n for n in parts if n.startswith("features.")] + ["avgpool", "flat"]
            names += [n for n in parts if n.startswith("classifier.")]
            parts["flat"] = nn.Flatten()
            x = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
            x = (x - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / 0.25
            made[name] = net, ByHand([parts[n] for n in names], x), names, image
        return made[name]

    return make


def seed_of(value: Tensor, channel: int, place: tuple[int, int] | None, one: bool) -> Tensor:
    start = torch.zeros_like(value)
    view, own = start[0, channel], value[0, channel]
    if value.dim() == 2:
        start[0, channel] = 1.0 if one else own
        return start
    if place is None and not one:
        view[:] = own
        return start
    y, x = place or np.unravel_index(int(own.argmax()), own.shape)
    view[y, x] = 1.0 if one else own[y, x]
    return start


CASES = [
    ("alexnet", "features.0", (3, 5), "activation"),
    ("alexnet", "features.3", None, "activation"),
    ("alexnet", "features.6", (7, 4), "activation"),
    ("alexnet", "features.10", None, "one"),
    ("alexnet", "features.12", None, "activation"),
    ("alexnet", "classifier.6", None, "one"),
    ("vgg11", "features.3", (50, 60), "activation"),
    ("vgg11", "features.8", None, "activation"),
    ("vgg11", "features.20", None, "one"),
    ("vgg11", "classifier.6", None, "activation"),
]


@pytest.mark.parametrize(("name", "layer", "place", "seed"), CASES)
def test_the_lenses_equal_a_deconvnet_written_by_hand(
    name: str, layer: str, place: Any, seed: str, chains: Any
) -> None:
    net, hand, names, image = chains(name)
    last = names.index(layer)
    at = "" if place is None else f"@{place[0]},{place[1]}"
    start = seed_of(hand.outputs[last], 7, place, seed == "one")
    with torch.no_grad():
        for rule in RULES:
            oracle = hand.back(last, start, rule) / 0.25  # pixels in [0, 1]
            ours = dnnvis.look(net, rule, f"{layer}[7]{at}", image=image, seed=seed)
            assert difference(ours.values, as_picture(oracle)) < 1e-5


def test_unpooling_without_adding_up_is_another_picture(chains: Any) -> None:
    net, hand, names, image = chains("alexnet")
    last = names.index("features.12")
    start = seed_of(hand.outputs[last], 7, None, False)
    with torch.no_grad():
        wrong = hand.back(last, start, "deconvnet", overlapping=False) / 0.25
    ours = dnnvis.look(net, "deconvnet", "features.12[7]", image=image)
    assert difference(ours.values, as_picture(wrong)) > 0.1


@pytest.mark.parametrize("to", ["features.0", "features.2", "features.3", "features.7"])
def test_an_earlier_layer_gets_what_a_network_split_by_hand_gives(to: str, chains: Any) -> None:
    net, hand, names, image = chains("alexnet")
    last, first = names.index("features.10"), names.index(to)
    start = seed_of(hand.outputs[last], 3, None, False)
    for rule in RULES:
        with torch.no_grad():
            signal = start
            for k in range(last, first, -1):
                signal = hand._through(k, signal, rule, True)
        ours = dnnvis.look(net, rule, "features.10[3]", image=image, to=to)
        assert ours.values.shape == tuple(np.roll(hand.outputs[first].shape[1:], -1))
        assert difference(ours.values, as_picture(signal)) < 1e-5


# ---- every rectifier replaced by a function whose backward is the rule -----------------------


def derivative(kind: str, x: Tensor) -> Tensor:
    if kind == "relu":
        return (x > 0).float()
    if kind == "relu6":
        return ((x > 0) & (x < 6)).float()
    if kind == "silu":
        s = torch.sigmoid(x)
        return s * (1 + x * (1 - s))
    if kind == "gelu":
        density = torch.exp(-0.5 * x * x) / (2 * torch.pi) ** 0.5
        return 0.5 * (1 + torch.erf(x / 2**0.5)) + x * density
    if kind == "elu":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if kind == "leaky_relu":
        return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, 0.01))
    assert kind == "hardswish"
    inner = torch.where(x < 3, x / 3 + 0.5, torch.ones_like(x))
    return torch.where(x > -3, inner, torch.zeros_like(x))


def replaced(kind: str, rule: str, plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
    class Bent(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return plain(x)

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            if rule == "deconvnet":
                return g.clamp(min=0)
            return derivative(kind, x) * (g.clamp(min=0) if rule == "guided" else g)

    return lambda x, *args, **kwargs: Bent.apply(x)


@contextmanager
def every_rectifier(rule: str) -> Iterator[None]:
    """Within, torch.nn.functional's rectifiers (which modules call too) follow ``rule``."""
    kinds = ("relu", "relu6", "silu", "gelu", "elu", "leaky_relu", "hardswish")
    with pytest.MonkeyPatch.context() as patch:
        for kind in kinds:
            patch.setattr(F, kind, replaced(kind, rule, getattr(F, kind)))
        patch.setattr(F, "hardtanh", replaced("relu6", rule, F.relu6))
        yield


def patched(net: dnnvis.Network, image: np.ndarray, rule: str, channel: int) -> np.ndarray:
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255).requires_grad_()
    with every_rectifier(rule):
        output = net.forward(x)
    start = torch.zeros_like(output)
    start[0, channel] = 1
    (signal,) = torch.autograd.grad(output, x, start)
    return as_picture(signal)


FAMILIES = {
    "googlenet": ({"Relu": 57}, 64),
    "inception_v3": ({"Relu": 94}, 96),
    "mobilenet_v2": ({"Hardtanh": 35}, 64),
    "densenet121": ({"Relu": 121}, 64),
    "resnet18": ({"Relu": 17}, 64),
    "squeezenet1_1": ({"Relu": 26}, 64),
    "mobilenet_v3_small": ({"Relu": 14, "Hardswish": 19}, 64),
    "shufflenet_v2_x0_5": ({"Relu": 37}, 64),
    "mnasnet0_5": ({"Relu": 35}, 64),
    "regnet_y_400mf": ({"Relu": 65}, 64),
    "efficientnet_b0": ({"Silu": 49}, 64),
    "convnext_tiny": ({"Gelu": 18}, 64),
    "swin_t": ({"Gelu": 12}, 64),
    "vit_b_32": ({"Gelu": 12}, 64),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_every_rectifier_of_a_family_is_found_and_bent(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    counts, size = FAMILIES[name]
    options = {"image_size": size} if name.startswith("vit") else {}
    image = noise(size, size, 3, seed=6)
    net = dnnvis.wrap(family(name, **options), size=size, mean=(0.5,), std=(0.25,))
    pictures = {}
    for rule in RULES:
        ours = dnnvis.look(net, rule, "output[4]", image=image, seed="one")
        pictures[rule] = ours.values
        assert difference(ours.values, patched(net, image, rule, 4)) < 1e-5, rule
        found = {key.rstrip("01").removesuffix("Backward"): n for key, n in ours.rectifiers.items()}
        assert found == ({} if rule == "gradient" else counts)
        extended = set(counts) - {"Relu"} and rule != "gradient"
        assert ("extension" in ours.caption) == bool(extended)
    for rule in ("guided", "deconvnet"):
        assert difference(pictures[rule], pictures["gradient"]) > 0.01


@pytest.mark.slow
def test_every_rectifier_of_the_larger_ones_is_found_and_bent(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    for name, size in (("resnet50", 64), ("maxvit_t", 224), ("regnet_x_400mf", 64)):
        net = dnnvis.wrap(family.__wrapped__(name), size=size)
        image = noise(size, size, 3, seed=6)
        for rule in RULES:
            ours = dnnvis.look(net, rule, "output[4]", image=image, seed="one")
            assert difference(ours.values, patched(net, image, rule, 4)) < 1e-5, (name, rule)


# ---- Captum, where it is right ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["alexnet", "vgg11", "resnet18", "squeezenet1_1"])
def test_captum_agrees_where_all_rectifiers_are_modules(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    from captum.attr import Deconvolution, GuidedBackprop

    module = family(name)
    image = noise(96, 96, 3, seed=7)
    net = dnnvis.wrap(module, size=96)
    best = int(net.record(image).output.argmax())
    plain = copy.deepcopy(module)
    for part in plain.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = False
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255)
    for rule, method in (("deconvnet", Deconvolution), ("guided", GuidedBackprop)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Captum announces its hooks
            theirs = method(plain).attribute(x.clone().requires_grad_(), target=best)
        ours = dnnvis.look(net, rule, f"output[{best}]", image=image, seed="one")
        assert difference(ours.values, as_picture(theirs.detach())) < 1e-5


@pytest.mark.parametrize("name", ["googlenet", "mobilenet_v2"])
def test_where_captum_gives_the_plain_gradient_we_do_not(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    from captum.attr import GuidedBackprop

    net = dnnvis.wrap(family(name), size=64)
    image = noise(64, 64, 3, seed=7)
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GuidedBackprop(copy.deepcopy(net.module)).attribute(x.requires_grad_(), target=2)
    theirs = as_picture(theirs.detach())
    gradient = dnnvis.look(net, "gradient", "output[2]", image=image, seed="one").values
    guided = dnnvis.look(net, "guided", "output[2]", image=image, seed="one").values
    assert difference(gradient, theirs) < 1e-5
    assert difference(guided, theirs) > 0.01


# ---- closed forms ----------------------------------------------------------------------------


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
            "method": lambda: x.relu(),
            "method_": lambda: x.relu_(),
        }[self.how]()


ACTIVATIONS |= {
    how: (lambda how=how: Clamped(how), lambda x: (x > 0).float())
    for how in ("clamp", "clamp_min_", "clip", "method", "method_")
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
        assert g.min() < 0 < g.max() and before.min() < 0 < before.max()
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
