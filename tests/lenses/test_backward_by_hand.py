"""The backward lenses against a deconvnet written by hand, without autograd."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from helpers.backward_oracles import RULES, as_picture, difference


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
