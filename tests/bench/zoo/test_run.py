"""The zoo's rows and totals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dnnvis.bench.zoo import run
from dnnvis.bench.zoo.networks import ZooEntry, find_entry
from dnnvis.bench.zoo.run import ZooBenchConfig, check_network, describe_row, measure, summarize


def row(name: str, **changes: Any) -> dict[str, Any]:
    layouts = {"rows": 10, "recorded": 10, "lists": 1, "localized": 4, "wrong_rows": 0}
    return {
        "network": name,
        "library": "own",
        "opened": True,
        "live": 60,
        "ascent": [0.0, 1.0],
        "layouts": layouts,
        "lenses": {"gradient": "equal", "guided": "not applicable: x", "deconvnet": "equal"},
        "failures": {},
        **changes,
    }


def test_totals_count_what_held_and_give_each_reason() -> None:
    wrong = row("b", failures={"layouts": "2 of 10 rows", "ascent": "fell"})
    wrong["layouts"] = wrong["layouts"] | {"wrong_rows": 2}
    closed = {"network": "c", "library": "own", "failures": {"open": "BadInput: no"}}
    absent = {"network": "d", "library": "timm", "missing": "timm", "failures": {}}
    totals = summarize([row("a"), wrong, closed, absent])
    assert totals["networks"] == 3
    assert totals["not_installed"] == "1, timm"
    assert totals["opened"] == totals["live"] == totals["recordable"] == "2 of 3"
    assert totals["ascent"] == "1 of 3"
    assert totals["gradient"] == "2 of 2, 1 not applicable"
    assert totals["guided"] == "0 of 0, 3 not applicable"
    assert totals["layout_rows"]["right_or_list"] == "18 of 20"
    assert totals["exceptions"]["networks"] == "2 of 3"
    assert totals["reasons"] == [
        "b: layouts: 2 of 10 rows",
        "b: ascent: fell",
        "c: open: BadInput: no",
    ]


def test_a_child_that_crashes_or_hangs_is_a_row() -> None:
    entry = ZooEntry("own/none", "own", (8, 8), lambda: None)  # type: ignore[arg-type, return-value]
    crashed = check_network(entry, ZooBenchConfig())
    assert "ended with status 1" in crashed["failures"]["start"]
    assert "own/none" in crashed["failures"]["start"]
    hung = check_network(find_entry("own/lstm"), ZooBenchConfig(seconds=0.05))
    assert "took more than 0 s" in hung["failures"]["start"]


def test_the_last_stage_that_was_reported_is_the_one_that_failed() -> None:
    entry = find_entry("own/lstm")
    lines = [
        json.dumps({"network": "own/lstm", "failures": {}, "stage": stage})
        for stage in ("open", "live")
    ]
    cut_off = "\n".join([*lines, lines[-1][:20]])
    finished = run._finish_row(entry, cut_off, "ended with status -11", "a\nSegmentation fault\n")
    assert finished["failures"] == {"live": "ended with status -11: Segmentation fault"}


def test_rows_in_the_record_are_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def check(entry: ZooEntry, config: ZooBenchConfig) -> dict[str, Any]:
        calls.append(entry.name)
        return row(entry.name)

    monkeypatch.setattr(run, "check_network", check)
    record = tmp_path / "zoo.jsonl"
    logged: list[str] = []
    measure(ZooBenchConfig("own/", limit=2, record=record), logged.append)
    with record.open("a") as file:
        file.write('{"network": "own/pa')  # cut off
    totals = measure(ZooBenchConfig("own/", record=record), logged.append)
    assert calls == [entry.name for entry in run.ENTRIES if entry.library == "own"]
    assert totals["networks"] == 5
    assert len(logged) == 7


def test_a_library_that_is_absent_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "missing_library", lambda entry: entry.library)
    absent = check_network(find_entry("timm/resnet10t"), ZooBenchConfig())
    assert describe_row(absent) == "timm/resnet10t: not installed: pip install timm"


def test_the_command_says_what_it_cannot_find(bench: Callable[..., Any]) -> None:
    result = bench("zoo", "--only", "nonet")
    assert result.exit_code == 2
    assert "nonet" in result.stderr


def test_the_command_runs_a_network_in_a_process_of_its_own(
    bench: Callable[..., Any], tmp_path: Path
) -> None:
    record = tmp_path / "zoo.jsonl"
    result = bench("zoo", "--only", "squeezenet", "--frames", 2, "--record", record, "--json")
    assert result.exit_code == 0, result.stderr
    totals = json.loads(result.stdout)
    assert totals["opened"] == totals["live"] == totals["recordable"] == "1 of 1"
    assert totals["reasons"] == []
    assert json.loads(record.read_text())["live"] == 2
