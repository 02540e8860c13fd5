"""Read a camera."""

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
from dnnvis.sources.source import ProblemCallback, ignore_problem

DEFAULT_RATE_HZ = 30.0
MAX_PROBED_CAMERAS = 3  # how many cameras are tried where the system has no list of them


class CameraInfo(NamedTuple):
    """A camera of this machine."""

    #: What Camera takes.
    number: int
    #: The system's name of it.
    title: str


class Camera:
    """What a camera sees now, as near ``width`` x ``height`` as it can.

    Uses isOpened, set, get, read, grab and release of a cv2.VideoCapture. ``mirror`` flips
    left and right, as in a looking-glass, and may be changed at any time. Opening it again
    after it was lost is the Feeder's work. What is assumed about pictures of more than 8 bit or of
    two channels is reported to ``on_problem``.
    """

    live = True

    def __init__(
        self,
        index: int = 0,
        *,
        width: int = 640,
        height: int = 480,
        mirror: bool = False,
        on_problem: ProblemCallback = ignore_problem,
    ) -> None:
        self.index = index
        self.name = f"Camera {index}"
        self.rate = DEFAULT_RATE_HZ
        self.mirror = mirror
        self._size = (width, height)
        self._capture: Any = None
        self._first: NDArray[np.uint8] | None = None
        self._on_problem = on_problem
        self._bits = 8  # that its pictures have used so far
        self._assumptions: set[str] = set()

    def __enter__(self) -> Self:
        """Open it; raise BadInput where it is missing, in use, forbidden, or sends nothing."""
        cv2 = opencv()
        backend = cv2.CAP_V4L2 if sys.platform.startswith("linux") else cv2.CAP_ANY
        self._capture = cv2.VideoCapture(self.index, backend)
        try:
            if not self._capture.isOpened():
                raise BadInput(_closed_reason(self.index))
            self._configure()
            self._first = self._read_image()
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
        """Read a frame; raise BadInput where none comes, for instance because it is unplugged."""
        picture, self._first = self._first, None
        return Frame(self._read_image() if picture is None else picture, source=self.name)

    def skip(self) -> None:
        """Drop a frame without decoding it; raise as ``read``."""
        self._first = None
        if self._capture is None or not self._capture.grab():
            raise BadInput(self._no_image_message())

    def _configure(self) -> None:
        cv2, (width, height) = opencv(), self._size
        if width * height > 640 * 480:  # uncompressed, USB 2 carries no more at 30/s
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = float(rate) if 0 < rate < 1000 else DEFAULT_RATE_HZ

    def _read_image(self) -> NDArray[np.uint8]:
        good, picture = (False, None) if self._capture is None else self._capture.read()
        if not good or picture is None or picture.size == 0:
            raise BadInput(self._no_image_message())
        columns = slice(None, None, -1 if self.mirror else 1)
        return np.ascontiguousarray(self._to_bgr(picture)[:, columns, ::-1])  # BGR to RGB

    def _to_bgr(self, picture: NDArray[Any]) -> NDArray[np.uint8]:
        """Convert what a camera sent to uint8 (H, W, 3) BGR; raise BadInput for other forms."""
        cv2 = opencv()
        if picture.dtype == np.uint8 and picture.ravel()[:2].tolist() == [0xFF, 0xD8]:
            is_data = picture.ndim == 1 or 1 in picture.shape[:2]
            picture = cv2.imdecode(picture.ravel(), cv2.IMREAD_COLOR) if is_data else picture
            if picture is None:
                raise BadInput(self._no_image_message())
        if picture.dtype == np.uint16:
            picture = self._to_uint8(picture)
        channels = picture.shape[2] if picture.ndim == 3 else picture.ndim - 1
        if picture.dtype != np.uint8 or channels not in (1, 2, 3, 4):
            raise BadInput(
                f"{self.name} sends {picture.dtype} {picture.shape}, which is no picture that can "
                "be shown; set it to YUYV or MJPG with its own program."
            )
        if channels == 2:
            return self._convert_packed(picture)
        if channels == 1:
            picture = np.repeat(picture.reshape(*picture.shape[:2], 1), 3, 2)
        bgr: NDArray[np.uint8] = picture[:, :, :3]
        return bgr

    def _to_uint8(self, picture: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Scale by the number of bits that the camera has used so far: 10 and 12 are common."""
        bits = max(int(picture.max()).bit_length(), self._bits)
        if bits > self._bits:
            self._bits = bits
            self._report(
                f"{self.name} sends 16-bit pictures; white is taken to be {2**bits - 1:,}."
            )
        scaled = picture * np.float32(255 / (2**self._bits - 1))
        pixels: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
        return pixels

    def _convert_packed(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Convert luma and alternating chroma (H, W, 2)."""
        cv2 = opencv()
        code = int(self._capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        is_uyvy = code.to_bytes(4, "little") in (b"UYVY", b"2vuy", b"Y422")
        self._report(
            f"{self.name} sends two channels; they are taken for {'UYVY' if is_uyvy else 'YUYV'}."
        )
        if picture.shape[1] % 2:  # half a pair is none
            picture = picture[:, :-1]
        order = cv2.COLOR_YUV2BGR_UYVY if is_uyvy else cv2.COLOR_YUV2BGR_YUY2
        bgr: NDArray[np.uint8] = cv2.cvtColor(np.ascontiguousarray(picture), order)
        return bgr

    def _report(self, sentence: str) -> None:
        if sentence not in self._assumptions:
            self._assumptions.add(sentence)
            self._on_problem(sentence)

    def _no_image_message(self) -> str:
        return (
            f"Camera {self.index} sends no picture; plug it in again, or close the program that "
            "uses it. It is tried again every second."
        )

    def _close(self) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture, self._first = None, None


def list_cameras(root: Path = Path("/")) -> list[CameraInfo]:
    """List the cameras of this machine, without opening any on Linux.

    Elsewhere the first few are opened, which may take a second each: not for the UI thread.
    ``root`` is the parent of ``dev`` and ``sys``.
    """
    if sys.platform.startswith("linux"):
        return _list_linux_cameras(root)
    cameras = []
    for index in range(MAX_PROBED_CAMERAS):
        capture = opencv().VideoCapture(index)
        if capture.isOpened():
            cameras.append(CameraInfo(index, f"camera {index}"))
        capture.release()
    return cameras


def _list_linux_cameras(root: Path) -> list[CameraInfo]:
    cameras = []
    for device in root.glob("dev/video*"):
        number = device.name.removeprefix("video")
        device_info = root / "sys/class/video4linux" / device.name
        # A camera has further devices for its metadata, with an index of 1 or more.
        if number.isdigit() and _read_line(device_info / "index", "0") == "0":
            title = _read_line(device_info / "name", f"camera {number}")
            cameras.append(CameraInfo(int(number), title))
    return sorted(cameras)


def _read_line(file: Path, default: str) -> str:
    try:
        return file.read_text(errors="replace").strip() or default
    except OSError:
        return default


def _closed_reason(index: int, root: Path = Path("/")) -> str:
    device = root / f"dev/video{index}"
    retry_hint = "It is tried again every second."
    if not sys.platform.startswith("linux"):
        return f"Camera {index} is missing, in use or not allowed to this program. {retry_hint}"
    if not device.exists():
        return f"There is no camera {index}; plug it in or choose another source. {retry_hint}"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"Camera {index} is not yours to use; join the group 'video' and log in again."
    return f"Camera {index} is in use; close the other program that shows it. {retry_hint}"
