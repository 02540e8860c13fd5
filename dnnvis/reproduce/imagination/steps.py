"""What is to be done for the tables, one step of a run at a time, and what is done already."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput, DnnvisError, Mismatch
from dnnvis.reproduce.imagination import records
from dnnvis.reproduce.imagination.evaluation import Tick, evaluate, probe, unheard
from dnnvis.reproduce.imagination.records import Record, Stage
from dnnvis.reproduce.imagination.rows import Row
from dnnvis.reproduce.imagination.runs import STAGES, Trained, folder_of, staged, trained
from dnnvis.training.life_adversarial import AdversarialSetting
from dnnvis.training.loop import Progress, Report

BOARDS = 10_000
LOW = 0.9  # the paper's number below which there is something for the later stages to gain
STEPS = ("train", *STAGES)  # of a run; breadth first: all runs' first, then all runs' second ...
WORDS = {
    "train": "training",
    "plain": "scores",
    "adversarial": "adversarial stage",
    "control": "control of the stage",
}
SECONDS = {"train": 60.0, "plain": 15.0, "adversarial": 60.0, "control": 60.0}  # until measured
_SCORING = 0.15  # of a later stage's time, at its end


@dataclass(frozen=True)
class Order:
    """What is asked for: ``stages`` of STAGES, on ``boards`` test boards; ``work`` holds the
    trainings' progress, ``out`` the results; ``stage``: how the later stages learn."""

    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    work: Path
    out: Path
    stages: tuple[str, ...] = STAGES
    boards: int = BOARDS
    stage: AdversarialSetting = field(default_factory=AdversarialSetting)

    def __post_init__(self) -> None:
        unknown = [name for name in self.stages if name not in STAGES]
        if unknown:
            raise BadInput(f"There is no stage '{unknown[0]}'; there are {', '.join(STAGES)}.")
        if not self.rows or not self.seeds or self.boards < 1:
            raise BadInput("Say at least one row, one seed and one board.")

    @property
    def runs(self) -> list["Run"]:
        """All runs: the first seed of every row, then the second ..., each time begun with
        another row, so that ranks that take every n-th do not always take the same rows."""
        rows = len(self.rows)
        return [
            Run(self.rows[(k + place) % rows], seed)
            for place, seed in enumerate(self.seeds)
            for k in range(rows)
        ]

    def setting_of(self, stage: str) -> dict[str, Any]:
        """The setting of a stage as its record keeps it."""
        if stage == "plain":
            return {}
        return asdict(replace(self.stage, adversarial=stage == "adversarial"))


@dataclass(frozen=True)
class Run:
    row: Row
    seed: int

    def __str__(self) -> str:
        return f"{self.row.name} seed {self.seed}"


def steps_left(record: Record | None, order: Order) -> list[str]:
    """What is left of a run, in order, as far as it is known: a failed run has no later
    stages, and the control is for those runs whose score leaves something to gain."""
    if record is None:
        return ["train", *(name for name in order.stages if name != "control")]
    wanted = [name for name in order.stages if name == "plain" or record.survived]
    plain = record.paper("plain", "half")
    if plain is None or plain >= LOW:
        wanted = [name for name in wanted if name != "control"]
    return [name for name in wanted if not _done(record, name, order)]


def _done(record: Record, name: str, order: Order) -> bool:
    stage = record.stages.get(name)
    if stage is None or stage.boards != order.boards:
        return False
    wanted = order.setting_of(name)
    return wanted | stage.setting == wanted


def do(run: Run, step: str, order: Order, record: Record | None, tick: Tick = unheard) -> Record:
    """Do one step of a run, or what is left of it, and write it down; the record after it.

    ``tick`` is told the share that is done; where it raises KeyboardInterrupt, the progress of
    a training is kept first. Raises DnnvisError.
    """
    try:
        record = _done_step(run, step, order, record, tick)
    except Mismatch:
        raise DnnvisError(
            f"{folder_of(run.row, run.seed, order.work)} holds a training with other settings; "
            "delete that folder, or name another one with --work."
        ) from None
    except BadInput as why:
        words = str(why).replace("begin anew with --restart", "delete that file to begin it anew")
        raise BadInput(words) from None
    records.write(order.out, record)
    return record


def _done_step(run: Run, step: str, order: Order, record: Record | None, tick: Tick) -> Record:
    row, seed, work = run.row, run.seed, order.work
    if step == "train" or record is None:
        return records.begun(row, seed, trained(row, seed, work, _training(tick, run)))
    learning = _training(_share(tick, 0.0, 1 - _SCORING), run)
    done = trained(row, seed, work, learning)
    base = records.begun(row, seed, done)
    if not records.same_training(base, record):  # made anew, perhaps on another machine
        record = base
    if step == "plain":
        return record.with_stage(step, _stage(done, run, order, step, tick))
    done = staged(row, seed, work, step, learning, order.stage)
    scoring = _share(tick, 1 - _SCORING, 1.0)
    return record.with_stage(step, _stage(done, run, order, step, scoring))


def _stage(done: Trained, run: Run, order: Order, name: str, tick: Tick) -> Stage:
    setting = run.row.with_seed(run.seed)
    plain = name == "plain"
    found = evaluate(done.net, setting, order.boards, _share(tick, 0.0, 0.8 if plain else 1.0))
    return Stage(
        order.boards,
        0 if plain else done.progress.step,
        0.0 if plain else done.progress.cpu,
        order.setting_of(name),
        found,
        probe(done.net, setting, _share(tick, 0.8, 1.0)) if plain else {},
    )


def _training(tick: Tick, run: Run) -> Report:
    """What a course is to report to: the share of its steps, or of its time until it is known
    how many steps there will be."""

    def report(progress: Progress, steps: int, loss: float) -> None:
        cap = run.row.with_seed(run.seed).cap
        spent = progress.cpu / cap if cap else 0.0
        tick(min(max(spent, progress.step / max(steps, 1)), 1.0))

    return report


def _share(tick: Tick, first: float, last: float) -> Tick:
    return lambda share: tick(first + (last - first) * share)


def in_order(runs: Sequence[Run], left: dict[Run, list[str]]) -> list[Run]:
    """The runs that have something left, the one whose turn is next first."""
    waiting = [run for run in runs if left[run]]
    return sorted(waiting, key=lambda run: STEPS.index(left[run][0]))
