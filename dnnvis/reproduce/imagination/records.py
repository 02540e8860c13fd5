"""What is kept of a run: one JSON file each, from which every table and figure is made."""

import json
import math
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.score import KEYS
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.rows import Row
from dnnvis.reproduce.imagination.runs import STAGES, Trained
from dnnvis.reproduce.output import made as made_here
from dnnvis.reproduce.output import put_aside
from dnnvis.training.life_task import LifeCourse

LEARNT = 0.98  # a state counts as learnt at the first look with so many cells right
DIGITS = 6
_SECONDS = 3  # the column of a course's curve that says nothing about learning


@dataclass(frozen=True)
class Training:
    """How the training went. ``reached``: the step at which 99 % of the validation boards'
    cells were right, None for a failed run; ``steps`` and ``cpu`` (processor seconds) in all;
    ``accuracy`` of the last look; ``curve``: a row each look, of ``columns``; ``order``: state
    -> the first look with 98 %, None where there was none (empty where network and game make
    different numbers of steps)."""

    reached: int | None
    steps: int
    cpu: float
    accuracy: float
    columns: list[str]
    curve: list[list[float]]
    order: dict[str, int | None]


@dataclass(frozen=True)
class Stage:
    """What came out: ``starts`` start -> scores (see ``evaluation.evaluate``) on ``boards``
    boards each; ``cpu`` and ``steps`` of its learning (0 for ``plain``, which is the training
    itself), ``setting`` of the stage; ``probe`` with ``plain`` only."""

    boards: int
    steps: int
    cpu: float
    setting: dict[str, Any]
    starts: dict[str, dict[str, Any]]
    probe: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """All that is kept of a run; ``made``: versions, machine and when it was last added to."""

    row: str
    seed: int
    setting: dict[str, Any]
    training: Training
    stages: dict[str, Stage] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @property
    def survived(self) -> bool:
        """Whether the run reached 99 %: only then it enters a row's mean."""
        return self.training.reached is not None

    def paper(self, stage: str, start: str) -> float | None:
        """The paper's number; None where the stage has not been evaluated."""
        found = self.stages.get(stage)
        return None if found is None else float(found.starts[start]["paper"])

    def greater(self, start: str) -> float | None:
        """The paper's choice: the greater of without and with the adversarial stage."""
        both = self.paper("plain", start), self.paper("adversarial", start)
        return None if both[0] is None or both[1] is None else max(both[0], both[1])

    def with_stage(self, name: str, stage: Stage) -> "Record":
        return replace(self, stages={**self.stages, name: stage}, made=made_here())


def begun(row: Row, seed: int, done: Trained) -> Record:
    """The record of a finished training."""
    course, progress = done.course, done.progress
    assert isinstance(course, LifeCourse)
    kept = [k for k in range(len(course.curve_columns)) if k != _SECONDS]
    columns = [course.curve_columns[k] for k in kept]
    curve = [[line[k] for k in kept] for line in progress.curve]
    training = Training(
        course.reached, progress.step, progress.cpu, progress.curve[-1][2],
        columns, curve, _order(columns, curve) if course.aligned else {},
    )  # fmt: skip
    return Record(row.name, seed, asdict(row.with_seed(seed)), training, {}, made_here())


def same_training(one: Record, other: Record) -> bool:
    """Whether both come of the same training, to the digits that are kept."""
    curves = [_rounded(record.training.curve) for record in (one, other)]
    return one.training.steps == other.training.steps and curves[0] == curves[1]


def _order(columns: list[str], curve: list[list[float]]) -> dict[str, int | None]:
    """``state 1`` ... in order, then ``final``: the step of the first look with LEARNT."""
    states = [name for name in columns if name.startswith("state ") and name != "state 0"]
    places = {name: columns.index(name) for name in states} | {"final": columns.index("accuracy")}
    return {
        name: next((int(line[0]) for line in curve if line[k] >= LEARNT), None)
        for name, k in places.items()
    }


def place_of(folder: Path, row: str, seed: int) -> Path:
    """Where a run's record lies in the folder of results."""
    return folder / "runs" / f"{row}-seed{seed}.json"


def write(folder: Path, record: Record) -> None:
    """Put a record in its place, whole or not at all. Raises BadInput where that fails."""
    place = place_of(folder, record.row, record.seed)
    fresh = place.with_suffix(f".new{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(_text(record), encoding="utf-8")
        os.replace(fresh, place)
    except OSError as why:
        raise BadInput(f"{place} cannot be written: {why}.") from None


def _text(record: Record) -> str:
    return json.dumps(_rounded(asdict(record)), separators=(",", ":"), allow_nan=False) + "\n"


def _rounded(value: Any) -> Any:
    """Floats to DIGITS digits; NaN, which JSON does not have, as null."""
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


def read(place: Path) -> Record:
    """The record in a file. Raises BadInput where it is none."""
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        stages = {name: Stage(**stage) for name, stage in data["stages"].items()}
        record = Record(**{**data, "training": Training(**data["training"]), "stages": stages})
        for name, stage in stages.items():
            _check(name, stage)
        _check_training(record.training)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as why:
        raise BadInput(f"{place} is no record of a run ({type(why).__name__}: {why}).") from None
    return record


def _check(name: str, stage: Stage) -> None:
    if name not in STAGES:
        raise ValueError(f"no stage is called {name}")
    for start in STARTS:
        found = stage.starts[start]
        found.update({key: math.nan for key in KEYS if found[key] is None})
        for number in (*(found[key] for key in KEYS), found["accuracy"], found["most"]):
            float(number)


def _check_training(training: Training) -> None:
    for line in training.curve:
        if len(line) != len(training.columns):
            raise ValueError("a line of the curve has other columns")
    for number in (training.reached or 0, training.steps, training.cpu, training.accuracy):
        float(number)


def found(folder: Path, row: Row, seed: int) -> tuple[Record | None, str]:
    """The run's record as far as there is one, and a sentence where what lies in its place is
    broken or of other settings: that is put aside (``.old``), and the run made anew."""
    place = place_of(folder, row.name, seed)
    if not place.exists():
        return None, ""
    try:
        record = read(place)
        if (record.row, record.seed) != (row.name, seed):
            raise BadInput(f"{place} is the record of {record.row}, seed {record.seed}.")
        wanted = asdict(row.with_seed(seed))
        if wanted | record.setting != wanted:  # a setting that came later has its first value
            raise BadInput(f"{place} is a run with other settings.")
    except BadInput as why:
        return None, f"{why} {put_aside(place, str(why))}, and the run is made anew."
    return record, ""
