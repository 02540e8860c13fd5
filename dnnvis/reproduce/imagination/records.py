"""What is kept of a run: one JSON file each, from which every table and figure is made."""

import json
import math
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.score import SCORE_KEYS
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.rows import TableRow
from dnnvis.reproduce.imagination.runs import STAGES, TrainedRun
from dnnvis.reproduce.output import describe_environment, rename_to_old
from dnnvis.training.life_task import LifeTask

LEARNED_ACCURACY = 0.98  # a state counts as learnt at the first look with so many cells right
FLOAT_DIGITS = 6
_SECONDS_COLUMN = 3  # the column of a course's curve that says nothing about learning


@dataclass(frozen=True)
class TrainingSummary:
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
class StageScores:
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
class RunRecord:
    """All that is kept of a run; ``made``: versions, machine and when it was last added to."""

    row: str
    seed: int
    setting: dict[str, Any]
    training: TrainingSummary
    stages: dict[str, StageScores] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @property
    def is_survivor(self) -> bool:
        """Whether the run reached 99 %: only then it enters a row's mean."""
        return self.training.reached is not None

    def paper(self, stage: str, start: str) -> float | None:
        """The paper's number; None where the stage has not been evaluated."""
        scores = self.stages.get(stage)
        return None if scores is None else float(scores.starts[start]["paper"])

    def better_score(self, start: str) -> float | None:
        """The paper's choice: the greater of without and with the adversarial stage."""
        both = self.paper("plain", start), self.paper("adversarial", start)
        return None if both[0] is None or both[1] is None else max(both[0], both[1])

    def with_stage(self, name: str, stage: StageScores) -> "RunRecord":
        return replace(self, stages={**self.stages, name: stage}, made=describe_environment())


def record_training(row: TableRow, seed: int, trained: TrainedRun) -> RunRecord:
    """The record of a finished training."""
    task, progress = trained.task, trained.progress
    assert isinstance(task, LifeTask)
    indices = [k for k in range(len(task.curve_columns)) if k != _SECONDS_COLUMN]
    columns = [task.curve_columns[k] for k in indices]
    curve = [[line[k] for k in indices] for line in progress.curve]
    training = TrainingSummary(
        task.reached,
        progress.step,
        progress.cpu,
        progress.curve[-1][2],
        columns,
        curve,
        _learning_order(columns, curve) if task.aligned else {},
    )
    return RunRecord(
        row.name, seed, asdict(row.with_seed(seed)), training, {}, describe_environment()
    )


def same_training(one: RunRecord, other: RunRecord) -> bool:
    """Whether both come of the same training, to the digits that are kept."""
    curves = [_round_floats(record.training.curve) for record in (one, other)]
    return one.training.steps == other.training.steps and curves[0] == curves[1]


def _learning_order(columns: list[str], curve: list[list[float]]) -> dict[str, int | None]:
    """``state 1`` ... in order, then ``final``: the step of the first look with LEARNT."""
    states = [name for name in columns if name.startswith("state ") and name != "state 0"]
    columns_by_name = {name: columns.index(name) for name in states} | {
        "final": columns.index("accuracy")
    }
    return {
        name: next((int(line[0]) for line in curve if line[k] >= LEARNED_ACCURACY), None)
        for name, k in columns_by_name.items()
    }


def record_path(folder: Path, row: str, seed: int) -> Path:
    """Where a run's record lies in the folder of results."""
    return folder / "runs" / f"{row}-seed{seed}.json"


def write(folder: Path, record: RunRecord) -> None:
    """Put a record in its place, whole or not at all. Raises BadInput where that fails."""
    path = record_path(folder, record.row, record.seed)
    temporary = path.with_suffix(f".new{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(_text(record), encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error}.") from None


def _text(record: RunRecord) -> str:
    return json.dumps(_round_floats(asdict(record)), separators=(",", ":"), allow_nan=False) + "\n"


def _round_floats(value: Any) -> Any:
    """Floats to DIGITS digits; NaN, which JSON does not have, as null."""
    if isinstance(value, float):
        return round(value, FLOAT_DIGITS) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _round_floats(item) for key, item in value.items()}
    return [_round_floats(item) for item in value] if isinstance(value, list | tuple) else value


def read(path: Path) -> RunRecord:
    """The record in a file. Raises BadInput where it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        stages = {name: StageScores(**stage) for name, stage in data["stages"].items()}
        record = RunRecord(
            **{**data, "training": TrainingSummary(**data["training"]), "stages": stages}
        )
        for name, stage in stages.items():
            _check_stage(name, stage)
        _check_training(record.training)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{path} is no record of a run ({type(error).__name__}: {error}).") from None
    return record


def _check_stage(name: str, stage: StageScores) -> None:
    if name not in STAGES:
        raise ValueError(f"no stage is called {name}")
    for start in STARTS:
        scores = stage.starts[start]
        scores.update({key: math.nan for key in SCORE_KEYS if scores[key] is None})
        for number in (*(scores[key] for key in SCORE_KEYS), scores["accuracy"], scores["most"]):
            float(number)


def _check_training(training: TrainingSummary) -> None:
    for line in training.curve:
        if len(line) != len(training.columns):
            raise ValueError("a line of the curve has other columns")
    for number in (training.reached or 0, training.steps, training.cpu, training.accuracy):
        float(number)


def read_usable(folder: Path, row: TableRow, seed: int) -> tuple[RunRecord | None, str]:
    """The run's record as far as there is one, and a sentence where what lies in its place is
    broken or of other settings: that is put aside (``.old``), and the run made anew."""
    path = record_path(folder, row.name, seed)
    if not path.exists():
        return None, ""
    try:
        record = read(path)
        if (record.row, record.seed) != (row.name, seed):
            raise BadInput(f"{path} is the record of {record.row}, seed {record.seed}.")
        expected = asdict(row.with_seed(seed))
        if expected | record.setting != expected:  # a setting that came later has its first value
            raise BadInput(f"{path} is a run with other settings.")
    except BadInput as error:
        return None, f"{error} {rename_to_old(path, str(error))}, and the run is made anew."
    return record, ""
