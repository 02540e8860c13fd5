"""Remember some of the frames that ran last, for a sweep over them."""

import io
from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.frame import Frame
from dnnvis.core.stable_file import write_whole

MAX_FRAMES = 32
MAX_BYTES = 16 << 20
INTERVAL_SECONDS = 0.5  # between two that are remembered


class RecentFrames:
    """The latest frames of one shape, two a second at most."""

    def __init__(self) -> None:
        self._pixels: deque[NDArray[np.uint8]] = deque()
        self._born = -np.inf

    def __len__(self) -> int:
        return len(self._pixels)

    def add(self, frame: Frame) -> None:
        """Take in a frame, unless another has just been."""
        pixels = frame.pixels
        if self._pixels and self._pixels[-1].shape != pixels.shape:
            self._pixels.clear()
        elif frame.born - self._born < INTERVAL_SECONDS and self._pixels:
            return
        self._born = frame.born
        self._pixels.append(pixels)
        limit = max(1, min(MAX_FRAMES, MAX_BYTES // max(pixels.nbytes, 1)))
        while len(self._pixels) > limit:
            self._pixels.popleft()

    def write(self, path: Path) -> None:
        """Write the frames as a data set, ``images`` (N, H, W, C) of an .npz file.

        Raises BadInput where that fails.
        """
        content = io.BytesIO()
        np.savez(content, images=np.stack(tuple(self._pixels)))
        write_whole(path, content.getvalue())
