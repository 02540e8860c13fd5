"""Run the source thread, seen from inside."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from dnnvis.core.errors import DnnvisError
from dnnvis.core.frame import Frame
from dnnvis.core.life.board import Change
from dnnvis.core.messages import Failure, describe_failure
from dnnvis.sources.frame_clock import FrameClock, cap_rate
from dnnvis.sources.source import Editable, Movable, Skippable, Source, Timed

RETRY_SECONDS = 1.0  # seconds until a lost live source is tried again
#: How long a source that is left has to close, so that the next may use the same camera.
RELEASE_SECONDS = 0.5
OPENING_SECONDS = 0.5  # seconds after which it is said that a source is being opened
MAX_LATE_SECONDS = 1.0  # what a film catches up on; beyond that it goes on from where it is
MAX_DROPPED_IN_ROW = 2  # overdue frames of a film that are passed over before one is shown
# A live source is read so much faster than its rate, lest frames queue up in it.
LIVE_RATE_FACTOR = 1.25


class Command(NamedTuple):
    """A command to the source thread."""

    kind: str
    run: Callable[[], None]


class Opening(NamedTuple):
    """What a thread opens."""

    #: Creates the source.
    create: Callable[[], Source]
    #: Maximum frames handed on per second; 0 for any number.
    cap: float
    #: Whether the picture is held still from its first frame on.
    paused: bool


class SourceThread(threading.Thread):
    """Owner of one source: runs commands as they come, and reads when a frame is due.

    It waits ``RELEASE_SECONDS`` at most for the thread ``previous`` to close its source.

    The public methods only enqueue a command. After ``quit`` nothing is handed on any more, even
    if the source returns only much later from a call that hung.
    """

    def __init__(
        self,
        opening: Opening,
        on_frame: Callable[[Frame], None],
        on_failure: Callable[[Failure], None],
        *,
        previous: threading.Thread | None = None,
    ) -> None:
        super().__init__(name="dnnvis-source", daemon=True)
        self.position: float | None = None
        self._on_frame, self._on_failure = on_frame, on_failure
        self._changed = threading.Condition()
        self._commands = deque((Command("open", lambda: self._open_source(opening)),))
        self._previous = previous
        self._quit = False
        self._source: Source | None = None
        self._is_open = False
        self._is_lost = False
        self._is_over = False
        self._paused = opening.paused
        self._due_time = math.inf
        self._cap = opening.cap
        self._dropped = 0
        self._read_clock = FrameClock(0)
        self._show_clock = FrameClock(0)

    def pause(self, paused: bool) -> None:
        """Hold the picture still, or go on."""
        self._enqueue(Command("pause", lambda: self._set_paused(paused)))

    def step(self, steps: int) -> None:
        """Hand on the frame so many further."""
        self._enqueue(Command("step", lambda: self._step(steps)))

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the source."""
        self._enqueue(Command("seek", lambda: self._seek(fraction)))

    def edit(self, change: Change) -> None:
        """Change the source's picture."""
        self._enqueue(Command("edit", lambda: self._edit(change)))

    def saved_state(self) -> str:
        """Return a text that opens the source as it is now; "" where it has none."""
        source = self._source
        return source.saved_state() if isinstance(source, Editable) and self._is_open else ""

    def snapshot(self) -> Callable[[], str] | None:
        """Return what writes the text of ``saved_state`` later; None where there is none."""
        source = self._source
        return source.snapshot() if isinstance(source, Editable) and self._is_open else None

    def quit(self) -> None:
        """End the thread at the next moment it is not in a call of the source."""
        with self._changed:
            self._quit = True
            self._changed.notify()

    def run(self) -> None:
        """Run commands and read frames until ``quit``."""
        if self._previous is not None:
            self._previous.join(RELEASE_SECONDS)
            self._previous = None
        while self._wait():
            try:
                self._run_next()
            except Exception as error:  # the border of the thread, which lives on
                self._handle_failure(error)
        self._close_safely()

    def _enqueue(self, command: Command) -> None:
        with self._changed:
            if command.kind == "seek" and self._commands and self._commands[-1].kind == "seek":
                self._commands.pop()
            self._commands.append(command)
            self._changed.notify()

    def _wait(self) -> bool:
        """Wait until a command waits or a frame is due; return False when all is over."""
        with self._changed:
            while not self._quit and not self._commands:
                remaining = self._due_time - time.perf_counter()
                if remaining <= 0:
                    break
                self._changed.wait(None if remaining == math.inf else remaining)
            return not self._quit

    def _run_next(self) -> None:
        with self._changed:
            command = self._commands.popleft() if self._commands else None
        if command is not None:
            command.run()
        elif not self._is_open:
            self._connect()
        else:
            self._read_due()

    def _open_source(self, opening: Opening) -> None:
        self._source = opening.create()
        self._connect()

    def _connect(self) -> None:
        """Open the source and hand its first frame on, paused or not."""
        source = self._source
        if source is None:
            return
        with self._report_slow_opening(source.name):
            source.__enter__()
        self._is_open, self._is_over = True, False
        self._set_clocks(source)
        self._read_clock.restart(time.perf_counter())
        if self._is_lost:
            self._is_lost = False
            self._report(Failure(f"{source.name} sends pictures now.", kind="Note"))
            if self._paused:  # what is held still must not change by itself
                return self._schedule_next()
        self._emit_and_restart(source)

    @contextmanager
    def _report_slow_opening(self, name: str) -> Iterator[None]:
        """Report what is being opened where that lasts long, but not at each new attempt."""
        note = Failure(f"Opening {name} ... another source can be chosen meanwhile.", kind="Note")
        timer = threading.Timer(OPENING_SECONDS, lambda: self._report(note))
        timer.name, timer.daemon = "dnnvis-source-opening", True
        if not self._is_lost:
            timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if timer.ident is not None:
                timer.join()

    def _set_clocks(self, source: Source) -> None:
        if isinstance(source, Timed):
            self._read_clock = FrameClock(source.rate, MAX_LATE_SECONDS)
            self._show_clock = FrameClock(cap_rate(self._cap, math.inf))
            return
        self._read_clock = FrameClock(
            cap_rate(0 if source.live else self._cap, source.rate * _rate_factor(source))
        )
        self._show_clock = FrameClock(cap_rate(self._cap, source.rate))

    def _read_due(self) -> None:
        source, now = self._source, time.perf_counter()
        if isinstance(source, Timed):
            return self._read_timed(source, now)
        self._read_clock.take(now)
        if source is not None and source.live and not self._is_frame_due(now):
            source.skip() if isinstance(source, Skippable) else source.read()
        else:
            self._emit_frame()
        self._schedule_next()

    def _read_timed(self, source: Timed, now: float) -> None:
        """Show the frame whose time it is; pass over one that is over, or one above the cap."""
        seconds = source.next_seconds
        self._read_clock.take(now, seconds)
        is_over = self._read_clock.due <= now and self._dropped < MAX_DROPPED_IN_ROW
        if is_over or not self._show_clock.is_due(now, early=seconds / 2):
            self._dropped += is_over
            source.skip()
        else:
            self._dropped = 0
            self._emit_frame()
        self._schedule_next()

    def _is_frame_due(self, now: float) -> bool:
        """Return whether a frame is due; half a frame early is on time.

        A camera's frames come when they come.
        """
        early = 0.5 * self._read_clock.period * LIVE_RATE_FACTOR
        return not self._paused and self._show_clock.is_due(now, early)

    def _emit_frame(self) -> None:
        """Read and hand on one frame, or report that there is none."""
        source = self._source
        frame = None if source is None else source.read()
        if source is None or self._quit:
            return
        self.position = source.position if isinstance(source, Movable) else None
        if frame is not None:
            self._show_clock.take(time.perf_counter())
            self._on_frame(frame)
        elif source.rate > 0:
            self._is_over = True
            message = f"{source.name} has ended; scrub back, or switch loop on, to see it again."
            self._report(Failure(message, kind="Note", about=source.name))

    def _schedule_next(self) -> None:
        """Schedule the next read.

        There is none in a still or after the end or a failure, and, while paused, one only of a
        live source.
        """
        source = self._source
        if source is None or not self._is_open:
            return
        is_idle = source.rate == 0 or self._is_over or (self._paused and not source.live)
        self._due_time = math.inf if is_idle else self._read_clock.due

    def _set_paused(self, paused: bool) -> None:
        if self._paused and not paused and isinstance(self._source, Timed):
            self._read_clock.restart(time.perf_counter(), 0.0)
        self._paused = paused
        self._schedule_next()

    def _step(self, steps: int) -> None:
        if isinstance(self._source, Movable) and self._is_open:
            self._source.move(steps)
        self._restart_and_emit()

    def _seek(self, fraction: float) -> None:
        if isinstance(self._source, Movable) and self._is_open:
            self._source.seek(fraction)
            self._restart_and_emit()

    def _edit(self, change: Change) -> None:
        source = self._source
        if not (isinstance(source, Editable) and self._is_open):
            return
        try:
            source.edit(change)
        except DnnvisError as error:  # it goes on as it was
            self._report(describe_failure(error, source.name))
            return
        self._set_clocks(source)
        self._restart_and_emit()

    def _restart_and_emit(self) -> None:
        if self._is_open and self._source is not None:
            self._is_over = False
            self._emit_and_restart(self._source)

    def _emit_and_restart(self, source: Source) -> None:
        """Hand on a frame, and count the time of the next from here."""
        seconds = source.next_seconds if isinstance(source, Timed) else None
        self._emit_frame()
        self._read_clock.restart(time.perf_counter(), seconds)
        self._schedule_next()

    def _handle_failure(self, error: Exception) -> None:
        """Report a failure, once a loss.

        A live source is tried again, any other waits to be moved.
        """
        source, self._due_time = self._source, math.inf
        name = None if source is None else source.name
        if source is None or not source.live:
            self._is_over = True
            self._report(describe_failure(error, name))
            return
        self._close_safely()
        self._due_time = time.perf_counter() + RETRY_SECONDS
        if not self._is_lost:
            self._is_lost = True
            self._report(describe_failure(error, name))

    def _close_safely(self) -> None:
        if self._is_open and self._source is not None:
            self._is_open = False
            try:
                self._source.__exit__(None, None, None)
            except Exception as error:  # a source that cannot even be closed is gone all the same
                self._report(describe_failure(error, self._source.name))

    def _report(self, failure: Failure) -> None:
        if not self._quit:
            self._on_failure(failure)


def _rate_factor(source: Source) -> float:
    return LIVE_RATE_FACTOR if source.live else 1.0
