"""What is measured of an automaton, over seeds, against the target in its card."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.beyond.nca import conclude_nca, measure_nca
from dnnvis.reproduce.beyond.plots import draw_figures
from dnnvis.reproduce.beyond.report import write_results
from dnnvis.reproduce.beyond.rows import ROWS, BeyondConfig
from dnnvis.reproduce.beyond.runner import BeyondRecord, BeyondRun, record_path
from dnnvis.reproduce.beyond.tables import build_tables
from dnnvis.training.loop import train
from dnnvis.training.nca_export import export_nca
from dnnvis.training.nca_measure import measure_growth
from dnnvis.zoo.catalog import open_network
from helpers.automata import automaton_file, disk, small_task

ROOT = Path(__file__).resolve().parents[3]


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


def test_a_row_of_an_automaton_has_its_table_figure_and_sentence(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ROWS["nca-coffee"]
    run = row.run.func  # type: ignore[attr-defined]
    config = BeyondConfig(seeds=(0, 1), work=tmp_path, out=tmp_path, rows=("nca-coffee",))
    records = [
        BeyondRecord(
            "nca-coffee", seed, 0, 0, **run(file, seed, config, lambda part: None), environment={}
        )
        for seed in (0, 1)
    ]
    scores = [dict(record.scores) for record in records]
    (table,) = build_tables("nca-coffee", records).values()
    assert table[1][0] == "at step 96"
    worst = max(score["healed"]["worst"] for score in scores)
    assert table[3] == ["at step 192", table[3][1], f"{worst:.4f}"]
    (name,) = draw_figures("nca-coffee", records, tmp_path)
    assert (tmp_path / name).stat().st_size > 1000
    sentence = conclude_nca(scores)
    assert f"{worst:.4f} 96 steps after losing a half" in sentence
    assert "beyond the goal in growing, healing, lasting" in sentence
    for score in scores:
        for key in ("grown", "healed", "lasting"):
            score[key]["worst"] = 0.009
    assert conclude_nca(scores).endswith("all within the goal.")


def test_the_report_says_that_the_seeds_are_of_the_firing_and_what_was_learned(
    tmp_path: Path,
) -> None:
    config = BeyondConfig(seeds=(0,), work=tmp_path, out=tmp_path, rows=("nca-coffee",))
    committed = record_path(ROOT / "assets" / "beyond", BeyondRun("nca-coffee", 0))
    path = record_path(tmp_path, BeyondRun("nca-coffee", 0))
    path.parent.mkdir()
    path.write_text(committed.read_text())
    write_results(config)
    text = config.report_path.read_text()
    card = json.loads((ROOT / "models" / "nca-coffee.json").read_text())
    runs = [card, *card["earlier_runs"]]
    minutes = sum(run["learning_cpu_seconds"] for run in runs) / 60
    assert f"{minutes:.0f} processor minutes of learning in all" in text
    assert "There is one training" in text
    assert "the seeds are of that firing" in text
