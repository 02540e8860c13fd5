"""The source thread, seen from inside."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from dnnvis.core.board import Change
from dnnvis.core.errors import DnnvisError
from dnnvis.core.frame import Frame
from dnnvis.core.messages import Failure, failure_of
from dnnvis.sources.frame_clock import Pace, slower
from dnnvis.sources.source import Drained, Editable, Movable, Source

RETRY = 1.0  # seconds until a lost live source is tried again
BRISK = 1.25  # a live source is read so much faster than it says, lest frames queue up in it


class Order(NamedTuple):
    what: str
    do: Callable[[], None]


class Worker(threading.Thread):
    """Owns the source: does the orders as they come, and reads when a frame is due.

    The public methods only leave an order. After ``quit`` nothing is handed on any more, even
    if the source returns only much later from a call that hung.
    """

    def __init__(
        self, see: Callable[[Frame], None], tell: Callable[[Failure], None], *, paused: bool
    ) -> None:
        super().__init__(name="dnnvis-source", daemon=True)
        self.position: float | None = None
        self._see, self._tell = see, tell
        self._changed = threading.Condition()
        self._orders: deque[Order] = deque()
        self._quit = False
        self._busy_since = math.inf
        self._source: Source | None = None
        self._is_open = False
        self._is_lost = False
        self._is_over = False
        self._paused = paused
        self._due = math.inf
        self._cap = 0.0
        self._reading = Pace(0)
        self._showing = Pace(0)

    def has_hung(self, patience: float) -> bool:
        """Whether the present call of the source has lasted longer than ``patience`` seconds."""
        return time.perf_counter() - self._busy_since > patience

    def open(self, make: Callable[[], Source], cap: float) -> None:
        with self._changed:
            kept = [order for order in self._orders if order.what == "pause"]
            self._orders = deque((*kept, Order("open", lambda: self._begin(make, cap))))
            self._changed.notify()

    def pause(self, paused: bool) -> None:
        self._leave(Order("pause", lambda: self._set_paused(paused)))

    def step(self, steps: int) -> None:
        self._leave(Order("step", lambda: self._step(steps)))

    def seek(self, share: float) -> None:
        self._leave(Order("seek", lambda: self._seek(share)))

    def edit(self, change: Change) -> None:
        self._leave(Order("edit", lambda: self._edit(change)))

    def kept(self) -> str:
        source = self._source
        return source.kept() if isinstance(source, Editable) and self._is_open else ""

    def quit(self) -> None:
        with self._changed:
            self._quit = True
            self._changed.notify()

    def run(self) -> None:
        while self._wait():
            try:
                self._turn()
            except Exception as error:  # the border of the thread, which lives on
                self._fail(error)
            self._busy_since = math.inf
        self._guarded_close()

    def _leave(self, order: Order) -> None:
        with self._changed:
            if order.what == "seek" and self._orders and self._orders[-1].what == "seek":
                self._orders.pop()
            self._orders.append(order)
            self._changed.notify()

    def _wait(self) -> bool:
        """Returns when an order waits or a frame is due; False when all is over."""
        with self._changed:
            while not self._quit and not self._orders:
                left = self._due - time.perf_counter()
                if left <= 0:
                    break
                self._changed.wait(None if left == math.inf else left)
            self._busy_since = time.perf_counter()
            return not self._quit

    def _turn(self) -> None:
        with self._changed:
            order = self._orders.popleft() if self._orders else None
        if order is not None:
            order.do()
        elif not self._is_open:
            self._connect()
        else:
            self._read_due()

    def _begin(self, make: Callable[[], Source], cap: float) -> None:
        self._guarded_close()
        self._source, self._is_lost, self._due, self.position = None, False, math.inf, None
        self._source, self._cap = make(), cap
        self._connect()

    def _connect(self) -> None:
        """Opens the source and hands its first frame on, paused or not."""
        source = self._source
        if source is None:
            return
        source.__enter__()
        self._is_open, self._is_over = True, False
        self._set_paces(source)
        self._reading.restart(time.perf_counter())
        if self._is_lost:
            self._is_lost = False
            self._tell_now(Failure(f"{source.name} sends pictures now.", kind="Note"))
            if self._paused:  # what is held still must not change by itself
                return self._plan_next()
        self._show()
        self._plan_next()

    def _set_paces(self, source: Source) -> None:
        self._reading = Pace(slower(0 if source.live else self._cap, source.rate * _haste(source)))
        self._showing = Pace(slower(self._cap, source.rate))

    def _read_due(self) -> None:
        source, now = self._source, time.perf_counter()
        self._reading.take(now)
        if source is not None and source.live and not self._is_wanted(now):
            source.skip() if isinstance(source, Drained) else source.read()
        else:
            self._show()
        self._plan_next()

    def _is_wanted(self, now: float) -> bool:
        """Half a frame early is on time: a camera's frames come when they come."""
        early = 0.5 * self._reading.period * BRISK
        return not self._paused and self._showing.is_due(now, early)

    def _show(self) -> None:
        """Reads and hands on one frame, or says that there is none."""
        source = self._source
        frame = None if source is None else source.read()
        if source is None or self._quit:
            return
        self.position = source.position if isinstance(source, Movable) else None
        if frame is not None:
            self._showing.take(time.perf_counter())
            self._see(frame)
        elif source.rate > 0:
            self._is_over = True
            sentence = f"{source.name} has ended; scrub back, or switch loop on, to see it again."
            self._tell_now(Failure(sentence, kind="Note", about=source.name))

    def _plan_next(self) -> None:
        """When to read next: never in a still or after the end or a failure; paused, if live."""
        source = self._source
        if source is None or not self._is_open:
            return
        waits = source.rate == 0 or self._is_over or (self._paused and not source.live)
        self._due = math.inf if waits else self._reading.due

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused
        self._plan_next()

    def _step(self, steps: int) -> None:
        if isinstance(self._source, Movable) and self._is_open:
            self._source.move(steps)
        self._show_again()

    def _seek(self, share: float) -> None:
        if isinstance(self._source, Movable) and self._is_open:
            self._source.seek(share)
            self._show_again()

    def _edit(self, change: Change) -> None:
        source = self._source
        if not (isinstance(source, Editable) and self._is_open):
            return
        try:
            source.edit(change)
        except DnnvisError as error:  # it goes on as it was
            self._tell_now(failure_of(error, source.name))
            return
        self._set_paces(source)
        self._show_again()

    def _show_again(self) -> None:
        if self._is_open:
            self._is_over = False
            self._reading.restart(time.perf_counter())
            self._show()
            self._plan_next()

    def _fail(self, error: Exception) -> None:
        """Says so, once a loss; a live source is tried again, any other waits to be moved."""
        source, self._due = self._source, math.inf
        name = None if source is None else source.name
        if source is None or not source.live:
            self._is_over = True
            self._tell_now(failure_of(error, name))
            return
        self._guarded_close()
        self._due = time.perf_counter() + RETRY
        if not self._is_lost:
            self._is_lost = True
            self._tell_now(failure_of(error, name))

    def _guarded_close(self) -> None:
        if self._is_open and self._source is not None:
            self._is_open = False
            try:
                self._source.__exit__(None, None, None)
            except Exception as error:  # a source that cannot even be closed is gone all the same
                self._tell_now(failure_of(error, self._source.name))

    def _tell_now(self, failure: Failure) -> None:
        if not self._quit:
            self._tell(failure)


def _haste(source: Source) -> float:
    return BRISK if source.live else 1.0
