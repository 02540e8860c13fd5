"""How far a long work is, and how long the rest still takes."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True)
class Progress:
    """How far a long work is."""

    #: What it does now, as people read it; "" where one work has one message.
    message: str = ""
    #: How many of the ``total`` items are done.
    done: int = 0
    #: How many there are in this stage; 0 = not known.
    total: int = 0
    #: Estimated seconds until the last is done; None where that is not known yet.
    seconds_left: float | None = None


class Eta:
    """Estimate the time that a work still takes, at the rate of the stage under way.

    The first count of a stage starts its measure, so that what came before (opening files,
    trying out batch sizes) does not count. A stage is over where its name or its total changes,
    or the count falls below the one it started with. Time in pauses is left out. Safe to use
    from several threads.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._start: tuple[float, float, float, str] | None = None  # time, done, total, stage
        self._pause_start: float | None = None
        self._paused_seconds = 0.0
        self._is_stage_start = False

    @property
    def is_stage_start(self) -> bool:
        """Whether the last count began a stage."""
        with self._lock:
            return self._is_stage_start

    def pause(self) -> None:
        """Stop the clock; a second time does nothing."""
        with self._lock:
            if self._pause_start is None:
                self._pause_start = self._clock()

    def resume(self) -> None:
        """Let the clock go on, if it was stopped."""
        with self._lock:
            if self._pause_start is not None:
                self._paused_seconds += self._clock() - self._pause_start
                self._pause_start = None

    def restart(self, done: float, total: float, stage: str = "") -> None:
        """Measure the stage from now on, as though it began with ``done`` of ``total``."""
        with self._lock:
            self._start = (self._now(), done, total, stage)

    def estimate(self, done: float, total: float, stage: str = "") -> float | None:
        """Take a count and return the seconds that the rest of the stage takes.

        Args:
            done: How many items are behind it.
            total: How many there are.
            stage: What tells this stage from the next.

        Returns:
            Seconds >= 0; None at the first count of a stage and where nothing was done since.
        """
        with self._lock:
            now = self._now()
            self._is_stage_start = (
                self._start is None or (total, stage) != self._start[2:] or done < self._start[1]
            )
            if self._start is None or self._is_stage_start:
                self._start = (now, done, total, stage)
            start, done_at_start = self._start[:2]
            if done <= done_at_start or total <= 0:
                return None
            return max(0.0, (now - start) * (total - done) / (done - done_at_start))

    def _now(self) -> float:
        """Return the seconds that the work has run; in a pause they stand still."""
        now = self._clock() if self._pause_start is None else self._pause_start
        return now - self._paused_seconds


class ReportInterval:
    """Say when the next of many reports is due: at most one in so many seconds."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._last = -math.inf

    def is_due(self, force: bool = False) -> bool:
        """Return whether to report now, which then counts as done; always with ``force``."""
        now = self._clock()
        if not force and now - self._last < self._seconds:
            return False
        self._last = now
        return True
