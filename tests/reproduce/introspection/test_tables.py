"""The table of every figure, from records whose means one can reckon by hand."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.common import check_folder
from dnnvis.reproduce.introspection import records, tables
from dnnvis.reproduce.introspection.config import IntrospectionConfig
from dnnvis.reproduce.introspection.records import StepRecord
from dnnvis.reproduce.introspection.report import collect_results, write_results

NETWORK = {"name": "net1-mnist", "source": "made up", "sha256": "ab", "fingerprint": "cd"}


def record(kind: str, net: str, seed: int, **found: Any) -> StepRecord:
    return StepRecord(kind, net, seed, {}, NETWORK, found, 1.5)


def knn(*values: float) -> list[StepRecord]:
    return [record("map", "net1", seed, kNN15=value) for seed, value in enumerate(values)]


def line(found: list[tables.MetricRow], words: str, net: str = "net1") -> tables.MetricRow:
    (one,) = (line for line in found if line.label.startswith(words) and line.net == net)
    return one


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((0.97, 0.96, 0.968), "met"),  # the mean counts, not the least
        ((0.97, 0.95, 0.968), "missed"),
        ((0.99, 0.99), "not decided: 2 seeds"),
    ],
)
def test_a_verdict_is_of_the_mean_of_three_seeds(values: tuple[float, ...], verdict: str) -> None:
    one = line(tables.metric_rows(knn(*values)), "kNN(15) in z")
    assert one.mean == pytest.approx(sum(values) / len(values))
    assert (one.target, one.verdict) == (">= 0.965", verdict)


def test_nothing_is_asked_of_net2() -> None:
    found = tables.metric_rows([record("map", "net2", s, kNN15=0.5) for s in range(3)])
    one = line(found, "kNN(15) in z", "net2")
    assert (one.target, one.verdict) == ("as measured", "")


def test_the_ratio_of_error_rates_is_taken_seed_by_seed() -> None:
    rates = {"net1": (0.1, 0.2, 0.4), "sister": (0.05, 0.05, 0.1)}
    found = tables.metric_rows(
        [
            record("noise", net, seed, **{"0.3": {"errors": rate}})
            for net, own in rates.items()
            for seed, rate in enumerate(own)
        ]
    )
    one = line(found, "error rate at sigma 0.3 /", "sister")
    assert list(one.values.values()) == pytest.approx([0.5, 0.25, 0.25])
    assert one.verdict == "met"
    assert line(found, "error rate, sigma 0.3").mean == pytest.approx(0.7 / 3)


def test_numbers_that_are_not_there_leave_a_gap() -> None:
    found = [
        record("map", "net1", 0, kNN15=0.9, **{"units per class": [3, 1, 5]}),
        record("map", "net1", 1, kNN15=None),
        record("map", "net1", 2, kNN15=float("nan")),
    ]
    one = line(tables.metric_rows(found), "kNN(15) in z")
    assert one.values == {0: 0.9}
    assert one.verdict == "not decided: 1 seeds"
    assert line(tables.metric_rows(found), "fewest units").values == {0: 1.0}
    assert line(tables.metric_rows(found), "most units").values == {0: 5.0}
    cells = tables.as_cells([one], (0, 1, 2))
    assert cells[1][4:8] == ["0.9", "", "", "0.9"]


def test_a_line_for_each_class() -> None:
    two = {"count": 4, "quantiles": [-9, -8, -7, -6, -5]}
    none = {"count": 0, "quantiles": []}
    found: dict[str, Any] = {
        "violins 2d": [{"right": two, "wrong": none}, {"right": two, "wrong": two}],
        "units per class": [10, 20],
        "units per class, decoder": [11, 19],
        "accuracy by class": [1.0, 0.5],
    }
    attack = {"by target": [0.1, 0.2], "by source": [0.3, 0.4]}
    kept = [record("map", "net1", 0, **found), record("attack", "net1", 0, **attack)]
    table = tables.class_table(kept, {"net1": ("a", "b")})
    assert table[1][2:] == ["a", 10, 11, 1.0, 4, -7, 0, "", 0.1, 0.3]
    assert table[2][2:] == ["b", 20, 19, 0.5, 4, -7, 4, -7, 0.2, 0.4]


def test_a_record_comes_back_as_it_was_but_for_numbers_that_json_lacks(tmp_path: Path) -> None:
    one = record("noise", "net1", 3, a=float("nan"), b=[1.23456789, np.inf], c={"d": 2})
    records.write(tmp_path, one)
    back = records.read(records.record_path(tmp_path, "noise", "net1", 3))
    assert back.found == {"a": None, "b": [1.234568, None], "c": {"d": 2}}
    assert (back.seed, back.cpu, back.network) == (3, 1.5, NETWORK)
    assert "torch" in back.made
    place = tmp_path / "runs" / "other.json"
    place.write_text('{"kind": 1}')
    with pytest.raises(BadInput, match="no record"):
        records.read(place)


def test_results_say_what_is_missing_and_write_tables_without_maps(tmp_path: Path) -> None:
    order = IntrospectionConfig(
        tmp_path, seeds=(0, 1, 2), out=tmp_path / "out", work=tmp_path / "work"
    )
    check_folder(order.out)
    for one in knn(0.97, 0.98, 0.96):
        records.write(order.out, one)
    seen = collect_results(order)
    assert len(seen.records) == 3
    assert seen.left == 3 * 4 + 1 + 3 * 3
    page = write_results(order).read_text()
    assert f"Not finished: {seen.left} records" in page
    assert "| Net1 | kNN(15) in z, train -> test | >= 0.965 |" in page
    with (order.out / "figures.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [rows[0][f"seed {seed}"] for seed in (0, 1, 2)] == ["0.97", "0.98", "0.96"]
    assert rows[0]["verdict"] == "met"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="Nothing can be written"):
        check_folder(tmp_path / "file" / "out")


def test_a_reference_is_shown_beside_its_own_network_only() -> None:
    found = tables.metric_rows(
        [record("map", net, 0, accuracy=0.9, mmd=0.001) for net in ("net1", "sister", "net2")]
    )
    told = {net: line(found, "test accuracy", net).reference for net in ("net1", "sister", "net2")}
    assert told == {"net1": "paper .9657", "sister": "", "net2": "paper .762"}
    assert line(found, "MMD^2 to N(0, I), test", "net2").reference == ""
