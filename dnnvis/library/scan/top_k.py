"""Track the best and worst pictures of every unit, merged as tensors."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.library.scan.channel_summary import BatchSummary, UnitRange

EMPTY_VALUE = -torch.inf
UNITS_PER_MERGE = 2048  # units whose lists are merged at a time: bounds the memory that this takes
Arrays = dict[str, NDArray[Any]]


class TopK:
    """Four lists of ``k`` pictures for each of U units, in the order of ``records.LISTS``.

    The best comes first. ``values`` float32 (4, U, k), those of the bottom lists negated, so that
    the largest comes first in all; ``numbers`` int64 the pictures, -1 where a list is not full;
    ``positions`` int32. Of equal values the picture with the lower number is the better one, so the
    lists do not depend on the order of batches.
    """

    def __init__(self, units: int, k: int, device: torch.device | str = "cpu") -> None:
        self.values = torch.full((4, units, k), EMPTY_VALUE, device=device)
        self.numbers = torch.full((4, units, k), -1, dtype=torch.int64, device=device)
        self.positions = torch.zeros((4, units, k), dtype=torch.int32, device=device)
        self.latest = -1  # the highest picture number taken in

    def update(self, numbers: Tensor, batch: BatchSummary) -> None:
        """Merge a batch: ``numbers`` int64 (B,), ascending."""
        ties = int(numbers[0]) <= self.latest
        latest, numbers = int(numbers[-1]), numbers.to(self.values.device)
        for list_number, values in enumerate(
            (batch.maximum, batch.maximum, batch.mean, batch.mean)
        ):
            worst, bottom = self.values[list_number, :, -1], list_number % 2
            best = -values.amin(0) if bottom else values.amax(0)  # (U,)
            no_better = (best < worst) if ties else (best <= worst)  # not where one is NaN
            all_units = (~no_better).nonzero()[:, 0]
            for start in range(0, len(all_units), UNITS_PER_MERGE):
                units = all_units[start : start + UNITS_PER_MERGE]
                candidates = values[:, units].T  # (n, B)
                candidates, positions = (
                    -candidates if bottom else candidates,
                    batch.positions[:, units].T,
                )
                self._merge(
                    list_number,
                    units,
                    *self._select_better(list_number, units, candidates, numbers, positions),
                    ties,
                )
        self.latest = max(self.latest, latest)

    def _select_better(
        self, list_number: int, units: Tensor, values: Tensor, numbers: Tensor, positions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the candidates for the units' lists, in their order.

        Of ``values`` (n, B) as (n, m) with ``EMPTY_VALUE`` behind; their ``numbers`` (B,) and
        ``positions`` (n, B) likewise.
        """
        better = values >= self.values[list_number, units, -1:]
        counts = better.sum(1)
        row, column = better.nonzero(as_tuple=True)
        first = counts.cumsum(0) - counts
        at = row, torch.arange(len(row), device=row.device) - first[row]
        shape = len(units), int(counts.max())
        selected = (
            values.new_full(shape, EMPTY_VALUE),
            numbers.new_zeros(shape),
            positions.new_zeros(shape),
        )
        for all_, target in zip(
            (values, numbers.expand(values.shape), positions), selected, strict=True
        ):
            target[at] = all_[row, column]
        return selected

    def add(self, other: "TopK") -> None:
        """Merge the lists of other pictures of the same data."""
        units = torch.arange(self.values.shape[1])
        for list_number in range(4):
            self._merge(
                list_number,
                units,
                other.values[list_number],
                other.numbers[list_number],
                other.positions[list_number],
                True,
            )
        self.latest = max(self.latest, other.latest)

    def _merge(
        self,
        list_number: int,
        units: Tensor,
        values: Tensor,
        numbers: Tensor,
        positions: Tensor,
        ties: bool,
    ) -> None:
        k = self.values.shape[2]
        values = torch.cat([self.values[list_number, units], values], 1)
        values = torch.where(values.isnan(), EMPTY_VALUE, values)
        numbers = torch.cat([self.numbers[list_number, units], numbers], 1)
        positions = torch.cat([self.positions[list_number, units], positions], 1)
        if ties:  # otherwise new ones have higher numbers in any case
            order = numbers.argsort(1)
            values, numbers, positions = (a.gather(1, order) for a in (values, numbers, positions))
        values, order = torch.sort(values, dim=1, descending=True, stable=True)
        values, order = values[:, :k], order[:, :k]
        self.values[list_number, units] = values
        self.numbers[list_number, units] = torch.where(
            values == EMPTY_VALUE, -1, numbers.gather(1, order)
        )
        self.positions[list_number, units] = positions.gather(1, order)

    def used_numbers(self) -> NDArray[np.int64]:
        """Return the numbers of all pictures in some list, ascending."""
        numbers = np.unique(self.numbers.cpu().numpy())
        return numbers[numbers >= 0]

    def as_arrays(self, unit_range: UnitRange) -> Arrays:
        """Return one layer's values, with their own signs, numbers and places, (4, C, k) each."""
        span = slice(unit_range.start, unit_range.stop)
        values = self.values[:, span].cpu().numpy().copy()
        values[1::2] *= -1
        return {
            "values": values,
            "numbers": self.numbers[:, span].cpu().numpy(),
            "places": self.positions[:, span].cpu().numpy(),
            "width": np.array([unit_range.shape[2]]),
        }

    def restore(self, unit_range: UnitRange, arrays: Arrays) -> None:
        """Continue from what ``as_arrays`` returned."""
        span = slice(unit_range.start, unit_range.stop)
        values = torch.from_numpy(arrays["values"].copy())
        values[1::2] *= -1
        self.values[:, span] = values.to(self.values.device)
        self.numbers[:, span] = torch.from_numpy(arrays["numbers"].copy()).to(self.values.device)
        self.positions[:, span] = torch.from_numpy(arrays["places"].copy()).to(self.values.device)
        self.latest = max(self.latest, int(arrays["numbers"].max(initial=-1)))


def merge_lists(a: Arrays, b: Arrays) -> Arrays:
    """Return the lists of a layer over the pictures of both, of equal length k."""
    _, channels, k = a["values"].shape
    unit_range = UnitRange(0, channels, (channels, 1, int(a["width"][0])))
    first, second = TopK(channels, k), TopK(channels, k)
    first.restore(unit_range, a)
    second.restore(unit_range, b)
    first.add(second)
    return first.as_arrays(unit_range)
