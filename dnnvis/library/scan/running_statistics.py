"""Sums over pictures, for all units at once, taken in batch by batch."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.library.scan.channel_summary import LOOKED, Columns, Reduced
from dnnvis.library.store import mergeable_statistics
from dnnvis.library.store.histogram_bins import BINS, bin_of

MOST_CORRELATED = 2048  # channels of a layer up to which its correlation matrix is kept
TOGETHER = 64  # pictures whose looked-at values are counted at a time
BLOCK = 1 << 16  # values that a core keeps at hand


class Sums:
    """The ``moments.Sums`` of every layer, without its own state between ``flush`` and the next
    ``take`` but what ``arrays`` gives: a scan that goes on from there gives the same bits."""

    def __init__(self, columns: dict[str, Columns], device: torch.device | str = "cpu") -> None:
        self.columns = columns
        self.images = 0
        units = max(part.stop for part in columns.values())
        self._most = torch.full((units,), -torch.inf, device=device)
        self._least = torch.full((units,), torch.inf, device=device)
        self._awake = torch.zeros(units, dtype=torch.int64, device=device)
        self._mean = torch.zeros(units, dtype=torch.float64, device=device)
        self._between = {  # by the start of a layer's columns
            part.start: (part, torch.zeros((size, size), device=device))
            for part in columns.values()
            if (size := part.stop - part.start) <= MOST_CORRELATED
        }
        self._means: list[Tensor] = []
        self._looks = [
            _Looks({p.start: p for p in columns.values() if p.looked == looked}, device)
            for looked in (1, LOOKED)
        ]

    def take(self, batch: Reduced) -> None:
        """Take a batch in."""
        torch.maximum(self._most, batch.most.amax(0), out=self._most)
        torch.minimum(self._least, batch.least.amin(0), out=self._least)
        self._awake += (batch.most > 0).sum(0)
        self._means.append(batch.mean)
        for looks in self._looks:
            looks.take(batch.looks)

    def flush(self) -> None:
        """Add up what was taken in since the last time."""
        for looks in self._looks:
            looks.flush()
        if not self._means:
            return
        means = torch.cat(self._means)  # (n, U)
        self._means = []
        many = len(means)
        share = many / (self.images + many)
        middle = means.mean(0, dtype=torch.float64)
        apart = middle - self._mean
        rows = torch.cat([means - middle, (apart * (self.images * share) ** 0.5)[None]]).float()
        for part, square in self._between.values():
            mine = rows[:, part.start : part.stop]
            square.addmm_(mine.T, mine)
        self._mean += apart * share
        self.images += many

    def arrays(self, name: str) -> mergeable_statistics.Sums:
        """One layer's sums; call ``flush`` before."""
        part = self.columns[name]
        span = slice(part.start, part.stop)
        flat = {"mean": self._mean, "least": self._least, "most": self._most, "awake": self._awake}
        found = {key: value[span].cpu().numpy() for key, value in flat.items()}
        found["images"], found["looked"] = np.array([self.images]), np.array([part.looked])
        if part.start in self._between:
            found["between"] = mergeable_statistics.triangle(
                self._between[part.start][1].cpu().numpy()
            )
        return found | self._looks[part.looked > 1].arrays(part)

    def put(self, name: str, arrays: mergeable_statistics.Sums) -> None:
        """Go on from what ``arrays`` gave, for every layer."""
        part = self.columns[name]
        span = slice(part.start, part.stop)
        self.images = int(arrays["images"][0])
        flat = {"mean": self._mean, "least": self._least, "most": self._most, "awake": self._awake}
        for key, value in flat.items():
            value[span] = torch.from_numpy(arrays[key].copy()).to(value.device)
        if part.start in self._between:
            square = mergeable_statistics.whole(arrays["between"], part.stop - part.start)
            self._between[part.start][1].copy_(torch.from_numpy(square))
        self._looks[part.looked > 1].put(part, arrays)


class _Looks:
    """The values looked at in the layers that give equally many a picture."""

    def __init__(self, columns: dict[int, Columns], device: torch.device | str) -> None:
        self._spans: dict[int, slice] = {}
        units = 0
        for start, part in columns.items():
            self._spans[start] = slice(units, units := units + part.stop - part.start)
        self._first = torch.arange(units, dtype=torch.int32, device=device) * BINS
        self._counts = torch.zeros(units * BINS, dtype=torch.int64, device=device)
        self._middle = torch.zeros(units, dtype=torch.float64, device=device)
        self._scatter = torch.zeros(units, dtype=torch.float64, device=device)
        self._many = 0
        self._waiting: list[Tensor] = []

    def take(self, looks: dict[int, Tensor]) -> None:
        if not self._spans:
            return
        self._waiting.append(torch.cat([looks[start] for start in self._spans], 2).flatten(0, 1))
        if sum(map(len, self._waiting)) >= TOGETHER * LOOKED:
            self.flush()

    def flush(self) -> None:
        if not self._waiting:
            return
        units = len(self._middle)
        step = -(-BLOCK // units)
        blocks = [
            values[start : start + step]
            for values in self._waiting
            for start in range(0, len(values), step)
        ]
        self._waiting = []
        many = sum(map(len, blocks))
        index = torch.empty((many, units), dtype=torch.int32, device=self._first.device)
        middle, inside = torch.zeros_like(self._middle), torch.zeros_like(self._scatter)
        start = 0
        for rows in blocks:
            torch.add(bin_of(rows), self._first, out=index[start : (start := start + len(rows))])
            middle += rows.sum(0)
        self._counts += torch.bincount(index.flatten(), minlength=len(self._counts))
        middle /= many
        for rows in blocks:
            inside += (rows - middle.float()).square_().sum(0)
        share = many / (self._many + many)
        aside = middle - self._middle
        self._scatter += inside + aside**2 * (self._many * share)
        self._middle += aside * share
        self._many += many

    def arrays(self, part: Columns) -> dict[str, NDArray[Any]]:
        span = self._spans[part.start]
        counts = self._counts[span.start * BINS : span.stop * BINS].view(-1, BINS)
        return {
            "middle": self._middle[span].cpu().numpy(),
            "scatter": self._scatter[span].cpu().numpy(),
            "active": counts[:, BINS // 2 :].sum(1).cpu().numpy(),  # 0 lies in the bin below
            "counts": counts.cpu().numpy().astype(np.uint32),
        }

    def put(self, part: Columns, arrays: dict[str, NDArray[Any]]) -> None:
        span = self._spans[part.start]
        self._many = int(arrays["images"][0] * arrays["looked"][0])
        counts = torch.from_numpy(arrays["counts"].astype(np.int64)).flatten()
        self._counts[span.start * BINS : span.stop * BINS] = counts.to(self._counts.device)
        for key, value in (("middle", self._middle), ("scatter", self._scatter)):
            value[span] = torch.from_numpy(arrays[key].copy()).to(value.device)
