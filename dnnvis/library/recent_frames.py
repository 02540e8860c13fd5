"""Top examples of what runs now: the last minutes of a camera, a video, a folder."""

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
from dnnvis.network.attention.heads import observe_heads
from dnnvis.network.hooks import observe_modules
from dnnvis.network.layer_table import OUTPUT, RESULT
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor, tensor_at
from dnnvis.network.recording import Recording
from dnnvis.network.recurrent import is_recurrent, last_step_values, time_steps_of
from dnnvis.network.values import as_shown, to_float32
from dnnvis.sources.pictures import IMAGE_SUFFIXES

MIN_SCENE_SECONDS = 1.5  # frames of a camera or a video nearer in time show the same scene
MIN_INTERVAL_SECONDS = 0.5  # between stored frames at least
MAX_TIME_FRACTION = 0.05  # of the running time that storing frames may take
MAX_FRAMES = 600
MAX_BYTES = 200 << 20
X_BITS = 16  # bits of a position that hold x; those above hold y
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class RecentFrame:
    """A stored frame with the activations of every unit."""

    #: Number of the frame.
    number: int
    #: Name of its source; a picture's file.
    source: str
    #: Its label, "" for none.
    label: str
    #: time.perf_counter() at which the frame was read.
    born: float
    #: uint8 (H, W, C), as the network saw it.
    pixels: Pixels
    #: float32 (2, U), maximum and mean of every unit's map at its layer's last call; NaN where it
    #: was not called.
    rows: NDArray[np.float32]
    #: int32 (U,), position of the maximum: y above x, see ``X_BITS``.
    positions: NDArray[np.int32]
    #: Hash of the pixels.
    digest: bytes

    @property
    def is_file(self) -> bool:
        """Return whether it is a picture of a folder, named by its file."""
        return PurePath(self.source).suffix.lower() in IMAGE_SUFFIXES

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        return self.pixels.nbytes + self.rows.nbytes + self.positions.nbytes


class FrameMemory:
    """The last ``minutes`` of the running source, about two frames a second.

    Bounded: no more than ``max_frames`` frames and ``max_bytes`` bytes; where the minutes need
    more, frames lie further apart in time, and where a frame takes long to store, too (no more than
    a twentieth of the time goes into it). One thread uses it. Emptied when the source changes; the
    pictures of a folder are one source.
    """

    def __init__(
        self,
        network: Network,
        minutes: float = 5.0,
        *,
        max_frames: int = MAX_FRAMES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.network = network
        self.minutes = minutes
        self._max_frames, self._max_bytes = max_frames, max_bytes
        self._frames: deque[RecentFrame] = deque()
        self._last_seconds = 0.0  # that storing the latest frame took
        self._spans: dict[str, slice] = {}
        start = 0
        for row in network.layers:
            self._spans[row.name] = slice(start, start + row.shape[0])
            start += row.shape[0]
        self._units = start

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def seconds(self) -> float:
        """Return the time from the oldest frame to the newest, in seconds."""
        return self._frames[-1].born - self._frames[0].born if self._frames else 0.0

    @property
    def source(self) -> str:
        """Return what the frames are of, as a short text."""
        if not self._frames:
            return ""
        return "a folder" if self._frames[-1].is_file else self._frames[-1].source

    @property
    def size(self) -> int:
        """Return the bytes in use."""
        return sum(frame.size for frame in self._frames)

    def clear(self) -> None:
        """Remove all frames."""
        self._frames.clear()

    def should_store(self, frame: Frame) -> bool:
        """Return whether enough time has passed since the last stored frame."""
        if not self._frames:
            return True
        last = self._frames[-1]
        if _source_key(frame.source) != _source_key(last.source):
            return True
        if frame.born < last.born:  # it is looked at again
            return False
        return frame.number != last.number and frame.born - last.born >= self._interval()

    def _interval(self) -> float:
        room = min(self._max_frames, self._max_bytes // max(self._frames[-1].size, 1))
        return max(
            MIN_INTERVAL_SECONDS,
            self.minutes * 60 / max(room, 1),
            self._last_seconds / MAX_TIME_FRACTION,
        )

    @contextmanager
    def summarize_pass(self) -> "Iterator[PassSummary]":
        """Yield a summary, filled by a pass of the network in the ``with``; no map is stored."""
        summary = PassSummary(self.network, self._spans, self._units)
        layer_names = set(self.network.table.modules.values()) - {RESULT}
        module, heads = self.network.module, self.network.table.heads
        with (
            observe_modules(module, summary.on_output, layer_names),
            observe_heads(module, heads, heads, summary.on_heads),
        ):
            yield summary

    def add(
        self, frame: Frame, pixels: Pixels, summary: "PassSummary", recording: Recording
    ) -> None:
        """Store a frame.

        Args:
            frame: The frame.
            pixels: uint8 (H, W, C), as the network saw it.
            summary: Filled by the pass over the frame, see ``summarize_pass``.
            recording: Recording of the same pass; gives the output.
        """
        start = perf_counter()
        if self._frames and _source_key(frame.source) != _source_key(self._frames[-1].source):
            self.clear()
        if recording.result is not None:
            result = recording.arrange_gradient(OUTPUT, recording.result.detach(), 0)
            summary.update(OUTPUT, result)
        digest = hashlib.blake2b(pixels.tobytes(), digest_size=16).digest()
        self._frames.append(
            RecentFrame(
                frame.number,
                frame.source,
                frame.label or "",
                frame.born,
                pixels.copy(),
                summary.rows,
                summary.positions,
                digest,
            )
        )
        while self._frames and self._is_over_limit():
            self._frames.popleft()
        self._last_seconds = summary.seconds + perf_counter() - start

    def _is_over_limit(self) -> bool:
        newest, oldest = self._frames[-1], self._frames[0]
        if newest is oldest:
            return False
        age = newest.born - oldest.born
        excess = len(self._frames) > self._max_frames or self.size > self._max_bytes
        return excess or age > self.minutes * 60 or age < 0

    def top(
        self,
        unit: Unit | str,
        k: int = 9,
        by: By = "max",
        bottom: bool = False,
        minutes: float | None = None,
    ) -> list[TopExample]:
        """Return the stored frames that excite a unit's channel most, best first.

        No two show the same scene: frames of a camera or video lie ``MIN_SCENE_SECONDS`` seconds
        apart, pictures of a folder are different files, and none has the very pixels of another.

        Args:
            unit: The unit; only its layer and channel count.
            k: Largest number of frames.
            by: Ranking by the "max" or the "mean" over the map.
            bottom: Whether to return the least exciting frames instead.
            minutes: Only frames of the last minutes; None takes all.

        Raises:
            BadInput: ``by`` is neither "max" nor "mean".
            UnknownUnit: The network has no such unit.
        """
        unit = Unit.parse(unit) if isinstance(unit, str) else unit
        self.network.check(unit.whole())
        if unit.layer not in self._spans:
            raise BadInput(
                f"Frames are remembered by the network's own layers, not by {unit.layer}; scan "
                "pictures for its examples."
            )
        row = _row_of(by)
        frames = list(self._frames)
        if minutes is not None and frames:
            frames = [one for one in frames if frames[-1].born - one.born <= minutes * 60]
        if not frames:
            return []
        column = self._spans[unit.layer].start + unit.channel
        values = np.array([[one.rows[row, column]] for one in frames])  # (N, 1)
        chosen = top_k_distinct(values, same_scene(frames), k, bottom)[:, 0]
        return [_to_example(frames[n], float(values[n, 0]), column) for n in chosen if n >= 0]

    def newest_first(self) -> list[RecentFrame]:
        """Return the stored frames, newest first."""
        return list(reversed(self._frames))

    def span(self, layer: str) -> slice:
        """Return which columns of ``RecentFrame.rows`` are the layer's units."""
        return self._spans[layer]


class PassSummary:
    """A few numbers per unit of one pass; filled while it runs."""

    def __init__(self, network: Network, spans: dict[str, slice], units: int) -> None:
        self.rows = np.full((2, units), np.nan, np.float32)
        self.positions = np.zeros(units, np.int32)
        self.seconds = 0.0
        self._spans = spans
        table = network.table
        self._layouts = table.layouts
        self._rows, self._others = table.rows_by_module(), table.other_rows()
        self._tokens, self._time_steps = table.tokens, table.steps
        self._heads = table.heads
        self._parts = network.table.parts_by_module(network.table.parts)
        self._calls = {row.name: row.calls for row in network.layers}
        self._call_counts: Counter[str] = Counter()

    def on_output(self, name: str, module: Any, inputs: Any, output: Any) -> None:
        """Take in what a module has just returned; a forward hook.

        Args:
            name: Name of the module.
            module: The module.
            inputs: What it was given.
            output: What it returned.
        """
        start = perf_counter()
        value = first_tensor(output)
        row = self._rows.get(name, name)
        if value is not None and is_recurrent(module):
            self._step(row, name, module, inputs, output)
        elif value is not None:
            for other_row, path in self._others.get(name, ()):
                other = tensor_at(output, path)
                if other is not None:
                    self._call_counts[other_row] += 1
                    self._split(
                        other_row, as_shown(other.detach()), self._call_counts[other_row] - 1
                    )
            steps = self._time_steps.get(row)
            values = (value,) if steps is None else steps.split_steps(value)
            call = self._call_counts[row]
            self._call_counts[row] += len(values)
            if call + len(values) >= self._calls.get(row, 1):
                self._split(row, as_shown(values[-1].detach()), call)
        self.seconds += perf_counter() - start

    def on_heads(self, row: str, weights: Tensor) -> None:
        """Take in the weights of an attention call."""
        start = perf_counter()
        call = self._call_counts[row]
        self._call_counts[row] += 1
        if call + 1 >= self._calls[row]:
            self.update(row, self._heads[row].layout(call).arrange(weights.detach()))
        self.seconds += perf_counter() - start

    def _split(self, name: str, value: Tensor, call: int) -> None:
        layouts = self._layouts.get(name)
        if layouts is None:
            return
        layout = layouts[min(call, len(layouts) - 1)]
        self.update(name, layout.arrange(value))
        for token, (row, number) in self._tokens.items():
            if row == name and token in self._spans:
                self.update(token, layout.class_token(value, 1, number))

    def _step(self, name: str, module_name: str, module: Any, inputs: Any, output: Any) -> None:
        """Take in the last of a recurrent module's time steps, and its parts at that step."""
        self._call_counts[name] += time_steps_of(module, output).count
        if self._call_counts[name] >= self._calls.get(name, 1):
            parts = self._parts.get(module_name, {})
            for row, value in last_step_values(name, module, inputs, output, parts).items():
                self.update(row, self._layouts[row][-1].arrange(value))

    def update(self, layer: str, value: Tensor) -> None:
        """Take in the maximum, its position and the mean of each map of (1, C, H, W).

        Where a later call has other channels than the layer table says, only those that both have.
        """
        span = self._spans.get(layer)
        if span is None or not value.numel():
            return
        span = slice(span.start, min(span.stop, span.start + value.shape[1]))
        maps = value[0, : span.stop - span.start].flatten(1)  # (C, H * W)
        if maps.dtype != torch.float32:
            maps = maps.float()
        maximum, index = maps.max(1)
        self.rows[0, span] = to_float32(maximum)
        self.rows[1, span] = to_float32(maps.mean(1))
        y, x = np.divmod(index.cpu().numpy(), value.shape[3])
        self.positions[span] = (y << X_BITS) + x


def same_scene(frames: list[RecentFrame]) -> NDArray[np.bool_]:
    """Return which frames show the same scene, bool (N, N), see ``FrameMemory.top``."""
    born = np.array([one.born for one in frames])
    near: NDArray[np.bool_] = np.abs(born[:, None] - born) < MIN_SCENE_SECONDS
    files = np.array([one.is_file for one in frames])
    near[files] = near[:, files] = False
    for key in ("digest", "source"):
        codes: dict[Any, int] = {}
        code = np.array([codes.setdefault(getattr(one, key), len(codes)) for one in frames])
        same = code[:, None] == code
        near |= same if key == "digest" else same & files[:, None] & files
    return near


def top_k_distinct(
    values: NDArray[np.float32], same: NDArray[np.bool_], k: int, bottom: bool = False
) -> NDArray[np.int64]:
    """Return the best rows of each column, no two of which are the same.

    Args:
        values: (N, U); NaN is never chosen.
        same: bool (N, N), which rows are the same.
        k: Number of rows.
        bottom: Whether the lowest values are the best.

    Returns:
        int64 (k, U), best first; -1 where there are no more. Of equal values the earlier row comes
        first.
    """
    rank = np.where(np.isnan(values), -np.inf, -values if bottom else values)
    out = np.full((max(k, 0), values.shape[1]), -1, np.int64)
    columns = np.arange(values.shape[1])
    for row in range(min(len(out), len(values))):
        best_rows = rank.argmax(0)  # (U,)
        valid = rank[best_rows, columns] > -np.inf
        out[row, valid] = best_rows[valid]
        rank[:, valid] = np.where(same[:, best_rows[valid]], -np.inf, rank[:, valid])
    return out


def _row_of(by: str) -> int:
    if by not in ("max", "mean"):
        raise BadInput(f"Examples are by max or by mean, not by '{by}'.")
    return 0 if by == "max" else 1


def _to_example(frame: RecentFrame, value: float, column: int) -> TopExample:
    y, x = divmod(int(frame.positions[column]), 1 << X_BITS)
    source = frame.source or "the running source"
    return TopExample(
        value, (y, x), frame.label, frame.number, "", source, partial(_copy, frame.pixels)
    )


def _copy(pixels: Pixels) -> Pixels:
    return pixels.copy()


def _source_key(source: str) -> str:
    """Return the source's name; all picture files are one source."""
    return "" if PurePath(source).suffix.lower() in IMAGE_SUFFIXES else source
