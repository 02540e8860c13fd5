"""Measure speed and latency: frames painted, their age, and gaps in the event loop."""

import time
from collections import deque

from PyQt6.QtCore import QEventLoop, QObject, Qt, QTimer

from dnnvis.core.messages import Live


def run_event_loop(seconds: float) -> None:
    """Run the event loop for so long, from code that is not itself an event."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


class FrameStats:
    """Counts frames as they are painted; rates are over the last two seconds."""

    def __init__(self) -> None:
        self.painted: deque[tuple[float, float]] = deque(maxlen=240)  # (when, age in s)
        self.count = 0
        self._last: Live | None = None

    def record_paint(self, live: Live | None) -> None:
        """Count a paint that ended and showed ``live``, once for each frame."""
        if live is None or live is self._last:
            return
        self._last = live
        now = time.perf_counter()
        self.count += 1
        self.painted.append((now, now - live.frame.born))

    def rate(self) -> float:
        """Return the frames painted per second."""
        now = time.perf_counter()
        return sum(1 for when, _ in self.painted if now - when <= 2.0) / 2.0

    def age(self) -> float:
        """Return the median seconds from reading a frame to having painted it, of the last 30."""
        ages = sorted(age for _, age in list(self.painted)[-30:])
        return ages[len(ages) // 2] if ages else 0.0


class EventLoopGaps(QObject):
    """Gaps between turns of the event loop, by a precise timer of 5 ms.

    ``fraction_below(limit)`` is the fraction of wall time that lay in gaps of at most ``limit``
    seconds.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self.gaps.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def fraction_below(self, limit: float) -> float:
        total = sum(self.gaps)
        return sum(gap for gap in self.gaps if gap <= limit) / total if total else 1.0

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now
