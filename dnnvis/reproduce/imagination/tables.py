"""The tables as CSV: the paper's 1, 2 and 3, the order of learning, and every number there is."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dnnvis.lenses.imagination.score import KEYS
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.records import Record
from dnnvis.reproduce.imagination.results import MEASURES, Results, RowResult, mean

PAPER_LEADS = {"state 1": 5533, "state 2": 2773}  # of its networks of 3 steps, in its steps
NAMES = dict(zip(MEASURES, ("without", "with", "max"), strict=True))

Table = list[list[Any]]


def write_tables(results: Results, folder: Path) -> None:
    """table1.csv, table2.csv, table3.csv, order.csv and all.csv. Raises OSError."""
    for name, table in (
        ("table1", means(results, "1")),
        ("table2", means(results, "2")),
        ("table3", gains(results)),
        ("order", order_of_learning(results)),
        ("all", everything(results)),
    ):
        fresh = folder / f"{name}.csv.new"
        with fresh.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(map(_plain, table))
        os.replace(fresh, folder / f"{name}.csv")


def _plain(line: Iterable[Any]) -> list[Any]:
    """None and NaN as nothing, floats to 6 digits."""
    cells = ["" if cell is None or cell != cell else cell for cell in line]
    return [f"{cell:.6g}" if isinstance(cell, float) else cell for cell in cells]


def means(results: Results, number: str) -> Table:
    """Tables 1 and 2, a line for each row and start: each seed's number without and with the
    adversarial stage and the greater of both, their means over the survivors, the paper's."""
    seeds = [f"seed {seed} {NAMES[measure]}" for seed in results.seeds for measure in MEASURES]
    ends = [*(f"mean {NAMES[measure]}" for measure in MEASURES), "paper", "paper's runs"]
    table: Table = [["row", "title", "start", "runs", "survivors", *seeds, *ends]]
    for result in results.rows:
        if result.row.table == number:
            table += [_means(result, start, results.seeds) for start in STARTS]
    return table


def _means(result: RowResult, start: str, seeds: Sequence[int]) -> list[Any]:
    row, numbers = result.row, [result.numbers(measure, start) for measure in MEASURES]
    failed = {record.seed for record in result.failed}
    cells = [
        "failed" if seed in failed else values.get(seed) for seed in seeds for values in numbers
    ]
    return [
        row.name, row.title, start, len(result.records), len(result.survivors), *cells,
        *(result.mean(measure, start) for measure in MEASURES), row.paper, row.runs,
    ]  # fmt: skip


def gains(results: Results) -> Table:
    """Table 3: means without and with the stage as the paper has them, then what the stage and
    its control add to each of the low runs; at the end the low runs of all rows together."""
    seeds = [f"seed {seed} {what}" for seed in results.seeds for what in ("gain", "control")]
    table: Table = [[
        "row", "start", "survivors", "mean without", "mean with", "paper without", "paper with",
        "low runs", "mean gain", "mean control", *seeds,
    ]]  # fmt: skip
    for result in results.rows:
        if result.low or result.row.without is not None:
            table += [_gains(result, start, results.seeds) for start in STARTS]
    for start in STARTS:
        both = [results.gains(stage, start) for stage in ("adversarial", "control")]
        low = sum(len(result.low) for result in results.rows)
        table.append(["all", start, *[None] * 5, low, *map(mean, both), *[None] * len(seeds)])
    return table


def _gains(result: RowResult, start: str, seeds: Sequence[int]) -> list[Any]:
    row = result.row
    both = [result.gains(stage, start) for stage in ("adversarial", "control")]
    return [
        row.name, start, len(result.survivors),
        result.mean("plain", start), result.mean("adversarial", start), row.without, row.after,
        len(result.low), *(mean(list(numbers.values())) for numbers in both),
        *(numbers.get(seed) for seed in seeds for numbers in both),
    ]  # fmt: skip


def order_of_learning(results: Results) -> Table:
    """A line for each row and state: the step at which each seed had learnt it, and how far
    that was before the final state."""
    steps = [f"seed {seed} step" for seed in results.seeds]
    leads = [f"seed {seed} lead" for seed in results.seeds]
    table: Table = [["row", "state", *steps, *leads, "mean lead", "runs", "paper"]]
    for result in results.rows:
        for state in (*result.states, "final") if result.states else ():
            when, ahead = result.learnt(state), result.leads(state)
            table.append([
                result.row.name, state,
                *(_step(result, when, seed) for seed in results.seeds),
                *(ahead.get(seed) for seed in results.seeds),
                mean(list(ahead.values())), len(ahead), paper_lead(result, state),
            ])  # fmt: skip
    return table


def _step(result: RowResult, when: dict[int, int | None], seed: int) -> int | str | None:
    if seed not in result.records:
        return None
    return "failed" if seed not in when else "never" if when[seed] is None else when[seed]


def paper_lead(result: RowResult, state: str) -> int | None:
    """The paper's mean lead, which it tells for 3 steps with autoencoder and shared cell."""
    setting = result.row.setting
    same = setting.steps == setting.game_steps == 3 and setting.autoencoder and setting.shared
    return PAPER_LEADS.get(state) if same else None


def everything(results: Results) -> Table:
    """A line for each run, stage and start."""
    table: Table = [[
        "row", "seed", "reached", "train steps", "train cpu", "stage", "start", "boards", "steps",
        "cpu", *KEYS, "most", "trivial", "accuracy", "dead", "paper with h0",
    ]]  # fmt: skip
    for result in results.rows:
        for record in result.records.values():
            table += _lines(record)
    return table


def _lines(record: Record) -> Iterable[list[Any]]:
    training = record.training
    run = [record.row, record.seed, training.reached, training.steps, training.cpu]
    if not record.stages:
        yield run
    for name, stage in record.stages.items():
        for start, scores in stage.starts.items():
            yield [
                *run, name, start, stage.boards, stage.steps, stage.cpu,
                *(scores[key] for key in KEYS), scores["most"],
                max(scores["trivial"].values()), scores["accuracy"], scores["dead"],
                scores.get("paper_with_h0"),
            ]  # fmt: skip
