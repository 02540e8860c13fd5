"""A small network, and data sets to look through."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, nn

from dnnvis.library.scan import worker
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

SIZE = 12


class Small(nn.Module):
    """Everything a reduction may meet: batch norms of both signs, a shared in-place rectifier
    that is called at two widths, a block that hands on what its last part gave, a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.ReLU(inplace=True)
        self.block = nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), nn.Sigmoid())
        self.conv2 = nn.Conv2d(6, 9, 3, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(9, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.conv1(x)))
        x = x + self.block(x)
        x = self.act(self.conv2(x))
        x = self.head(self.pool(x).flatten(1))
        return x


@pytest.fixture
def network(as_trained: Callable[..., Any]) -> Network:
    module = as_trained(Small())
    module.norm.weight.data[::2] *= -1
    return wrap(module, size=SIZE, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25), name="small")


@pytest.fixture
def library(tmp_path: Path, network: Network) -> Iterator[Library]:
    with Library(tmp_path / "l.sqlite", network.fingerprint, "small", card=network.card) as made:
        yield made


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums are added up and written down after every second batch of four."""
    for name, value in {
        "WRITE_INTERVAL_SECONDS": 0,
        "MAX_WRITE_FRACTION": 1e9,
        "SUM_BATCH_PICTURES": 8,
    }.items():
        monkeypatch.setattr(worker, name, value)
