"""Tracing a module and putting fused convolutions into it."""

import threading

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.network.fusion.fuse import Convolutions, fuse_module, is_inside
from dnnvis.network.fusion.fused_convolution import FusedConvolution


class Called(nn.Module):
    """A convolution, and what follows it as ``follow`` does."""

    def __init__(self, follow: str) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
        self.follow = follow

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        match self.follow:
            case "relu":
                return F.relu(self.norm(y))
            case "relu in place":
                return F.relu(self.norm(y), inplace=True)
            case "method":
                return y.relu()
            case "used twice":
                return self.norm(y) + y
            case "alpha":
                return F.leaky_relu(self.norm(y), 0.3)
            case _:
                return self.norm(y.transpose(2, 3))


@pytest.mark.parametrize(
    ("follow", "left"),
    [
        ("relu", set()),
        ("relu in place", set()),
        ("method", set()),
        ("used twice", {"norm"}),
        ("alpha", {"leaky_relu"}),
        ("transposed", {"transpose", "norm"}),
    ],
)
def test_what_follows_a_convolution_alone_is_fused(follow: str, left: set[str]) -> None:
    torch.manual_seed(0)
    module = Called(follow).eval().requires_grad_(False)
    nn.init.uniform_(module.norm.running_mean, 0.5, 1.5)  # type: ignore[arg-type]
    fused = fuse_module(module, (), {})
    kinds = {"placeholder", "output"}
    names = [str(node.name) for node in fused.graph.nodes if node.op not in kinds]
    assert {name.rpartition("_")[0] or name for name in names} >= {"fused"}
    others = {name for name in names if not name.startswith("fused")}
    assert others >= left
    x = torch.randn(1, 2, 9, 8)
    expected = module(x.clone())
    assert (fused(x) - expected).abs().max() <= 1e-6 * expected.abs().max()


class Spawning(nn.Module):
    """A module in whose forward pass another thread runs another one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 1)
        self.others: list[nn.Module] = [nn.Linear(3, 2), self.conv]
        self.results: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        linear, conv = self.others
        inputs = torch.ones(1, 3), torch.ones(1, 2, 1, 1)
        run = [
            lambda: self.results.append(linear(inputs[0])),
            lambda: self.results.append(conv(inputs[1])),
        ]
        for target in run:
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        result: Tensor = self.conv(x)
        return result


def test_modules_of_other_threads_are_not_traced() -> None:
    module = Spawning().eval().requires_grad_(False)
    fused = fuse_module(module, (), {})
    linear, conv = module.others
    assert [type(result) for result in module.results] == [Tensor, Tensor]
    assert torch.equal(module.results[0], linear(torch.ones(1, 3)))
    assert torch.equal(module.results[1], conv(torch.ones(1, 2, 1, 1)))
    assert isinstance(fused, nn.Module)


def test_a_convolution_is_fused_once_for_all_that_share_it() -> None:
    module, convolutions = Called("relu").eval().requires_grad_(False), Convolutions()
    first, second = (fuse_module(module, (), convolutions) for _ in range(2))
    assert len(convolutions) == 1
    shared = [part for part in second.modules() if isinstance(part, FusedConvolution)]
    assert shared == [part for part in first.modules() if isinstance(part, FusedConvolution)]
    fuse_module(module, ("norm",), convolutions)
    assert len(convolutions) == 2  # the one without its norm


def test_names_lie_inside_of_names() -> None:
    assert is_inside("layer1.0.conv1", "layer1.0")
    assert not is_inside("layer1.0", "layer1.0")
    assert not is_inside("layer10", "layer1")
