"""Time the next frame, and measure the rate of frames."""

import math
from collections import deque


class FrameClock:
    """Even times, ``rate`` a second, in seconds.

    A late one does not shift the others, a very late one is not caught up. A rate of 0 is never due
    again, an infinite one always.
    """

    def __init__(self, rate: float) -> None:
        self.period = 1 / rate if rate > 0 else math.inf
        self.due = -math.inf

    def restart(self, now: float) -> None:
        """Make the next frame due a whole period from ``now``."""
        self.due = now + self.period

    def is_due(self, now: float, early: float = 0.0) -> bool:
        """Return whether a frame is due, or will be within ``early`` seconds."""
        return now >= self.due - early

    def take(self, now: float) -> None:
        """Count a frame at ``now`` and schedule the next."""
        self.due = max(self.due + self.period, now) if self.due > -math.inf else now + self.period


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
