"""Keep the last seconds of what was on show, in memory, under a budget that is never passed."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from numpy import ndarray

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live

DEFAULT_MB = 64
MB = 1_000_000  # bytes, as the status line counts them
OVERHEAD_BYTES = 3_000  # of an entry beside its arrays: objects, names, headers of arrays
MAX_MAPS_FRACTION = 0.25  # of the budget, for layers on show; the rest is for frames


@dataclass(frozen=True)
class RingStatus:
    """What a ring holds."""

    #: Number of frames, and those of them whose layers it has, too.
    frames: int = 0
    with_maps: int = 0
    #: From the oldest frame to the newest, in seconds.
    seconds: float = 0.0
    #: Memory in use, in bytes.
    size: int = 0


class FrameRing:
    """The last frames with the network's outputs and, of the latest, the layers on show.

    Nothing is copied: an entry holds the arrays that the window got, which nobody writes to. Where
    the budget is used up, layers go first as long as they take more than MAX_MAPS_FRACTION of it,
    the oldest first, and then the oldest frames. A frame larger than the budget is not kept. Any
    thread may call it.
    """

    def __init__(self, max_bytes: int = DEFAULT_MB * MB) -> None:
        self._lock = threading.Lock()
        self._max_bytes = max_bytes
        self._entries: deque[Live] = deque()
        self._size = self._maps_size = 0
        self._without_maps = 0  # of the oldest entries

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def max_bytes(self) -> int:
        """Return the budget, in bytes; 0 where nothing is kept."""
        return self._max_bytes

    @property
    def status(self) -> RingStatus:
        """Return what it holds."""
        with self._lock:
            entries = self._entries
            seconds = entries[-1].frame.born - entries[0].frame.born if entries else 0.0
            with_maps = sum(bool(entry.maps) for entry in entries)
            return RingStatus(len(entries), with_maps, max(seconds, 0.0), self._size)

    def set_budget(self, max_bytes: int) -> None:
        """Change the budget; 0 keeps nothing."""
        with self._lock:
            self._max_bytes = max_bytes
            self._make_room(0, 0)

    def add(self, live: Live) -> None:
        """Keep a frame; the newest one once more replaces it, an older one changes nothing."""
        entry = _reduce(live)
        maps_bytes = _count_maps(entry)
        size = _count_bytes(entry) + maps_bytes
        with self._lock:
            if self._entries and self._entries[-1].frame is live.frame:
                self._drop_newest()
            elif self._find(live.frame) is not None:
                return
            if maps_bytes > self._max_bytes * MAX_MAPS_FRACTION:
                entry, size, maps_bytes = replace(entry, maps={}), size - maps_bytes, 0
            if size > self._max_bytes:
                return
            self._make_room(size, maps_bytes)
            self._entries.append(entry)
            self._size += size
            self._maps_size += maps_bytes

    def entries(self) -> tuple[Live, ...]:
        """Return all that is kept, the oldest first."""
        with self._lock:
            return tuple(self._entries)

    def find(self, frame: Frame) -> int | None:
        """Return the number of a frame among those kept, the oldest is 0; None where it is gone."""
        with self._lock:
            return self._find(frame)

    def clear(self) -> None:
        """Drop all frames."""
        with self._lock:
            self._entries.clear()
            self._size = self._maps_size = self._without_maps = 0

    def _find(self, frame: Frame) -> int | None:
        """Find a frame, beginning with the newest: a new one is newer than all of them."""
        entries = self._entries
        if not entries or frame.born > entries[-1].frame.born:
            return None
        return next((k for k, entry in enumerate(entries) if entry.frame is frame), None)

    def _make_room(self, size: int, maps_bytes: int) -> None:
        """Drop until ``size`` more bytes fit in, ``maps_bytes`` of them of layers."""
        while self._entries and self._size + size > self._max_bytes:
            has_maps = self._without_maps < len(self._entries)
            maps_size = self._maps_size + maps_bytes
            if has_maps and maps_size > self._max_bytes * MAX_MAPS_FRACTION:
                self._drop_maps()
            else:
                self._drop_oldest()

    def _drop_maps(self) -> None:
        """Drop the layers of the oldest frame that has some."""
        entry = self._entries[self._without_maps]
        size = _count_maps(entry)
        self._entries[self._without_maps] = replace(entry, maps={})
        self._without_maps += 1
        self._size -= size
        self._maps_size -= size

    def _drop_oldest(self) -> None:
        entry = self._entries.popleft()
        self._without_maps = max(self._without_maps - 1, 0)
        self._forget(entry)

    def _drop_newest(self) -> None:
        entry = self._entries.pop()
        self._without_maps = min(self._without_maps, len(self._entries))
        self._forget(entry)

    def _forget(self, entry: Live) -> None:
        maps_bytes = _count_maps(entry)
        self._size -= _count_bytes(entry) + maps_bytes
        self._maps_size -= maps_bytes


def _reduce(live: Live) -> Live:
    """Return a result without what is not kept: it would hold its memory alive."""
    return Live(
        live.frame,
        live.network,
        live.frame.pixels,
        live.maps,
        live.output,
        live.seconds,
        live.call,
        edits=live.edits,
        missed=live.missed,
        fingerprint=live.fingerprint,
    )


def _count_bytes(entry: Live) -> int:
    frame = entry.frame
    arrays = (frame.pixels, entry.output, *(() if frame.state is None else (frame.state,)))
    return OVERHEAD_BYTES + sum(map(count_buffer, arrays))


def _count_maps(entry: Live) -> int:
    return sum(map(count_buffer, entry.maps.values()))


def count_buffer(values: Any) -> int:
    """Return how many bytes an array holds alive: those of the array that it is a view of."""
    size = int(values.nbytes)
    while isinstance(values.base, ndarray):
        values = values.base
        size = max(size, int(values.nbytes))
    return size
