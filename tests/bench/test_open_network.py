import json
from collections.abc import Callable
from typing import Any

import pytest

from dnnvis.bench import open_network


def test_an_unknown_network_is_told_of(bench: Callable[..., Any]) -> None:
    result = bench("open", "--model", "nonet")
    assert result.exit_code == 2
    assert "nonet" in result.stderr


def test_every_figure_is_the_ratio_of_two_medians(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = {"bare": [1.0, 3.0, 2.0], "open": [8.0, 9.0, 1.0], "first_frame": [2.0, 2.0, 5.0]}
    order: list[str] = []

    def clock(name: str) -> Callable[..., float]:
        def turn(model: str, pixels: Any) -> float:
            order.append(name)
            return times[name].pop(0)

        turn.__name__ = f"measure_{name}"
        return turn

    for name in times:
        monkeypatch.setattr(open_network, f"measure_{name}", clock(name))
    monkeypatch.setattr(open_network, "_make_pixels", lambda network: None)
    monkeypatch.setattr(open_network, "_open", lambda model: None)
    figures = open_network.measure("alexnet", 3, lambda text: None)
    assert order == [*times, *reversed(times), *times]
    assert figures["open_ratio"] == {"median": 4.0, "asked": "<= 8"}
    assert figures["first_frame_ratio"] == {"median": 1.0, "asked": "<= 3"}


def test_the_command_measures_a_network(bench: Callable[..., Any]) -> None:
    result = bench("open", "--model", "squeezenet1_1", "--rounds", 1, "--despite-load", "--json")
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert figures["model"] == "squeezenet1_1"
    assert figures["bare_seconds"] > 0
    assert figures["open_seconds"] > figures["bare_seconds"] / 10
    assert figures["load"] == 0.25


def test_the_reader_is_compared_with_torchs_and_its_memory_with_the_tensors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(open_network, "READER_TENSORS", 24)
    monkeypatch.setattr(open_network, "READER_TENSOR_SIDE", 400)
    lines: list[str] = []
    figures = open_network.measure_reader(2, lines.append)
    assert len(lines) == 2
    assert figures["dnnvis_seconds"] > 0
    assert figures["time_ratio"]["median"] > 0.1
    assert 0.5 < figures["memory_ratio"]["median"] < 3  # 15 MB: an allocator's slack counts
    assert open_network.READER_TENSORS == 24
