"""The tables as CSV: the paper's 1, 2 and 3, the order of learning, and every number there is."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dnnvis.lenses.imagination.score import SCORE_KEYS
from dnnvis.reproduce.common import write_csv
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.records import RunRecord
from dnnvis.reproduce.imagination.results import MEASURES, ImaginationResults, RowResult, mean

PAPER_LEADS = {"state 1": 5533, "state 2": 2773}  # of its networks of 3 steps, in its steps
MEASURE_LABELS = dict(zip(MEASURES, ("without", "with", "max"), strict=True))

TableCells = list[list[Any]]


def write_tables(results: ImaginationResults, folder: Path) -> None:
    """Write table1.csv, table2.csv, table3.csv, order.csv and all.csv; raise OSError."""
    for name, table in (
        ("table1", mean_table(results, "1")),
        ("table2", mean_table(results, "2")),
        ("table3", gain_table(results)),
        ("order", learning_table(results)),
        ("all", full_table(results)),
    ):
        write_csv(folder / f"{name}.csv", map(_format_cells, table))


def _format_cells(line: Iterable[Any]) -> list[Any]:
    """Format None and NaN as nothing, floats with 6 digits."""
    cells = ["" if cell is None or cell != cell else cell for cell in line]
    return [f"{cell:.6g}" if isinstance(cell, float) else cell for cell in cells]


def mean_table(results: ImaginationResults, number: str) -> TableCells:
    """Make table 1 or 2, a line for each row and start.

    Each seed's number without and with the adversarial stage and the greater of both, their means
    over the survivors, the paper's.
    """
    seeds = [
        f"seed {seed} {MEASURE_LABELS[measure]}" for seed in results.seeds for measure in MEASURES
    ]
    ends = [*(f"mean {MEASURE_LABELS[measure]}" for measure in MEASURES), "paper", "paper's runs"]
    table: TableCells = [["row", "title", "start", "runs", "survivors", *seeds, *ends]]
    for result in results.rows:
        if result.row.table == number:
            table += [_mean_row(result, start, results.seeds) for start in STARTS]
    return table


def _mean_row(result: RowResult, start: str, seeds: Sequence[int]) -> list[Any]:
    row, numbers = result.row, [result.numbers(measure, start) for measure in MEASURES]
    failed = {record.seed for record in result.failed_runs}
    cells = [
        "failed" if seed in failed else values.get(seed) for seed in seeds for values in numbers
    ]
    return [
        row.name,
        row.title,
        start,
        len(result.records),
        len(result.survivors),
        *cells,
        *(result.mean(measure, start) for measure in MEASURES),
        row.paper,
        row.paper_runs,
    ]


def gain_table(results: ImaginationResults) -> TableCells:
    """Make table 3.

    Means without and with the stage as the paper has them, then what the stage and its control add
    to each of the low runs; at the end the low runs of all rows together.
    """
    seeds = [f"seed {seed} {what}" for seed in results.seeds for what in ("gain", "control")]
    table: TableCells = [
        [
            "row",
            "start",
            "survivors",
            "mean without",
            "mean with",
            "paper without",
            "paper with",
            "low runs",
            "mean gain",
            "mean control",
            *seeds,
        ]
    ]
    for result in results.rows:
        if result.low_runs or result.row.paper_without is not None:
            table += [_gain_row(result, start, results.seeds) for start in STARTS]
    for start in STARTS:
        both = [results.gains(stage, start) for stage in ("adversarial", "control")]
        low = sum(len(result.low_runs) for result in results.rows)
        table.append(["all", start, *[None] * 5, low, *map(mean, both), *[None] * len(seeds)])
    return table


def _gain_row(result: RowResult, start: str, seeds: Sequence[int]) -> list[Any]:
    row = result.row
    both = [result.gains(stage, start) for stage in ("adversarial", "control")]
    return [
        row.name,
        start,
        len(result.survivors),
        result.mean("plain", start),
        result.mean("adversarial", start),
        row.paper_without,
        row.paper_after,
        len(result.low_runs),
        *(mean(list(numbers.values())) for numbers in both),
        *(numbers.get(seed) for seed in seeds for numbers in both),
    ]


def learning_table(results: ImaginationResults) -> TableCells:
    """Make the table of the order of learning, a line for each row and state.

    The step at which each seed had learnt it, and how far that was before the final state.
    """
    steps = [f"seed {seed} step" for seed in results.seeds]
    leads = [f"seed {seed} lead" for seed in results.seeds]
    table: TableCells = [["row", "state", *steps, *leads, "mean lead", "runs", "paper"]]
    for result in results.rows:
        for state in (*result.states, "final") if result.states else ():
            step_by_seed, lead_by_seed = result.learned_steps(state), result.leads(state)
            table.append(
                [
                    result.row.name,
                    state,
                    *(_step_cell(result, step_by_seed, seed) for seed in results.seeds),
                    *(lead_by_seed.get(seed) for seed in results.seeds),
                    mean(list(lead_by_seed.values())),
                    len(lead_by_seed),
                    paper_lead(result, state),
                ]
            )
    return table


def _step_cell(
    result: RowResult, step_by_seed: dict[int, int | None], seed: int
) -> int | str | None:
    if seed not in result.records:
        return None
    return (
        "failed"
        if seed not in step_by_seed
        else "never"
        if step_by_seed[seed] is None
        else step_by_seed[seed]
    )


def paper_lead(result: RowResult, state: str) -> int | None:
    """Return the paper's mean lead, which it tells for 3 steps with autoencoder and shared cell."""
    setting = result.row.setting
    same = setting.steps == setting.game_steps == 3 and setting.autoencoder and setting.shared
    return PAPER_LEADS.get(state) if same else None


def full_table(results: ImaginationResults) -> TableCells:
    """Make a line for each run, stage and start."""
    table: TableCells = [
        [
            "row",
            "seed",
            "reached",
            "train steps",
            "train cpu",
            "stage",
            "start",
            "boards",
            "steps",
            "cpu",
            *SCORE_KEYS,
            "most",
            "trivial",
            "accuracy",
            "dead",
            "paper with h0",
        ]
    ]
    for result in results.rows:
        for record in result.records.values():
            table += _run_rows(record)
    return table


def _run_rows(record: RunRecord) -> Iterable[list[Any]]:
    training = record.training
    run = [record.row, record.seed, training.reached, training.steps, training.cpu]
    if not record.stages:
        yield run
    for name, stage in record.stages.items():
        for start, scores in stage.starts.items():
            yield [
                *run,
                name,
                start,
                stage.boards,
                stage.steps,
                stage.cpu,
                *(scores[key] for key in SCORE_KEYS),
                scores["most"],
                max(scores["trivial"].values()),
                scores["accuracy"],
                scores["dead"],
                scores.get("paper_with_h0"),
            ]
