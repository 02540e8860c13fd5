"""Decide when the next pass is due, so that no more frames are computed than a screen shows."""

import time

FRAME_SECONDS = 1 / 64  # from one picture to the next; a screen shows no more


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
