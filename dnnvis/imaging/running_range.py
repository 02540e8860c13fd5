"""Between which values a layer is drawn, and which units have ever fired, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Range:
    """``low`` and ``high`` as draw.indices takes them; ``shown`` are the two numbers for the
    colour bar, None where each unit has its own range."""

    low: float | Floats
    high: float | Floats
    shown: tuple[float, float] | None


class Levels:
    """Running ranges per (network, layer): they widen at once and shrink slowly, by ``decay``
    of the way to the present frame's range at each frame."""

    def __init__(self, decay: float = 0.01) -> None:
        self.decay = decay
        self._running: dict[Key, tuple[Floats, Floats]] = {}

    def see(self, key: Key, low: Floats, high: Floats) -> None:
        """Take in one frame's range of each map, (N,) and (N,)."""
        before = self._running.get(key)
        if before is not None and len(before[0]) == len(low):
            low = np.minimum(low, before[0] + (low - before[0]) * self.decay)
            high = np.maximum(high, before[1] + (high - before[1]) * self.decay)
        self._running[key] = low, high

    def knows(self, key: Key) -> bool:
        return key in self._running

    def running(self, key: Key) -> tuple[Floats, Floats]:
        return self._running[key]

    def forget(self) -> None:
        """Begin anew, as for another run."""
        self._running.clear()


def range_of(
    low: Floats, high: Floats, *, fixed: tuple[float, float] | None, per_unit: bool, signed: bool
) -> Range:
    """The range to draw between, given the least and greatest values of each map.

    ``signed`` ranges are symmetric about 0. ``fixed`` overrides what was measured; else
    ``per_unit`` gives every map its own range.
    """
    if fixed is not None:
        least, most = min(fixed), max(fixed)
    elif per_unit:
        reach = np.maximum(np.abs(low), np.abs(high))
        return Range(-reach, reach, None) if signed else Range(low, high, None)
    else:
        least, most = (float(low.min()), float(high.max())) if len(low) else (0.0, 1.0)
    if signed:
        most = max(abs(least), abs(most))
        least = -most
    return Range(least, most, (least, most))


class Fired:
    """Which units of each layer have fired in this run.

    A unit has fired once its map was above 0 somewhere; one that never varied, over places
    and frames, while others of its layer did, counts as not fired (its output is constant).
    """

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[Floats, Floats]] = {}

    def see(self, key: Key, low: Floats, high: Floats) -> None:
        before = self._seen.get(key)
        if before is not None and len(before[0]) == len(low):
            low, high = np.minimum(low, before[0]), np.maximum(high, before[1])
        self._seen[key] = low, high

    def silent(self, key: Key) -> NDArray[np.int64]:
        """The channels of a layer that have not fired, in order."""
        if key not in self._seen:
            return np.zeros(0, np.int64)
        low, high = self._seen[key]
        varies = high > low
        constant = ~varies if varies.any() else np.zeros_like(varies)
        return np.flatnonzero((high <= 0) | constant)

    def forget(self) -> None:
        self._seen.clear()
