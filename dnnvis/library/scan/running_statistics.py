"""Accumulate sums over pictures, for all units at once, batch by batch."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.library.scan.channel_summary import SAMPLES_PER_MAP, BatchSummary, UnitRange
from dnnvis.library.store import mergeable_statistics
from dnnvis.library.store.histogram_bins import BIN_COUNT, bin_index

MAX_CORRELATED_CHANNELS = 2048  # up to so many channels a layer gets a correlation matrix
SAMPLE_BATCH_PICTURES = 64  # pictures whose sampled values are counted at a time
BLOCK_VALUES = 1 << 16  # values that fit a core's cache


def sum_device(device: torch.device | str) -> torch.device:
    """Return where sums over a device's values are kept: the processor's where it lacks float64.

    Apple's MPS has no 64-bit floating point (torch refuses it there).
    """
    device = torch.device(device)
    return torch.device("cpu") if device.type == "mps" else device


class StatisticsAccumulator:
    """The mergeable statistics of every layer.

    Between ``flush`` and the next ``update`` it has no state but what ``as_arrays`` returns: a scan
    that continues from there gives the same bits.
    """

    def __init__(
        self, unit_ranges: dict[str, UnitRange], device: torch.device | str = "cpu"
    ) -> None:
        self.unit_ranges = unit_ranges
        self.images = 0
        self.device = device = sum_device(device)
        units = max(unit_range.stop for unit_range in unit_ranges.values())
        self._maximum = torch.full((units,), -torch.inf, device=device)
        self._minimum = torch.full((units,), torch.inf, device=device)
        self._awake = torch.zeros(units, dtype=torch.int64, device=device)
        self._mean = torch.zeros(units, dtype=torch.float64, device=device)
        self._deviation_products = {  # by start of the layer's range
            unit_range.start: (unit_range, torch.zeros((size, size), device=device))
            for unit_range in unit_ranges.values()
            if (size := unit_range.stop - unit_range.start) <= MAX_CORRELATED_CHANNELS
        }
        self._means: list[Tensor] = []
        self._accumulators = [
            _SampleAccumulator(
                {p.start: p for p in unit_ranges.values() if p.sample_count == sample_count}, device
            )
            for sample_count in (1, SAMPLES_PER_MAP)
        ]

    def update(self, batch: BatchSummary) -> None:
        """Take in a batch."""
        maximum, minimum = batch.maximum.to(self.device), batch.minimum.to(self.device)
        torch.maximum(self._maximum, maximum.amax(0), out=self._maximum)
        torch.minimum(self._minimum, minimum.amin(0), out=self._minimum)
        self._awake += (maximum > 0).sum(0)
        self._means.append(batch.mean.to(self.device))
        samples = {start: values.to(self.device) for start, values in batch.samples.items()}
        for accumulator in self._accumulators:
            accumulator.update(samples)

    def flush(self) -> None:
        """Add up what was taken in since the last time."""
        for accumulator in self._accumulators:
            accumulator.flush()
        if not self._means:
            return
        means = torch.cat(self._means)  # (n, U)
        self._means = []
        count = len(means)
        weight = count / (self.images + count)
        batch_mean = means.mean(0, dtype=torch.float64)
        delta = batch_mean - self._mean
        rows = torch.cat(
            [means - batch_mean, (delta * (self.images * weight) ** 0.5)[None]]
        ).float()
        for unit_range, square in self._deviation_products.values():
            own = rows[:, unit_range.start : unit_range.stop]
            square.addmm_(own.T, own)
        self._mean += delta * weight
        self.images += count

    def as_arrays(self, name: str) -> mergeable_statistics.MergeableStatistics:
        """Return one layer's sums; call ``flush`` before."""
        unit_range = self.unit_ranges[name]
        span = slice(unit_range.start, unit_range.stop)
        per_unit = {
            "mean": self._mean,
            "least": self._minimum,
            "most": self._maximum,
            "awake": self._awake,
        }
        result = {key: value[span].cpu().numpy() for key, value in per_unit.items()}
        result["images"], result["looked"] = (
            np.array([self.images]),
            np.array([unit_range.sample_count]),
        )
        if unit_range.start in self._deviation_products:
            result["between"] = mergeable_statistics.upper_triangle(
                self._deviation_products[unit_range.start][1].cpu().numpy()
            )
        return result | self._accumulators[unit_range.sample_count > 1].as_arrays(unit_range)

    def restore(self, name: str, arrays: mergeable_statistics.MergeableStatistics) -> None:
        """Continue from what ``as_arrays`` returned, for every layer."""
        unit_range = self.unit_ranges[name]
        span = slice(unit_range.start, unit_range.stop)
        self.images = int(arrays["images"][0])
        per_unit = {
            "mean": self._mean,
            "least": self._minimum,
            "most": self._maximum,
            "awake": self._awake,
        }
        for key, value in per_unit.items():
            value[span] = torch.from_numpy(arrays[key].copy()).to(value.device)
        if unit_range.start in self._deviation_products:
            square = mergeable_statistics.symmetric_from_triangle(
                arrays["between"], unit_range.stop - unit_range.start
            )
            self._deviation_products[unit_range.start][1].copy_(torch.from_numpy(square))
        self._accumulators[unit_range.sample_count > 1].restore(unit_range, arrays)


class _SampleAccumulator:
    """Sums of the sampled values, of the layers with equally many samples per picture."""

    def __init__(self, unit_ranges: dict[int, UnitRange], device: torch.device | str) -> None:
        self._spans: dict[int, slice] = {}
        units = 0
        for start, unit_range in unit_ranges.items():
            self._spans[start] = slice(units, units := units + unit_range.stop - unit_range.start)
        self._bin_offsets = torch.arange(units, dtype=torch.int32, device=device) * BIN_COUNT
        self._counts = torch.zeros(units * BIN_COUNT, dtype=torch.int64, device=device)
        self._sample_mean = torch.zeros(units, dtype=torch.float64, device=device)
        self._scatter = torch.zeros(units, dtype=torch.float64, device=device)
        self._count = 0
        self._pending: list[Tensor] = []

    def update(self, samples: dict[int, Tensor]) -> None:
        """Take in the sampled values of a batch."""
        if not self._spans:
            return
        self._pending.append(torch.cat([samples[start] for start in self._spans], 2).flatten(0, 1))
        if sum(map(len, self._pending)) >= SAMPLE_BATCH_PICTURES * SAMPLES_PER_MAP:
            self.flush()

    def flush(self) -> None:
        """Add up what was taken in since the last time."""
        if not self._pending:
            return
        units = len(self._sample_mean)
        step = -(-BLOCK_VALUES // units)
        blocks = [
            values[start : start + step]
            for values in self._pending
            for start in range(0, len(values), step)
        ]
        self._pending = []
        count = sum(map(len, blocks))
        index = torch.empty((count, units), dtype=torch.int32, device=self._bin_offsets.device)
        batch_mean, batch_scatter = (
            torch.zeros_like(self._sample_mean),
            torch.zeros_like(self._scatter),
        )
        start = 0
        for rows in blocks:
            torch.add(
                bin_index(rows), self._bin_offsets, out=index[start : (start := start + len(rows))]
            )
            batch_mean += rows.sum(0)
        self._counts += torch.bincount(index.flatten(), minlength=len(self._counts))
        batch_mean /= count
        for rows in blocks:
            batch_scatter += (rows - batch_mean.float()).square_().sum(0)
        weight = count / (self._count + count)
        delta = batch_mean - self._sample_mean
        self._scatter += batch_scatter + delta**2 * (self._count * weight)
        self._sample_mean += delta * weight
        self._count += count

    def as_arrays(self, unit_range: UnitRange) -> dict[str, NDArray[Any]]:
        """Return one layer's sums."""
        span = self._spans[unit_range.start]
        counts = self._counts[span.start * BIN_COUNT : span.stop * BIN_COUNT].view(-1, BIN_COUNT)
        return {
            "middle": self._sample_mean[span].cpu().numpy(),
            "scatter": self._scatter[span].cpu().numpy(),
            "active": counts[:, BIN_COUNT // 2 :].sum(1).cpu().numpy(),  # 0 lies in the bin below
            "counts": counts.cpu().numpy().astype(np.uint32),
        }

    def restore(self, unit_range: UnitRange, arrays: dict[str, NDArray[Any]]) -> None:
        """Continue from what ``as_arrays`` returned."""
        span = self._spans[unit_range.start]
        self._count = int(arrays["images"][0] * arrays["looked"][0])
        counts = torch.from_numpy(arrays["counts"].astype(np.int64)).flatten()
        self._counts[span.start * BIN_COUNT : span.stop * BIN_COUNT] = counts.to(
            self._counts.device
        )
        for key, value in (("middle", self._sample_mean), ("scatter", self._scatter)):
            value[span] = torch.from_numpy(arrays[key].copy()).to(value.device)
