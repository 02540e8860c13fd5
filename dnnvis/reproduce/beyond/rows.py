"""The rows of ``dnnvis reproduce beyond``: what is trained and measured, and what is concluded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from dnnvis.core.errors import BadInput, DnnvisError, Mismatch
from dnnvis.reproduce.beyond.chess import conclude_chess, measure_chess
from dnnvis.reproduce.beyond.maze import conclude_maze, measure_maze
from dnnvis.reproduce.beyond.nca import conclude_nca, measure_nca
from dnnvis.reproduce.common import ReproductionConfig
from dnnvis.training.chess_task import ChessSetting, ChessTask
from dnnvis.training.loop import TrainingProgress, TrainingTask, train
from dnnvis.training.maze_task import MazeSetting, MazeTask
from dnnvis.zoo.catalog import open_network

Tick = Callable[[float], None]
TRAINING_FRACTION = 0.9  # of the time of a run
SCORE_INTERVAL_STEPS = 100


@dataclass(frozen=True)
class BeyondConfig(ReproductionConfig):
    """What is asked for."""

    #: Names of rows, see ROWS.
    rows: tuple[str, ...] = ()
    #: Test examples of each run.
    examples: int = 2000
    #: Batches of each training; 0: as many as its command makes.
    most: int = 0


class MeasureRun(Protocol):
    """Train and measure one run of a row."""

    def __call__(self, seed: int, config: BeyondConfig, tick: Tick) -> dict[str, Any]:
        """Return what a record keeps besides its name: ``training`` and ``scores``, JSON-able."""
        ...


@dataclass(frozen=True)
class BeyondRow:
    """A row: a kind of network with what is measured of it."""

    name: str
    title: str
    run: MeasureRun
    #: One sentence about the scores of all runs.
    conclude: Callable[[list[dict[str, Any]]], str]
    #: Whether a training belongs to each run; else it measures a network that ships.
    trains: bool = True


def run_folder(work: Path, row: str, seed: int) -> Path:
    """Return where the training of a run keeps its progress."""
    return work / f"{row}-seed{seed}"


def _run_maze(seed: int, config: BeyondConfig, tick: Tick) -> dict[str, Any]:
    setting = MazeSetting(seed=seed)
    setting = replace(setting, most=config.most or setting.most)
    task = MazeTask(setting)
    progress = _train(task, run_folder(config.work, "maze", seed), tick)
    scores = measure_maze(task.network, setting, config.examples, _measuring(tick))
    return {"training": _describe(task, progress), "scores": scores}


def _run_chess(seed: int, config: BeyondConfig, tick: Tick) -> dict[str, Any]:
    setting = ChessSetting(seed=seed)
    setting = replace(setting, most=config.most or setting.most)
    task = ChessTask(setting)
    progress = _train(task, run_folder(config.work, "chess", seed), tick)
    scores = measure_chess(task.network, setting, config.examples, _measuring(tick))
    return {"training": _describe(task, progress), "scores": scores}


def _run_nca(name: str, seed: int, config: BeyondConfig, tick: Tick) -> dict[str, Any]:
    """Measure an automaton that ships, as ``dnnvis train nca`` made it; the firing's seed."""
    tick(0.0)
    scores = measure_nca(name, (seed,))
    about = open_network(name).card.about
    kept = ("setting", "steps", "curve_columns", "curve")
    training = {key: about.get(key) for key in kept} | {
        "seconds": about.get("work_seconds", 0),
        "cpu_seconds": scores["learning_cpu_seconds"],
    }
    tick(1.0)
    return {"training": training, "scores": scores}


def _measuring(tick: Tick) -> Tick:
    return lambda fraction: tick(TRAINING_FRACTION + (1 - TRAINING_FRACTION) * fraction)


def _train(task: TrainingTask, folder: Path, tick: Tick) -> TrainingProgress:
    """Train, or go on; KeyboardInterrupt out of ``tick`` leaves the progress behind."""

    def report(progress: TrainingProgress, steps: int, loss: float) -> None:
        tick(TRAINING_FRACTION * progress.step / max(steps, 1))

    try:
        return train(task, folder, report=report, score_every=SCORE_INTERVAL_STEPS)
    except Mismatch:
        raise DnnvisError(
            f"{folder} holds a training with other settings; delete that folder, or name another "
            "one with --work."
        ) from None


def _describe(task: TrainingTask, progress: TrainingProgress) -> dict[str, Any]:
    return {
        "setting": task.setting,
        "steps": progress.step,
        "seconds": progress.seconds,
        "cpu_seconds": progress.cpu,
        "curve_columns": task.curve_columns,
        "curve": progress.curve,
    }


ROWS = {
    row.name: row
    for row in (
        BeyondRow("maze", "Maze: the way from start to goal", _run_maze, conclude_maze),
        BeyondRow("chess", "Chess: king and rook against king", _run_chess, conclude_chess),
        *(
            BeyondRow(
                name, f"Growing automaton: {what}", partial(_run_nca, name), conclude_nca, False
            )
            for name, what in (("nca-salamander", "a salamander"), ("nca-coffee", "a photograph"))
        ),
    )
}


def parse_beyond_rows(names: str) -> tuple[str, ...]:
    """Return the rows of a list like ``maze,chess``, all where it is empty; raise BadInput."""
    requested = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = [name for name in requested if name not in ROWS]
    if unknown:
        raise BadInput(f"There is no row '{unknown[0]}'; there are {', '.join(ROWS)}.")
    return requested or tuple(ROWS)
