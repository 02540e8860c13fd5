"""The bench of one unit: its bare pass is autograd's own, and its figures are there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dnnvis.bench.synthesis import one_unit
from dnnvis.bench.synthesis.one_unit import UnitBenchConfig, make_bare_pass
from dnnvis.core.unit import Unit
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


@pytest.fixture
def net(as_trained: Callable[..., Any]) -> Network:
    module = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.ReLU())
    return wrap(as_trained(module), size=16)


def test_the_bare_pass_stops_at_the_layer_and_gives_its_gradient(net: Network) -> None:
    beyond: list[int] = []
    net.module[2].register_forward_hook(lambda *ignored: beyond.append(1))
    torch.manual_seed(0)
    step = make_bare_pass(net, Unit("1", 4), (10, 12))
    torch.manual_seed(0)
    x = torch.rand(1, 3, 10, 12).requires_grad_()
    net.module[1](net.module[0](x))[:, 4].mean().backward()
    assert x.grad is not None
    assert torch.equal(step(), x.grad)
    assert torch.equal(step(), x.grad)
    assert beyond == []
    assert "forward" not in vars(net.module[1])


def test_a_step_is_measured_beside_a_bare_pass(
    net: Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(one_unit, "STEP_LAYERS", {"tiny": ("1", "3")})
    monkeypatch.setattr(one_unit, "open_network", lambda name: net)
    lines: list[str] = []
    figures = one_unit.measure(UnitBenchConfig(tmp_path, rounds=1, units=0), lines.append)
    assert len(figures) == 2
    assert all("asked <= 1.6" in figure for figure in figures.values())
    assert lines[0].startswith("There is no ")


def test_the_objective_is_what_lies_above_gray(net: Network) -> None:
    picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    expected = [net.module[0](x)[0, 2].mean() for x in (picture, torch.full_like(picture, 0.5))]
    value = one_unit._above_gray(net, Unit("0", 2), picture)
    assert value == pytest.approx(float(expected[0] - expected[1]), abs=1e-5)
