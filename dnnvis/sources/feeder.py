"""Control the source thread from outside."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from dnnvis.core.frame import Frame
from dnnvis.core.life.board import Change
from dnnvis.core.messages import Failure
from dnnvis.sources.frame_clock import RateMeter
from dnnvis.sources.source import Source
from dnnvis.sources.worker import Opening, SourceThread


class Feeder:
    """Reader of one source after another, each on a thread of its own.

    ``on_frame`` and ``on_failure`` are called on that thread and must return soon. Every method
    may be called from any thread and returns at once, but for ``stop``. Frames are ``born`` just
    after they were read, and numbered through the whole life of the feeder, but for those of a
    film, which keep their own numbers.
    """

    def __init__(
        self, on_frame: Callable[[Frame], None], on_failure: Callable[[Failure], None]
    ) -> None:
        self._on_frame, self._on_failure = on_frame, on_failure
        self._lock = threading.Lock()
        self._worker: SourceThread | None = None
        self._paused = False
        self._numbers = itertools.count()
        self._meter = RateMeter()

    @property
    def rate(self) -> float:
        """Return the frames handed on per second, over the last two seconds."""
        return self._meter.rate(time.perf_counter())

    @property
    def position(self) -> float | None:
        """Return the position of the last frame, in [0, 1]; None where one cannot seek."""
        return None if self._worker is None else self._worker.position

    @property
    def paused(self) -> bool:
        """Return whether the picture is held still."""
        return self._paused

    def open(self, create_source: Callable[[], Source], cap: float) -> None:
        """Close the current source and read from ``create_source()``.

        A source that is busy, for instance a camera that takes seconds to open, is not waited for
        (see ``worker.RELEASE_SECONDS``) and shows nothing more; what takes long to open is
        reported. At most ``cap`` frames a second are handed on. Failures are reported. A live
        source that cannot be opened, or is lost later, is tried every second. While paused, its
        first frame is handed on all the same.
        """
        with self._lock:
            previous = self._worker
            if previous is not None:
                previous.quit()
            self._worker = SourceThread(
                Opening(create_source, cap, self._paused),
                self._emit_frame,
                self._on_failure,
                previous=previous,
            )
            self._worker.start()

    def note(self, sentence: str) -> None:
        """Report a problem that a source survived; a ProblemCallback for sources."""
        self._on_failure(Failure(sentence, kind="Note"))

    def pause(self, paused: bool) -> None:
        """Hold the picture still; a live source goes on unseen and is up to date afterwards."""
        with self._lock:
            self._paused = paused
            if self._worker is not None:
                self._worker.pause(paused)

    def step(self, steps: int = 1) -> None:
        """Hand on the frame so many further, back if negative, paused or not.

        A live source knows only its next one.
        """
        with self._lock:
            if self._worker is not None:
                self._worker.step(steps)

    def next(self) -> None:
        """Hand on the next frame."""
        self.step(1)

    def previous(self) -> None:
        """Hand on the previous frame."""
        self.step(-1)

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the source; of several still waiting the last counts."""
        with self._lock:
            if self._worker is not None:
                self._worker.seek(fraction)

    def edit(self, change: Change) -> None:
        """Change the source's picture and hand it on at once, paused or not.

        The frame after it follows a whole period later. What cannot be done is reported; a source
        that cannot be edited stays as it is.
        """
        with self._lock:
            if self._worker is not None:
                self._worker.edit(change)

    def saved_state(self) -> str:
        """Return a text that opens the current source as it is now; "" where it has none."""
        worker = self._worker
        return "" if worker is None else worker.saved_state()

    def snapshot(self) -> Callable[[], str] | None:
        """Return what writes the text of ``saved_state`` later; None where there is none."""
        worker = self._worker
        return None if worker is None else worker.snapshot()

    def stop(self, timeout: float = 2.0) -> bool:
        """End the thread; return False if it hangs in its source.

        It is then left behind as a daemon, which reports nothing more.
        """
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is None:
            return True
        worker.quit()
        if worker is not threading.current_thread():
            worker.join(timeout)
        return not worker.is_alive()

    def _emit_frame(self, frame: Frame) -> None:
        now = time.perf_counter()
        self._meter.count(now)
        count = next(self._numbers)
        number = count if frame.index is None else frame.index
        self._on_frame(replace(frame, number=number, born=now))
