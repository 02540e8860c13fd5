"""A camera."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.opencv import opencv

USUAL_RATE = 30.0
PROBED = 3  # how many cameras are tried where the system keeps no list of them


class FoundCamera(NamedTuple):
    """``number`` is what Camera takes; ``title`` what the system calls it."""

    number: int
    title: str


class Camera:
    """What a camera sees now, as near ``width`` x ``height`` as it can.

    Uses isOpened, set, get, read, grab and release of a cv2.VideoCapture. ``mirror`` flips
    left and right, as in a looking-glass, and may be changed at any time. Opening it again
    after it was lost is the Feeder's work.
    """

    live = True

    def __init__(
        self, index: int = 0, *, width: int = 640, height: int = 480, mirror: bool = False
    ) -> None:
        self.index = index
        self.name = f"Camera {index}"
        self.rate = USUAL_RATE
        self.mirror = mirror
        self._size = (width, height)
        self._capture: Any = None
        self._first: NDArray[np.uint8] | None = None

    def __enter__(self) -> Self:
        """Raises BadInput where it is missing, in use, forbidden, or sends nothing."""
        cv2 = opencv()
        backend = cv2.CAP_V4L2 if sys.platform.startswith("linux") else cv2.CAP_ANY
        self._capture = cv2.VideoCapture(self.index, backend)
        try:
            if not self._capture.isOpened():
                raise BadInput(_why_closed(self.index))
            self._set_up()
            self._first = self._picture()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def read(self) -> Frame:
        """Raises BadInput where the camera sends nothing, for instance because unplugged."""
        picture, self._first = self._first, None
        return Frame(self._picture() if picture is None else picture, source=self.name)

    def skip(self) -> None:
        """Drops a frame without decoding it. Raises as ``read``."""
        self._first = None
        if self._capture is None or not self._capture.grab():
            raise BadInput(self._silent())

    def _set_up(self) -> None:
        cv2, (width, height) = opencv(), self._size
        if width * height > 640 * 480:  # uncompressed, USB 2 carries no more at 30/s
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = float(rate) if 0 < rate < 1000 else USUAL_RATE

    def _picture(self) -> NDArray[np.uint8]:
        good, picture = (False, None) if self._capture is None else self._capture.read()
        if not good or picture is None or picture.size == 0:
            raise BadInput(self._silent())
        if picture.ndim == 2:
            picture = np.repeat(picture[:, :, None], 3, 2)
        columns = slice(None, None, -1 if self.mirror else 1)
        return np.ascontiguousarray(picture[:, columns, ::-1])  # BGR to RGB

    def _silent(self) -> str:
        return (
            f"Camera {self.index} sends no picture; plug it in again, or close the program that "
            "uses it. It is tried again every second."
        )

    def _close(self) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture, self._first = None, None


def list_cameras(root: Path = Path("/")) -> list[FoundCamera]:
    """The cameras of this machine, without opening any on Linux.

    Elsewhere the first few are opened, which may take a second each: not for the UI thread.
    ``root`` is where ``dev`` and ``sys`` lie.
    """
    if sys.platform.startswith("linux"):
        return _listed(root)
    found = []
    for index in range(PROBED):
        capture = opencv().VideoCapture(index)
        if capture.isOpened():
            found.append(FoundCamera(index, f"camera {index}"))
        capture.release()
    return found


def _listed(root: Path) -> list[FoundCamera]:
    found = []
    for device in root.glob("dev/video*"):
        number = device.name.removeprefix("video")
        facts = root / "sys/class/video4linux" / device.name
        # A camera has further devices for its metadata, with an index of 1 or more.
        if number.isdigit() and _line(facts / "index", "0") == "0":
            title = _line(facts / "name", f"camera {number}")
            found.append(FoundCamera(int(number), title))
    return sorted(found)


def _line(file: Path, otherwise: str) -> str:
    try:
        return file.read_text(errors="replace").strip() or otherwise
    except OSError:
        return otherwise


def _why_closed(index: int, root: Path = Path("/")) -> str:
    device = root / f"dev/video{index}"
    again = "It is tried again every second."
    if not sys.platform.startswith("linux"):
        return f"Camera {index} is missing, in use or not allowed to this program. {again}"
    if not device.exists():
        return f"There is no camera {index}; plug it in or choose another source. {again}"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"Camera {index} is not yours to use; join the group 'video' and log in again."
    return f"Camera {index} is in use; close the other program that shows it. {again}"
