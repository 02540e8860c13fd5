"""What the tests of recording share: pictures, seeded weights and a network that loops."""

import numpy as np
import torch
from torch import Tensor, nn

import dnnvis

GRAY = np.full((8, 8, 3), 100, np.uint8)


def ramp(high: int = 8, wide: int = 8, channels: int = 3) -> np.ndarray:
    return (np.arange(high * wide * channels) % 251).astype(np.uint8).reshape(high, wide, channels)


def plainly(net: dnnvis.Network, image: np.ndarray) -> Tensor:
    """What the bare module returns for the picture."""
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        return net.module(x)


def seeded(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    for weight in module.parameters():
        weight.data.normal_(0, 0.5, generator=generator)
    return module


class Loop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Conv2d(1, 4, 3, padding=1)
        self.step = nn.Conv2d(4, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.act(self.start(x))
        for _ in range(3):
            h = self.act(self.step(h))
        return h.mean((2, 3))
