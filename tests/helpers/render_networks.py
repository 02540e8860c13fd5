"""A small network to render, and orders for it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent.params import AscentParams
from dnnvis.lenses.ascent.render_resume import RenderConfig
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

UNITS = 7
QUICK = {"preset": "live", "steps": 10, "window": 0}


def small(seed: int = 0) -> Network:
    """conv - relu - conv: layers 0, 1, 2."""
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, UNITS, 3))
    return wrap(module, size=16, mean=(0.5,), std=(0.25,))


@pytest.fixture(scope="module", name="net")
def net_fixture() -> Network:
    return small()


@pytest.fixture(name="place")
def place_fixture(tmp_path: Path) -> Path:
    return tmp_path / "small.sqlite"


def units(*channels: int, layer: str = "2") -> tuple[Objective, ...]:
    return tuple(Objective.parse(f"{layer}[{k}]") for k in channels)


def order(goals: tuple[Objective, ...] = units(*range(UNITS)), **changes: Any) -> RenderConfig:
    own = {name: changes.pop(name) for name in ("batch", "again", "image") if name in changes}
    return RenderConfig(goals, AscentParams(**{**QUICK, **changes}), **{"batch": 3, **own})
