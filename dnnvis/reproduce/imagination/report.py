"""The report: every table, figure and verdict in one Markdown page, beside the paper's numbers."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from dnnvis.core.formatting import format_decimals
from dnnvis.core.stable_file import write_whole
from dnnvis.lenses.imagination.score import SCORE_KEYS
from dnnvis.reproduce.common import (
    as_markdown,
    describe_machines,
    refuse_unwritable,
)
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.plots import write_plots
from dnnvis.reproduce.imagination.records import RunRecord
from dnnvis.reproduce.imagination.results import (
    MEASURES,
    ImaginationResults,
    RowResult,
    collect_results,
    mean,
)
from dnnvis.reproduce.imagination.rows import CPU_LIMIT_SECONDS
from dnnvis.reproduce.imagination.steps import LOW_SCORE, ImaginationConfig
from dnnvis.reproduce.imagination.tables import paper_lead, write_tables
from dnnvis.reproduce.imagination.verdicts import (
    CASES,
    Claim,
    judge_claims,
    judge_learning_order,
    judge_stage,
    judge_targets,
)
from dnnvis.sources.life.starts import START_DESCRIPTIONS

PLOT_CAPTIONS = {
    "scores.png": "The paper's number of every run, without and with the adversarial stage.",
    "adversarial.png": "What the stage and its control change in every run.",
    "order.png": "When each state is learnt.",
}


def write_results(config: ImaginationConfig) -> Path:
    """Write tables, figures and report.md from the records in ``config.out``.

    Returns where the report is. Raises BadInput where they cannot be written.
    """
    results = collect_results(config)
    with refuse_unwritable(config.out):
        write_tables(results, config.out)
        plots = write_plots(results, config.out)
        write_whole(config.report_path, render_report(results, plots))
    return config.report_path


def render_report(results: ImaginationResults, plots: Sequence[str] = ()) -> str:
    """Return the page as Markdown; ``plots`` are the files beside it that are shown."""
    parts = [
        _head_section(results),
        _targets_section(results),
        _claims_section(results),
        *(_means_section(results, table, start) for table in ("1", "2") for start in STARTS),
        _gains_section(results),
        _scores_section(results),
        _learning_section(results),
        _probes_section(results),
        _failures_section(results),
        *(f"![{PLOT_CAPTIONS[name]}]({name})\n\n*{PLOT_CAPTIONS[name]}*" for name in plots),
        _machines_section(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    return as_markdown([columns, *lines])


def _head_section(results: ImaginationResults) -> str:
    runs = sum(len(result.records) for result in results.rows)
    survived = sum(len(result.survivors) for result in results.rows)
    text = (
        "# Visualizing Neural Network Imagination, made again\n\n"
        f"Wichers et al. 2022. Seeds {results.seeds[0]} to {results.seeds[-1]} of each row, none "
        f"replaced: {runs} runs, {survived} of which reached 99 % of the validation "
        f"boards' cells within {CPU_LIMIT_SECONDS:.0f} processor seconds. "
        "Only those enter a mean; the others "
        f"are counted beside it. Every number is of {results.boards:,} boards of 20 x 20, begun in "
        f"two ways: *half*, {START_DESCRIPTIONS['half']} (the paper's text); "
        f"*chain*, {START_DESCRIPTIONS['chain']}.\n\n"
        "*Without* and *with* are before and after the adversarial stage. The paper's tables 1 "
        "and 2 take the greater of the two in each run (*max*), a choice made on the test "
        "boards: all three are shown."
    )
    if results.left:
        text += f"\n\n**Not finished: at least {results.left} steps are left; means will change.**"
    return text


def _targets_section(results: ImaginationResults) -> str:
    lines = [(target.target, target.measured, target.verdict) for target in judge_targets(results)]
    return "## Asked and measured\n\n" + _markdown_table(("asked", "measured", ""), lines)


def _claims_section(results: ImaginationResults) -> str:
    names = {"plain": "without", "max": "max"}
    cases = [f"{start}, {names[measure]}" for measure, start in CASES]
    return "\n\n".join(
        (
            "## The paper's claims",
            _claim_table(judge_claims(results), cases),
            _claim_table(judge_stage(results), STARTS),
            "States in between are learnt before the final one (first look with 98 %):",
            _claim_table(judge_learning_order(results), ["verdict"]),
        )
    )


def _claim_table(claims: list[Claim], cases: Sequence[str]) -> str:
    return _markdown_table(["claim", *cases], ([claim.text, *claim.verdicts] for claim in claims))


def _means_section(results: ImaginationResults, table: str, start: str) -> str:
    rows = [result for result in results.rows if result.row.table == table]
    if not rows:
        return ""
    seeds = [f"seed {seed}" for seed in results.seeds]
    columns = ["row", "survived", *seeds, "mean without", "with", "max", "paper", "paper's runs"]
    lines = [
        [
            result.row.title,
            f"{len(result.survivors)} of {len(result.records)}",
            *(_pair_cell(result, seed, start) for seed in results.seeds),
            *(format_decimals(result.mean(measure, start)) for measure in MEASURES),
            f"{result.row.paper:.2f}",
            result.row.paper_runs,
        ]
        for result in rows
    ]
    text = "Each seed: without → with."
    if table == "2":
        text += " A network of 3 steps for a game of 2 can reach 1.5."
    return f"## Table {table}, {start}\n\n{text}\n\n" + _markdown_table(columns, lines)


def _pair_cell(result: RowResult, seed: int, start: str) -> str:
    record = result.records.get(seed)
    if record is None:
        return "–"
    if not record.is_survivor:
        return "failed"
    both = (format_decimals(record.paper(stage, start)) for stage in ("plain", "adversarial"))
    return " → ".join(both)


def _gains_section(results: ImaginationResults) -> str:
    columns = (
        "row",
        "start",
        "without",
        "with",
        "paper without",
        "paper with",
        "low runs",
        "gains",
        "mean gain",
        "control's gains",
        "mean",
    )
    lines = []
    for result in results.rows:
        if result.low_runs or result.row.paper_without is not None:
            lines += [_gain_row(result, start) for start in STARTS]
    for start in STARTS:
        both = [mean(results.gains(stage, start)) for stage in ("adversarial", "control")]
        low = sum(len(result.low_runs) for result in results.rows)
        lines.append(
            [
                "**all**",
                start,
                "",
                "",
                "",
                "",
                low,
                "",
                format_decimals(both[0]),
                "",
                format_decimals(both[1]),
            ]
        )
    return (
        "## Table 3\n\nThe adversarial stage, paired in each run. *Low* are the survivors below "
        f"{LOW_SCORE:g} without it on fresh boards (half); "
        "the control trains the same new decoder for "
        "as many steps, without the discriminator.\n\n" + _markdown_table(columns, lines)
    )


def _gain_row(result: RowResult, start: str) -> list[object]:
    row = result.row
    gain, control = (result.gains(stage, start) for stage in ("adversarial", "control"))
    cells: list[object] = [row.title, start]
    cells += [format_decimals(result.mean(measure, start)) for measure in ("plain", "adversarial")]
    cells += [
        "–" if value is None else f"{value:.2f}" for value in (row.paper_without, row.paper_after)
    ]
    cells.append(len(result.low_runs))
    for numbers in (gain, control):
        cells.append(" ".join(f"{value:+.3f}" for value in numbers.values()) or "–")
        cells.append(format_decimals(mean(list(numbers.values()))))
    return cells


def _scores_section(results: ImaginationResults) -> str:
    keys = [*SCORE_KEYS, "accuracy", "paper_with_h0"]
    columns = ["row", "stage", "start", *keys[:-1], "paper, h0 counted"]
    lines = [
        [
            result.row.title,
            stage,
            start,
            *(format_decimals(result.mean_score(key, stage, start)) for key in keys),
        ]
        for result in results.rows
        for stage in ("plain", "adversarial", "control")
        for start in STARTS
        if result.mean_score("paper", stage, start) is not None
    ]
    return (
        "## What the paper's number does not tell\n\nMeans over the survivors that were scored "
        "(the control: low ones only). *strict*: every cell equal; *distinct*: share of the states "
        "that some output matches; *aligned*: output i against state i; *mcc*: Matthews "
        "correlation; *chance_corrected*: 0 is the best of three trivial pictures, 1 the most that "
        "can be reached; *accuracy*: cells of the final state. Without the autoencoder the "
        "published code counts the encoder's output, too: last column.\n\n"
        + _markdown_table(columns, lines)
    )


def _learning_section(results: ImaginationResults) -> str:
    columns = ["row", "state", *(f"seed {seed}" for seed in results.seeds), "mean lead", "paper"]
    lines = []
    for result in results.rows:
        for state in (*result.states, "final") if result.states else ():
            steps = [_step_cell(result, state, seed) for seed in results.seeds]
            lead = mean(list(result.leads(state).values())) if state != "final" else None
            paper = paper_lead(result, state) or "–"
            lines.append(
                [result.row.title, state, *steps, "–" if lead is None else f"{lead:.0f}", paper]
            )
    return (
        "## Order of learning\n\nThe step of the first look (every 25 steps) with 98 % of the "
        "validation boards' cells right, and how many steps that was before the final state, in "
        "the mean over the runs where both were learnt. The paper's steps are its own.\n\n"
        + _markdown_table(columns, lines)
    )


def _step_cell(result: RowResult, state: str, seed: int) -> object:
    record = result.records.get(seed)
    if record is None:
        return "–"
    step = record.training.order[state]
    if not record.is_survivor:
        return "failed"
    return "never" if step is None else step


def _probes_section(results: ImaginationResults) -> str:
    lines = []
    for result in results.rows:
        probes = [r.stages["plain"].probe for r in result.survivors if "plain" in r.stages]
        probes = [probe for probe in probes if probe]
        for state in range(1, result.row.setting.game_steps) if probes else ():
            best = [max(line[state] for line in probe["matching"]) for probe in probes]
            best_states = [
                _best_hidden_state(probe["matching"], probe["accuracy"], state) for probe in probes
            ]
            cells = " ".join(
                f"{value:.2f} (h{k})" for value, k in zip(best, best_states, strict=True)
            )
            lines.append([result.row.title, f"state {state}", cells, format_decimals(mean(best))])
    return (
        "## Is the state there at all?\n\nA linear probe of 3 x 3 windows of the hidden states: "
        "share of fresh boards that it reads to 95 % of their cells, from the hidden state it "
        "reads best, for each survivor. Where this is 1 and the paper's number is 0, the network "
        "holds the state, and only the decoder reads another code.\n\n"
        + _markdown_table(("row", "state", "each run", "mean"), lines)
    )


def _best_hidden_state(matching: list[list[float]], accuracy: list[list[float]], state: int) -> int:
    ranked = [
        (line[state], accuracies[state])
        for line, accuracies in zip(matching, accuracy, strict=True)
    ]
    return ranked.index(max(ranked))


def _failures_section(results: ImaginationResults) -> str:
    lines = [_failure_row(record) for result in results.rows for record in result.failed_runs]
    if not lines:
        return ""
    columns = ("row", "seed", "steps", "processor seconds", "validation accuracy", "half", "chain")
    return (
        "## Runs that failed\n\nThey did not reach 99 % in time, and enter nothing above. A dead "
        "picture has 77 % of the cells right.\n\n" + _markdown_table(columns, lines)
    )


def _failure_row(record: RunRecord) -> list[object]:
    training = record.training
    return [
        record.row,
        record.seed,
        training.steps,
        f"{training.cpu:.0f}",
        format_decimals(training.accuracy),
        *(format_decimals(record.paper("plain", start)) for start in STARTS),
    ]


def _machines_section(results: ImaginationResults) -> str:
    machines = describe_machines(
        record.made for result in results.rows for record in result.records.values()
    )
    cpu_seconds = sum(
        record.training.cpu + sum(stage.cpu for stage in record.stages.values())
        for result in results.rows
        for record in result.records.values()
    )
    return (
        f"Made by `dnnvis reproduce imagination` with {machines}. "
        f"Learning took {cpu_seconds / 3600:.1f} processor hours. Each run's record is in `runs/`; "
        "table1.csv, table2.csv, table3.csv, order.csv and all.csv hold the numbers above."
    )
