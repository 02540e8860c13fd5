"""The bench of devices: its rows on the processor, and what it says where there is nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.bench import device
from dnnvis.bench.device import DeviceBenchConfig, choose_device, measure, relative_error
from dnnvis.core.errors import BadInput
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


@pytest.fixture
def tiny(as_trained: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> list[Network]:
    """The networks that were opened instead of the catalog's."""
    opened: list[Network] = []

    def open_tiny(model: str, where: str) -> Network:
        layers = [nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.ReLU()]
        module = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 4))
        opened.append(wrap(as_trained(module), size=12, labels=list("abcd")))
        return opened[-1]

    monkeypatch.setattr(device, "_open", open_tiny)
    monkeypatch.setattr(device, "ASCENT_STEPS", 1)
    monkeypatch.setattr(device, "MAP_EXAMPLES", 40)
    return opened


def rows(**changes: Any) -> list[dict[str, Any]]:
    config = DeviceBenchConfig("cpu", ("tiny",), seconds=0.02, pictures=16)
    lines: list[str] = []
    return list(measure(config, lines.append))


def test_every_row_is_measured_on_the_processor_too(tiny: list[Network]) -> None:
    machine, *figures = rows()
    assert machine["device"] == "cpu"
    assert machine["torch"] == torch.__version__
    assert machine["admitted"].startswith("torch>=")
    names = [name for row in figures for name in row if name != "model"]
    expected = ("right", "live", "age", "bare", "three", "bare", "ascent", "ascent", "scan", "map")
    assert len(names) == len(expected)
    assert all(name.startswith(start) for name, start in zip(names, expected, strict=True))
    assert not [value for row in figures for value in row.values() if "failed" in str(value)]
    assert figures[0]["right (to the processor)"].startswith("yes")


def test_a_device_that_computes_something_else_is_not_called_right(tiny: list[Network]) -> None:
    config = DeviceBenchConfig("cpu", ("tiny",), seconds=0.02, pictures=16)
    steps = measure(config, lambda line: None)
    next(steps)
    row = device._Row("tiny", "cpu", config)
    with torch.no_grad():
        row.own.module[2].weight.mul_(1.01)
    assert row._check_lenses()["right (to the processor)"].startswith("NO")


def test_a_row_that_fails_does_not_take_the_others_along(
    tiny: list[Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(row: Any) -> dict[str, Any]:
        raise NotImplementedError("no such operation\non this device")

    monkeypatch.setattr(device._Row, "_measure_views", fails)
    _, *figures = rows()
    reasons = [row["three views"] for row in figures if "three views" in row]
    assert reasons == ["failed: NotImplementedError: no such operation"]
    assert any("scan / bare" in row for row in figures)


def test_without_an_accelerator_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(BadInput, match=r"no accelerator here: torch .* sees neither"):
        choose_device("auto")
    with pytest.raises(BadInput, match="torch cannot use the device 'nonsense'"):
        choose_device("nonsense")


def test_an_error_is_in_parts_of_the_largest_value() -> None:
    expected = np.array([[1.0, -4.0], [2.0, 0.0]])
    assert relative_error(expected, expected) == 0
    assert relative_error(expected + 0.2, expected) == pytest.approx(0.05)
