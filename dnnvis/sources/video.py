"""Play a video from a file."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.opencv import opencv

DEFAULT_RATE_HZ = 25.0


class Video:
    """The frames of a video at the rate that the file states; with ``loop``, over and over.

    ``position`` is a fraction in [0, 1]. A video that breaks off before the end that its header
    promises raises BadInput naming the frame; one may ``seek`` back and read on.
    """

    live = False

    def __init__(self, path: str | Path, *, loop: bool = True) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self.loop = loop
        self.rate = DEFAULT_RATE_HZ
        self.count = 0
        self._capture: Any = None
        self._next = 0

    def __enter__(self) -> Self:
        """Open the file; raise BadInput where it is missing or no video."""
        if not self.path.is_file():
            raise BadInput(f"There is no file {self.path}; choose another film.")
        cv2 = opencv()
        self._capture = cv2.VideoCapture(str(self.path))
        if not self._capture.isOpened():
            raise BadInput(
                f"{self.path} is not a film that can be opened; convert it to MP4 (H.264) or "
                "MJPEG AVI."
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = float(rate) if 0 < rate < 1000 else DEFAULT_RATE_HZ
        self.count = max(int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
        self._next = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    @property
    def position(self) -> float:
        """Return the position of the last frame in the video, in [0, 1]."""
        return min(max(self._next - 1, 0) / max(self.count - 1, 1), 1.0)

    def read(self) -> Frame | None:
        """Read the next frame; None after the last where the video does not loop."""
        picture = self._decode_next()
        if picture is None and self._is_at_end() and self.loop and self._next > 0:
            self._seek_frame(0)
            picture = self._decode_next()
        if picture is None:
            if self._is_at_end() and self._next > 0:
                return None
            raise BadInput(self._broken_file_message())
        self._next += 1
        return Frame(picture, source=self.name)

    def move(self, steps: int) -> None:
        """Move by so many frames."""
        target = self._next - 1 + steps
        if target != self._next:
            self._seek_frame(target)

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the video."""
        self._seek_frame(round(min(max(fraction, 0.0), 1.0) * (self.count - 1)))

    def _seek_frame(self, frame: int) -> None:
        self._next = min(max(frame, 0), max(self.count - 1, 0))
        self._capture.set(opencv().CAP_PROP_POS_FRAMES, self._next)

    def _decode_next(self) -> Any:
        """Decode the next picture as uint8 (H, W, 3) RGB, or None."""
        good, picture = self._capture.read()
        if not good or picture is None:
            return None
        return np.ascontiguousarray(picture[:, :, ::-1])

    def _is_at_end(self) -> bool:
        """Return whether the header says that the video ends here, give or take 2 %.

        The end is computed from the duration, and often a few frames off.
        """
        return self._next >= self.count - max(2, self.count // 50)

    def _broken_file_message(self) -> str:
        if self._next == 0:
            return f"{self.path} holds no picture that can be decoded; get a whole copy of it."
        return (
            f"{self.path} breaks off at frame {self._next} of {self.count}; the last good picture "
            "stays. Scrub to another place, or get a whole copy of the film."
        )
