"""All steps of all runs, breadth first: one after the other, or in several processes.

The pool of processes is Python's own (``concurrent.futures``); under torchrun each process takes
its share of the runs.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import Any, Protocol

import torch

from dnnvis.core.errors import DnnvisError
from dnnvis.jobs import distributed
from dnnvis.reproduce.common import Outcome, Report, ReproductionProgress, Stop, Warn
from dnnvis.reproduce.imagination import records
from dnnvis.reproduce.imagination.records import RunRecord
from dnnvis.reproduce.imagination.steps import (
    EXPECTED_SECONDS,
    STEP_LABELS,
    ImaginationConfig,
    SeedRun,
    run_step,
    sort_by_turn,
    steps_left,
)

POLL_SECONDS = 0.2  # seconds between two looks at what the processes do


class Pool(Protocol):
    """Where steps are done."""

    #: How far the step in each slot is, from 0 to 1.
    fractions: MutableSequence[float]

    def start(
        self, slot: int, run: SeedRun, step: str, record: RunRecord | None
    ) -> Future[RunRecord]:
        """Begin a step.

        Args:
            slot: The place it takes, which must be free.
            run: The run it is of.
            step: One of STEPS.
            record: What is kept of the run so far.

        Returns:
            The run's record after the step, once it is done.
        """

    def stop(self) -> None:
        """Ask all steps under way to end, what they did kept."""


def reproduce(
    config: ImaginationConfig,
    processes: int = 1,
    report: Report = lambda progress: None,
    stop: Stop = lambda: False,
    warn: Warn = lambda message: None,
) -> Outcome[RunRecord]:
    """Do what is left of ``config``; what is done is in its records already when this returns.

    Args:
        config: What is asked for.
        processes: How many runs are under way at once.
        report: Told how far it is.
        stop: Asked between two steps of training; once it says so, all ends, everything kept.
        warn: Told of records that cannot be used.

    Returns:
        What came of it; under torchrun all ranks return the same.

    Raises:
        BadInput: Where a record that cannot be used cannot be put aside.
        DnnvisError: Where a process was ended from outside.
    """
    runs = list(distributed.own_shard(config.runs))
    saved: dict[SeedRun, RunRecord | None] = {}
    with distributed.process_group():
        error = None
        try:
            for run in runs:
                saved[run], message = records.read_usable(config.out, run.row, run.seed)
                if message:
                    warn(message)
        except DnnvisError as caught:
            error = caught
        distributed.raise_first_error(error)
        scheduler = _Scheduler(config, runs, saved, processes, report, stop)
        with scheduler.pool() as pool:
            scheduler.run_all(pool)
        return _gather_outcomes(config, scheduler.finish())


def _gather_outcomes(
    config: ImaginationConfig, own_outcome: Outcome[RunRecord]
) -> Outcome[RunRecord]:
    """Join the outcomes of all ranks.

    Rank 0 writes records down that came from a rank whose folder it does not see.
    """
    total: Outcome[RunRecord] = Outcome()
    for outcome in distributed.all_gather(own_outcome):
        total.add(outcome)
    if distributed.get_rank() == 0:
        for record in total.records:
            if not records.record_path(config.out, record.row, record.seed).exists():
                records.write(config.out, record)
    return total


class _Scheduler:
    """What is left of each run, and what is being done of it."""

    def __init__(
        self,
        config: ImaginationConfig,
        runs: Sequence[SeedRun],
        saved: dict[SeedRun, RunRecord | None],
        processes: int,
        report: Report,
        stop: Stop,
    ) -> None:
        self.config, self.runs, self.saved = config, runs, saved
        self.left = {run: steps_left(saved[run], config) for run in runs}
        self.outcome: Outcome[RunRecord] = Outcome()
        self.slots = max(1, min(processes, sum(1 for run in runs if self.left[run])))
        self._report, self._stop = report, stop
        self._running: dict[Future[RunRecord], tuple[int, SeedRun, str, float]] = {}
        self._finished = 0
        self._durations: dict[str, list[float]] = {step: [] for step in EXPECTED_SECONDS}

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        """Yield the pool for as many runs at once as make sense."""
        if self.slots == 1:
            yield _InlinePool(self.config, self._on_fractions)
        else:
            with _open_worker_pool(self.config, self.slots) as pool:
                yield pool

    def run_all(self, pool: Pool) -> None:
        """Work all off, or up to the stop."""
        while True:
            if self._stop() and not self.outcome.stopped:
                self.outcome.stopped = True
                pool.stop()
            if not self.outcome.stopped:
                self._fill_slots(pool)
            if not self._running:
                return
            finished, _ = wait(self._running, POLL_SECONDS, FIRST_COMPLETED)
            for future in finished:
                self._collect(future, pool)
            self._report_progress(pool.fractions)

    def finish(self) -> Outcome[RunRecord]:
        """Count what there is now and what is left."""
        self.outcome.records = [record for record in self.saved.values() if record is not None]
        self.outcome.left = sum(len(steps) for steps in self.left.values())
        return self.outcome

    def _fill_slots(self, pool: Pool) -> None:
        busy = {run for _, run, _, _ in self._running.values()}
        free = [k for k in range(self.slots) if k not in {v[0] for v in self._running.values()}]
        waiting = [run for run in sort_by_turn(self.runs, self.left) if run not in busy]
        for slot, run in zip(free, waiting, strict=False):
            step = self.left[run][0]
            start_time = time.monotonic()
            self._current = (slot, run, step, start_time)  # told by a step that is done at once
            future = pool.start(slot, run, step, self.saved[run])
            self._running[future] = (slot, run, step, start_time)

    def _collect(self, future: Future[RunRecord], pool: Pool) -> None:
        _, run, step, start_time = self._running.pop(future)

        def keep() -> None:
            self.saved[run] = future.result()
            self._finished += 1
            self._durations[step].append(time.monotonic() - start_time)
            self.left[run] = steps_left(self.saved[run], self.config)

        result = self.outcome.attempt(run, keep)
        if result == "stopped":
            pool.stop()
        elif result == "failed":
            self.left[run] = []

    def _on_fractions(self, fractions: Sequence[float]) -> None:
        """Report a step under way in this process; raise KeyboardInterrupt once asked to stop."""
        if self._stop():
            raise KeyboardInterrupt
        self._report_progress(fractions, [self._current])

    def _report_progress(
        self, fractions: Sequence[float], more: Sequence[tuple[int, SeedRun, str, float]] = ()
    ) -> None:
        running = [*self._running.values(), *more]
        parts = [fractions[slot] for slot, *_ in running]
        left = [step for steps in self.left.values() for step in steps]
        seconds = sum(map(self._expected_seconds, left)) - sum(
            part * self._expected_seconds(step)
            for part, (_, _, step, _) in zip(parts, running, strict=True)
        )
        now = tuple(f"{run}: {STEP_LABELS[step]}" for _, run, step, _ in running)
        done = self._finished + sum(parts)
        self._report(
            ReproductionProgress(now, done, self._finished + len(left), seconds / self.slots)
        )

    def _expected_seconds(self, step: str) -> float:
        durations = self._durations[step]
        return sum(durations) / len(durations) if durations else EXPECTED_SECONDS[step]


class _InlinePool:
    """Does steps in this process, at once."""

    def __init__(
        self, config: ImaginationConfig, on_fractions: Callable[[Sequence[float]], None]
    ) -> None:
        self.fractions: MutableSequence[float] = [0.0]
        self._config, self._on_fractions = config, on_fractions

    def start(
        self, slot: int, run: SeedRun, step: str, record: RunRecord | None
    ) -> Future[RunRecord]:
        future: Future[RunRecord] = Future()
        self.fractions[0] = 0.0

        def tick(fraction: float) -> None:
            self.fractions[0] = fraction
            self._on_fractions(self.fractions)

        try:
            future.set_result(run_step(run, step, self._config, record, tick))
        except (KeyboardInterrupt, Exception) as error:
            future.set_exception(error)
        return future

    def stop(self) -> None:
        """Do nothing: a step ends by itself when it is told that it should."""


@contextmanager
def _open_worker_pool(config: ImaginationConfig, count: int) -> Iterator[Pool]:
    context = multiprocessing.get_context("spawn")
    fractions: Any = context.Array("d", count, lock=False)
    stop_event = context.Event()
    with ProcessPoolExecutor(
        count,
        mp_context=context,
        initializer=_init_worker,
        initargs=(config, fractions, stop_event),
    ) as pool:
        try:
            yield _WorkerPool(pool, fractions, stop_event)
        except BrokenProcessPool:
            stop_event.set()
            raise DnnvisError(
                "One of the processes was ended from outside (short of memory?). What was done is "
                "kept: the same command goes on, perhaps with fewer --processes."
            ) from None
        except BaseException:
            stop_event.set()
            raise


class _WorkerPool:
    """Does steps in processes of their own."""

    def __init__(
        self, pool: ProcessPoolExecutor, fractions: MutableSequence[float], stop_event: Event
    ) -> None:
        self.fractions = fractions
        self._pool, self._stop_event = pool, stop_event

    def start(
        self, slot: int, run: SeedRun, step: str, record: RunRecord | None
    ) -> Future[RunRecord]:
        self.fractions[slot] = 0.0
        return self._pool.submit(_run_in_worker, slot, run, step, record)

    def stop(self) -> None:
        self._stop_event.set()


_worker_state: dict[str, Any] = {}  # what a process of the pool was told when it began


def _init_worker(
    config: ImaginationConfig, fractions: MutableSequence[float], stop_event: Event
) -> None:
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


def _run_in_worker(slot: int, run: SeedRun, step: str, record: RunRecord | None) -> RunRecord:
    def tick(fraction: float) -> None:
        _worker_state["fractions"][slot] = fraction
        if _worker_state["stop_event"].is_set():
            raise KeyboardInterrupt

    return run_step(run, step, _worker_state["config"], record, tick)
