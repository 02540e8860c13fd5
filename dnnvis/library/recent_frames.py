"""Top examples of what runs now: the last minutes of a camera, a film, a folder."""

import hashlib
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.library.store.records import By, TopExample
from dnnvis.network.hooks import first_tensor, watched
from dnnvis.network.layer_table import CLASS_TOKEN, OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording, numbers
from dnnvis.network.recurrent import at_end, is_recurrent, steps_in
from dnnvis.sources.pictures import SUFFIXES

APART = 1.5  # seconds: frames of a camera or a film nearer than this show the same thing
INTERVAL = 0.5  # seconds between remembered frames at least
SHARE = 0.05  # of the time that remembering may take
FRAMES = 600
BYTES = 200 << 20
LOW = 16  # bits of a place that hold x; those above hold y
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Seen:
    """A remembered frame: ``pixels`` uint8 (H, W, C) as the network saw it; ``rows`` float32
    (2, U), the maximum and the mean of every unit's map at its layer's last call, NaN where
    it was not called; ``places`` int32 (U,), where the maximum lies, y above x."""

    number: int
    source: str
    label: str
    born: float
    pixels: Pixels
    rows: NDArray[np.float32]
    places: NDArray[np.int32]
    digest: bytes

    @property
    def is_file(self) -> bool:
        """Whether it is a picture of a folder, named by its file."""
        return PurePath(self.source).suffix.lower() in SUFFIXES

    @property
    def size(self) -> int:
        """Bytes."""
        return self.pixels.nbytes + self.rows.nbytes + self.places.nbytes


class Memory:
    """The last ``minutes`` of the running source, about two frames a second.

    Bounded: no more than ``frames`` frames and ``bytes_`` bytes; where the minutes need more,
    frames lie further apart in time, and where a frame takes long to take in, too (no more
    than a twentieth of the time goes into it). One thread uses it. Emptied when the source
    changes; the pictures of a folder are one source.
    """

    def __init__(
        self, network: Network, minutes: float = 5.0, *, frames: int = FRAMES, bytes_: int = BYTES
    ) -> None:
        self.network = network
        self.minutes = minutes
        self._frames, self._bytes = frames, bytes_
        self._seen: deque[Seen] = deque()
        self._seconds = 0.0  # that the latest frame took
        self._spans: dict[str, slice] = {}
        start = 0
        for row in network.layers:
            self._spans[row.name] = slice(start, start + row.shape[0])
            start += row.shape[0]
        self._units = start

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def seconds(self) -> float:
        """From the oldest frame to the newest."""
        return self._seen[-1].born - self._seen[0].born if self._seen else 0.0

    @property
    def source(self) -> str:
        """What the frames are of, in a few words."""
        if not self._seen:
            return ""
        return "a folder" if self._seen[-1].is_file else self._seen[-1].source

    @property
    def size(self) -> int:
        """Bytes in use."""
        return sum(seen.size for seen in self._seen)

    def clear(self) -> None:
        """Forget everything."""
        self._seen.clear()

    # ---- filling it -----------------------------------------------------------------------

    def wants(self, frame: Frame) -> bool:
        """Whether enough time has passed since the last remembered frame."""
        if not self._seen:
            return True
        last = self._seen[-1]
        if _origin(frame.source) != _origin(last.source):
            return True
        return frame.number != last.number and not 0 <= frame.born - last.born < self._interval()

    def _interval(self) -> float:
        room = min(self._frames, self._bytes // max(self._seen[-1].size, 1))
        return max(INTERVAL, self.minutes * 60 / max(room, 1), self._seconds / SHARE)

    @contextmanager
    def watching(self) -> "Iterator[Summary]":
        """Within, a pass of the network fills the summary that is given; it is left as it is
        otherwise: no map is kept."""
        summary = Summary(self.network, self._spans, self._units)
        layouts = self.network.table.layouts
        wanted = {name for name in layouts if name != OUTPUT}
        with watched(self.network.module, summary.hear, wanted):
            yield summary

    def add(self, frame: Frame, seen: Pixels, summary: "Summary", recording: Recording) -> None:
        """Remember ``frame``, which the network saw as ``seen`` uint8 (H, W, C)."""
        began = perf_counter()
        if self._seen and _origin(frame.source) != _origin(self._seen[-1].source):
            self.clear()
        if recording.result is not None:
            result = recording.arranged(OUTPUT, recording.result.detach(), 0)
            summary.take(OUTPUT, result)
        digest = hashlib.blake2b(seen.tobytes(), digest_size=16).digest()
        self._seen.append(
            Seen(frame.number, frame.source, frame.label or "", frame.born, seen.copy(),
                 summary.rows, summary.places, digest)
        )  # fmt: skip
        while self._seen and self._is_too_much():
            self._seen.popleft()
        self._seconds = summary.seconds + perf_counter() - began

    def _is_too_much(self) -> bool:
        newest, oldest = self._seen[-1], self._seen[0]
        if newest is oldest:
            return False
        age = newest.born - oldest.born
        many = len(self._seen) > self._frames or self.size > self._bytes
        return many or age > self.minutes * 60 or age < 0

    # ---- asking it ------------------------------------------------------------------------

    def top(
        self,
        unit: Unit | str,
        k: int = 9,
        by: By = "max",
        bottom: bool = False,
        minutes: float | None = None,
    ) -> list[TopExample]:
        """The k remembered frames that excite the unit's channel most (``bottom``: least),
        best first, of the last ``minutes`` (None: of all).

        No two show the same: frames of a camera or film lie ``APART`` seconds apart, pictures
        of a folder are different files, and none has the very pixels of another. Raises
        BadInput for another ``by``, UnknownUnit for a unit that is not there."""
        unit = Unit.parse(unit) if isinstance(unit, str) else unit
        self.network.check(unit.whole())
        row = _row(by)
        seen = list(self._seen)
        if minutes is not None and seen:
            seen = [one for one in seen if seen[-1].born - one.born <= minutes * 60]
        if not seen:
            return []
        column = self._spans[unit.layer].start + unit.channel
        values = np.array([[one.rows[row, column]] for one in seen])  # (N, 1)
        chosen = best_apart(values, alike(seen), k, bottom)[:, 0]
        return [_example(seen[n], float(values[n, 0]), column) for n in chosen if n >= 0]

    def newest_first(self) -> list[Seen]:
        """The remembered frames."""
        return list(reversed(self._seen))

    def span(self, layer: str) -> slice:
        """Which columns of ``Seen.rows`` are the layer's units."""
        return self._spans[layer]


class Summary:
    """The few numbers per unit that are kept of a pass; filled while it runs."""

    def __init__(self, network: Network, spans: dict[str, slice], units: int) -> None:
        self.rows = np.full((2, units), np.nan, np.float32)
        self.places = np.zeros(units, np.int32)
        self.seconds = 0.0
        self._spans = spans
        self._layouts = network.table.layouts
        self._parts = network.table.parts_among(network.table.parts)
        self._calls = {row.name: row.calls for row in network.layers}
        self._made: Counter[str] = Counter()

    def hear(self, name: str, module: Any, inputs: Any, output: Any) -> None:
        """A hook: what the module ``name`` has just returned."""
        began = perf_counter()
        value = first_tensor(output)
        if value is not None and is_recurrent(module):
            self._step(name, module, inputs, output)
        elif value is not None:
            call = self._made[name]
            self._made[name] += 1
            if call + 1 >= self._calls.get(name, 1):
                self._split(name, value.detach(), call)
        self.seconds += perf_counter() - began

    def _split(self, name: str, value: Tensor, call: int) -> None:
        layouts = self._layouts[name]
        layout = layouts[min(call, len(layouts) - 1)]
        self.take(name, layout.arrange(value))
        if layout.prefix and name + CLASS_TOKEN in self._spans:
            self.take(name + CLASS_TOKEN, layout.prefix_of(value))

    def _step(self, name: str, module: Any, inputs: Any, output: Any) -> None:
        """The last of a recurrent module's time steps, and what happens inside at it."""
        self._made[name] += steps_in(module, output).count
        if self._made[name] >= self._calls.get(name, 1):
            parts = self._parts.get(name, {})
            for row, value in at_end(name, module, inputs, output, parts).items():
                self.take(row, self._layouts[row][-1].arrange(value))

    def take(self, layer: str, value: Tensor) -> None:
        """The maximum, its place and the mean of each map of (1, C, H, W); where a later call
        has other channels than the layer table tells of, of those that both have."""
        span = self._spans.get(layer)
        if span is None or not value.numel():
            return
        span = slice(span.start, min(span.stop, span.start + value.shape[1]))
        maps = value[0, : span.stop - span.start].flatten(1)  # (C, H * W)
        if maps.is_complex():
            maps = maps.abs()
        if maps.dtype != torch.float32:
            maps = maps.float()
        most, where = maps.max(1)
        self.rows[0, span] = numbers(most)
        self.rows[1, span] = numbers(maps.mean(1))
        y, x = np.divmod(where.cpu().numpy(), value.shape[3])
        self.places[span] = (y << LOW) + x


def alike(seen: list[Seen]) -> NDArray[np.bool_]:
    """(N, N): which frames show the same thing, see ``Memory.top``."""
    born = np.array([one.born for one in seen])
    near: NDArray[np.bool_] = np.abs(born[:, None] - born) < APART
    files = np.array([one.is_file for one in seen])
    near[files] = near[:, files] = False
    for key in ("digest", "source"):
        codes: dict[Any, int] = {}
        code = np.array([codes.setdefault(getattr(one, key), len(codes)) for one in seen])
        same = code[:, None] == code
        near |= same if key == "digest" else same & files[:, None] & files
    return near


def best_apart(
    values: NDArray[np.float32], same: NDArray[np.bool_], k: int, bottom: bool = False
) -> NDArray[np.int64]:
    """Per column of ``values`` (N, U) the k best rows (k, U) int64, best first, no two of which
    are the ``same``; -1 where there are no more. NaN is never chosen; of equals the earlier
    row is."""
    rank = np.where(np.isnan(values), -np.inf, -values if bottom else values)
    out = np.full((max(k, 0), values.shape[1]), -1, np.int64)
    columns = np.arange(values.shape[1])
    for place in range(min(len(out), len(values))):
        first = rank.argmax(0)  # (U,)
        found = rank[first, columns] > -np.inf
        out[place, found] = first[found]
        rank[:, found] = np.where(same[:, first[found]], -np.inf, rank[:, found])
    return out


def _row(by: str) -> int:
    if by not in ("max", "mean"):
        raise BadInput(f"Examples are by max or by mean, not by '{by}'.")
    return 0 if by == "max" else 1


def _example(seen: Seen, value: float, column: int) -> TopExample:
    y, x = divmod(int(seen.places[column]), 1 << LOW)
    where = seen.source or "the running source"
    return TopExample(
        value, (y, x), seen.label, seen.number, "", where, partial(_copy, seen.pixels)
    )  # fmt: skip


def _copy(pixels: Pixels) -> Pixels:
    return pixels.copy()


def _origin(source: str) -> str:
    """The source's name; all files of pictures are one source."""
    return "" if PurePath(source).suffix.lower() in SUFFIXES else source
