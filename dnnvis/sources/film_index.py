"""List the frames of a film by presentation time, without decoding any."""

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

DEFAULT_RATE_HZ = 25.0
MAX_REORDERED_FRAMES = 64  # how far coding order may lie from presentation order
VP8_SHOWN = 0x10  # bit of a VP8 frame's first byte, RFC 6386, section 9.1


class Keyframe(NamedTuple):
    """A frame from which decoding can begin."""

    #: Its number in presentation order.
    number: int
    #: The decoding stamp to seek to, in units of the stream's time base.
    dts: int


@dataclass(frozen=True, eq=False)
class FilmIndex:
    """The frames of a film in presentation order, frame 0 being the first."""

    #: When each frame is shown, float64 (N,), in seconds from the first.
    times: NDArray[np.float64]
    #: Presentation stamp of each frame, int64 (N,), ascending; None where the file has no stamps
    #: that say which frame is which (see ``has_reliable_stamps``), so that frames are counted as
    #: they are decoded, from the first on.
    stamps: NDArray[np.int64] | None
    #: The keyframes by number; () without stamps.
    keyframes: tuple[Keyframe, ...]
    #: Seconds from the first frame to the end of the last.
    seconds: float
    #: What the header promises and the file does not hold; "" where it is whole.
    shortfall: str = ""

    def __len__(self) -> int:
        return len(self.times)

    def duration(self, number: int) -> float:
        """Return for how many seconds a frame is shown."""
        end = self.times[number + 1] if number + 1 < len(self.times) else self.seconds
        return float(end - self.times[number])

    def has_keyframe(self, start: int, number: int) -> bool:
        """Return whether a keyframe lies after ``start`` and not after ``number``."""
        at = bisect.bisect_right(self.keyframes, number, key=lambda key: key.number)
        return at > 0 and self.keyframes[at - 1].number > start

    def find_number(self, stamp: int | None, expected: int) -> int:
        """Return the number of the frame with that stamp, ``expected`` where none tells."""
        if self.stamps is None or stamp is None:
            return expected
        number = int(np.searchsorted(self.stamps, stamp))
        is_exact = number < len(self.stamps) and self.stamps[number] == stamp
        return number if is_exact else max(number - 1, expected)


class _Listing(NamedTuple):
    """What the packets of a film say."""

    #: Stamps (pts, dts or None, duration) and whether it is a keyframe, in coding order.
    frames: list[tuple[int | None, int | None, int, bool]]
    #: Packets of the pictures, those that are not shown too.
    packets: int
    #: Where the last packet of any stream ends, in seconds.
    end: float


def index_film(container: "InputContainer", stream: "VideoStream") -> FilmIndex:
    """Read through all packets of an opened film.

    The container is at its end afterwards. Frames that are decoded but not shown (before the first
    frame of an edit list, alternate references of VP8) have no number. A file that is cut short
    is listed up to its last whole frame.
    """
    listing = _list_packets(container, stream)
    shortfall = _describe_shortfall(container, stream, listing)
    base = float(stream.time_base or 0)
    stamps = [pts for pts, _, _, _ in listing.frames]
    order = _presentation_order(stamps) if has_reliable_stamps(container, stream) else None
    if order is None or base <= 0:
        rate = float(stream.average_rate or stream.guessed_rate or DEFAULT_RATE_HZ)
        times = np.arange(len(stamps)) / rate
        return FilmIndex(times, None, (), len(stamps) / rate, shortfall)
    frames = [listing.frames[k] for k in order]
    sorted_stamps = np.array([frame[0] for frame in frames], np.int64)
    times = (sorted_stamps - sorted_stamps[0]) * base
    keyframes = tuple(
        Keyframe(number, dts if dts is not None else int(sorted_stamps[number]))
        for number, (_, dts, _, is_key) in enumerate(frames)
        if is_key
    )
    last = frames[-1][2] * base or float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    seconds = float(times[-1]) + (last or 1 / DEFAULT_RATE_HZ)
    return FilmIndex(times, sorted_stamps, keyframes, seconds, shortfall)


def has_reliable_stamps(container: "InputContainer", stream: "VideoStream") -> bool:
    """Return whether the format gives a frame the same presentation stamp wherever one begins.

    Raw streams have none. In an MPEG program stream only some packets have one, and the others are
    guessed otherwise after a seek. AVI has decoding stamps only, which are others where a codec
    reorders frames in a way that AVI does not know.
    """
    codec = stream.codec_context
    is_reordered = codec.name in ("h264", "hevc") and bool(codec.has_b_frames)
    return container.format.name != "mpeg" and not (container.format.name == "avi" and is_reordered)


def _list_packets(container: "InputContainer", stream: "VideoStream") -> _Listing:
    frames, packets, end, is_cut = [], 0, 0.0, False
    for packet in _demux(container):
        if packet.pts is not None:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if packet.stream.index != stream.index or packet.size == 0:
            continue
        packets += 1
        if not packet.is_discard and _is_shown(packet, stream.codec_context.name):
            frames.append((packet.pts, packet.dts, packet.duration or 0, packet.is_keyframe))
            is_cut = packet.is_corrupt
    return _Listing(frames[: len(frames) - is_cut], packets, end)


def _demux(container: "InputContainer") -> Iterator["Packet[Any]"]:
    """Yield the packets of all streams, up to the first that cannot be read."""
    from av.error import FFmpegError  # lazy: see pyav

    packets = container.demux()
    while True:
        try:
            yield next(packets)
        except (StopIteration, FFmpegError):
            return


def _is_shown(packet: "Packet[Any]", codec: str) -> bool:
    return not (codec in ("vp8", "libvpx") and not memoryview(packet)[0] & VP8_SHOWN)


def _presentation_order(stamps: list[int | None]) -> list[int] | None:
    """Return the frames sorted by stamp; None where the stamps cannot be trusted.

    That is where one is missing or occurs twice, or where they start over in the middle.
    """
    if not stamps or None in stamps or len(set(stamps)) < len(stamps):
        return None
    order = sorted(range(len(stamps)), key=lambda k: stamps[k] or 0)
    is_near = all(abs(k - at) <= MAX_REORDERED_FRAMES for at, k in enumerate(order))
    return order if is_near else None


def _describe_shortfall(
    container: "InputContainer", stream: "VideoStream", listing: _Listing
) -> str:
    """Describe what the header promises beyond what the file holds, give or take 2 %."""
    promised, shown = stream.frames, len(listing.frames)
    if promised - listing.packets > max(2, promised // 50):
        return f"after {shown:,} of the {promised:,} frames that its header promises"
    start = (container.start_time or 0) / 1e6
    seconds, end = (container.duration or 0) / 1e6, listing.end - start
    if not promised and seconds - end > max(0.5, seconds / 50):
        return f"after {end:.1f} of the {seconds:.1f} seconds that its header promises"
    return ""


def nearest_keyframes(index: FilmIndex, number: int) -> Iterator[Keyframe]:
    """Yield keyframes to decode ``number`` from: the last one before it, then ever earlier ones."""
    candidates = [key for key in index.keyframes if key.number <= number]
    for back in itertools.chain((0,), (2**k for k in itertools.count())):
        if back >= len(candidates):
            return
        yield candidates[-1 - back]
