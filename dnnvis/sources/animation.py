"""Decode the frames of an animated picture (GIF, PNG, WebP, AVIF) as those of a film."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.film import Film, NumberedPixels
from dnnvis.sources.image_files import holds_animation
from dnnvis.sources.images.limits import check_size
from dnnvis.sources.images.pillow import decode_with_pillow, open_image

MAX_MOVING_PIXELS = 34_000_000  # 8K: a decoder of moving pictures holds several at a time
DEFAULT_SECONDS = 0.1  # of a frame that names no time, as browsers have it
MIN_SECONDS = 0.02  # shorter ones name no time either


class Animation:
    """An animated picture, opened; not for two threads at a time."""

    shortfall = ""
    damaged = 0

    def __init__(self, path: Path) -> None:
        """Open the file; raise BadInput where it is missing, broken or too large."""
        self.path = path
        self._stack = ExitStack()
        self._reopen()
        self._count = int(getattr(self._image, "n_frames", 1))
        self._current: NumberedPixels | None = None
        self._seconds: dict[int, float] = {}

    def _reopen(self) -> None:
        """Open the file again: going back fails in PNG once the last frame was decoded."""
        self._stack.close()
        with ExitStack() as stack:
            self._image = stack.enter_context(open_image(self.path, str(self.path)))
            check_size(str(self.path), *self._image.size, MAX_MOVING_PIXELS)
            self._stack = stack.pop_all()

    def __len__(self) -> int:
        return self._count

    @property
    def rate(self) -> float:
        """Return the number of frames a second, as the first frame has it."""
        return 1 / self.duration(0)

    def duration(self, number: int) -> float:
        """Return for how long frame ``number`` is shown, in seconds."""
        if number not in self._seconds and self.fetch(number) is None:
            return DEFAULT_SECONDS
        return self._seconds[number]

    def describe_shape(self) -> str:
        """Return "": the pixels are square."""
        return ""

    def fetch(self, number: int) -> NumberedPixels | None:
        """Return frame ``number``; None past the end or where it is broken."""
        if self._current is not None and self._current.number == number:
            return self._current
        if self._current is not None and number < self._current.number:
            self._reopen()
        try:
            self._image.seek(number)
            self._image.load()  # before the times: WebP knows them only then
            milliseconds = float(self._image.info.get("duration") or 0)
            pixels, _ = decode_with_pillow(self._image, str(self.path))
        except Exception:  # a broken file may fail in any way
            return None
        seconds = milliseconds / 1000
        self._seconds[number] = seconds if seconds >= MIN_SECONDS else DEFAULT_SECONDS
        self._current = NumberedPixels(number, pixels)
        return self._current

    def read(self, number: int) -> NDArray[np.uint8]:
        """Return frame ``number`` as uint8 (H, W, 3) RGB; raise BadInput where it is broken."""
        current = self.fetch(number)
        if current is None:
            raise BadInput(f"Frame {number} of {self.path} cannot be decoded.")
        return current.pixels

    def close(self) -> None:
        """Close the file."""
        self._stack.close()


def open_moving_picture(path: Path) -> Film | Animation:
    """Open a film or an animated picture; raise BadInput where it is neither."""
    return Animation(path) if holds_animation(path) else Film(path)
