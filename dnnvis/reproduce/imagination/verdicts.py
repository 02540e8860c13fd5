"""What the paper claims and what was asked of us, judged by the numbers alone."""

from dataclasses import dataclass

from dnnvis.core.formatting import format_decimals
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.results import ImaginationResults, RowResult, mean
from dnnvis.reproduce.imagination.steps import LOW_SCORE

MIN_RUNS = 3  # runs below which nothing is decided
MARGIN = 0.01  # means that are no further apart are the same
MIN_STAGE_GAIN, MAX_CONTROL_GAIN = 0.1, 0.02  # what the stage must add, and what its control may

CASES = [(measure, start) for start in STARTS for measure in ("plain", "max")]


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, and whether it held."""

    text: str
    #: One for each of the cases that it is judged for.
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class TargetResult:
    """What was asked of this reproduction, what was measured, and the verdict."""

    target: str
    measured: str
    verdict: str


def judge_claims(results: ImaginationResults) -> list[Claim]:
    """Judge the paper's claims about the number itself, for each of CASES."""
    claims = []
    for name, value in (("2", "1.00"), ("3", ".99"), ("3-faithful", ".99"), ("4", ".93")):
        row = results.row(name)
        text = f"{row.row.title}: the states can be read (at least {LOW_SCORE:g}; paper {value})"
        claims.append(Claim(text, tuple(_judge_high(row, *case) for case in CASES)))
    for name, other, text in (
        ("3-no-autoencoder", "3", "Without the autoencoder it is lower"),
        ("3-no-autoencoder-faithful", "3-faithful", "The same with the faithful cell"),
        ("3-unshared", "3", "Without sharing it is lower"),
        ("3-unshared-faithful", "3-faithful", "The same with the faithful cell"),
        ("2-3", "3", "Game 2, network 3: lower than where both make 3"),
        ("3-2", "3-faithful", "Game 3, network 2: lower than where both make 3 (same cell)"),
    ):
        rows = results.row(name), results.row(other)
        text = f"{text} (paper {rows[0].row.paper:.2f} < {rows[1].row.paper:.2f})"
        claims.append(Claim(text, tuple(_judge_lower(*rows, *case) for case in CASES)))
    return claims


def _judge_high(row: RowResult, measure: str, start: str) -> str:
    numbers = row.numbers(measure, start)
    value = mean(list(numbers.values()))
    if value is None or len(numbers) < MIN_RUNS:
        return _undecided_text(len(numbers))
    return f"{'held' if value >= LOW_SCORE else 'not held'}: {value:.3f}"


def _judge_lower(row: RowResult, other: RowResult, measure: str, start: str) -> str:
    counts = [len(result.numbers(measure, start)) for result in (row, other)]
    one, two = row.mean(measure, start), other.mean(measure, start)
    if one is None or two is None or min(counts) < MIN_RUNS:
        return _undecided_text(min(counts))
    if one < two - MARGIN:
        return f"held: {one:.3f} < {two:.3f}"
    return f"not held: {one:.3f}, {two:.3f}"


def _undecided_text(runs: int) -> str:
    return f"not decided: {runs} run{'' if runs == 1 else 's'}"


def judge_stage(results: ImaginationResults) -> list[Claim]:
    """Judge the claims of table 3, for each of STARTS."""
    return [
        Claim(
            f"The stage helps where the number is low (below {LOW_SCORE:g} without it)",
            tuple(_judge_gain(results, start) for start in STARTS),
        ),
        Claim(
            "It helps more there than elsewhere",
            tuple(_judge_low_gains_more(results, start) for start in STARTS),
        ),
    ]


def _judge_gain(results: ImaginationResults, start: str) -> str:
    gain, control = (results.gains(stage, start) for stage in ("adversarial", "control"))
    added, control_gain = mean(gain), mean(control)
    if added is None or len(gain) < MIN_RUNS:
        return _undecided_text(len(gain))
    text = f"{added:+.3f} in {len(gain)} runs"
    if control_gain is None or len(control) < len(gain):
        return f"not decided: {text}, but the control was made of {len(control)} only"
    held = added > max(MARGIN, control_gain + MARGIN)
    return f"{'held' if held else 'not held'}: {text}, control {control_gain:+.3f}"


def _judge_low_gains_more(results: ImaginationResults, start: str) -> str:
    low, others = (results.gains("adversarial", start, low) for low in (True, False))
    one, two = mean(low), mean(others)
    if one is None or two is None or min(len(low), len(others)) < MIN_RUNS:
        return _undecided_text(min(len(low), len(others)))
    return f"{'held' if one > two + MARGIN else 'not held'}: {one:+.3f}, {two:+.3f}"


def judge_learning_order(results: ImaginationResults) -> list[Claim]:
    """Judge that the states in between are learnt before the final one, for each row."""
    return [
        Claim(result.row.title, (_judge_earlier(result),))
        for result in results.rows
        if result.states
    ]


def _judge_earlier(result: RowResult) -> str:
    runs = len(result.survivors)
    if runs < MIN_RUNS:
        return _undecided_text(runs)
    texts, held = [], True
    for state in result.states:
        leads = list(result.leads(state).values())
        first, lead = sum(value > 0 for value in leads), mean(leads)
        held &= 2 * first > runs and (lead or 0.0) > 0
        by = "" if lead is None else f" ({lead:+.0f} steps in the mean)"
        texts.append(f"{state} earlier in {first} of {runs} runs{by}")
    return f"{'held' if held else 'not held'}: {'; '.join(texts)}"


def judge_targets(results: ImaginationResults) -> list[TargetResult]:
    """Judge what was asked of this reproduction, for both starts."""
    targets = [
        _judge_minimum(results.row("2"), "max", 0.99),
        _judge_minimum(results.row("3"), "plain", 0.99),
        _judge_minimum(results.row("3-faithful"), "max", 0.95),
        _judge_minimum(results.row("4"), "max", 0.93),
    ]
    for name in (
        "3-no-autoencoder",
        "3-no-autoencoder-faithful",
        "3-unshared",
        "3-unshared-faithful",
        "2-3",
        "3-2",
    ):
        row = results.row(name)
        measured = "; ".join(_format_both(row, start) for start in STARTS)
        targets.append(TargetResult(f"{row.row.title}: as measured", measured, ""))
    for stage, target in (("adversarial", MIN_STAGE_GAIN), ("control", MAX_CONTROL_GAIN)):
        targets.append(_judge_mean_gain(results, stage, target))
    return targets


def _judge_minimum(row: RowResult, measure: str, target: float) -> TargetResult:
    values = [row.mean(measure, start) for start in STARTS]
    lowest = min((value for value in values if value is not None), default=0.0)
    runs = min(len(row.numbers(measure, start)) for start in STARTS)
    verdict = "met" if lowest >= target else "missed"
    which = "without the stage" if measure == "plain" else "greater of both"
    return TargetResult(
        f"{row.row.title}, {which}: at least {target:g}",
        f"{'; '.join(_format_both(row, start) for start in STARTS)}; "
        f"{len(row.survivors)} of {len(row.records)} survived",
        verdict if runs >= MIN_RUNS else _undecided_text(runs),
    )


def _format_both(row: RowResult, start: str) -> str:
    without, best = (row.mean(measure, start) for measure in ("plain", "max"))
    return f"{start} {format_decimals(without)} without, {format_decimals(best)} greater of both"


def _judge_mean_gain(results: ImaginationResults, stage: str, target: float) -> TargetResult:
    numbers = [results.gains(stage, start) for start in STARTS]
    values = [mean(values) for values in numbers]
    runs = min(map(len, numbers))
    known = [value for value in values if value is not None]
    good = all(v >= target if stage == "adversarial" else v <= target for v in known)
    limit = "at least" if stage == "adversarial" else "at most"
    what = "the stage" if stage == "adversarial" else "its control"
    texts = (f"{start} {format_decimals(v)}" for start, v in zip(STARTS, values, strict=True))
    return TargetResult(
        f"Mean gain of {what} in the low runs: {limit} {target:g}",
        f"{'; '.join(texts)}; {runs} runs",
        ("met" if good else "missed") if runs >= MIN_RUNS else _undecided_text(runs),
    )
