"""Small networks of boards to search on."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn

from dnnvis.core.lens_results import SynthesisResult
from dnnvis.lenses.look import looks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.imagination_networks import life


def drawn(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def cells(*shape: int, seed: int = 0) -> Tensor:
    return (torch.rand(shape, generator=drawn(seed)) < 0.4).float()


def binary(module: nn.Module, size: int = 8, channels: int = 1) -> Network:
    network = wrap(nn.Sequential(module), size=size, channels=channels)
    network.card = replace(network.card, binary=True)
    return network


@pytest.fixture(scope="module", name="net")
def net_fixture() -> Network:
    return life(size=10)


def run(net: Network, unit: str, **settings: Any) -> list[SynthesisResult]:
    return list(looks(net, "ascent", unit, **settings))
