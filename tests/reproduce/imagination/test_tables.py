"""Tables, verdicts, report and figures from records whose means one can reckon by hand."""

import csv
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.common import check_folder
from dnnvis.reproduce.imagination import records
from dnnvis.reproduce.imagination.records import RunRecord
from dnnvis.reproduce.imagination.report import render_report, write_results
from dnnvis.reproduce.imagination.results import ImaginationResults, collect_results
from dnnvis.reproduce.imagination.rows import ROWS
from dnnvis.reproduce.imagination.steps import ImaginationConfig
from dnnvis.reproduce.imagination.tables import full_table, gain_table, learning_table, mean_table
from dnnvis.reproduce.imagination.verdicts import (
    judge_claims,
    judge_learning_order,
    judge_stage,
    judge_targets,
)
from helpers.life_records import record

ALIGNED = {"state 1": 400, "state 2": 900, "final": 1000}


def three(seed: int, **order: int | None) -> RunRecord:
    """A run of row 3 that imagines everything."""
    learnt = {**ALIGNED, **{name.replace("_", " "): step for name, step in order.items()}}
    return record("3", seed, {"plain": (1.0, 1.0), "adversarial": (1.0, 0.9)}, order=learnt)


def unshared(seed: int, plain: float, stage: float, control: float | None) -> RunRecord:
    later = {} if control is None else {"control": (control, control)}
    stages = {"plain": (plain, plain + 0.1), "adversarial": (stage, stage), **later}
    return record("3-unshared", seed, stages, order=ALIGNED)


KEPT = [
    three(0),
    three(1, state_1=600),
    three(2, state_2=None),
    record(
        "3",
        3,
        {"plain": (0.0, 0.0)},
        reached=None,
        order={"state 1": 10, "state 2": None, "final": None},
    ),
    unshared(0, 0.0, 0.5, 0.01),
    unshared(1, 0.2, 0.1, 0.2),
    unshared(2, 1.0, 0.8, None),
    unshared(4, 0.1, 0.6, 0.0),
    record("2-3", 0, {"plain": (1.25, 1.0), "adversarial": (1.5, 1.5)}),
]


def kept(folder: Path, found: Sequence[RunRecord] = KEPT, seeds: int = 5) -> ImaginationConfig:
    for one in found:
        records.write(folder, one)
    return ImaginationConfig(
        (ROWS["3"],), seeds=tuple(range(seeds)), work=folder / "work", out=folder
    )


@pytest.fixture
def found(tmp_path: Path) -> ImaginationResults:
    return collect_results(kept(tmp_path))


def line_of(table: list[list[object]], *first: str) -> dict[str, object]:
    (line,) = (line for line in table[1:] if tuple(line)[: len(first)] == first)
    return dict(zip(table[0], line, strict=True))


def test_a_failed_run_enters_no_mean_and_is_counted(found: ImaginationResults) -> None:
    line = next(line for line in mean_table(found, "1")[1:] if line[0] == "3" and line[2] == "half")
    cells = dict(zip(mean_table(found, "1")[0], line, strict=True))
    assert (cells["runs"], cells["survivors"]) == (4, 3)
    assert cells["mean without"] == cells["mean with"] == cells["mean max"] == 1.0
    assert cells["seed 3 max"] == "failed"
    assert cells["seed 4 max"] is None
    assert (cells["paper"], cells["paper's runs"]) == (0.99, 42)


def test_the_paper_takes_the_greater_of_both_in_each_run_not_of_the_means(
    found: ImaginationResults,
) -> None:
    line = line_of(mean_table(found, "1"), "3-unshared", "3 steps, not shared", "half")
    assert line["mean without"] == pytest.approx((0.0 + 0.2 + 1.0 + 0.1) / 4)
    assert line["mean with"] == pytest.approx((0.5 + 0.1 + 0.8 + 0.6) / 4)
    assert line["mean max"] == pytest.approx((0.5 + 0.2 + 1.0 + 0.6) / 4)
    assert [line[f"seed {k} max"] for k in range(5)] == [0.5, 0.2, 1.0, None, 0.6]
    chain = line_of(mean_table(found, "1"), "3-unshared", "3 steps, not shared", "chain")
    assert chain["mean max"] == pytest.approx((0.5 + 0.3 + 1.1 + 0.6) / 4)


def test_table_2_holds_the_rows_of_different_lengths(found: ImaginationResults) -> None:
    assert {line[0] for line in mean_table(found, "2")[1:]} == {"2-3"}
    line = line_of(mean_table(found, "2"), "2-3", "game 2, network 3", "chain")
    assert (line["mean without"], line["mean max"], line["paper"]) == (1.0, 1.5, 0.73)


def test_gains_are_paired_and_only_of_runs_that_were_low(found: ImaginationResults) -> None:
    line = line_of(gain_table(found), "3-unshared", "half")
    assert line["low runs"] == 3
    assert [line[f"seed {k} gain"] for k in range(5)] == pytest.approx([0.5, -0.1, None, None, 0.5])
    assert line["mean gain"] == pytest.approx((0.5 - 0.1 + 0.5) / 3)
    assert line["mean control"] == pytest.approx((0.01 + 0.0 - 0.1) / 3)
    assert (line["paper without"], line["paper with"]) == (0.11, 0.40)
    assert line["mean without"] == pytest.approx(1.3 / 4), "of all survivors, as the paper's"
    total = line_of(gain_table(found), "all", "chain")
    assert total["low runs"] == 3
    assert total["mean gain"] == pytest.approx((0.4 - 0.2 + 0.4) / 3)


def test_low_is_said_of_fresh_boards_whatever_the_chain_gives(tmp_path: Path) -> None:
    high = record("2-3", 0, {"plain": (0.9, 0.1), "adversarial": (1.0, 1.0)})
    low = record("2-3", 1, {"plain": (0.89, 1.2), "adversarial": (1.0, 1.0)})
    (result,) = (
        r for r in collect_results(kept(tmp_path, [high, low])).rows if r.row.name == "2-3"
    )
    assert [run.seed for run in result.low_runs] == [1]


def test_leads_are_means_over_the_runs_that_learnt_both(found: ImaginationResults) -> None:
    line = line_of(learning_table(found), "3", "state 1")
    assert [line[f"seed {k} step"] for k in range(5)] == [400, 600, 400, "failed", None]
    assert (line["mean lead"], line["runs"], line["paper"]) == ((600 + 400 + 600) / 3, 3, 5533)
    line = line_of(learning_table(found), "3", "state 2")
    assert line["seed 2 step"] == "never"
    assert line["seed 2 lead"] is None
    assert (line["mean lead"], line["runs"], line["paper"]) == (100, 2, 2773)
    assert line_of(learning_table(found), "3-unshared", "state 1")["paper"] is None
    assert not [line for line in learning_table(found) if line[0] == "2-3"]


def test_learnt_first_holds_where_most_runs_and_the_mean_say_so(tmp_path: Path) -> None:
    def verdict(*when: int | None) -> str:
        runs = [three(seed, state_1=step) for seed, step in enumerate(when)]
        (claim,) = judge_learning_order(collect_results(kept(tmp_path, runs)))
        for place in (tmp_path / "runs").iterdir():
            place.unlink()
        return claim.verdicts[0]

    assert verdict(400, 600, None).startswith("held: state 1 earlier in 2 of 3 runs (+500 steps")
    assert verdict(400, None, None).startswith("not held: state 1 earlier in 1 of 3 runs (+600")
    assert verdict(975, 975, 1300).startswith("not held: state 1 earlier in 2 of 3 runs (-83")
    assert verdict(None, None, None).startswith("not held: state 1 earlier in 0 of 3 runs;")
    assert verdict(400, 400) == "not decided: 2 runs"


def test_a_claim_is_judged_by_means_and_not_by_too_few_runs(found: ImaginationResults) -> None:
    said = {claim.text.split(" (")[0]: claim.verdicts for claim in judge_claims(found)}
    assert said["3 steps: the states can be read"] == ("held: 1.000",) * 4
    assert said["4 steps: the states can be read"] == ("not decided: 0 runs",) * 4
    assert said["Without sharing it is lower"][:2] == (
        "held: 0.325 < 1.000",
        "held: 0.575 < 1.000",
    )
    assert said["Game 2, network 3: lower than where both make 3"][0] == "not decided: 1 run"


def test_means_that_are_hardly_apart_do_not_make_a_claim_hold(tmp_path: Path) -> None:
    runs = [three(k) for k in range(3)]
    runs += [record("3-unshared", k, {"plain": (0.995, 0.98)}) for k in range(3)]
    said = {
        claim.text: claim.verdicts for claim in judge_claims(collect_results(kept(tmp_path, runs)))
    }
    (verdicts,) = (said[words] for words in said if words.startswith("Without sharing"))
    assert verdicts == (
        "not held: 0.995, 1.000",
        "not decided: 0 runs",
        "held: 0.980 < 1.000",
        "not decided: 0 runs",
    )


def test_the_stage_helps_only_where_its_control_does_not(tmp_path: Path) -> None:
    def verdict(*both: tuple[float, float | None]) -> str:
        runs = [unshared(k, 0.0, *pair) for k, pair in enumerate(both)]
        return judge_stage(collect_results(kept(tmp_path, runs)))[0].verdicts[0]

    good = [(0.5, 0.0), (0.4, 0.03), (0.3, 0.0)]
    assert verdict(*good) == "held: +0.400 in 3 runs, control +0.010"
    assert verdict((0.5, 0.5), (0.4, 0.4), (0.3, 0.3)).startswith("not held: +0.400")
    assert verdict((0.0, 0.0), (0.0, 0.0), (0.01, 0.0)).startswith("not held: +0.003")
    assert "the control was made of 2 only" in verdict(*good[:2], (0.3, None))


def test_figures_asked_are_met_missed_or_not_decided(
    found: ImaginationResults, tmp_path: Path
) -> None:
    said = {figure.target: figure for figure in judge_targets(found)}
    whole = said["3 steps, without the stage: at least 0.99"]
    assert whole.verdict == "met"
    assert "3 of 4 survived" in whole.measured
    assert said["2 steps, greater of both: at least 0.99"].verdict == "not decided: 0 runs"
    gain = said["Mean gain of the stage in the low runs: at least 0.1"]
    assert gain.verdict == "met"
    assert gain.measured == "half 0.300; chain 0.200; 3 runs"
    control = said["Mean gain of its control in the low runs: at most 0.02"]
    assert control.verdict == "met"
    low = [
        replace(one, stages={**one.stages, "plain": KEPT[5].stages["plain"]}) for one in KEPT[:3]
    ]
    again = {
        figure.target: figure for figure in judge_targets(collect_results(kept(tmp_path, low)))
    }
    assert again["3 steps, without the stage: at least 0.99"].verdict == "missed"


def test_the_folder_holds_tables_figures_and_a_report_that_says_the_same(tmp_path: Path) -> None:
    order = kept(tmp_path)
    place = write_results(order)
    text = place.read_text()
    assert "| 3 steps, not shared | 4 of 4 | 0.000 → 0.500 | 0.200 → 0.100 |" in text
    assert "| 0.325 | 0.500 | 0.575 | 0.40 | 20 |" in text
    assert "9 runs, 8 of which reached 99 %" in text
    assert "Not finished" in text, "seed 4 of row 3 is not made"
    assert "## Runs that failed" in text
    assert "| 3 | 3 | 1400 |" in text
    with (tmp_path / "table1.csv").open() as file:
        lines = list(csv.DictReader(file))
    (line,) = (d for d in lines if (d["row"], d["start"]) == ("3-unshared", "half"))
    assert (line["mean max"], line["seed 3 max"], line["seed 4 max"]) == ("0.575", "", "0.6")
    with (tmp_path / "all.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == sum(2 * len(one.stages) for one in KEPT)
    for name in ("scores.png", "adversarial.png", "order.png"):
        assert f"({name})" in text
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 400
            assert len(picture.getcolors(1 << 20) or ()) > 10
        assert (tmp_path / name).stat().st_size < 150_000
    assert not list(tmp_path.glob("*.new"))


def test_from_the_first_trained_run_on_there_is_a_report(tmp_path: Path) -> None:
    order = kept(tmp_path, [record("3", 0)])
    assert "not decided" in write_results(order).read_text()
    assert not (tmp_path / "scores.png").exists()
    assert [line[0] for line in full_table(collect_results(order))[1:]] == ["3"]
    empty = replace(order, out=tmp_path / "other")
    check_folder(empty.out)
    assert "0 runs, 0 of which" in write_results(empty).read_text()


def test_numbers_that_do_not_exist_are_left_empty(tmp_path: Path) -> None:
    order = kept(tmp_path, [record("2-3", 0, {"plain": (0.5, 0.5)}, aligned=math.nan)])
    text = render_report(collect_results(order))
    assert "nan" not in text
    write_results(order)
    assert "nan" not in (tmp_path / "all.csv").read_text()


def test_other_rows_broken_records_are_left_alone(tmp_path: Path) -> None:
    order = kept(tmp_path)
    place = records.record_path(tmp_path, "2-3", 0)
    place.write_text("{")
    assert "2-3" not in {result.row.name for result in collect_results(order).rows}
    assert place.read_text() == "{"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"Nothing can be written to .*file"):
        check_folder(tmp_path / "file")
    order = kept(tmp_path / "good")
    (tmp_path / "good" / "table1.csv").mkdir()
    with pytest.raises(BadInput, match="cannot be written: it is a folder"):
        write_results(order)
