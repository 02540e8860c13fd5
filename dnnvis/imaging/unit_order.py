"""Put the units of a layer in order, without any Qt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.running_range import LayerKey

Floats = NDArray[np.floating]
Channels = NDArray[np.int64]
MAX_SAMPLES = 40_000  # values of a frame that a variance is taken of
ORDER_SECONDS = 0.5  # from one order to the next, at least


@dataclass(eq=False)
class _Sums:
    """Sums over the frames of one layer, float64 (N,) each."""

    frames: int
    peaks: Floats
    peak_squares: Floats
    samples: int
    values: Floats
    squares: Floats


class UnitActivity:
    """How the units of each layer were active in the frames of this run."""

    def __init__(self) -> None:
        self._sums: dict[LayerKey, _Sums] = {}

    def update(self, key: LayerKey, maps: Floats, high: Floats) -> None:
        """Take in one frame.

        Args:
            key: (network, layer).
            maps: Maps (N, H, W).
            high: Finite maximum of each map (N,).
        """
        count = len(maps)
        if not count:
            return
        flat = maps.reshape(count, -1)
        step = max(1, flat.size // MAX_SAMPLES) | 1  # odd: no column of a map alone
        values = np.nan_to_num(flat[:, ::step], posinf=0.0, neginf=0.0).astype(np.float64)
        peaks = np.maximum(high, 0).astype(np.float64)
        sums = self._sums.get(key)
        if sums is None or len(sums.peaks) != count:
            zeros = np.zeros(count)
            sums = self._sums[key] = _Sums(0, zeros, zeros, 0, zeros, zeros)
        sums.frames += 1
        sums.peaks = sums.peaks + peaks
        sums.peak_squares = sums.peak_squares + peaks**2
        sums.samples += values.shape[1]
        sums.values = sums.values + values.sum(1)
        sums.squares = sums.squares + (values**2).sum(1)

    def variance(self, key: LayerKey) -> Floats:
        """Return the variance (N,) of each unit over positions and frames."""
        sums = self._sums.get(key)
        if sums is None:
            return np.zeros(0)
        mean = sums.values / sums.samples
        return np.maximum(sums.squares / sums.samples - mean**2, 0)

    def selectivity(self, key: LayerKey) -> Floats:
        """Return the lifetime sparseness (N,) of each unit's maximum over the frames.

        Source: Vinje & Gallant 2000: 0 where all frames excite it alike, 1 where a single one
        does. Zeros from one frame alone, and for a unit that has never been active.
        """
        sums = self._sums.get(key)
        if sums is None or sums.frames < 2:
            return np.zeros(0 if sums is None else len(sums.peaks))
        n = sums.frames
        is_active = sums.peak_squares > 0
        squares = np.where(is_active, sums.peak_squares, 1) / n
        sparseness = (1 - (sums.peaks / n) ** 2 / squares) / (1 - 1 / n)
        return np.where(is_active, np.clip(sparseness, 0, 1), 0)

    def reset(self) -> None:
        """Start over, as for another run."""
        self._sums.clear()


def rank_units(values: Floats, strength: Floats, silent: Channels) -> Channels:
    """Return the channels (N,), those of the greatest value first and silent ones last.

    Args:
        values: What they are ordered by (N,).
        strength: What decides between equal values (N,); then the channel's number does.
        silent: Channels that have not been active.

    Returns:
        The channels in order.
    """
    is_silent = np.zeros(len(values), bool)
    is_silent[silent] = True
    order = np.lexsort((-strength, -values, is_silent))
    return order.astype(np.int64)


def rank_names(names: Sequence[str]) -> Channels:
    """Return the channels in the alphabetical order of their names."""
    return np.array(sorted(range(len(names)), key=lambda k: (names[k].casefold(), k)), np.int64)


class SettledOrder:
    """An order that is renewed only now and then, so that one can look at it.

    Another subject (a layer, a way to order) is ordered at once.
    """

    def __init__(self, interval_seconds: float = ORDER_SECONDS) -> None:
        self.interval_seconds = interval_seconds
        self.channels: Channels = np.zeros(0, np.int64)
        self._subject: object = None
        self._time = 0.0

    def remaining(self, subject: object, now: float) -> float:
        """Return the seconds until the order of ``subject`` is due, 0.0 where it is."""
        if subject != self._subject:
            return 0.0
        return max(self._time + self.interval_seconds - now, 0.0)

    def renew(self, subject: object, channels: Channels, now: float, held: int | None) -> Channels:
        """Take over an order.

        Args:
            subject: What is ordered, and how.
            channels: The channels in their new order.
            now: Time in seconds.
            held: A channel that stays at its tile, the one under the mouse.

        Returns:
            The order to show.
        """
        if held is not None and subject == self._subject and held in self.channels:
            tile = int(np.flatnonzero(self.channels == held)[0])
            channels = np.insert(channels[channels != held], tile, held)
        self._subject, self._time, self.channels = subject, now, channels
        return channels
