"""Import PyAV and open films and streams with it, within limits."""

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from dnnvis.core.errors import BadInput
from dnnvis.sources.image_files import MAX_PIXELS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

#: Files of films. Playlists and other lists of addresses are none: they make FFmpeg open whatever
#: they name.
CONTAINER_FORMATS = (
    *("mov", "matroska", "avi", "flv", "asf", "mpeg", "mpegts", "ogg", "ivf", "nut", "rm", "gxf"),
    *("mxf", "mxf_opatom", "wtv", "nsv", "swf", "yuv4mpegpipe", "dv", "bink", "smk", "roq"),
)
#: Coded pictures without a container, guessed from so little that only a suffix decides.
RAW_FORMATS = ("h264", "hevc", "mpegvideo", "m4v", "mjpeg", "h263", "vc1", "obu", "av1")
#: What a camera at an address sends.
STREAM_FORMATS = (
    *("rtsp", "rtp", "sdp", "mpjpeg", "mpegts", "flv", "live_flv", "hls", "mjpeg", "h264", "hevc"),
    *("mov", "matroska", "ogg", "asf", "mpeg"),
)
STREAM_PROTOCOLS = ("http", "https", "tls", "tcp", "udp", "rtp", "rtsp", "rtmp", "rtmps", "crypto")


@cache
def load_av() -> ModuleType:
    """Return the module av, imported at the first call; every file gets it here."""
    av = importlib.import_module("av")
    av.logging.set_level(None)  # failures become sentences of ours
    return av


def open_film(path: Path, *, raw: bool) -> "InputContainer":
    """Open a film's file, and nothing that it may name.

    Args:
        path: The file.
        raw: Whether coded pictures without a container are accepted.

    Returns:
        The opened container, to be closed.

    Raises:
        av.error.FFmpegError: It is none of the formats of films, or broken.
    """
    formats = CONTAINER_FORMATS + RAW_FORMATS if raw else CONTAINER_FORMATS
    options = {"format_whitelist": ",".join(formats), "protocol_whitelist": "file"}
    # the prefix keeps a name with a colon in it from being taken for an address
    container: InputContainer = load_av().open(
        f"file:{path}", options=options, metadata_errors="replace"
    )
    return container


def open_stream(address: str, timeout: float) -> "InputContainer":
    """Open what a camera sends at an address.

    Args:
        address: ``rtsp://``, ``http://`` and so on.
        timeout: Seconds for opening, and for each read later.

    Returns:
        The opened container, to be closed.

    Raises:
        av.error.FFmpegError: Nothing answers, or not with pictures.
    """
    options = {
        "format_whitelist": ",".join(STREAM_FORMATS),
        "protocol_whitelist": ",".join(STREAM_PROTOCOLS),
    }
    if address.startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    container: InputContainer = load_av().open(
        address, options=options, timeout=(timeout, timeout), metadata_errors="replace"
    )
    return container


def find_pictures(container: "InputContainer", name: str) -> "VideoStream":
    """Return the stream of moving pictures, with its decoder limited to MAX_PIXELS.

    Args:
        container: An opened film or stream.
        name: What to call it in an error.

    Returns:
        The stream that the file marks as its best; a cover picture of a song is none.

    Raises:
        BadInput: There is none, it is too large, or no decoder for it is installed.
    """
    from av.stream import Disposition  # lazy: see load_av

    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise BadInput(f"{name} has no moving pictures in it; choose another film.")
    stream = max(streams, key=lambda s: bool(s.disposition & Disposition.default))
    if stream.codec_context is None:
        raise BadInput(
            f"The pictures in {name} are coded in a way that the installed PyAV cannot decode; "
            "convert it to MP4 (H.264)."
        )
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise BadInput(
            f"{name} has {width} x {height} = {width * height / 1e6:.0f} megapixels; the most "
            f"that is read is {MAX_PIXELS // 1_000_000}. Make it smaller first."
        )
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return stream
