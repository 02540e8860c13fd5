"""All runs of ``dnnvis reproduce beyond``: one after the other, or in several processes."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.jobs import distributed
from dnnvis.reproduce.beyond.rows import ROWS, BeyondConfig
from dnnvis.reproduce.common import (
    Outcome,
    Report,
    ReproductionProgress,
    Stop,
    Warn,
    describe_environment,
    read_or_back_up,
    read_record,
    write_record,
)

POLL_SECONDS = 0.2  # seconds between two looks at what the processes do
Tick = Callable[[float], None]


@dataclass(frozen=True)
class BeyondRun:
    """One run: a row with one seed."""

    row: str
    seed: int

    def __str__(self) -> str:
        return f"{self.row}, seed {self.seed}"


@dataclass(frozen=True)
class BeyondRecord:
    """What a run came to."""

    row: str
    seed: int
    #: Test examples that it was measured on.
    examples: int
    #: Batches of the training that were asked for; 0: as many as its command makes.
    most: int
    #: Its setting, steps, seconds and curve.
    training: Mapping[str, Any]
    #: What was measured; see ``measure_maze`` and ``measure_chess``.
    scores: Mapping[str, Any]
    #: Versions, processor and time.
    environment: Mapping[str, str]


def parse_beyond_record(data: Any) -> BeyondRecord:
    """Return the record that JSON holds; raise an ordinary error where it holds none."""
    return BeyondRecord(
        str(data["row"]),
        int(data["seed"]),
        int(data["examples"]),
        int(data["most"]),
        dict(data["training"]),
        dict(data["scores"]),
        dict(data["environment"]),
    )


def record_path(out: Path, run: BeyondRun) -> Path:
    """Return where the record of a run lies."""
    return out / "runs" / f"{run.row}-seed{run.seed}.json"


def list_runs(config: BeyondConfig) -> list[BeyondRun]:
    """Return the runs that are asked for, seed by seed."""
    return [BeyondRun(row, seed) for seed in config.seeds for row in config.rows]


def load_records(config: BeyondConfig) -> list[BeyondRecord]:
    """Return the records there are, row by row; raise BadInput for a broken one."""
    paths = [
        record_path(config.out, BeyondRun(row, seed))
        for row in config.rows
        for seed in config.seeds
    ]
    return [read_record(path, parse_beyond_record, "run") for path in paths if path.is_file()]


def reproduce(
    config: BeyondConfig,
    processes: int = 1,
    report: Report = lambda progress: None,
    stop: Stop = lambda: False,
    warn: Warn = lambda message: None,
) -> Outcome[BeyondRecord]:
    """Do what no record in ``config.out`` holds yet.

    Args:
        config: What is asked for.
        processes: How many runs are under way at once.
        report: Told how far it is.
        stop: Asked again and again; once it says so, all ends, and the next call goes on.
        warn: Told of records that cannot be used.

    Returns:
        The records there are then, and how many runs are left; under torchrun the same for all.
    """
    with distributed.process_group():
        own: Outcome[BeyondRecord] = Outcome()
        error = None
        try:
            waiting = _read_records(config, own, warn)
            work = _run_here if processes < 2 or len(waiting) < 2 else _run_beside
            work(config, waiting, processes, own, _Progress(len(waiting), report, stop))
        except DnnvisError as caught:
            error = caught
        distributed.raise_first_error(error)
        total: Outcome[BeyondRecord] = Outcome()
        for outcome in distributed.all_gather(own):
            total.add(outcome)
        if distributed.get_rank() == 0:
            _write_missing(config, total.records)
        return total


def run_one(run: BeyondRun, config: BeyondConfig, tick: Tick) -> BeyondRecord:
    """Train and measure one run, and write its record.

    Args:
        run: The run.
        config: What is asked for.
        tick: Told the share that is done; KeyboardInterrupt from it leaves the training's progress.
    """
    values = ROWS[run.row].run(run.seed, config, tick)
    record = BeyondRecord(
        run.row,
        run.seed,
        config.examples,
        config.most,
        **values,
        environment=describe_environment(),
    )
    write_record(record_path(config.out, run), vars(record))
    return record


def _read_records(
    config: BeyondConfig, outcome: Outcome[BeyondRecord], warn: Warn
) -> list[BeyondRun]:
    """Take in the usable records of this process's runs; return the runs without one."""
    waiting = []
    for run in distributed.own_shard(list_runs(config)):
        path = record_path(config.out, run)
        record, note = read_or_back_up(path, partial(_read_fitting, config), "it is made anew")
        if note:
            warn(note)
        if record is None:
            waiting.append(run)
        else:
            outcome.records.append(record)
    outcome.left = len(waiting)
    return waiting


def _read_fitting(config: BeyondConfig, path: Path) -> BeyondRecord:
    record = read_record(path, parse_beyond_record, "run")
    if (record.examples, record.most) != (config.examples, config.most):
        raise BadInput(
            f"{path} is of {record.examples} examples after {record.most or 'all'} steps."
        )
    return record


def _write_missing(config: BeyondConfig, records: Sequence[BeyondRecord]) -> None:
    """Write the records of ranks whose folder is another one than rank 0's."""
    for record in records:
        path = record_path(config.out, BeyondRun(record.row, record.seed))
        if not path.exists():
            write_record(path, vars(record))


class _Progress:
    """How far all runs are; asked whether to stop."""

    def __init__(self, total: int, report: Report, stop: Stop) -> None:
        self.total, self.done, self.stop = total, 0, stop
        self._report = report

    def report(self, running: Mapping[str, float]) -> None:
        """Report runs under way with the share of each that is done."""
        now = tuple(running)
        self._report(ReproductionProgress(now, self.done + sum(running.values()), self.total))


def _collect(
    run: BeyondRun,
    get_record: Callable[[], BeyondRecord],
    outcome: Outcome[BeyondRecord],
    progress: _Progress,
) -> None:
    if outcome.attempt(run, lambda: outcome.records.append(get_record())) == "done":
        outcome.left -= 1
        progress.done += 1


def _run_here(
    config: BeyondConfig,
    waiting: Sequence[BeyondRun],
    processes: int,
    outcome: Outcome[BeyondRecord],
    progress: _Progress,
) -> None:
    def tick(run: BeyondRun, fraction: float) -> None:
        if progress.stop():
            raise KeyboardInterrupt
        progress.report({str(run): fraction})

    for run in waiting:
        if outcome.stopped:
            return
        _collect(run, partial(run_one, run, config, partial(tick, run)), outcome, progress)


def _run_beside(
    config: BeyondConfig,
    waiting: Sequence[BeyondRun],
    processes: int,
    outcome: Outcome[BeyondRecord],
    progress: _Progress,
) -> None:
    context = multiprocessing.get_context("spawn")
    fractions: Any = context.Array("d", len(waiting), lock=False)
    stop_event = context.Event()
    with ProcessPoolExecutor(
        min(processes, len(waiting)),
        mp_context=context,
        initializer=_init_worker,
        initargs=(config, fractions, stop_event),
    ) as pool:
        futures: dict[Future[BeyondRecord], int] = {
            pool.submit(_run_in_worker, k, run): k for k, run in enumerate(waiting)
        }
        try:
            while futures:
                finished, _ = wait(futures, POLL_SECONDS, FIRST_COMPLETED)
                for future in finished:
                    _collect(waiting[futures.pop(future)], future.result, outcome, progress)
                if progress.stop():
                    outcome.stopped = True
                    stop_event.set()
                under_way = {str(waiting[k]): fractions[k] for k in futures.values()}
                progress.report({name: part for name, part in under_way.items() if part})
        except BrokenProcessPool:
            raise DnnvisError(
                "One of the processes was ended from outside (short of memory?). What was done is "
                "kept: the same command goes on, perhaps with fewer --processes."
            ) from None
        finally:
            stop_event.set()


_worker_state: dict[str, Any] = {}  # what a process of the pool was told when it began


def _init_worker(config: BeyondConfig, fractions: MutableSequence[float], stop_event: Any) -> None:
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, name="dnnvis parent", daemon=True).start()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_IGN)  # the process that began it says when to end
    _worker_state.update(config=config, fractions=fractions, stop_event=stop_event)


def _end_with_parent() -> None:
    """End at once where the process that began this one is killed: nobody would ever end it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_in_worker(number: int, run: BeyondRun) -> BeyondRecord:
    def tick(fraction: float) -> None:
        _worker_state["fractions"][number] = fraction
        if _worker_state["stop_event"].is_set():
            raise KeyboardInterrupt

    tick(0.0)
    return run_one(run, _worker_state["config"], tick)
