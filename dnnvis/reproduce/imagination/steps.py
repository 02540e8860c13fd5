"""What is to be done for the tables, one step of a run at a time, and what is done already."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dnnvis.core.errors import BadInput, DnnvisError, Mismatch
from dnnvis.reproduce.common import ReproductionConfig
from dnnvis.reproduce.imagination import records
from dnnvis.reproduce.imagination.evaluation import Tick, evaluate, ignore_tick, probe_network
from dnnvis.reproduce.imagination.records import RunRecord, StageScores
from dnnvis.reproduce.imagination.rows import TableRow
from dnnvis.reproduce.imagination.runs import STAGES, TrainedRun, run_folder, train_run, train_stage
from dnnvis.training.life_adversarial import AdversarialSetting
from dnnvis.training.loop import Report, TrainingProgress

DEFAULT_BOARDS = 10_000
LOW_SCORE = 0.9  # the paper's number below which there is something for the later stages to gain
STEPS = ("train", *STAGES)  # of a run; breadth first: all runs' first, then all runs' second ...
STEP_LABELS = {
    "train": "training",
    "plain": "scores",
    "adversarial": "adversarial stage",
    "control": "control of the stage",
}
EXPECTED_SECONDS = {
    "train": 60.0,
    "plain": 15.0,
    "adversarial": 60.0,
    "control": 60.0,
}  # until measured
_SCORING_FRACTION = 0.15  # of a later stage's time, at its end


@dataclass(frozen=True)
class ImaginationConfig(ReproductionConfig):
    """What is asked for; ``work`` holds the trainings' progress."""

    #: The rows of the paper's tables that are made.
    rows: tuple[TableRow, ...]
    #: What is scored of each run, of STAGES.
    stages: tuple[str, ...] = STAGES
    #: Test boards of each start, at least 1.
    boards: int = DEFAULT_BOARDS
    #: How the later stages learn.
    stage: AdversarialSetting = field(default_factory=AdversarialSetting)

    def __post_init__(self) -> None:
        unknown = [name for name in self.stages if name not in STAGES]
        if unknown:
            raise BadInput(f"There is no stage '{unknown[0]}'; there are {', '.join(STAGES)}.")
        if not self.rows or not self.seeds or self.boards < 1:
            raise BadInput("Say at least one row, one seed and one board.")

    @property
    def runs(self) -> list["SeedRun"]:
        """All runs: the first seed of every row, then the second ...

        Each time they begin with another row, so that ranks that take every n-th do not always take
        the same rows.
        """
        rows = len(self.rows)
        return [
            SeedRun(self.rows[(k + shift) % rows], seed)
            for shift, seed in enumerate(self.seeds)
            for k in range(rows)
        ]

    def stage_setting(self, stage: str) -> dict[str, Any]:
        """Return the setting of a stage as its record keeps it."""
        if stage == "plain":
            return {}
        return asdict(replace(self.stage, adversarial=stage == "adversarial"))


@dataclass(frozen=True)
class SeedRun:
    """One run: a row of the tables with one seed."""

    row: TableRow
    seed: int

    def __str__(self) -> str:
        return f"{self.row.name} seed {self.seed}"


def steps_left(record: RunRecord | None, config: ImaginationConfig) -> list[str]:
    """Return what is left of a run, in order, as far as it is known.

    A failed run has no later stages, and the control is for those runs whose score leaves something
    to gain.
    """
    if record is None:
        return ["train", *(name for name in config.stages if name != "control")]
    stages = [name for name in config.stages if name == "plain" or record.is_survivor]
    plain = record.paper("plain", "half")
    if plain is None or plain >= LOW_SCORE:
        stages = [name for name in stages if name != "control"]
    return [name for name in stages if not _is_done(record, name, config)]


def _is_done(record: RunRecord, name: str, config: ImaginationConfig) -> bool:
    stage = record.stages.get(name)
    if stage is None or stage.boards != config.boards:
        return False
    expected = config.stage_setting(name)
    return expected | stage.setting == expected


def run_step(
    run: SeedRun,
    step: str,
    config: ImaginationConfig,
    record: RunRecord | None,
    tick: Tick = ignore_tick,
) -> RunRecord:
    """Do one step of a run, or what is left of it, and write it down.

    Args:
        run: The run.
        step: One of STEPS.
        config: What is asked for.
        record: What is kept of the run so far; None where nothing is.
        tick: Told the share that is done; where it raises KeyboardInterrupt, the progress of a
            training is kept first.

    Returns:
        The record after the step.

    Raises:
        DnnvisError: Where the training that lies there has other settings or cannot be read.
        BadInput: Where the record cannot be written.
    """
    try:
        record = _run_step(run, step, config, record, tick)
    except Mismatch:
        raise DnnvisError(
            f"{run_folder(run.row, run.seed, config.work)} holds a training with other settings; "
            "delete that folder, or name another one with --work."
        ) from None
    except BadInput as error:
        message = str(error).replace(
            "begin anew with --restart", "delete that file to begin it anew"
        )
        raise BadInput(message) from None
    records.write(config.out, record)
    return record


def _run_step(
    run: SeedRun, step: str, config: ImaginationConfig, record: RunRecord | None, tick: Tick
) -> RunRecord:
    row, seed, work = run.row, run.seed, config.work
    if step == "train" or record is None:
        return records.record_training(
            row, seed, train_run(row, seed, work, _training_report(tick, run))
        )
    learning = _training_report(_part_of_tick(tick, 0.0, 1 - _SCORING_FRACTION), run)
    trained = train_run(row, seed, work, learning)
    base = records.record_training(row, seed, trained)
    if not records.same_training(base, record):  # made anew, perhaps on another machine
        record = base
    if step == "plain":
        return record.with_stage(step, _score_stage(trained, run, config, step, tick))
    trained = train_stage(row, seed, work, step, learning, config.stage)
    scoring = _part_of_tick(tick, 1 - _SCORING_FRACTION, 1.0)
    return record.with_stage(step, _score_stage(trained, run, config, step, scoring))


def _score_stage(
    trained: TrainedRun, run: SeedRun, config: ImaginationConfig, name: str, tick: Tick
) -> StageScores:
    setting = run.row.with_seed(run.seed)
    is_plain = name == "plain"
    scores = evaluate(
        trained.net, setting, config.boards, _part_of_tick(tick, 0.0, 0.8 if is_plain else 1.0)
    )
    return StageScores(
        config.boards,
        0 if is_plain else trained.progress.step,
        0.0 if is_plain else trained.progress.cpu,
        config.stage_setting(name),
        scores,
        probe_network(trained.net, setting, _part_of_tick(tick, 0.8, 1.0)) if is_plain else {},
    )


def _training_report(tick: Tick, run: SeedRun) -> Report:
    """Make what a course is to report to.

    It tells the share of the course's steps, or of its time until it is known how many steps there
    will be.
    """

    def report(progress: TrainingProgress, steps: int, loss: float) -> None:
        cap = run.row.with_seed(run.seed).cap
        time_fraction = progress.cpu / cap if cap else 0.0
        tick(min(max(time_fraction, progress.step / max(steps, 1)), 1.0))

    return report


def _part_of_tick(tick: Tick, first: float, last: float) -> Tick:
    return lambda fraction: tick(first + (last - first) * fraction)


def sort_by_turn(runs: Sequence[SeedRun], left: dict[SeedRun, list[str]]) -> list[SeedRun]:
    """Return the runs that have something left, the one whose turn is next first."""
    unfinished = [run for run in runs if left[run]]
    return sorted(unfinished, key=lambda run: STEPS.index(left[run][0]))
