"""The best and worst pictures of every unit, merged as tensors."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.library.scan.channel_summary import Columns, Reduced

LISTS = (("max", False), ("max", True), ("mean", False), ("mean", True))  # (by, bottom)
EMPTY = -torch.inf
TOGETHER = 2048  # units whose lists are merged at a time, so that what this takes stays small
Arrays = dict[str, NDArray[Any]]


class Tops:
    """Four lists of ``k`` pictures for each of U units, best first, in the order of LISTS.

    ``values`` float32 (4, U, k), those of the bottom lists with the sign turned, so that the
    largest comes first in all; ``numbers`` int64 the pictures, -1 where a list is not full;
    ``places`` int32. Of equal values the picture with the lower number is the better one, so
    the lists do not depend on the order in which batches come.
    """

    def __init__(self, units: int, k: int, device: torch.device | str = "cpu") -> None:
        self.values = torch.full((4, units, k), EMPTY, device=device)
        self.numbers = torch.full((4, units, k), -1, dtype=torch.int64, device=device)
        self.places = torch.zeros((4, units, k), dtype=torch.int32, device=device)
        self.latest = -1  # the highest picture number taken in

    def take(self, numbers: Tensor, batch: Reduced) -> None:
        """Merge a batch in: ``numbers`` int64 (B,), rising."""
        ties = int(numbers[0]) <= self.latest
        latest, numbers = int(numbers[-1]), numbers.to(self.values.device)
        for which, values in enumerate((batch.most, batch.most, batch.mean, batch.mean)):
            worst, bottom = self.values[which, :, -1], which % 2
            best = -values.amin(0) if bottom else values.amax(0)  # (U,)
            no_better = (best < worst) if ties else (best <= worst)  # not where one is NaN
            all_units = (~no_better).nonzero()[:, 0]
            for start in range(0, len(all_units), TOGETHER):
                units = all_units[start : start + TOGETHER]
                news = values[:, units].T  # (n, B)
                news, places = -news if bottom else news, batch.places[:, units].T
                self._merge(which, units, *self._better(which, units, news, numbers, places), ties)
        self.latest = max(self.latest, latest)

    def _better(
        self, which: int, units: Tensor, values: Tensor, numbers: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Of ``values`` (n, B), those that may come into the units' lists, in their order,
        (n, m) with EMPTY behind; their ``numbers`` (B,) and ``places`` (n, B) likewise."""
        better = values >= self.values[which, units, -1:]
        many = better.sum(1)
        row, column = better.nonzero(as_tuple=True)
        first = many.cumsum(0) - many
        at = row, torch.arange(len(row), device=row.device) - first[row]
        shape = len(units), int(many.max())
        found = values.new_full(shape, EMPTY), numbers.new_zeros(shape), places.new_zeros(shape)
        for all_, few in zip((values, numbers.expand(values.shape), places), found, strict=True):
            few[at] = all_[row, column]
        return found

    def add(self, other: "Tops") -> None:
        """Merge the lists of other pictures of the same data in."""
        units = torch.arange(self.values.shape[1])
        for which in range(4):
            self._merge(
                which, units, other.values[which], other.numbers[which], other.places[which], True
            )
        self.latest = max(self.latest, other.latest)

    def _merge(
        self, which: int, units: Tensor, values: Tensor, numbers: Tensor, places: Tensor, ties: bool
    ) -> None:
        k = self.values.shape[2]
        values = torch.cat([self.values[which, units], values], 1)
        values = torch.where(values.isnan(), EMPTY, values)
        numbers = torch.cat([self.numbers[which, units], numbers], 1)
        places = torch.cat([self.places[which, units], places], 1)
        if ties:  # else what is new comes later in any case
            order = numbers.argsort(1)
            values, numbers, places = (a.gather(1, order) for a in (values, numbers, places))
        values, order = torch.sort(values, dim=1, descending=True, stable=True)
        values, order = values[:, :k], order[:, :k]
        self.values[which, units] = values
        self.numbers[which, units] = torch.where(values == EMPTY, -1, numbers.gather(1, order))
        self.places[which, units] = places.gather(1, order)

    def used(self) -> NDArray[np.int64]:
        """The numbers of all pictures that are in some list, rising."""
        found = np.unique(self.numbers.cpu().numpy())
        return found[found >= 0]

    def arrays(self, part: Columns) -> Arrays:
        """One layer's lists, with their own signs: values, numbers, places (4, C, k)."""
        span = slice(part.start, part.stop)
        values = self.values[:, span].cpu().numpy().copy()
        values[1::2] *= -1
        return {
            "values": values,
            "numbers": self.numbers[:, span].cpu().numpy(),
            "places": self.places[:, span].cpu().numpy(),
            "width": np.array([part.shape[2]]),
        }

    def put(self, part: Columns, arrays: Arrays) -> None:
        """Go on from what ``arrays`` gave."""
        span = slice(part.start, part.stop)
        values = torch.from_numpy(arrays["values"].copy())
        values[1::2] *= -1
        self.values[:, span] = values.to(self.values.device)
        self.numbers[:, span] = torch.from_numpy(arrays["numbers"].copy()).to(self.values.device)
        self.places[:, span] = torch.from_numpy(arrays["places"].copy()).to(self.values.device)
        self.latest = max(self.latest, int(arrays["numbers"].max(initial=-1)))


def added(a: Arrays, b: Arrays) -> Arrays:
    """The lists of a layer over the pictures of both, of equal length k."""
    _, channels, k = a["values"].shape
    part = Columns(0, channels, (channels, 1, int(a["width"][0])))
    first, second = Tops(channels, k), Tops(channels, k)
    first.put(part, a)
    second.put(part, b)
    first.add(second)
    return first.arrays(part)
