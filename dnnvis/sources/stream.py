"""Show what a camera sends at a network address."""

import errno
import math
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dnnvis.core.address import mask_address
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.film import RgbConverter, is_video_frame
from dnnvis.sources.film_index import DEFAULT_RATE_HZ
from dnnvis.sources.pyav import find_pictures, open_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer

TIMEOUT_SECONDS = 5.0  # for connecting, and for each picture
RETRY_HINT = "It is tried again every second."


class Stream:
    """What comes from ``rtsp://``, ``http://`` (MJPEG, HLS) and the like.

    What has no end is ``live``: each picture is read when it comes, and Feeder opens it again after
    it was lost, unless the answer was that there is no such stream. A film at an address plays
    once, at its mean rate. The address is named without the password in it.
    """

    def __init__(self, address: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.address = address
        self.name = mask_address(address)
        self.live = True
        self.rate = math.inf
        self._timeout = timeout
        self._container: InputContainer | None = None
        self._pictures: Iterator[Any] = iter(())

    def __enter__(self) -> Self:
        """Connect; raise BadInput where nothing answers, or not with moving pictures."""
        from av.error import FFmpegError  # lazy: see pyav

        try:
            container = self._container = open_stream(self.address, self._timeout)
        except (FFmpegError, OSError) as error:
            raise BadInput(self._closed_reason(error)) from None
        try:
            stream = find_pictures(container, self.name)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.live = container.duration is None
        is_even = not self.live or container.format.name == "hls"  # which comes in pieces
        self.rate = float(stream.average_rate or DEFAULT_RATE_HZ) if is_even else math.inf
        self._converter = RgbConverter(stream)
        self._pictures = self._decode(container.demux(stream))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        container, self._container, self._pictures = self._container, None, iter(())
        if container is not None:
            container.close()

    def read(self) -> Frame | None:
        """Read the next picture, None after a film's last; raise BadInput where none comes."""
        picture = next(self._pictures, None)
        if picture is None and not self.live:
            return None
        if picture is None:
            raise BadInput(f"{self.name} sends no more pictures. {RETRY_HINT}")
        return Frame(self._converter.convert(picture), source=self.name)

    def skip(self) -> None:
        """Drop the next picture without converting it; raise as ``read``."""
        if next(self._pictures, None) is None and self.live:
            raise BadInput(f"{self.name} sends no more pictures. {RETRY_HINT}")

    def _decode(self, packets: "Iterator[Any]") -> "Iterator[Any]":
        """Yield pictures until the connection ends; those broken on the way are left out."""
        from av.error import FFmpegError  # lazy: see pyav

        while True:
            try:
                packet = next(packets)
            except (StopIteration, FFmpegError, OSError):
                return
            try:
                pictures = packet.decode()
            except FFmpegError:
                continue
            yield from (picture for picture in pictures if is_video_frame(picture))

    def _closed_reason(self, error: Exception) -> str:
        refusal = self._refusal(error)
        if refusal:
            self.live = False  # trying again and again would be of no use, or lock an account
            return f"{self.name} {refusal}"
        return (
            f"{self.name} does not answer; check the address and whether the camera is on. "
            f"{RETRY_HINT}"
        )

    def _refusal(self, error: Exception) -> str:
        """Return what an answer lacks; "" where there was none."""
        import av.error as errors  # lazy: see pyav

        if isinstance(error, errors.HTTPUnauthorizedError | errors.HTTPForbiddenError):
            return (
                "asks for a name and a password; write them into the address "
                "(http://NAME:PASSWORD@HOST/...), and open it again."
            )
        if isinstance(error, errors.HTTPClientError):
            return "has nothing to show there; check the address, and open it again."
        is_other_data = isinstance(error, errors.InvalidDataError | errors.ArgumentError)
        if is_other_data or getattr(error, "errno", 0) == errno.EIO:  # EIO: it ended while probed
            return (
                "sends no moving pictures; give the address of the stream itself, not of its page."
            )
        return ""
