"""Track the range that a layer is drawn in, and which units have fired, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
LayerKey = tuple[str, str]


@dataclass(frozen=True, eq=False)
class DisplayRange:
    """The range that maps are drawn in."""

    #: Minimum, as ``quantize`` takes it.
    low: float | Floats
    #: Maximum, as ``quantize`` takes it.
    high: float | Floats
    #: The two numbers for the color bar, None where each unit has its own range.
    bar_range: tuple[float, float] | None


class RunningRanges:
    """Running ranges per (network, layer).

    They widen at once and shrink slowly, by ``decay`` of the way to the current frame's range at
    each frame.
    """

    def __init__(self, decay: float = 0.01) -> None:
        self.decay = decay
        self._ranges: dict[LayerKey, tuple[Floats, Floats]] = {}
        self._silent: dict[LayerKey, NDArray[np.int64]] = {}  # where it was asked for

    def update(self, key: LayerKey, low: Floats, high: Floats) -> None:
        """Take in one frame's range of each map.

        Args:
            key: (network, layer).
            low: Minimum of each map (N,).
            high: Maximum of each map (N,).
        """
        previous = self._ranges.get(key)
        if previous is not None and len(previous[0]) == len(low):
            low = np.minimum(low, previous[0] + (low - previous[0]) * self.decay)
            high = np.maximum(high, previous[1] + (high - previous[1]) * self.decay)
        self._ranges[key] = low, high

    def has(self, key: LayerKey) -> bool:
        """Return whether a layer has a range."""
        return key in self._ranges

    def get(self, key: LayerKey) -> tuple[Floats, Floats]:
        """Return the minima (N,) and maxima (N,) of a layer's maps."""
        return self._ranges[key]

    def reset(self) -> None:
        """Start over, as for another run."""
        self._ranges.clear()


def choose_range(
    low: Floats, high: Floats, *, fixed: tuple[float, float] | None, per_unit: bool, signed: bool
) -> DisplayRange:
    """Return the range to draw in.

    Args:
        low: Minimum of each map (N,).
        high: Maximum of each map (N,).
        fixed: Overrides what was measured.
        per_unit: Whether every map has its own range.
        signed: Whether the range is symmetric about 0.

    Returns:
        The range.
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
    """Record of which units of each layer have fired in this run.

    A unit has fired once its map was above 0 somewhere; one that never varied, over positions
    and frames, while others of its layer did, counts as not fired (its output is constant).
    """

    def __init__(self) -> None:
        self._ranges: dict[LayerKey, tuple[Floats, Floats]] = {}
        self._silent: dict[LayerKey, NDArray[np.int64]] = {}  # where it was asked for

    def update(self, key: LayerKey, low: Floats, high: Floats) -> None:
        """Take in one frame's range of each map.

        Args:
            key: (network, layer).
            low: Minimum of each map (N,).
            high: Maximum of each map (N,).
        """
        previous = self._ranges.get(key)
        if previous is not None and len(previous[0]) == len(low):
            low, high = np.minimum(low, previous[0]), np.maximum(high, previous[1])
        self._ranges[key] = low, high
        self._silent.pop(key, None)

    def silent(self, key: LayerKey) -> NDArray[np.int64]:
        """Return the channels of a layer that have not fired, in order."""
        if key not in self._ranges:
            return np.zeros(0, np.int64)
        if key not in self._silent:
            low, high = self._ranges[key]
            varies = high > low
            constant = ~varies if varies.any() else np.zeros_like(varies)
            self._silent[key] = np.flatnonzero((high <= 0) | constant)
        return self._silent[key]

    def reset(self) -> None:
        """Start over, as for another run."""
        self._ranges.clear()
        self._silent.clear()
