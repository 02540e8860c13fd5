"""Small networks to invert."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

SIZE = 16
FREE = {"tv": 0.0, "alpha": 0.0}


def seeded(module: nn.Module, scale: float = 1.0) -> nn.Module:
    generator = torch.Generator().manual_seed(2)
    for weight in module.parameters():
        fan = weight[0].numel() if weight.dim() > 1 else 100
        nn.init.normal_(weight, 0, scale * fan**-0.5, generator=generator)
    return module


def small(**options: Any) -> Network:
    module = nn.Sequential(
        nn.Conv2d(3, 24, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(24, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 64, 5),
    )
    return wrap(seeded(module, 1.4), size=SIZE, mean=0.5, std=0.25, **options)


@pytest.fixture(scope="module", name="network")
def network_fixture() -> Network:
    return small()


@pytest.fixture(scope="module", name="image")
def image_fixture() -> np.ndarray:
    """Smooth colours with an edge."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    colours = np.stack([x, y, 0.5 + 0.4 * np.sin(7 * x * y)], -1)
    colours[4:9, 5:12] = (0.9, 0.3, 0.2)
    return ((0.15 + 0.7 * colours) * 255).astype(np.uint8)


def error_of(network: Network, layer: str, image: np.ndarray, values: np.ndarray) -> float:
    """The normalised error of a picture (H, W, C), by NumPy."""
    x = torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))[None]
    name, _, call = layer.partition("#")
    code = network.record(image, [name])[name][int(call or -1)].astype(np.float64)
    found = network.run(x, [name])[name][int(call or -1)].astype(np.float64)
    return float(((found - code) ** 2).sum() / (code**2).sum())
