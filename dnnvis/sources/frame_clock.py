"""Time the next frame, and measure the rate of frames."""

import math
from collections import deque


class FrameClock:
    """Even times, ``rate`` a second, in seconds; or times of frames that last as long as they say.

    A late one does not shift the others, one that is a whole period and ``max_late`` seconds late
    is not caught up. A rate of 0 is never due again, an infinite one always.
    """

    def __init__(self, rate: float, max_late: float = 0.0) -> None:
        self.period = 1 / rate if rate > 0 else math.inf
        self.max_late = max_late
        self.due = -math.inf

    def restart(self, now: float, seconds: float | None = None) -> None:
        """Make the next frame due a whole period from ``now``, or so many seconds."""
        self.due = now + (self.period if seconds is None else seconds)

    def is_due(self, now: float, early: float = 0.0) -> bool:
        """Return whether a frame is due, or will be within ``early`` seconds."""
        return now >= self.due - early

    def take(self, now: float, seconds: float | None = None) -> None:
        """Count a frame at ``now`` and schedule the next: a period later, or so many seconds."""
        if self.due == -math.inf:
            return self.restart(now, seconds)
        following = self.due + (self.period if seconds is None else seconds)
        self.due = following if following >= now - self.max_late else now


class RateMeter:
    """Rate of events per second, over the last ``span_seconds`` seconds."""

    def __init__(self, span_seconds: float = 2.0) -> None:
        self.span_seconds = span_seconds
        self._times: deque[float] = deque(maxlen=1000)

    def count(self, now: float) -> None:
        """Count an event."""
        self._times.append(now)

    def rate(self, now: float) -> float:
        """Return the events per second."""
        times = [time for time in self._times.copy() if time >= now - self.span_seconds]
        if len(times) < 2:
            return 0.0
        return (len(times) - 1) / max(times[-1] - times[0], 1e-9)


def cap_rate(cap: float, rate: float) -> float:
    """Return ``rate``, but at most ``cap`` where there is one (above 0)."""
    return min(cap, rate) if cap > 0 else rate
