"""The report: every table, figure and verdict in one Markdown page, beside the paper's numbers."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.score import KEYS
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.plots import write_plots
from dnnvis.reproduce.imagination.records import Record
from dnnvis.reproduce.imagination.results import MEASURES, Results, RowResult, mean, results
from dnnvis.reproduce.imagination.rows import CAP
from dnnvis.reproduce.imagination.steps import LOW, Order
from dnnvis.reproduce.imagination.tables import paper_lead, write_tables
from dnnvis.reproduce.imagination.verdicts import (
    CASES,
    Claim,
    claims,
    figures,
    number,
    order_claims,
    stage_claims,
)
from dnnvis.reproduce.output import check_folder as check_folder  # others ask for it here
from dnnvis.sources.life.starts import TOLD

PLOTS = {
    "scores.png": "The paper's number of every run, without and with the adversarial stage.",
    "adversarial.png": "What the stage and its control change in every run.",
    "order.png": "When each state is learnt.",
}


def write_results(order: Order) -> Path:
    """Tables, figures and report.md from the records in ``order.out``; where the report is.
    Raises BadInput where they cannot be written."""
    found = results(order)
    place = order.out / "report.md"
    try:
        write_tables(found, order.out)
        plots = write_plots(found, order.out)
        fresh = place.with_suffix(".new")
        fresh.write_text(report(found, plots), encoding="utf-8")
        os.replace(fresh, place)
    except OSError as why:
        raise BadInput(f"{order.out} cannot be written to: {why}.") from None
    return place


def report(found: Results, plots: Sequence[str] = ()) -> str:
    """The page as Markdown; ``plots`` the files beside it that are shown."""
    parts = [
        _head(found),
        _asked(found),
        _claims(found),
        *(_means(found, table, start) for table in ("1", "2") for start in STARTS),
        _gains(found),
        _scores(found),
        _learning(found),
        _probes(found),
        _failures(found),
        *(f"![{PLOTS[name]}]({name})\n\n*{PLOTS[name]}*" for name in plots),
        _machines(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    rows = [columns, ["---"] * len(columns), *lines]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def _head(found: Results) -> str:
    runs = sum(len(result.records) for result in found.rows)
    survived = sum(len(result.survivors) for result in found.rows)
    words = (
        "# Visualizing Neural Network Imagination, made again\n\n"
        f"Wichers et al. 2022. Seeds {found.seeds[0]} to {found.seeds[-1]} of each row, none "
        f"replaced: {runs} runs, {survived} of which reached 99 % of the validation "
        f"boards' cells within {CAP:.0f} processor seconds. Only those enter a mean; the others "
        f"are counted beside it. Every number is of {found.boards:,} boards of 20 x 20, begun in "
        f"two ways: *half*, {TOLD['half']} (the paper's text); *chain*, {TOLD['chain']}.\n\n"
        "*Without* and *with* are before and after the adversarial stage. The paper's tables 1 "
        "and 2 take the greater of the two in each run (*max*), a choice made on the test "
        "boards: all three are shown."
    )
    if found.left:
        words += f"\n\n**Not finished: at least {found.left} steps are left; means will change.**"
    return words


def _asked(found: Results) -> str:
    lines = [(figure.asked, figure.measured, figure.verdict) for figure in figures(found)]
    return "## Asked and measured\n\n" + _table(("asked", "measured", ""), lines)


def _claims(found: Results) -> str:
    names = {"plain": "without", "max": "max"}
    cases = [f"{start}, {names[measure]}" for measure, start in CASES]
    return "\n\n".join(
        (
            "## The paper's claims",
            _claim_table(claims(found), cases),
            _claim_table(stage_claims(found), STARTS),
            "States in between are learnt before the final one (first look with 98 %):",
            _claim_table(order_claims(found), ["verdict"]),
        )
    )


def _claim_table(said: list[Claim], cases: Sequence[str]) -> str:
    return _table(["claim", *cases], ([claim.words, *claim.verdicts] for claim in said))


def _means(found: Results, table: str, start: str) -> str:
    rows = [result for result in found.rows if result.row.table == table]
    if not rows:
        return ""
    seeds = [f"seed {seed}" for seed in found.seeds]
    columns = ["row", "survived", *seeds, "mean without", "with", "max", "paper", "paper's runs"]
    lines = [
        [
            result.row.title, f"{len(result.survivors)} of {len(result.records)}",
            *(_pair(result, seed, start) for seed in found.seeds),
            *(number(result.mean(measure, start)) for measure in MEASURES),
            f"{result.row.paper:.2f}", result.row.runs,
        ]
        for result in rows
    ]  # fmt: skip
    words = "Each seed: without → with."
    if table == "2":
        words += " A network of 3 steps for a game of 2 can reach 1.5."
    return f"## Table {table}, {start}\n\n{words}\n\n" + _table(columns, lines)


def _pair(result: RowResult, seed: int, start: str) -> str:
    record = result.records.get(seed)
    if record is None:
        return "–"
    if not record.survived:
        return "failed"
    both = (number(record.paper(stage, start)) for stage in ("plain", "adversarial"))
    return " → ".join(both)


def _gains(found: Results) -> str:
    columns = (
        "row", "start", "without", "with", "paper without", "paper with",
        "low runs", "gains", "mean gain", "control's gains", "mean",
    )  # fmt: skip
    lines = []
    for result in found.rows:
        if result.low or result.row.without is not None:
            lines += [_gain_line(result, start) for start in STARTS]
    for start in STARTS:
        both = [mean(found.gains(stage, start)) for stage in ("adversarial", "control")]
        low = sum(len(result.low) for result in found.rows)
        lines.append(
            ["**all**", start, "", "", "", "", low, "", number(both[0]), "", number(both[1])]
        )
    return (
        "## Table 3\n\nThe adversarial stage, paired in each run. *Low* are the survivors below "
        f"{LOW:g} without it on fresh boards (half); the control trains the same new decoder for "
        "as many steps, without the discriminator.\n\n" + _table(columns, lines)
    )


def _gain_line(result: RowResult, start: str) -> list[object]:
    row = result.row
    gain, control = (result.gains(stage, start) for stage in ("adversarial", "control"))
    cells: list[object] = [row.title, start]
    cells += [number(result.mean(measure, start)) for measure in ("plain", "adversarial")]
    cells += ["–" if value is None else f"{value:.2f}" for value in (row.without, row.after)]
    cells.append(len(result.low))
    for numbers in (gain, control):
        cells.append(" ".join(f"{value:+.3f}" for value in numbers.values()) or "–")
        cells.append(number(mean(list(numbers.values()))))
    return cells


def _scores(found: Results) -> str:
    keys = [*KEYS, "accuracy", "paper_with_h0"]
    columns = ["row", "stage", "start", *keys[:-1], "paper, h0 counted"]
    lines = [
        [
            result.row.title, stage, start,
            *(number(result.average(key, stage, start)) for key in keys),
        ]
        for result in found.rows
        for stage in ("plain", "adversarial", "control")
        for start in STARTS
        if result.average("paper", stage, start) is not None
    ]  # fmt: skip
    return (
        "## What the paper's number does not tell\n\nMeans over the survivors that were scored "
        "(the control: low ones only). *strict*: every cell equal; *distinct*: share of the states "
        "that some output matches; *aligned*: output i against state i; *mcc*: Matthews "
        "correlation; *chance_corrected*: 0 is the best of three trivial pictures, 1 the most that "
        "can be reached; *accuracy*: cells of the final state. Without the autoencoder the "
        "published code counts the encoder's output, too: last column.\n\n" + _table(columns, lines)
    )


def _learning(found: Results) -> str:
    columns = ["row", "state", *(f"seed {seed}" for seed in found.seeds), "mean lead", "paper"]
    lines = []
    for result in found.rows:
        for state in (*result.states, "final") if result.states else ():
            steps = [_step(result, state, seed) for seed in found.seeds]
            lead = mean(list(result.leads(state).values())) if state != "final" else None
            paper = paper_lead(result, state) or "–"
            lines.append([
                result.row.title, state, *steps, "–" if lead is None else f"{lead:.0f}", paper
            ])  # fmt: skip
    return (
        "## Order of learning\n\nThe step of the first look (every 25 steps) with 98 % of the "
        "validation boards' cells right, and how many steps that was before the final state, in "
        "the mean over the runs where both were learnt. The paper's steps are its own.\n\n"
        + _table(columns, lines)
    )


def _step(result: RowResult, state: str, seed: int) -> object:
    record = result.records.get(seed)
    if record is None:
        return "–"
    step = record.training.order[state]
    if not record.survived:
        return "failed"
    return "never" if step is None else step


def _probes(found: Results) -> str:
    lines = []
    for result in found.rows:
        probes = [r.stages["plain"].probe for r in result.survivors if "plain" in r.stages]
        probes = [probe for probe in probes if probe]
        for state in range(1, result.row.setting.game_steps) if probes else ():
            best = [max(line[state] for line in probe["matching"]) for probe in probes]
            where = [_best(probe["matching"], probe["accuracy"], state) for probe in probes]
            cells = " ".join(f"{value:.2f} (h{k})" for value, k in zip(best, where, strict=True))
            lines.append([result.row.title, f"state {state}", cells, number(mean(best))])
    return (
        "## Is the state there at all?\n\nA linear probe of 3 x 3 windows of the hidden states: "
        "share of fresh boards that it reads to 95 % of their cells, from the hidden state it "
        "reads best, for each survivor. Where this is 1 and the paper's number is 0, the network "
        "holds the state, and only the decoder reads another code.\n\n"
        + _table(("row", "state", "each run", "mean"), lines)
    )


def _best(matching: list[list[float]], accuracy: list[list[float]], state: int) -> int:
    ranked = [(line[state], share[state]) for line, share in zip(matching, accuracy, strict=True)]
    return ranked.index(max(ranked))


def _failures(found: Results) -> str:
    lines = [_failure(record) for result in found.rows for record in result.failed]
    if not lines:
        return ""
    columns = ("row", "seed", "steps", "processor seconds", "validation accuracy", "half", "chain")
    return (
        "## Runs that failed\n\nThey did not reach 99 % in time, and enter nothing above. A dead "
        "picture has 77 % of the cells right.\n\n" + _table(columns, lines)
    )


def _failure(record: Record) -> list[object]:
    training = record.training
    return [
        record.row, record.seed, training.steps, f"{training.cpu:.0f}", number(training.accuracy),
        *(number(record.paper("plain", start)) for start in STARTS),
    ]  # fmt: skip


def _machines(found: Results) -> str:
    made = [record.made for result in found.rows for record in result.records.values()]
    machines = sorted({
        f"torch {m.get('torch')}, Python {m.get('python')}, {m.get('cpu')}" for m in made
    })  # fmt: skip
    spent = sum(
        record.training.cpu + sum(stage.cpu for stage in record.stages.values())
        for result in found.rows
        for record in result.records.values()
    )
    return (
        f"Made by `dnnvis reproduce imagination` with {'; '.join(machines) or 'nothing yet'}. "
        f"Learning took {spent / 3600:.1f} processor hours. Each run's record is in `runs/`; "
        "table1.csv, table2.csv, table3.csv, order.csv and all.csv hold the numbers above."
    )
