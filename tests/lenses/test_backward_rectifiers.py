"""Every rectifier of a family is bent: against replaced functions, and Captum where it is right."""

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
from helpers.backward_oracles import RULES, as_picture, derivative, difference


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
