"""All steps of all runs, one after the other or in several processes (the pool of Python's own
``concurrent.futures``), breadth first; under torchrun each process takes its share of the runs."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from typing import Any, Protocol

import torch

from dnnvis.core.errors import DnnvisError
from dnnvis.jobs import distributed
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


@dataclass(frozen=True)
class ImaginationProgress:
    """How far it is: ``done`` of ``total`` steps of runs, fractions counted; ``now``: what is
    being done."""

    now: tuple[str, ...]
    done: float
    total: int
    seconds_left: float


@dataclass
class ImaginationOutcome:
    """What came of it. ``problems``: a sentence for each run that could not go on; ``left``:
    steps that are left to do."""

    records: list[RunRecord] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: int = 0
    stopped: bool = False


Report = Callable[[ImaginationProgress], None]
Stop = Callable[[], bool]


class Pool(Protocol):
    """Where steps are done: ``fractions[slot]`` says how far the one in that place is."""

    fractions: MutableSequence[float]

    def start(
        self, slot: int, run: SeedRun, step: str, record: RunRecord | None
    ) -> Future[RunRecord]: ...

    def stop(self) -> None: ...


def reproduce(
    config: ImaginationConfig,
    processes: int = 1,
    report: Report = lambda progress: None,
    stop: Stop = lambda: False,
    warn: Callable[[str], None] = lambda message: None,
) -> ImaginationOutcome:
    """Do what is left of ``config``; what is done is in its records already when this returns.

    Ends between two steps of training, everything kept, once ``stop()``. ``warn`` is told of
    records that cannot be used. Under torchrun all ranks return the same.
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
        return _gather_outcomes(config, scheduler.done())


def _gather_outcomes(
    config: ImaginationConfig, own_outcome: ImaginationOutcome
) -> ImaginationOutcome:
    """The outcomes of all ranks as one; rank 0 writes records down that came from a rank whose
    folder it does not see."""
    total = ImaginationOutcome()
    for outcome in distributed.all_gather(own_outcome):
        total.records += outcome.records
        total.problems += outcome.problems
        total.left += outcome.left
        total.stopped |= outcome.stopped
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
        self.problems: list[str] = []
        self.stopped = False
        self.slots = max(1, min(processes, sum(1 for run in runs if self.left[run])))
        self._report, self._stop = report, stop
        self._running: dict[Future[RunRecord], tuple[int, SeedRun, str, float]] = {}
        self._finished = 0
        self._durations: dict[str, list[float]] = {step: [] for step in EXPECTED_SECONDS}

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        if self.slots == 1:
            yield _InlinePool(self.config, self._on_fractions)
        else:
            with _open_worker_pool(self.config, self.slots) as pool:
                yield pool

    def run_all(self, pool: Pool) -> None:
        """Work all off, or up to the stop."""
        while True:
            if self._stop() and not self.stopped:
                self.stopped = True
                pool.stop()
            if not self.stopped:
                self._fill_slots(pool)
            if not self._running:
                return
            finished, _ = wait(self._running, POLL_SECONDS, FIRST_COMPLETED)
            for future in finished:
                self._collect(future, pool)
            self._report_progress(pool.fractions)

    def done(self) -> ImaginationOutcome:
        saved = [record for record in self.saved.values() if record is not None]
        left = sum(len(steps) for steps in self.left.values())
        return ImaginationOutcome(saved, self.problems, left, self.stopped)

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
        try:
            self.saved[run] = future.result()
            self._finished += 1
            self._durations[step].append(time.monotonic() - start_time)
            self.left[run] = steps_left(self.saved[run], self.config)
        except KeyboardInterrupt:
            self.stopped = True
            pool.stop()
        except DnnvisError as error:
            self.problems.append(f"{run}: {error}")
            self.left[run] = []

    def _on_fractions(self, fractions: Sequence[float]) -> None:
        """A word from a step under way in this process."""
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
            ImaginationProgress(now, done, self._finished + len(left), seconds / self.slots)
        )

    def _expected_seconds(self, step: str) -> float:
        durations = self._durations[step]
        return sum(durations) / len(durations) if durations else EXPECTED_SECONDS[step]


class _InlinePool:
    """Steps are done in this process, at once."""

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
        """A step ends by itself when it is told that it should."""


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
    """Steps are done in processes of their own."""

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
    for signal_number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # the process that began it says when to end
        signal.signal(signal_number, signal.SIG_IGN)
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
