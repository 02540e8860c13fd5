"""Measure how long a picture takes to grow, without any Qt."""

import time
from collections.abc import Callable

from dnnvis.core.lens_results import SynthesisResult

SMOOTHING = 0.3  # weight of the newest pace


class SynthesisPace:
    """Seconds that one picture takes, by the steps that were seen to pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: tuple[tuple[str, str, int], int, float] | None = None
        self._step_seconds: float | None = None
        self._steps = 0

    def reset(self) -> None:
        """Forget what was measured: another network runs."""
        self._last = self._step_seconds = None

    def note(self, result: SynthesisResult) -> None:
        """Note a result that has arrived."""
        now, count = self._clock(), max(len(result.sheet), 1)
        subject = result.network, result.unit, count
        last, self._last = self._last, (subject, result.step, now)
        self._steps = result.steps
        if last is None or last[0] != subject or result.step <= last[1]:
            return
        pace = (now - last[2]) / (result.step - last[1]) / count
        previous = self._step_seconds
        self._step_seconds = pace if previous is None else previous + SMOOTHING * (pace - previous)

    def seconds(self) -> float | None:
        """Return the seconds of one picture; None where nothing was measured yet."""
        return None if self._step_seconds is None else self._step_seconds * self._steps
