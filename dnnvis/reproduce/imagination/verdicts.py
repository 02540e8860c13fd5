"""What the paper claims and what was asked of us, judged by the numbers alone."""

from dataclasses import dataclass

from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.results import Results, RowResult, mean
from dnnvis.reproduce.imagination.steps import LOW

LEAST = 3  # runs below which nothing is decided
MARGIN = 0.01  # means that are no further apart are the same
HELPS, IDLE = 0.1, 0.02  # what the stage must add, and what its control may

CASES = [(measure, start) for start in STARTS for measure in ("plain", "max")]


@dataclass(frozen=True)
class Claim:
    """``verdicts``: one for each of ``cases``."""

    words: str
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    asked: str
    measured: str
    verdict: str


def claims(results: Results) -> list[Claim]:
    """The paper's claims about the number itself, a verdict for each of CASES."""
    found = []
    for name, value in (("2", "1.00"), ("3", ".99"), ("3-faithful", ".99"), ("4", ".93")):
        row = results.row(name)
        words = f"{row.row.title}: the states can be read (at least {LOW:g}; paper {value})"
        found.append(Claim(words, tuple(_high(row, *case) for case in CASES)))
    for name, other, words in (
        ("3-no-autoencoder", "3", "Without the autoencoder it is lower"),
        ("3-no-autoencoder-faithful", "3-faithful", "The same with the faithful cell"),
        ("3-unshared", "3", "Without sharing it is lower"),
        ("3-unshared-faithful", "3-faithful", "The same with the faithful cell"),
        ("2-3", "3", "Game 2, network 3: lower than where both make 3"),
        ("3-2", "3-faithful", "Game 3, network 2: lower than where both make 3 (same cell)"),
    ):
        rows = results.row(name), results.row(other)
        words = f"{words} (paper {rows[0].row.paper:.2f} < {rows[1].row.paper:.2f})"
        found.append(Claim(words, tuple(_lower(*rows, *case) for case in CASES)))
    return found


def _high(row: RowResult, measure: str, start: str) -> str:
    numbers = row.numbers(measure, start)
    value = mean(list(numbers.values()))
    if value is None or len(numbers) < LEAST:
        return _undecided(len(numbers))
    return f"{'held' if value >= LOW else 'not held'}: {value:.3f}"


def _lower(row: RowResult, other: RowResult, measure: str, start: str) -> str:
    counts = [len(result.numbers(measure, start)) for result in (row, other)]
    one, two = row.mean(measure, start), other.mean(measure, start)
    if one is None or two is None or min(counts) < LEAST:
        return _undecided(min(counts))
    if one < two - MARGIN:
        return f"held: {one:.3f} < {two:.3f}"
    return f"not held: {one:.3f}, {two:.3f}"


def _undecided(runs: int) -> str:
    return f"not decided: {runs} run{'' if runs == 1 else 's'}"


def stage_claims(results: Results) -> list[Claim]:
    """The claims of table 3, a verdict for each of STARTS."""
    return [
        Claim(
            f"The stage helps where the number is low (below {LOW:g} without it)",
            tuple(_helps(results, start) for start in STARTS),
        ),
        Claim(
            "It helps more there than elsewhere",
            tuple(_more(results, start) for start in STARTS),
        ),
    ]


def _helps(results: Results, start: str) -> str:
    gain, control = (results.gains(stage, start) for stage in ("adversarial", "control"))
    added, idle = mean(gain), mean(control)
    if added is None or len(gain) < LEAST:
        return _undecided(len(gain))
    words = f"{added:+.3f} in {len(gain)} runs"
    if idle is None or len(control) < len(gain):
        return f"not decided: {words}, but the control was made of {len(control)} only"
    held = added > max(MARGIN, idle + MARGIN)
    return f"{'held' if held else 'not held'}: {words}, control {idle:+.3f}"


def _more(results: Results, start: str) -> str:
    low, others = (results.gains("adversarial", start, low) for low in (True, False))
    one, two = mean(low), mean(others)
    if one is None or two is None or min(len(low), len(others)) < LEAST:
        return _undecided(min(len(low), len(others)))
    return f"{'held' if one > two + MARGIN else 'not held'}: {one:+.3f}, {two:+.3f}"


def order_claims(results: Results) -> list[Claim]:
    """That the states in between are learnt before the final one, a verdict for each row."""
    return [
        Claim(result.row.title, (_earlier(result),)) for result in results.rows if result.states
    ]


def _earlier(result: RowResult) -> str:
    runs = len(result.survivors)
    if runs < LEAST:
        return _undecided(runs)
    told, held = [], True
    for state in result.states:
        leads = list(result.leads(state).values())
        first, lead = sum(value > 0 for value in leads), mean(leads)
        held &= 2 * first > runs and (lead or 0.0) > 0
        by = "" if lead is None else f" ({lead:+.0f} steps in the mean)"
        told.append(f"{state} earlier in {first} of {runs} runs{by}")
    return f"{'held' if held else 'not held'}: {'; '.join(told)}"


def figures(results: Results) -> list[Figure]:
    """What was asked of this reproduction, for both starts."""
    found = [
        _at_least(results.row("2"), "max", 0.99),
        _at_least(results.row("3"), "plain", 0.99),
        _at_least(results.row("3-faithful"), "max", 0.95),
        _at_least(results.row("4"), "max", 0.93),
    ]
    for name in (
        "3-no-autoencoder", "3-no-autoencoder-faithful", "3-unshared", "3-unshared-faithful",
        "2-3", "3-2",
    ):  # fmt: skip
        row = results.row(name)
        measured = "; ".join(_both(row, start) for start in STARTS)
        found.append(Figure(f"{row.row.title}: as measured", measured, ""))
    for stage, asked in (("adversarial", HELPS), ("control", IDLE)):
        found.append(_added(results, stage, asked))
    return found


def _at_least(row: RowResult, measure: str, asked: float) -> Figure:
    values = [row.mean(measure, start) for start in STARTS]
    least = min((value for value in values if value is not None), default=0.0)
    runs = min(len(row.numbers(measure, start)) for start in STARTS)
    verdict = "met" if least >= asked else "missed"
    which = "without the stage" if measure == "plain" else "greater of both"
    return Figure(
        f"{row.row.title}, {which}: at least {asked:g}",
        f"{'; '.join(_both(row, start) for start in STARTS)}; "
        f"{len(row.survivors)} of {len(row.records)} survived",
        verdict if runs >= LEAST else _undecided(runs),
    )


def _both(row: RowResult, start: str) -> str:
    without, best = (row.mean(measure, start) for measure in ("plain", "max"))
    return f"{start} {number(without)} without, {number(best)} greater of both"


def _added(results: Results, stage: str, asked: float) -> Figure:
    numbers = [results.gains(stage, start) for start in STARTS]
    values = [mean(values) for values in numbers]
    runs = min(map(len, numbers))
    known = [value for value in values if value is not None]
    good = all(v >= asked if stage == "adversarial" else v <= asked for v in known)
    limit = "at least" if stage == "adversarial" else "at most"
    what = "the stage" if stage == "adversarial" else "its control"
    told = (f"{start} {number(v)}" for start, v in zip(STARTS, values, strict=True))
    return Figure(
        f"Mean gain of {what} in the low runs: {limit} {asked:g}",
        f"{'; '.join(told)}; {runs} runs",
        ("met" if good else "missed") if runs >= LEAST else _undecided(runs),
    )


def number(value: float | None) -> str:
    """Three digits; a dash where there is no number."""
    return "–" if value is None or value != value else f"{value:.3f}"
