"""Go back in the last seconds: step, scrub and loop over the frames that are kept."""

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.engine.frame_ring import FrameRing
from dnnvis.session.session import Session
from dnnvis.session.state import State

MIN_SECONDS, MAX_SECONDS = 1 / 60, 1.0  # for which a frame is shown in a loop
LATE_SECONDS = 0.5  # after which another frame on show was chosen, and is none that was on its way


class RingPlayer(QObject):
    """Shows a frame of the past by giving it to the engine again; the picture is frozen meanwhile.

    All lenses work on it as on any frame. ``moved``: another frame is on show, or the present.
    """

    moved = pyqtSignal()

    def __init__(
        self, session: Session, ring: FrameRing, see: Callable[[Frame], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._ring, self._see = session, ring, see
        self._frame: Frame | None = None
        self._shown_time = 0.0
        self.loops = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_next)
        session.listen(self._follow)

    @property
    def frame(self) -> Frame | None:
        """Return the frame of the past that is on show; None in the present."""
        return self._frame

    @property
    def is_held(self) -> bool:
        """Return whether the picture is frozen, or goes round in the last seconds."""
        return self.loops or self._session.state.frozen

    @property
    def position(self) -> float | None:
        """Return the position in the ring, in [0, 1] (1: the newest); None where it is empty."""
        count = len(self._ring)
        if count < 2:
            return None
        number = self._number()
        return 1.0 if number is None else number / (count - 1)

    @property
    def seconds_ago(self) -> float | None:
        """Return how long before the newest frame the one on show was; None in the present."""
        entries = self._ring.entries()
        if self._frame is None or not entries:
            return None
        return max(entries[-1].frame.born - self._frame.born, 0.0)

    def step(self, steps: int) -> bool:
        """Show the frame so many further; return False where that lies beyond the newest."""
        entries = self._ring.entries()
        number = self._number()
        target = (len(entries) - 1 if number is None else number) + steps
        if not entries or target >= len(entries):
            return False
        self._stop_loop()
        self._show(entries[max(target, 0)].frame)
        return True

    def seek(self, fraction: float) -> None:
        """Show the frame at a fraction in [0, 1] of the ring."""
        entries = self._ring.entries()
        if entries:
            self._stop_loop()
            number = round(min(max(fraction, 0.0), 1.0) * (len(entries) - 1))
            self._show(entries[number].frame)

    def toggle_loop(self) -> None:
        """Show the last seconds over and over at their own pace, or stop at the present frame."""
        entries = self._ring.entries()
        if self.loops or len(entries) < 2:
            self._stop_loop()
            self.moved.emit()
            return
        self.loops = True
        number = self._number()
        is_at_end = number is None or number == len(entries) - 1
        self._show(entries[0 if is_at_end else number or 0].frame)

    def leave(self) -> None:
        """Come back to the present: the source goes on from where it is."""
        self._stop_loop()
        if self._frame is not None:
            self._frame = None
            self.moved.emit()

    def show_live(self, live: Live) -> None:
        """Note a frame on show: one that was on its way when the user went back is not let stay."""
        if self._frame is None or live.frame is self._frame:
            return
        if time.perf_counter() - self._shown_time < LATE_SECONDS or self.loops:
            if not self.loops:
                self._see(self._frame)
        else:
            self.leave()

    def _show(self, frame: Frame) -> None:
        self._frame, self._shown_time = frame, time.perf_counter()
        if not self._session.state.frozen:
            self._session.update(frozen=True)
        self._see(frame)
        if self.loops:
            self._timer.start(round(1000 * self._seconds_of(frame)))
        self.moved.emit()

    def _show_next(self) -> None:
        """Show the frame after this one, the oldest after the newest."""
        entries = self._ring.entries()
        if not entries:
            return self.leave()
        number = self._number()
        self._show(entries[0 if number is None else (number + 1) % len(entries)].frame)

    def _seconds_of(self, frame: Frame) -> float:
        """Return for how long a frame was on show."""
        entries, number = self._ring.entries(), self._number()
        if number is None or number + 1 >= len(entries):
            return MAX_SECONDS
        seconds = entries[number + 1].frame.born - frame.born
        return min(max(seconds, MIN_SECONDS), MAX_SECONDS)

    def _number(self) -> int | None:
        return None if self._frame is None else self._ring.find(self._frame)

    def _stop_loop(self) -> None:
        self.loops = False
        self._timer.stop()

    def _follow(self, state: State) -> None:
        if not state.frozen:
            self.leave()
