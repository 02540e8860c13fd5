"""Remember what the layers of two networks did with recent frames, and what they have in common."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.introspect.comparison.cka import CkaSums, center_gram
from dnnvis.introspect.comparison.compared_layers import ComparedLayer
from dnnvis.introspect.comparison.unit_matching import (
    CorrelationSums,
    common_grid,
    match_units,
    pool_to_grid,
)
from dnnvis.network.recording import Recording

MAX_FRAMES = 48  # that are remembered, the latest ones
MIN_FRAMES = 8  # until there is anything to say
MAX_VALUES = 200_000  # of a network and a frame: finer grids than that are averaged
GRIDS = (4, 2, 1)  # positions a side that the layers of the matrix are averaged to

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class _Rows:
    """The layers of a network that are remembered, and the grid that their maps are averaged to."""

    layers: tuple[ComparedLayer, ...]
    grid: int

    def read(self, recording: Recording) -> list[Tensor]:
        """Return the maps (1, C, h, w) of each layer, on the grid."""
        values = []
        for row in self.layers:
            maps = recording.tensor(row.layer, row.call).detach()[:1].float()
            grid = min(maps.shape[2], self.grid), min(maps.shape[3], self.grid)
            values.append(pool_to_grid(maps, grid).clone())
        return values


class RecentLayers:
    """All compared layers on recent frames: their CKA, at the price of small averages of them.

    Used by one thread. Its memory is at most MAX_FRAMES times two times MAX_VALUES numbers, unless
    a network has more units than that.
    """

    def __init__(self, a: Sequence[ComparedLayer], b: Sequence[ComparedLayer]) -> None:
        self.layers = tuple(a), tuple(b)
        self._rows = [_Rows(tuple(rows), _choose_grid(rows)) for rows in (a, b)]
        self._frames: deque[tuple[list[Tensor], list[Tensor]]] = deque(maxlen=MAX_FRAMES)

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the rows and columns of ``measure``."""
        a, b = (tuple(row.name for row in rows) for rows in self.layers)
        return a, b

    def add(self, a: Recording, b: Recording) -> None:
        """Take in what both networks did with a frame."""
        self._frames.append((self._rows[0].read(a), self._rows[1].read(b)))

    def measure(self) -> NDArray[np.float64] | None:
        """Return the CKA (La, Lb) over the frames; None where there are too few."""
        if len(self._frames) < MIN_FRAMES:
            return None
        sums = CkaSums(*map(len, self.layers))
        grams = [
            [
                center_gram(torch.cat([frame[which][row] for frame in self._frames]))
                for row in range(len(rows))
            ]
            for which, rows in enumerate(self.layers)
        ]
        sums.add(*grams)
        return sums.similarity()


class RecentUnits:
    """The maps of one layer of each network on recent frames, and which units belong together.

    Used by one thread.
    """

    def __init__(self) -> None:
        self._frames: deque[tuple[Tensor, Tensor]] = deque(maxlen=MAX_FRAMES)
        self._grid = (0, 0)
        #: Mean correlation of the pairs that ``match`` makes where the other network saw the frames
        #: in another order; NaN before, or where no unit varies.
        self.chance = float("nan")

    def __len__(self) -> int:
        """Return the number of frames that are remembered."""
        return len(self._frames)

    def add(self, a: Tensor, b: Tensor) -> None:
        """Take in the maps (1, C, H, W) of both; other sizes than before begin anew."""
        grid = common_grid(a.shape[2:], b.shape[2:])
        if grid != self._grid:
            self._frames.clear()
            self._grid = grid
        first, second = (pool_to_grid(maps.detach().float(), grid).clone() for maps in (a, b))
        self._frames.append((first, second))

    def match(self) -> Pairs | None:
        """Return the pairs of units, the strongest correlation first; None for too few frames."""
        if len(self._frames) < MIN_FRAMES:
            return None
        first, second = (torch.cat(maps) for maps in zip(*self._frames, strict=True))
        sums = CorrelationSums(first.shape[1], second.shape[1])
        sums.add(first, second, np.random.default_rng(0).permutation(len(first)))
        pairs = match_units(sums.correlation())
        by_chance = match_units(sums.chance()).correlation
        varies = np.isfinite(by_chance)
        self.chance = float(by_chance[varies].mean()) if varies.any() else float("nan")
        order = np.argsort(-np.nan_to_num(pairs.correlation, nan=-2.0), kind="stable")
        return pairs.a[order], pairs.b[order], pairs.correlation[order]


def _choose_grid(rows: Sequence[ComparedLayer]) -> int:
    units = sum(row.shape[0] for row in rows)
    return next((grid for grid in GRIDS if units * grid * grid <= MAX_VALUES), GRIDS[-1])
