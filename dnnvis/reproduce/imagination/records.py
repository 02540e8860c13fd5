"""What is kept of a run: one JSON file each, from which every table and figure is made."""

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.score import SCORE_KEYS
from dnnvis.reproduce import common
from dnnvis.reproduce.common import describe_environment, round_floats
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.rows import TableRow
from dnnvis.reproduce.imagination.runs import STAGES, TrainedRun
from dnnvis.training.life_task import LifeTask

LEARNED_ACCURACY = 0.98  # a state counts as learnt at the first look with so many cells right
_SECONDS_COLUMN = 3  # the column of a course's curve that says nothing about learning


@dataclass(frozen=True)
class TrainingSummary:
    """How the training went."""

    #: Step at which 99 % of the validation boards' cells were right; None for a failed run.
    reached: int | None
    #: Steps in all.
    steps: int
    #: Processor seconds in all.
    cpu: float
    #: Accuracy of the last look.
    accuracy: float
    #: Names of the columns of ``curve``.
    columns: list[str]
    #: A row for each look.
    curve: list[list[float]]
    #: State -> step of the first look with 98 %, None where there was none; empty where network
    #: and game make different numbers of steps.
    order: dict[str, int | None]


@dataclass(frozen=True)
class StageScores:
    """What came out of a stage."""

    #: Test boards of each start.
    boards: int
    #: Steps of its learning; 0 for ``plain``, which is the training itself.
    steps: int
    #: Processor seconds of its learning; 0 for ``plain``.
    cpu: float
    #: Setting of the stage (``ImaginationConfig.stage_setting``).
    setting: dict[str, Any]
    #: Start -> scores (see ``evaluation.evaluate``).
    starts: dict[str, dict[str, Any]]
    #: What ``evaluation.probe_network`` found; with ``plain`` only.
    probe: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """All that is kept of a run."""

    #: Name of the row.
    row: str
    #: The run's seed.
    seed: int
    #: The setting of its training.
    setting: dict[str, Any]
    training: TrainingSummary
    #: The stages scored so far, by name.
    stages: dict[str, StageScores] = field(default_factory=dict)
    #: Versions, machine and when it was last added to.
    made: dict[str, str] = field(default_factory=dict)

    @property
    def is_survivor(self) -> bool:
        """Whether the run reached 99 %: only then it enters a row's mean."""
        return self.training.reached is not None

    def paper(self, stage: str, start: str) -> float | None:
        """Return the paper's number; None where the stage has not been evaluated."""
        scores = self.stages.get(stage)
        return None if scores is None else float(scores.starts[start]["paper"])

    def better_score(self, start: str) -> float | None:
        """Return the paper's choice: the greater of without and with the adversarial stage."""
        both = self.paper("plain", start), self.paper("adversarial", start)
        return None if both[0] is None or both[1] is None else max(both[0], both[1])

    def with_stage(self, name: str, stage: StageScores) -> "RunRecord":
        """Return the record with the scores of one more stage, made here and now."""
        return replace(self, stages={**self.stages, name: stage}, made=describe_environment())


def record_training(row: TableRow, seed: int, trained: TrainedRun) -> RunRecord:
    """Make the record of a finished training.

    Args:
        row: The run's row.
        seed: The run's seed.
        trained: The training, of a LifeTask.

    Returns:
        The record, without any stage.
    """
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
    """Tell whether both come of the same training, to the digits that are kept."""
    curves = [round_floats(record.training.curve) for record in (one, other)]
    return one.training.steps == other.training.steps and curves[0] == curves[1]


def _learning_order(columns: list[str], curve: list[list[float]]) -> dict[str, int | None]:
    """Return at which step each state's accuracy first reached LEARNED_ACCURACY.

    The states are ``state 1`` ... in order, then ``final``.
    """
    states = [name for name in columns if name.startswith("state ") and name != "state 0"]
    columns_by_name = {name: columns.index(name) for name in states} | {
        "final": columns.index("accuracy")
    }
    return {
        name: next((int(line[0]) for line in curve if line[k] >= LEARNED_ACCURACY), None)
        for name, k in columns_by_name.items()
    }


def record_path(folder: Path, row: str, seed: int) -> Path:
    """Return where a run's record lies.

    Args:
        folder: The folder of results.
        row: The row's name.
        seed: The run's seed.
    """
    return folder / "runs" / f"{row}-seed{seed}.json"


def write(folder: Path, record: RunRecord) -> None:
    """Put a record in its place, whole or not at all; raise BadInput where that fails."""
    common.write_record(record_path(folder, record.row, record.seed), asdict(record))


def read(path: Path) -> RunRecord:
    """Read the record in a file; raise BadInput where it is none."""
    return common.read_record(path, _parse_record, "run")


def _parse_record(data: Any) -> RunRecord:
    stages = {name: StageScores(**stage) for name, stage in data["stages"].items()}
    training = TrainingSummary(**data["training"])
    record = RunRecord(**{**data, "training": training, "stages": stages})
    for name, stage in stages.items():
        _check_stage(name, stage)
    _check_training(training)
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
    """Read the run's record, as far as there is one that can be used.

    Args:
        folder: The folder of results.
        row: The row as it is asked for now.
        seed: The run's seed.

    Returns:
        The record or None, and a sentence where what lies in its place is broken or of other
        settings: that is put aside (``.old``), and the run made anew.

    Raises:
        BadInput: Where it cannot be put aside.
    """

    def read_checked(path: Path) -> RunRecord:
        record = read(path)
        if (record.row, record.seed) != (row.name, seed):
            raise BadInput(f"{path} is the record of {record.row}, seed {record.seed}.")
        expected = asdict(row.with_seed(seed))
        if expected | record.setting != expected:  # a setting that came later has its first value
            raise BadInput(f"{path} is a run with other settings.")
        return record

    path = record_path(folder, row.name, seed)
    return common.read_or_back_up(path, read_checked, "the run is made anew")
