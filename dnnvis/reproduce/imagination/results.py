"""What the records of a row come to: who survived, each seed's number, means, gains, leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.imagination.records import RunRecord, read, record_path
from dnnvis.reproduce.imagination.rows import ROWS, TableRow
from dnnvis.reproduce.imagination.steps import LOW_SCORE, ImaginationConfig, steps_left

MEASURES = ("plain", "adversarial", "max")  # without, with, and the paper's choice of a run
Numbers = dict[int, float]  # by seed


@dataclass(frozen=True)
class RowResult:
    """What the records of a row come to.

    Failed runs enter no number; there are no runs in their place.
    """

    row: TableRow
    #: By seed, failed runs among them.
    records: dict[int, RunRecord]

    @cached_property
    def survivors(self) -> list[RunRecord]:
        """The runs that reached 99 %."""
        return [record for record in self.records.values() if record.is_survivor]

    @cached_property
    def failed_runs(self) -> list[RunRecord]:
        """The runs that did not."""
        return [record for record in self.records.values() if not record.is_survivor]

    @cached_property
    def low_runs(self) -> list[RunRecord]:
        """The survivors whose number for fresh boards leaves something to gain."""
        numbers = self.numbers("plain", "half")
        return [
            record for record in self.survivors if numbers.get(record.seed, LOW_SCORE) < LOW_SCORE
        ]

    def numbers(self, measure: str, start: str) -> Numbers:
        """Return the paper's number of each survivor that has been evaluated so far."""
        values = {
            record.seed: record.better_score(start)
            if measure == "max"
            else record.paper(measure, start)
            for record in self.survivors
        }
        return {seed: value for seed, value in values.items() if value is not None}

    def mean(self, measure: str, start: str) -> float | None:
        """Return the mean of ``numbers``; None where there are none."""
        return mean(list(self.numbers(measure, start).values()))

    def gains(self, stage: str, start: str, runs: Sequence[RunRecord] | None = None) -> Numbers:
        """Return what the stage adds to the number of each run, by seed.

        Args:
            stage: "adversarial" or "control".
            start: One of STARTS.
            runs: Of these runs; None for the low runs.
        """
        both = {
            record.seed: (record.paper("plain", start), record.paper(stage, start))
            for record in (self.low_runs if runs is None else runs)
        }
        return {s: b - a for s, (a, b) in both.items() if a is not None and b is not None}

    def mean_score(self, key: str, stage: str, start: str) -> float | None:
        """Return the mean of another score over the survivors that have it; None without any.

        Args:
            key: The score's name (``evaluation.evaluate``).
            stage: One of STAGES.
            start: One of STARTS.
        """
        scores_by_run = [r.stages[stage].starts[start] for r in self.survivors if stage in r.stages]
        return mean([float(scores[key]) for scores in scores_by_run if key in scores])

    @property
    def states(self) -> list[str]:
        """The states between the first and the last whose learning was followed."""
        first = next(iter(self.records.values()), None)
        return [] if first is None else [name for name in first.training.order if name != "final"]

    def learned_steps(self, state: str) -> dict[int, int | None]:
        """Return at which step each survivor had learnt a state; None where it never did."""
        return {record.seed: record.training.order[state] for record in self.survivors}

    def leads(self, state: str) -> Numbers:
        """Return how many steps before the final state each survivor learnt this one, if it did."""
        steps, final = self.learned_steps(state), self.learned_steps("final")
        both = {seed: (steps[seed], final[seed]) for seed in steps}
        return {s: float(b - a) for s, (a, b) in both.items() if a is not None and b is not None}


@dataclass(frozen=True)
class ImaginationResults:
    """All rows that have a record or were asked for."""

    rows: tuple[RowResult, ...]
    seeds: tuple[int, ...]
    #: Test boards of each start.
    boards: int
    #: Steps that are still to do.
    left: int

    def row(self, name: str) -> RowResult:
        """Return that row; one without records where it has not been made."""
        known = next((result for result in self.rows if result.row.name == name), None)
        return known or RowResult(ROWS[name], {})

    def gains(self, stage: str, start: str, low: bool = True) -> list[float]:
        """Return the gains of all rows.

        Args:
            stage: "adversarial" or "control".
            start: One of STARTS.
            low: Whether of the low runs; else of all other survivors.
        """
        values: list[float] = []
        for result in self.rows:
            others = [record for record in result.survivors if record not in result.low_runs]
            values += result.gains(stage, start, None if low else others).values()
        return values


def mean(values: Sequence[float]) -> float | None:
    """Return the mean; None of no values."""
    return sum(values) / len(values) if values else None


def collect_results(config: ImaginationConfig) -> ImaginationResults:
    """Read what lies in the folder of results: of the rows asked for and of all others."""
    requested = {row.name: row for row in config.rows}
    rows, left = [], 0
    for name, row in {**ROWS, **requested}.items():
        records = {
            seed: record for seed in config.seeds if (record := _read_record(config, row, seed))
        }
        if name in requested:
            left += sum(len(steps_left(records.get(seed), config)) for seed in config.seeds)
        if records or name in requested:
            rows.append(RowResult(row, records))
    return ImaginationResults(tuple(rows), config.seeds, config.boards, left)


def _read_record(config: ImaginationConfig, row: TableRow, seed: int) -> RunRecord | None:
    path = record_path(config.out, row.name, seed)
    try:
        return read(path) if path.exists() else None
    except BadInput:
        return None  # of a row that was not asked for: it is left alone
