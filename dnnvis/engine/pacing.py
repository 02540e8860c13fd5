"""Decide when the next pass is due, so that no more frames are computed than a screen shows.

Where frames fail, when one is tried again.
"""

import time

FRAME_SECONDS = 1 / 64  # from one picture to the next; a screen shows no more
RETRY_SECONDS = 1 / 30  # after a frame that failed; doubled by each one more in a row
MAX_RETRY_SECONDS = 2.0


class PassPacer:
    """The time from which on the next pass may begin; not safe for several threads.

    Passes come ``interval`` seconds apart on average, 0 = without any pause: one that began late
    may be followed earlier, so that a source as fast as the screen loses no frame to its jitter.
    """

    def __init__(self, interval: float = 0.0) -> None:
        self.interval = interval
        self._due_time = 0.0

    @property
    def wait(self) -> float:
        """Return the seconds until a pass is due; below 0: for so long it has been."""
        return self._due_time - time.perf_counter()

    def note_pass(self) -> None:
        """Count a pass that begins now."""
        self._due_time = max(self._due_time + self.interval, time.perf_counter())


class RetryPacer:
    """When frames are tried again that failed one after the other: ever more seldom."""

    def __init__(self) -> None:
        self.in_row = 0  # frames that failed
        self._due_time = 0.0

    @property
    def wait(self) -> float:
        """Return the seconds until a frame may be tried; 0 or below: it may."""
        return self._due_time - time.perf_counter()

    def note_failure(self) -> int:
        """Count a frame that failed; return how many did in a row."""
        self.in_row += 1
        seconds = min(RETRY_SECONDS * 2 ** min(self.in_row, 16), MAX_RETRY_SECONDS)
        self._due_time = time.perf_counter() + seconds
        return self.in_row

    def reset(self) -> None:
        """Begin anew, after a frame that did not fail."""
        self.in_row, self._due_time = 0, 0.0
