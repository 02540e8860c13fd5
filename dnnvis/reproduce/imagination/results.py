"""What the records of a row come to: who survived, each seed's number, means, gains, leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.imagination.records import Record, place_of, read
from dnnvis.reproduce.imagination.rows import ROWS, Row
from dnnvis.reproduce.imagination.steps import LOW, Order, steps_left

MEASURES = ("plain", "adversarial", "max")  # without, with, and the paper's choice of a run
Numbers = dict[int, float]  # by seed


@dataclass(frozen=True)
class RowResult:
    """The records of a row, by seed. Failed runs are in ``records`` but enter no number; there
    are no runs in their place."""

    row: Row
    records: dict[int, Record]

    @cached_property
    def survivors(self) -> list[Record]:
        return [record for record in self.records.values() if record.survived]

    @cached_property
    def failed(self) -> list[Record]:
        return [record for record in self.records.values() if not record.survived]

    @cached_property
    def low(self) -> list[Record]:
        """The survivors whose number for fresh boards leaves something to gain."""
        found = self.numbers("plain", "half")
        return [record for record in self.survivors if found.get(record.seed, LOW) < LOW]

    def numbers(self, measure: str, start: str) -> Numbers:
        """The paper's number of each survivor that has been evaluated so far."""
        values = {
            record.seed: record.greater(start) if measure == "max" else record.paper(measure, start)
            for record in self.survivors
        }
        return {seed: value for seed, value in values.items() if value is not None}

    def mean(self, measure: str, start: str) -> float | None:
        return mean(list(self.numbers(measure, start).values()))

    def gains(self, stage: str, start: str, runs: Sequence[Record] | None = None) -> Numbers:
        """What the stage adds to the number of each of the low runs (or of ``runs``)."""
        both = {
            record.seed: (record.paper("plain", start), record.paper(stage, start))
            for record in (self.low if runs is None else runs)
        }
        return {s: b - a for s, (a, b) in both.items() if a is not None and b is not None}

    def average(self, key: str, stage: str, start: str) -> float | None:
        """The mean of another score over the survivors that have it."""
        found = [r.stages[stage].starts[start] for r in self.survivors if stage in r.stages]
        return mean([float(scores[key]) for scores in found if key in scores])

    @property
    def states(self) -> list[str]:
        """The states between the first and the last whose learning was followed."""
        first = next(iter(self.records.values()), None)
        return [] if first is None else [name for name in first.training.order if name != "final"]

    def learnt(self, state: str) -> dict[int, int | None]:
        """At which step each survivor had learnt a state; None where it never did."""
        return {record.seed: record.training.order[state] for record in self.survivors}

    def leads(self, state: str) -> Numbers:
        """How many steps before the final state each survivor learnt this one, where it did."""
        when, final = self.learnt(state), self.learnt("final")
        both = {seed: (when[seed], final[seed]) for seed in when}
        return {s: float(b - a) for s, (a, b) in both.items() if a is not None and b is not None}


@dataclass(frozen=True)
class Results:
    """All rows that have a record or were asked for; ``left``: steps that are still to do."""

    rows: tuple[RowResult, ...]
    seeds: tuple[int, ...]
    boards: int
    left: int

    def row(self, name: str) -> RowResult:
        """That row; one without records where it has not been made."""
        known = next((result for result in self.rows if result.row.name == name), None)
        return known or RowResult(ROWS[name], {})

    def gains(self, stage: str, start: str, low: bool = True) -> list[float]:
        """The gains of all rows' low runs, or of all their other survivors."""
        found: list[float] = []
        for result in self.rows:
            others = [record for record in result.survivors if record not in result.low]
            found += result.gains(stage, start, None if low else others).values()
        return found


def mean(values: Sequence[float]) -> float | None:
    """None where there are none."""
    return sum(values) / len(values) if values else None


def results(order: Order) -> Results:
    """What lies in the folder of results: of the rows asked for and of all others."""
    asked = {row.name: row for row in order.rows}
    found, left = [], 0
    for name, row in {**ROWS, **asked}.items():
        kept = {seed: record for seed in order.seeds if (record := _kept(order, row, seed))}
        if name in asked:
            left += sum(len(steps_left(kept.get(seed), order)) for seed in order.seeds)
        if kept or name in asked:
            found.append(RowResult(row, kept))
    return Results(tuple(found), order.seeds, order.boards, left)


def _kept(order: Order, row: Row, seed: int) -> Record | None:
    place = place_of(order.out, row.name, seed)
    try:
        return read(place) if place.exists() else None
    except BadInput:
        return None  # of a row that was not asked for: it is left alone
