"""Frames with answers, and recordings of them."""

import errno
import io
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.sources.recordings.writer import RecordingWriter

FULL_AFTER = 100_000  # bytes


def live_of(number: int, size: int = 32, network: str = "net") -> Live:
    """Return a frame of noise, its number a twentieth of a second, with its answer."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
    frame = Frame(pixels, number, "camera 0", "cat", born=100 + number / 20)
    maps = {"conv1": rng.normal(size=(4, 5, 6)).astype(np.float32)}
    return Live(frame, network, pixels, maps, rng.normal(size=10).astype(np.float32), 0.01)


def offer_slowly(
    writer: RecordingWriter, lives: Sequence[Live], info: NetworkInfo | None = None
) -> None:
    """Offer each frame until it is taken."""
    for live in lives:
        while True:
            dropped = writer.status.dropped
            writer.offer(live, info)
            if writer.status.dropped == dropped:
                break
            live = replace(live, frame=replace(live.frame))  # once more
            time.sleep(0.002)


def record(path: Path, lives: Sequence[Live], info: NetworkInfo | None = None) -> None:
    """Write a recording of these frames."""
    writer = RecordingWriter(path)
    offer_slowly(writer, list(lives), info)
    writer.stop()


class FullDisk(io.RawIOBase):
    """A file on a disk that has room for FULL_AFTER bytes, and takes a part of the last write."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self._free = FULL_AFTER

    def write(self, data: memoryview) -> int:
        if not self._free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = self._file.write(data[: self._free])
        self._free -= count
        return count

    def close(self) -> None:
        self._file.close()
