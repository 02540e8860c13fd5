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
from dnnvis.reproduce.imagination.records import Record
from dnnvis.reproduce.imagination.steps import SECONDS, WORDS, Order, Run, do, in_order, steps_left

APART = 0.2  # seconds between two looks at what the processes do


@dataclass(frozen=True)
class Standing:
    """How far it is: ``done`` of ``total`` steps of runs, fractions counted; ``now``: what is
    being done."""

    now: tuple[str, ...]
    done: float
    total: int
    seconds_left: float


@dataclass
class Done:
    """What came of it. ``problems``: a sentence for each run that could not go on; ``left``:
    steps that are left to do."""

    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: int = 0
    stopped: bool = False


Report = Callable[[Standing], None]
Stop = Callable[[], bool]


class Pool(Protocol):
    """Where steps are done: ``shares[place]`` says how far the one in that place is."""

    shares: MutableSequence[float]

    def start(self, place: int, run: Run, step: str, record: Record | None) -> Future[Record]: ...

    def stop(self) -> None: ...


def reproduce(
    order: Order,
    processes: int = 1,
    report: Report = lambda standing: None,
    stop: Stop = lambda: False,
    say: Callable[[str], None] = lambda words: None,
) -> Done:
    """Do what is left of ``order``; what is done is in its records already when this returns.

    Ends between two steps of training, everything kept, once ``stop()``. ``say`` is told of
    records that cannot be used. Under torchrun all ranks return the same.
    """
    runs = list(distributed.mine(order.runs))
    kept: dict[Run, Record | None] = {}
    with distributed.together():
        error = None
        try:
            for run in runs:
                kept[run], words = records.found(order.out, run.row, run.seed)
                if words:
                    say(words)
        except DnnvisError as why:
            error = why
        distributed.all_went_well(error)
        work = _Work(order, runs, kept, processes, report, stop)
        with work.pool() as pool:
            work.off(pool)
        return _gathered(order, work.done())


def _gathered(order: Order, own: Done) -> Done:
    """The outcomes of all ranks as one; rank 0 writes records down that came from a rank whose
    folder it does not see."""
    everyone = Done()
    for done in distributed.gathered(own):
        everyone.records += done.records
        everyone.problems += done.problems
        everyone.left += done.left
        everyone.stopped |= done.stopped
    if distributed.rank() == 0:
        for record in everyone.records:
            if not records.place_of(order.out, record.row, record.seed).exists():
                records.write(order.out, record)
    return everyone


class _Work:
    """What is left of each run, and what is being done of it."""

    def __init__(
        self,
        order: Order,
        runs: Sequence[Run],
        kept: dict[Run, Record | None],
        processes: int,
        report: Report,
        stop: Stop,
    ) -> None:
        self.order, self.runs, self.kept = order, runs, kept
        self.left = {run: steps_left(kept[run], order) for run in runs}
        self.problems: list[str] = []
        self.stopped = False
        self.places = max(1, min(processes, sum(1 for run in runs if self.left[run])))
        self._report, self._stop = report, stop
        self._running: dict[Future[Record], tuple[int, Run, str, float]] = {}
        self._finished = 0
        self._spent: dict[str, list[float]] = {step: [] for step in SECONDS}

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        if self.places == 1:
            yield _Here(self.order, self._hear)
        else:
            with _processes(self.order, self.places) as pool:
                yield pool

    def off(self, pool: Pool) -> None:
        """Work all off, or up to the stop."""
        while True:
            if self._stop() and not self.stopped:
                self.stopped = True
                pool.stop()
            if not self.stopped:
                self._start(pool)
            if not self._running:
                return
            finished, _ = wait(self._running, APART, FIRST_COMPLETED)
            for future in finished:
                self._take(future, pool)
            self._tell(pool.shares)

    def done(self) -> Done:
        found = [record for record in self.kept.values() if record is not None]
        left = sum(len(steps) for steps in self.left.values())
        return Done(found, self.problems, left, self.stopped)

    def _start(self, pool: Pool) -> None:
        busy = {run for _, run, _, _ in self._running.values()}
        free = [k for k in range(self.places) if k not in {v[0] for v in self._running.values()}]
        turn = [run for run in in_order(self.runs, self.left) if run not in busy]
        for place, run in zip(free, turn, strict=False):
            step = self.left[run][0]
            began = time.monotonic()
            self._now = (place, run, step, began)  # told by a step that is done at once
            future = pool.start(place, run, step, self.kept[run])
            self._running[future] = (place, run, step, began)

    def _take(self, future: Future[Record], pool: Pool) -> None:
        _, run, step, began = self._running.pop(future)
        try:
            self.kept[run] = future.result()
            self._finished += 1
            self._spent[step].append(time.monotonic() - began)
            self.left[run] = steps_left(self.kept[run], self.order)
        except KeyboardInterrupt:
            self.stopped = True
            pool.stop()
        except DnnvisError as why:
            self.problems.append(f"{run}: {why}")
            self.left[run] = []

    def _hear(self, shares: Sequence[float]) -> None:
        """A word from a step under way in this process."""
        if self._stop():
            raise KeyboardInterrupt
        self._tell(shares, [self._now])

    def _tell(
        self, shares: Sequence[float], more: Sequence[tuple[int, Run, str, float]] = ()
    ) -> None:
        running = [*self._running.values(), *more]
        parts = [shares[place] for place, *_ in running]
        left = [step for steps in self.left.values() for step in steps]
        seconds = sum(map(self._expected, left)) - sum(
            part * self._expected(step)
            for part, (_, _, step, _) in zip(parts, running, strict=True)
        )
        now = tuple(f"{run}: {WORDS[step]}" for _, run, step, _ in running)
        done = self._finished + sum(parts)
        self._report(Standing(now, done, self._finished + len(left), seconds / self.places))

    def _expected(self, step: str) -> float:
        spent = self._spent[step]
        return sum(spent) / len(spent) if spent else SECONDS[step]


class _Here:
    """Steps are done in this process, at once."""

    def __init__(self, order: Order, hear: Callable[[Sequence[float]], None]) -> None:
        self.shares: MutableSequence[float] = [0.0]
        self._order, self._hear = order, hear

    def start(self, place: int, run: Run, step: str, record: Record | None) -> Future[Record]:
        future: Future[Record] = Future()
        self.shares[0] = 0.0

        def tick(share: float) -> None:
            self.shares[0] = share
            self._hear(self.shares)

        try:
            future.set_result(do(run, step, self._order, record, tick))
        except (KeyboardInterrupt, Exception) as why:
            future.set_exception(why)
        return future

    def stop(self) -> None:
        """A step ends by itself when it is told that it should."""


@contextmanager
def _processes(order: Order, number: int) -> Iterator[Pool]:
    context = multiprocessing.get_context("spawn")
    shares: Any = context.Array("d", number, lock=False)
    asked = context.Event()
    with ProcessPoolExecutor(
        number, mp_context=context, initializer=_begin, initargs=(order, shares, asked)
    ) as pool:
        try:
            yield _Processes(pool, shares, asked)
        except BrokenProcessPool:
            asked.set()
            raise DnnvisError(
                "One of the processes was ended from outside (short of memory?). What was done is "
                "kept: the same command goes on, perhaps with fewer --processes."
            ) from None
        except BaseException:
            asked.set()
            raise


class _Processes:
    """Steps are done in processes of their own."""

    def __init__(
        self, pool: ProcessPoolExecutor, shares: MutableSequence[float], asked: Event
    ) -> None:
        self.shares = shares
        self._pool, self._asked = pool, asked

    def start(self, place: int, run: Run, step: str, record: Record | None) -> Future[Record]:
        self.shares[place] = 0.0
        return self._pool.submit(_do, place, run, step, record)

    def stop(self) -> None:
        self._asked.set()


_given: dict[str, Any] = {}  # what a process of the pool was told when it began


def _begin(order: Order, shares: MutableSequence[float], asked: Event) -> None:
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, name="dnnvis parent", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):  # the process that began it says when to end
        signal.signal(number, signal.SIG_IGN)
    _given.update(order=order, shares=shares, asked=asked)


def _end_with_parent() -> None:
    """End at once where the process that began this one is killed: nobody would ever end it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(place: int, run: Run, step: str, record: Record | None) -> Record:
    def tick(share: float) -> None:
        _given["shares"][place] = share
        if _given["asked"].is_set():
            raise KeyboardInterrupt

    return do(run, step, _given["order"], record, tick)
