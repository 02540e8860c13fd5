"""What is bent on the way back and what is not, against networks of plain ReLU modules."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis.network.backward_rules import (
    BackwardGraph,
    count_unchanged,
    is_rectifier,
    iter_backward_nodes,
    kind_of,
)
from helpers.backward_oracles import as_picture, difference

BENT = {
    "clamp": lambda x: x.clamp(min=0),
    "clamp_": lambda x: x.clone().clamp_(min=0),
    "clamp of a tensor": lambda x: torch.clamp(x, min=torch.zeros_like(x)),
    "clip": lambda x: torch.clip(x, 0.0),
    "maximum": lambda x: torch.maximum(x, torch.zeros(())),
    "maximum, zero first": lambda x: torch.maximum(torch.zeros_like(x), x),
    "fmax": lambda x: torch.fmax(x, torch.zeros(())),
    "method": lambda x: x.relu(),
}
ONLY_COUNTED = {
    "torch.where": lambda x: torch.where(x > 0, x, 0.0),
    "masked fill": lambda x: x.masked_fill(x < 0, 0),
    "product with a mask": lambda x: x * (x > 0),
    "products of a float mask": lambda x: (x > 0).float() * x,
    "function of the network's own": lambda x: OwnRelu.apply(x),
}


class OwnRelu(torch.autograd.Function):
    """A rectifier with a backward pass of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g * (ctx.saved_tensors[0] > 0)


class Relu(torch.autograd.Function):
    """No rectifier, whatever its name says: it negates."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return -x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return -g


class Chain(nn.Module):
    """Two convolutions with ``between`` and one more ReLU."""

    def __init__(self, between: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.last = (
            nn.Conv2d(3, 5, 3),
            nn.Conv2d(5, 5, 3),
            nn.Conv2d(5, 2, 3),
        )
        self.between = between

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.between(self.second(self.first(x).relu())))


def look(module: nn.Module, lens: str, image: np.ndarray) -> Any:
    return dnnvis.look(dnnvis.wrap(module, size=12), lens, "last[1]", image=image)


@pytest.mark.parametrize("how", BENT)
@pytest.mark.parametrize("lens", ["gradient", "guided", "deconvnet"])
def test_a_rectifier_written_otherwise_is_bent_as_a_relu_is(
    lens: str, how: str, noise: Callable[..., np.ndarray]
) -> None:
    image = noise(12, 12, 3)
    ours, oracle = look(Chain(BENT[how]), lens, image), look(Chain(nn.ReLU()), lens, image)
    assert difference(ours.values, oracle.values) < 1e-6
    assert sum(ours.rectifiers.values()) == sum(oracle.rectifiers.values())
    assert "unchanged" not in ours.caption
    assert ("extension" in ours.caption) == (lens != "gradient" and how != "method")


@pytest.mark.parametrize("how", ONLY_COUNTED)
@pytest.mark.parametrize("lens", ["guided", "deconvnet"])
def test_what_may_be_something_else_passes_unchanged_and_is_said(
    lens: str, how: str, noise: Callable[..., np.ndarray]
) -> None:
    image = noise(12, 12, 3)
    module = Chain(ONLY_COUNTED[how])
    ours = look(module, lens, image)
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():  # only the first ReLU follows the rule
        first = module.first(x)
        second = module.second(first.relu())
        value = module.last(second.relu())[:, 1:2]
        g = F.conv_transpose2d(value, module.last.weight[1:2]) * (second > 0)
        g = F.conv_transpose2d(g, module.second.weight).clamp(min=0)
        g = g * (first > 0) if lens == "guided" else g
        oracle = F.conv_transpose2d(g, module.first.weight)
    assert difference(ours.values, as_picture(oracle)) < 1e-5
    assert ours.rectifiers == {"ReluBackward0": 1}
    words = "product with a mask" if "mask" in how and "fill" not in how else how
    assert ours.caption.endswith(f"1 rectifier (Relu); 1 {words} passed unchanged")
    assert "unchanged" not in look(module, "gradient", image).caption


def count(value: Tensor) -> dict[str, int]:
    return count_unchanged(list(iter_backward_nodes(value)))


def test_only_what_could_be_a_rectifier_is_counted() -> None:
    x = torch.randn(1, 4, 5, 5, requires_grad=True)
    mask = torch.ones(1, 4, 5, 5)
    plain = {
        "a scale": x * 2.0,
        "a scale of each channel": x * torch.ones(1, 4, 1, 1),
        "a mask of each picture": x * torch.zeros(1, 1, 1, 1),
        "ones": x * mask,
        "a gate": x * x.sigmoid(),
        "attention masks": x.masked_fill(mask[:, :1, :1] > 0, -1e9),
        "choices of a row": torch.where(mask[:, :, :1] > 0, x, 0.0),
        "a maximum of two maps": torch.maximum(x, x * 3),
        "CReLU": torch.cat([x.relu(), (-x).relu()], 1),
        "ReLU6": F.relu6(x),
    }
    assert {name: count(value) for name, value in plain.items() if count(value)} == {}
    mask[0, 0, 0, 0] = 0
    y = OwnRelu.apply(OwnRelu.apply(x)).clamp(-1, 1).clamp(max=2)
    y = torch.minimum(torch.maximum(y, torch.tensor(0.5)), torch.zeros(())) * mask
    assert count(F.hardtanh(y)) == {
        "function": 2, "clamp": 3, "maximum": 1, "minimum": 1, "mask": 1,
    }  # fmt: skip


def test_captions_list_what_was_not_bent(noise: Callable[..., np.ndarray]) -> None:
    def many(x: Tensor) -> Tensor:
        x = OwnRelu.apply(x).clamp(-1, 1).relu()
        return torch.maximum(OwnRelu.apply(OwnRelu.apply(x)), torch.tensor(0.5)).clamp(max=9)

    caption = look(Chain(many), "guided", noise(12, 12, 3)).caption
    assert (
        "2 rectifiers (Relu); 3 functions of the network's own, 2 clamps and 1 maximum with a "
        "constant passed unchanged"
    ) in caption


def test_a_function_that_is_only_called_relu_is_not_bent(noise: Callable[..., np.ndarray]) -> None:
    image = noise(12, 12, 3)
    ours = look(Chain(Relu.apply), "guided", image)
    oracle = look(Chain(lambda x: -x), "guided", image)
    assert difference(ours.values, oracle.values) < 1e-6
    assert "1 function of the network's own passed unchanged" in ours.caption


def test_a_relu_of_both_signs_is_bent_as_its_two_modules_are(
    noise: Callable[..., np.ndarray],
) -> None:
    image, relu = noise(12, 12, 3), nn.ReLU()
    functional = Chain(lambda x: torch.cat([x.relu(), torch.relu(-x)], 1)[:, 2:7])
    modules = Chain(lambda x: torch.cat([relu(x), relu(-x)], 1)[:, 2:7])
    for lens in ("guided", "deconvnet"):
        ours = look(functional, lens, image)
        assert np.array_equal(ours.values, look(modules, lens, image).values)
        assert ours.rectifiers == {"ReluBackward0": 3}
        assert "unchanged" not in ours.caption


@pytest.mark.parametrize("how", [name for name in BENT if name != "method"])
def test_the_gate_at_the_bound_itself_is_closed_whatever_the_version_of_torch(how: str) -> None:
    x = torch.tensor([[[[-1.0, 0.0, 0.0, 2.0]]]], requires_grad=True)
    from dnnvis.network.backward_rules import override_rectifiers

    value = BENT[how](x * 1)
    with override_rectifiers(value, "guided") as bent:
        (signal,) = torch.autograd.grad((value * torch.tensor([1.0, 1.0, -1.0, 1.0])).sum(), x)
    assert sum(bent.values()) == 1
    assert signal.flatten().tolist() == [0, 0, 0, 1]


def test_what_torch_itself_sends_through_a_bound_depends_on_its_version() -> None:
    """Pinned so that a change is noticed: nothing of ours may depend on it."""
    x = torch.zeros(3, requires_grad=True)
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    (clamp,) = torch.autograd.grad(x.clamp(min=0).sum(), x)
    assert clamp.tolist() == [0.0 if version >= (2, 14) else 1.0] * 3
    (maximum,) = torch.autograd.grad(torch.maximum(x, torch.zeros(())).sum(), x)
    assert maximum.tolist() == [0.5] * 3
    (relu,) = torch.autograd.grad(x.relu().sum(), x)
    assert relu.tolist() == [0.0] * 3


def test_a_value_that_was_changed_since_is_no_rectifier_for_certain() -> None:
    x = torch.randn(4, requires_grad=True)
    zero = torch.zeros(4)
    value = torch.maximum(x * 1, zero)
    assert is_rectifier(value.grad_fn)
    zero += 1  # the graph refuses to give what it has saved
    assert not is_rectifier(value.grad_fn)


def test_a_graph_knows_what_the_single_functions_say() -> None:
    x = torch.linspace(-1, 1, 6).requires_grad_()
    halves = x * 2
    halves[:3].clamp_(max=0.5)
    target = (halves.relu() * 3).clamp(max=1.5)
    graph = BackwardGraph(target)
    assert graph.nodes == list(iter_backward_nodes(target))
    assert [kind_of(node.name()) for node in graph.rectifiers] == ["Relu"]
    assert graph.unchanged == count_unchanged(graph.nodes) == {"clamp": 1}
    assert graph.has_partial_write
    assert not graph.has_closed_part
    assert not graph.opaque_names
    assert not BackwardGraph(x.relu()).has_partial_write
