"""What the bench of two rendering processes renders, and how it reads machine and report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dnnvis.bench.jobs.render_processes import (
    PROCESSES,
    choose_objectives,
    choose_thread_count,
    count_channels,
    read_machine,
    read_summary,
)
from dnnvis.core.errors import BadInput
from dnnvis.network.opening.wrap import wrap
from dnnvis.zoo.catalog import open_network


def test_units_are_spread_over_each_convolution() -> None:
    network = open_network("net2-cifar10")
    convolutions = [row for row in network.layers if "Conv" in row.kind]
    objectives = choose_objectives(network, 2)
    assert objectives == [
        f"{row.name}[{channel}]" for row in convolutions for channel in (0, row.shape[0] // 2)
    ]
    every = choose_objectives(network, 10_000)
    assert len(every) == len(set(every)) == sum(row.shape[0] for row in convolutions)
    assert count_channels(network) == len(every)


def test_each_process_gets_as_many_units_of_every_convolution() -> None:
    objectives = choose_objectives(open_network("net2-cifar10"), PROCESSES)
    layers = [
        sorted(text.partition("[")[0] for text in objectives[rank::PROCESSES])
        for rank in range(PROCESSES)
    ]
    assert layers[0] == layers[1]
    assert len(layers[0]) * PROCESSES == len(objectives)


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (3, 1), (8, 4)])
def test_processes_never_have_more_threads_than_there_are_cores(cores: int, threads: int) -> None:
    assert choose_thread_count(cores) == threads


def test_a_network_without_convolutions_is_refused() -> None:
    from torch import nn

    network = wrap(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), size=4)
    with pytest.raises(BadInput, match="no convolution"):
        choose_objectives(network, 1)


def test_two_threads_of_a_core_are_one_physical_core(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    blocks = [f"processor\t: {k}\nphysical id\t: 0\ncore id\t\t: {k // 2}\n" for k in range(4)]
    info.write_text("\n".join(blocks))
    assert read_machine(info)["physical_cores"] == 2
    nothing = read_machine(tmp_path / "nothing")
    assert nothing["physical_cores"] == nothing["logical_cores"]


def test_a_report_with_pictures_missing_is_an_error() -> None:
    line = json.dumps({"made": 3, "seconds": 1.5})
    assert read_summary(f"noise\n{line}\n", 3)["seconds"] == 1.5
    with pytest.raises(BadInput, match="Of 4 units 3"):
        read_summary(line, 4)
    with pytest.raises(BadInput, match="Of 4 units 0"):
        read_summary("", 4)


@pytest.mark.slow
def test_the_bench_runs_through(bench: Callable[..., Any]) -> None:
    words = ("--model", "net2-cifar10", "--steps", 1, "--json", "--despite-load")
    result = bench("processes", *words)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout.splitlines()[-1])
    assert figures["units"] > 2
    assert figures["reduced"].endswith("channels of all convolutions, 1 steps each")
    assert figures["threads"] * PROCESSES <= max(figures["physical_cores"], PROCESSES)
    assert 0 < figures["render_speedup"] < 4
