"""Decode the frames of a film's file by their number."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.film_index import FilmIndex, index_film, nearest_keyframes
from dnnvis.sources.image_files import MAX_PIXELS
from dnnvis.sources.pyav import find_pictures, open_film

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

VIDEO_SUFFIXES = {
    *(".mp4", ".m4v", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".ogv", ".flv"),
    *(".ts", ".m2ts", ".mts", ".3gp", ".mjpg", ".mjpeg", ".h264", ".264", ".hevc", ".265", ".ivf"),
    *(".m2v", ".vob", ".mxf", ".nut", ".y4m", ".dv", ".asf", ".obu"),
}
MAX_FRAMES_AHEAD = 24  # frames that are decoded and dropped though a keyframe lies beyond them
MIN_OBLONG = 0.01  # how far from 1 the shape of a pixel must lie to count
DECODER_THREADS = 2  # large films need more than one; the other cores belong to the network


class NumberedPixels(NamedTuple):
    """A picture of a film and where in it it stands."""

    #: Its number in presentation order.
    number: int
    #: uint8 (H, W, 3) RGB.
    pixels: NDArray[np.uint8]


class DecodedFrame(NamedTuple):
    """A frame and where in the film it stands."""

    #: Its number in presentation order.
    number: int
    #: The picture, not yet converted.
    frame: "VideoFrame"


class Film:
    """A film's file, opened; not for two threads at a time.

    Frame n is the n-th in presentation order, however one comes to it: ``read`` gives the same
    pixels for the same number.
    """

    def __init__(self, path: Path) -> None:
        """Open the file and list its frames.

        Raises:
            BadInput: It is missing, empty, no film, or its pictures cannot be decoded.
        """
        self.path = path
        self._container = _open_checked(path)
        self._identity = _read_identity(path)
        try:
            self.index = self._build_index()
        except BaseException:
            self.close()
            raise
        self.damaged = 0  # packets that could not be decoded, and frames with errors in them
        self._next = 0
        self._frames: Iterator[DecodedFrame] = iter(())
        self._rewind()
        self.converter = RgbConverter(self._stream)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def rate(self) -> float:
        """Return the mean number of frames a second."""
        return len(self.index) / self.index.seconds

    @property
    def shortfall(self) -> str:
        """Return what the header promises and the file does not hold; "" where it is whole."""
        return self.index.shortfall

    def duration(self, number: int) -> float:
        """Return for how long frame ``number`` is shown, in seconds."""
        return self.index.duration(number)

    def describe_shape(self) -> str:
        """Describe how the pictures are stretched; "" where their pixels are square."""
        if self.converter.aspect == 1:
            return ""
        coded = self._stream.codec_context.width, self._stream.codec_context.height
        width, height = self.converter.find_size(*coded)
        return (
            f"{coded[0]} x {coded[1]} pixels that are not square, stretched to {width} x {height}"
        )

    def decode(self, number: int) -> DecodedFrame | None:
        """Decode frame ``number``, or the first after it that can be decoded; None past the end."""
        is_ahead = self._next <= number
        if is_ahead and not self.index.has_keyframe(self._next + MAX_FRAMES_AHEAD, number):
            return self._decode_on(number)
        return self._decode_after_seek(number)

    def fetch(self, number: int) -> NumberedPixels | None:
        """Return frame ``number``, or the first after it that can be decoded; None past the end."""
        decoded = self.decode(number)
        if decoded is None:
            return None
        return NumberedPixels(decoded.number, self.converter.convert(decoded.frame))

    def read(self, number: int) -> NDArray[np.uint8]:
        """Return frame ``number`` as uint8 (H, W, 3) RGB; raise BadInput where it is broken."""
        decoded = self.decode(number)
        if decoded is None or decoded.number != number:
            raise BadInput(f"Frame {number} of {self.path} cannot be decoded.")
        return self.converter.convert(decoded.frame)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _build_index(self) -> FilmIndex:
        stream = find_pictures(self._container, str(self.path))
        index = index_film(self._container, stream)
        if not len(index):
            raise BadInput(
                f"{self.path} holds no picture that can be decoded; get a whole copy of it."
            )
        return index

    def _decode_on(self, number: int) -> DecodedFrame | None:
        for decoded in self._frames:
            self._next = decoded.number + 1
            if decoded.number >= number:
                return decoded
        return None

    def _decode_after_seek(self, number: int) -> DecodedFrame | None:
        """Decode from the nearest keyframe that leads to that very frame, else from the start."""
        for keyframe in nearest_keyframes(self.index, number):
            if keyframe.number == 0:
                break
            self._seek(keyframe.dts, keyframe.number)
            decoded = self._decode_on(number)
            if decoded is not None and decoded.number == number:
                return decoded
        self._rewind()
        return self._decode_on(number)

    def _seek(self, dts: int, number: int) -> None:
        from av.error import FFmpegError  # lazy: see pyav

        try:
            self._container.seek(dts, stream=self._stream)
        except FFmpegError:
            self._rewind()
            return
        self._next, self._frames = number, self._decode_all(number)

    def _rewind(self) -> None:
        """Go to the first frame by opening the file again, which works in every format."""
        container = _open_checked(self.path)
        if _read_identity(self.path) != self._identity:
            container.close()
            raise BadInput(f"{self.path} has changed since it was opened; open it again.")
        self._container.close()
        self._container = container
        self._stream: VideoStream = find_pictures(container, str(self.path))
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = DECODER_THREADS
        self._next, self._frames = 0, self._decode_all(0)

    def _decode_all(self, number: int) -> Iterator[DecodedFrame]:
        """Yield every frame from here on; what cannot be decoded is counted and left out."""
        for frame in self._decode_packets():
            number = self.index.find_number(frame.pts, number)
            if number >= len(self.index):
                return
            self.damaged += frame.is_corrupt
            yield DecodedFrame(number, frame)
            number += 1

    def _decode_packets(self) -> Iterator["VideoFrame"]:
        from av.error import FFmpegError  # lazy: see pyav

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, FFmpegError):  # the index says where a file that is cut ends
                return
            try:
                frames = packet.decode()
            except FFmpegError:
                self.damaged += 1
                continue
            yield from (frame for frame in frames if is_video_frame(frame))


def is_video_frame(frame: object) -> bool:
    """Return whether it is a picture with pixels in it."""
    return getattr(frame, "width", 0) > 0


def is_film(path: Path) -> bool:
    """Return whether the file is a film's, by its content; raw coded pictures are none."""
    from av.error import FFmpegError  # lazy: see pyav

    try:
        with open_film(path, raw=False) as container:
            find_pictures(container, str(path))
    except (FFmpegError, BadInput, OSError):
        return False
    return True


class RgbConverter:
    """Converter of the frames of one film to RGB, turned the way its display matrix says.

    A frame's own color matrix and range count (without one, BT.601 of limited range); deeper
    pixels are scaled to 8 bit. Pixels that are not square become more of them that are.
    """

    def __init__(self, stream: "VideoStream") -> None:
        """Set the shape of the pixels to that of ``stream``; one beyond 4:1 is taken for none."""
        from av.video.reformatter import VideoReformatter  # lazy: see pyav

        aspect = float(stream.sample_aspect_ratio or 1)
        is_oblong = abs(aspect - 1) > MIN_OBLONG and 0.25 <= aspect <= 4
        self.aspect = aspect if is_oblong else 1.0  # width of a coded pixel over its height
        self._reformatter = VideoReformatter()
        self._rotation: int | None = None
        self._matrix: tuple[int, int, int, int] | None = None

    def find_size(self, width: int, height: int) -> tuple[int, int]:
        """Return (width, height) in square pixels of a picture of so many coded ones."""
        stretched = round(width * max(self.aspect, 1.0)), round(height / min(self.aspect, 1.0))
        return stretched if stretched[0] * stretched[1] <= MAX_PIXELS else (width, height)

    def convert(self, frame: "VideoFrame") -> NDArray[np.uint8]:
        """Return uint8 (H, W, 3) RGB; raise BadInput for a format that cannot be converted."""
        from av.error import FFmpegError  # lazy: see pyav

        try:
            width, height = self.find_size(frame.width, frame.height)
            rgb = self._reformatter.reformat(frame, width, height, "rgb24", threads=1)
        except FFmpegError:
            raise BadInput(
                f"Pictures of the format {frame.format.name} cannot be converted to colors; "
                "convert the film to MP4 (H.264)."
            ) from None
        # A frame whose side data were looked at is freed only by the garbage collector.
        if frame.rotation != self._rotation:
            self._rotation, self._matrix = frame.rotation, _read_display_matrix(frame)
        pixels = rgb.to_ndarray().astype(np.uint8, copy=False)
        return np.ascontiguousarray(apply_display_matrix(pixels, self._matrix))


def apply_display_matrix(
    pixels: NDArray[np.uint8], matrix: tuple[int, int, int, int] | None
) -> NDArray[np.uint8]:
    """Turn and mirror a picture by the quarter turns nearest to a display matrix.

    Args:
        pixels: The picture (H, W, C) as it was coded.
        matrix: The numbers (a, b, c, d) by which x goes to a x + c y, and y to b x + d y (y
            downwards), in any one unit; None for none. See ISO/IEC 14496-12, section 8.3.2.

    Returns:
        A view of ``pixels``, (H, W, C) or (W, H, C).
    """
    if matrix is None:
        return pixels
    a, b, c, d = matrix
    if abs(b) + abs(c) > abs(a) + abs(d):
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    return pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _read_display_matrix(frame: "VideoFrame") -> tuple[int, int, int, int] | None:
    side_data: Any = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return None
    values = np.frombuffer(bytes(side_data), np.int32)  # a b u, c d v, x y w
    return int(values[0]), int(values[1]), int(values[3]), int(values[4])


def _open_checked(path: Path) -> "InputContainer":
    """Open the file; raise BadInput with what is wrong with it."""
    from av.error import FFmpegError  # lazy: see pyav

    if not path.is_file():
        raise BadInput(f"There is no file {path}; choose another film.")
    try:
        if path.stat().st_size == 0:
            raise BadInput(f"{path} is empty (0 bytes); get a whole copy of it.")
        return open_film(path, raw=path.suffix.lower() in VIDEO_SUFFIXES)
    except FFmpegError:
        raise BadInput(_closed_reason(path)) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None


def _read_identity(path: Path) -> tuple[int, int, int]:
    """Return what is another number where another file has the name."""
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def _closed_reason(path: Path) -> str:
    if _lacks_index(path):
        return (
            f"{path} has no index (moov), which comes last in such files: a download or recording "
            "that broke off? Get a whole copy of it."
        )
    return (
        f"{path} is not a film that can be opened; convert it to MP4 (H.264), or choose another "
        "file."
    )


def _lacks_index(path: Path) -> bool:
    """Return whether it is a file of MP4's kind of which no box ``moov`` can be reached."""
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            header = file.read(16)
            length, name = int.from_bytes(header[:4], "big"), header[4:8]
            if at == 0 and name not in (b"ftyp", b"moov", b"mdat", b"wide"):
                return False
            if name in (b"moov", b"moof"):
                return False
            if length == 1:  # a 64-bit length follows
                length = int.from_bytes(header[8:], "big")
            if length < 8:
                break
            at += length
    return at > 0
