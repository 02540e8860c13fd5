"""Passes that begin after a layer: bit by bit those of whole passes, and nothing before runs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis.network.editing.resume import ResumedPass
from helpers.recurrent_networks import cell_loop, row_lstm

FAMILIES = {
    "alexnet": (64, "features.6"),
    "googlenet": (64, "inception4c.branch2.1"),
    "resnet18": (64, "layer3.1.conv1"),
    "densenet121": (64, "features.denseblock2.denselayer3.conv2"),
    "squeezenet1_1": (64, "features.7.squeeze"),
    "mobilenet_v2": (64, "features.8"),
    "convnext_tiny": (64, "features.3.1"),
    "vit_b_32": (64, "encoder.layers.encoder_layer_5"),
    "swin_t": (64, "features.3.0"),
}


def pixels(network: dnnvis.Network, count: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, network.card.channels, *network.card.size, generator=generator)


def count_calls(network: dnnvis.Network) -> tuple[list[str], Callable[[], None]]:
    """The names of the modules without parts whose own forward runs, until they are given back."""
    names: list[str] = []
    parts = [(n, m) for n, m in network.module.named_modules() if not list(m.children())]
    originals = {}

    def wrap(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            names.append(name)
            return original(*args, **kwargs)

        return forward

    for name, part in parts:
        originals[part] = part.forward
        part.__dict__["forward"] = wrap(name, part.forward)

    def give_back() -> None:
        for part in originals:
            del part.__dict__["forward"]

    return names, give_back


@pytest.mark.parametrize("name", FAMILIES)
def test_the_answer_is_that_of_a_whole_pass(name: str) -> None:
    size, layer = FAMILIES[name]
    torch.manual_seed(0)
    options = {"image_size": size} if name.startswith("vit") else {}
    if name == "googlenet":
        options = {"init_weights": False}
    net = dnnvis.wrap(torchvision.models.get_model(name, num_classes=7, **options), size=size)
    x = pixels(net)
    names, give_back = count_calls(net)
    resumed = ResumedPass(net, x, layer)
    names.clear()
    with net.edited(f"{layer}[1] = 0"):
        result = resumed.run().output
    ran = list(names)
    give_back()
    assert not resumed.is_whole
    with net.edited(f"{layer}[1] = 0"):
        expected = net.run(x, ["output"], batched=True).output
    np.testing.assert_array_equal(net.run(x, ["output"]).tensor("output").shape[:2], (3, 7))
    np.testing.assert_array_equal(np.reshape(result, (3, 7)), np.reshape(expected, (3, 7)))
    order = [row.name for row in net.layers]
    own = [n for n, m in net.module.named_modules() if not list(m.children())]
    earlier = {n for n in own if n in order and order.index(n) < order.index(layer)}
    in_branches = {"googlenet", "densenet121"}
    if name not in in_branches:
        assert not earlier & set(ran)
    assert ran


def test_what_is_changed_in_place_between_passes_is_not() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True)
            self.b, self.c = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            a = self.a(x)
            double = a * 2  # before the change in place
            y = self.relu(a)
            y += 1
            z = self.b(y)
            z.mul_(0.5)
            F.relu_(z)
            return self.c(z + double + a).mean((2, 3))

    torch.manual_seed(0)
    net = dnnvis.wrap(Odd(), size=8)
    x = pixels(net)
    resumed = ResumedPass(net, x, "b")
    assert not resumed.is_whole
    for k in (0, 1, 2, 3, 0):
        with net.edited(f"b[{k}] = 0"):
            result, expected = resumed.run(), net.run(x, ["output"])
        assert torch.equal(result.tensor("output"), expected.tensor("output"))
    assert torch.equal(resumed.run().tensor("output"), net.run(x, ["output"]).tensor("output"))


@pytest.mark.parametrize(
    ("build", "layer"), [(cell_loop, "cell"), (row_lstm, "lstm")], ids=["cell", "lstm"]
)
def test_later_calls_of_the_layer_run(build: Callable[[], nn.Module], layer: str) -> None:
    net = dnnvis.wrap(build(), size=28, channels=1)
    x = pixels(net)
    resumed = ResumedPass(net, x, layer)
    for text in (f"{layer}[2] = 0", f"{layer}[2]#3 = 1"):
        with net.edited(text):
            result, expected = resumed.run(), net.run(x, ["output"])
        assert torch.equal(result.tensor("output"), expected.tensor("output"))


def test_edits_before_the_layer_stay_as_they_were() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 2, 1))
    net = dnnvis.wrap(module, size=9)
    x = pixels(net)
    with net.edited("0[1] *= 3", "2[0] *= 2"):
        resumed = ResumedPass(net, x, "2")
        assert not resumed.is_whole
        with net.edited("2[1] = 0"):
            assert torch.equal(resumed.run(("3",)).tensor("3"), net.run(x, ["3"]).tensor("3"))
    assert "forward" not in net.module[0].__dict__


def test_a_network_that_cannot_be_resumed_runs_whole() -> None:
    class Counting(nn.Module):
        """Its answer depends on how often a module really ran."""

        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 2, 1), nn.Conv2d(2, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            y = self.a(x)
            F.conv2d(x, self.a.weight)
            return self.b(y).mean((2, 3)) + ("forward" in self.a.__dict__) * 1.0

    net = dnnvis.wrap(Counting(), size=4)
    x = pixels(net)
    resumed = ResumedPass(net, x, "b")
    assert resumed.is_whole
    assert torch.equal(resumed.run().tensor("output"), net.run(x, ["output"]).tensor("output"))
    assert ResumedPass(net, x, "output").is_whole
