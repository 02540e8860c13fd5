"""What is measured of an automaton, over seeds, against the target in its card."""

from dataclasses import replace
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.beyond.nca import measure_nca
from dnnvis.training.loop import train
from dnnvis.training.nca_export import export_nca
from dnnvis.training.nca_measure import measure_growth
from dnnvis.zoo.catalog import open_network
from helpers.automata import automaton_file, disk, small_task


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("automaton")
    task = small_task()
    export_nca(task, train(task, folder / "work"), disk(), folder)
    return str(folder / "nca-disk.safetensors")


def test_mean_and_worst_are_over_all_seeds_and_halves(file: str) -> None:
    figures = measure_nca(file, (0, 4))
    network = open_network(file)
    target = small_task().target
    runs = [measure_growth(network.module, target, seed) for seed in (0, 4)]
    healed = [error for run in runs for error in run["healed"].values()]
    assert len(healed) == 8
    assert figures["healed"]["mean"] == pytest.approx(sum(healed) / 8, abs=1e-4)
    assert figures["healed"]["worst"] == pytest.approx(max(healed), abs=1e-4)
    assert figures["grown"]["worst"] == pytest.approx(max(run["grown"] for run in runs), abs=1e-4)
    assert figures["lasting"]["mean"] == pytest.approx(
        sum(run["lasting"] for run in runs) / 2, abs=1e-4
    )
    assert figures["empty"] == pytest.approx(float(target.square().mean()), abs=1e-4)
    assert not figures["reached"]
    cost = network.card.about["learning_cpu_seconds"]
    assert figures["learning_cpu_seconds"] == pytest.approx(cost)
    network.card.about["earlier_runs"] = [{"learning_cpu_seconds": 2.5}]
    assert measure_nca(network, (0,))["learning_cpu_seconds"] == pytest.approx(cost + 2.5)
    assert [run["seed"] for run in figures["runs"]] == [0, 4]


def test_what_cannot_be_measured_is_refused(file: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no automaton"):
        measure_nca("net1")
    with pytest.raises(BadInput, match="holds its target"):
        measure_nca(str(automaton_file(tmp_path)))
    with pytest.raises(BadInput, match="at least one seed"):
        measure_nca(file, ())
    network = open_network(file)
    network.card = replace(network.card, about={})
    with pytest.raises(BadInput):
        measure_nca(network)
