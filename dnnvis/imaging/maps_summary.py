"""Summarize the values of a layer's maps, each number once for all who draw them."""

from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np

from dnnvis.imaging.colorize import Floats, compute_ranges
from dnnvis.imaging.colormaps import AUTO, resolve_colormap

MAX_SAMPLES = 40_000  # that the quantiles of a frame are taken of


class MapsSummary:
    """The ranges of the maps (N, H, W) of a layer in a frame, computed when first asked for.

    ``maps`` must not change any more.
    """

    def __init__(self, maps: Floats) -> None:
        self.maps = maps

    @cached_property
    def _ranges(self) -> tuple[Floats, Floats, bool]:
        return compute_ranges(self.maps)

    @property
    def low(self) -> Floats:
        """Return the finite minimum of each map (N,)."""
        return self._ranges[0]

    @property
    def high(self) -> Floats:
        """Return the finite maximum of each map (N,)."""
        return self._ranges[1]

    @property
    def is_finite(self) -> bool:
        """Return whether all values are finite."""
        return self._ranges[2]

    def clip(self, signed: bool) -> tuple[Floats, Floats]:
        """Return the range (1,) and (1,) that all but the largest values of the maps fill.

        It runs from the 0.5 % to the 99.5 % quantile, of signed values to the latter of the
        absolute ones; where that is no more than the rest, to the maximum. Of layers with one value
        a unit it is the whole range, (N,) and (N,).

        Args:
            signed: Whether the range is symmetric about 0.

        Returns:
            Minimum and maximum.
        """
        return self._signed_clip if signed else self._clip

    @cached_property
    def _sample(self) -> Floats | None:
        """Return finite values that the quantiles are taken of; None where there are none."""
        maps = self.maps
        if maps.shape[1] * maps.shape[2] <= 1 or not maps.size:
            return None
        flat = maps.reshape(-1)
        sample = flat[:: max(1, flat.size // MAX_SAMPLES) | 1]  # odd: no column of a map alone
        is_finite = np.isfinite(sample)
        sample = sample if is_finite.all() else sample[is_finite]
        return sample if sample.size else None

    @cached_property
    def _clip(self) -> tuple[Floats, Floats]:
        sample = self._sample
        if sample is None:
            return self.low, self.high
        minimum, maximum = np.partition(sample, _ends(sample))[list(_ends(sample))]
        if not maximum > max(minimum, 0):  # nearly all are zero, or all are below
            maximum = self.high.max()
        return np.array([minimum]), np.array([maximum])

    @cached_property
    def _signed_clip(self) -> tuple[Floats, Floats]:
        sample = self._sample
        if sample is None:
            return self.low, self.high
        end = _ends(sample)[1]
        limit = np.partition(np.abs(sample), end)[end]
        limit = limit if limit > 0 else np.maximum(-self.low, self.high).max()
        return np.array([-limit]), np.array([limit])

    def choose_colormap(self, name: str) -> str:
        """Return the color map of the maps: ``name``, or where that is AUTO what fits them."""
        if name != AUTO or not self.maps.size:
            return resolve_colormap(name)
        minimum, maximum = self.clip(signed=False)
        return resolve_colormap(name, float(minimum.min()), float(maximum.max()))


def _ends(sample: Floats) -> tuple[int, int]:
    """Return the ranks of the 0.5 % and the 99.5 % quantile."""
    return int(0.005 * sample.size), min(int(0.995 * sample.size), sample.size - 1)


_summaries: WeakValueDictionary[int, MapsSummary] = WeakValueDictionary()


def summarize_maps(maps: Floats) -> MapsSummary:
    """Return the summary of maps (N, H, W): the one that somebody still has, if it is of them.

    Any thread may call it.
    """
    known = _summaries.get(id(maps))
    if known is not None and known.maps is maps:
        return known
    summary = _summaries[id(maps)] = MapsSummary(maps)
    return summary
