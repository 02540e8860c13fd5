"""Between which values a layer is drawn, and which units have ever fired, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
LayerKey = tuple[str, str]


@dataclass(frozen=True, eq=False)
class DisplayRange:
    """``low`` and ``high`` as quantize takes them; ``bar_range`` are the two numbers for the
    colour bar, None where each unit has its own range."""

    low: float | Floats
    high: float | Floats
    bar_range: tuple[float, float] | None


class RunningRanges:
    """Running ranges per (network, layer): they widen at once and shrink slowly, by ``decay``
    of the way to the present frame's range at each frame."""

    def __init__(self, decay: float = 0.01) -> None:
        self.decay = decay
        self._ranges: dict[LayerKey, tuple[Floats, Floats]] = {}

    def update(self, key: LayerKey, low: Floats, high: Floats) -> None:
        """Take in one frame's range of each map, (N,) and (N,)."""
        previous = self._ranges.get(key)
        if previous is not None and len(previous[0]) == len(low):
            low = np.minimum(low, previous[0] + (low - previous[0]) * self.decay)
            high = np.maximum(high, previous[1] + (high - previous[1]) * self.decay)
        self._ranges[key] = low, high

    def has(self, key: LayerKey) -> bool:
        return key in self._ranges

    def get(self, key: LayerKey) -> tuple[Floats, Floats]:
        return self._ranges[key]

    def reset(self) -> None:
        """Begin anew, as for another run."""
        self._ranges.clear()


def choose_range(
    low: Floats, high: Floats, *, fixed: tuple[float, float] | None, per_unit: bool, signed: bool
) -> DisplayRange:
    """The range to draw between, given the least and greatest values of each map.

    ``signed`` ranges are symmetric about 0. ``fixed`` overrides what was measured; else
    ``per_unit`` gives every map its own range.
    """
    if fixed is not None:
        minimum, maximum = min(fixed), max(fixed)
    elif per_unit:
        max_abs = np.maximum(np.abs(low), np.abs(high))
        return DisplayRange(-max_abs, max_abs, None) if signed else DisplayRange(low, high, None)
    else:
        minimum, maximum = (float(low.min()), float(high.max())) if len(low) else (0.0, 1.0)
    if signed:
        maximum = max(abs(minimum), abs(maximum))
        minimum = -maximum
    return DisplayRange(minimum, maximum, (minimum, maximum))


class FiredUnits:
    """Which units of each layer have fired in this run.

    A unit has fired once its map was above 0 somewhere; one that never varied, over places
    and frames, while others of its layer did, counts as not fired (its output is constant).
    """

    def __init__(self) -> None:
        self._ranges: dict[LayerKey, tuple[Floats, Floats]] = {}

    def update(self, key: LayerKey, low: Floats, high: Floats) -> None:
        previous = self._ranges.get(key)
        if previous is not None and len(previous[0]) == len(low):
            low, high = np.minimum(low, previous[0]), np.maximum(high, previous[1])
        self._ranges[key] = low, high

    def silent(self, key: LayerKey) -> NDArray[np.int64]:
        """The channels of a layer that have not fired, in order."""
        if key not in self._ranges:
            return np.zeros(0, np.int64)
        low, high = self._ranges[key]
        varies = high > low
        constant = ~varies if varies.any() else np.zeros_like(varies)
        return np.flatnonzero((high <= 0) | constant)

    def reset(self) -> None:
        self._ranges.clear()
