"""Networks whose circuits are known, since their weights were written by hand."""

from pathlib import Path

import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.network.network import Network


def set_kernel(conv: nn.Conv2d, unit: int, inputs: dict[int, float]) -> None:
    """Let a unit see some inputs through the middle of their kernels, and nothing else."""
    with torch.no_grad():
        conv.weight[unit] = 0
        middle = conv.kernel_size[0] // 2
        for channel, weight in inputs.items():
            conv.weight[unit, channel, middle, middle] = weight


class Planted(nn.Module):
    """Four layers of which one circuit is known.

    d[0] <- c[5], c[2], c[7]; c[5] <- b[1], b[3]; b[1] <- a[4], a[0]; a[4] is the red channel.
    All other weights are small. Between them: batch norm, ReLU, pooling.
    """

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.a = nn.Conv2d(3, 6, 3, padding=1)
        self.relu_a = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.b = nn.Conv2d(6, 5, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(5)
        self.relu_b = nn.ReLU()
        self.c = nn.Conv2d(5, 8, 3, padding=1)
        self.relu_c = nn.ReLU()
        self.d = nn.Conv2d(8, 4, 1)
        self.relu_d = nn.ReLU()
        with torch.no_grad():
            for conv in (self.a, self.b, self.c, self.d):
                conv.weight.copy_(0.01 * torch.randn(conv.weight.shape, generator=generator))
                if conv.bias is not None:
                    conv.bias.fill_(0.05)
            for name in ("weight", "bias", "running_mean"):
                draw = torch.randn(5, generator=generator)
                getattr(self.norm, name).copy_(0.3 * draw)
            self.norm.weight.copy_(torch.tensor([0.5, 2.0, -1.0, 1.5, 0.7]))
            self.norm.running_var.copy_(torch.tensor([0.25, 4.0, 1.0, 2.0, 0.5]))
        set_kernel(self.a, 4, {0: 2.0})
        set_kernel(self.b, 1, {4: 1.5, 0: -1.0})
        set_kernel(self.c, 5, {1: 2.0, 3: 0.8})
        set_kernel(self.d, 0, {5: 1.0, 2: -0.7, 7: 0.5})

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu_a(self.a(x)))
        x = self.relu_c(self.c(self.relu_b(self.norm(self.b(x)))))
        x = self.relu_d(self.d(x))
        return x.mean((2, 3))


def planted() -> nn.Module:
    return Planted()


def planted_network() -> Network:
    """That network; its pictures are normalized with a standard deviation for each color."""
    return dnnvis.wrap(Planted(), size=(12, 10), mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.5))


def write_planted(folder: Path) -> Path:
    """Write a file with a factory of that network."""
    file = folder / "planted.py"
    file.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from helpers.circuit_networks import planted\n"
    )
    return file


class Branches(nn.Module):
    """A concatenation, a shared rectifier, a depthwise convolution, a residual sum, a matrix."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.left = nn.Conv2d(3, 4, 1)
        self.right = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.point = nn.Conv2d(10, 8, 1)
        self.bn = nn.BatchNorm2d(8)
        self.depth = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.mix = nn.Conv2d(8, 8, 1)
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(8 * 4 * 4, 5)
        nn.init.uniform_(self.bn.running_var, 0.5, 2)
        nn.init.normal_(self.bn.running_mean)

    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat([self.relu(self.left(x)), self.relu(self.right(x))], 1)
        x = self.relu(self.bn(self.point(self.pool(joined))))
        x = x + self.mix(torch.tanh(self.depth(x)))
        return self.dense(self.flatten(self.relu(x)))


def branches_network() -> Network:
    return dnnvis.wrap(Branches(), size=(8, 8))


class Chain(nn.Module):
    """Three convolutions without anything between: a linear network."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.first = nn.Conv2d(3, 4, 3, bias=False)
        self.second = nn.Conv2d(4, 5, 1, bias=False)
        self.third = nn.Conv2d(5, 6, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.third(self.second(self.first(x)))
        return result


class Shuffled(nn.Module):
    """Two groups whose channels are shuffled by a function, as in ShuffleNet."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv2d(3, 6, 1)
        self.relu = nn.ReLU()
        self.second = nn.Conv2d(6, 4, 1, groups=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.first(x) + 1)
        batch, channels, height, width = x.shape
        x = x.reshape(batch, 2, channels // 2, height, width).transpose(1, 2)
        result: Tensor = self.second(x.reshape(batch, channels, height, width))
        return result
