"""Films whose frames say their number, at any times, and a reader of that number."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SIZE = (160, 96)
BITS = 12
TIME_BASE = Fraction(1, 30_000)


def draw_number(number: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Draw a number as twelve black or white blocks, the lowest bit at the left."""
    width, height = size
    pixels = np.full((height, width, 3), 96, np.uint8)
    for bit in range(BITS):
        pixels[8:24, 4 + 12 * bit : 15 + 12 * bit] = 255 if number >> bit & 1 else 0
    return pixels


def read_number(pixels: NDArray[np.uint8]) -> int:
    """Read the number out of the picture."""
    return sum(int(pixels[16, 9 + 12 * bit].mean() > 128) << bit for bit in range(BITS))


def variable_times(count: int, seed: int = 0) -> list[float]:
    """Return times that begin at 0 and advance by 1/30 s to 1/10 s, in spells as phones do."""
    rng = np.random.default_rng(seed)
    spells = rng.choice([1 / 30, 1 / 20, 1 / 15, 1 / 10], -(-count // 40))
    steps = np.repeat(spells, 40)[: count - 1]
    return [0.0, *np.cumsum(steps).tolist()]


def write_film(
    path: Path,
    times: Sequence[float],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = SIZE,
    rotation: int = 0,
    aspect: Fraction = Fraction(1),
    pictures: Sequence[NDArray[np.uint8]] | None = None,
    time_base: Fraction = TIME_BASE,
    container_options: dict[str, str] | None = None,
    **options: str,
) -> Path:
    """Write a film whose frame k, shown at ``times[k]``, says k or is ``pictures[k]``."""
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=30, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = stream.time_base = time_base
        stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        for number, time in enumerate(times):
            pixels = draw_number(number, size) if pictures is None else pictures[number]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = round(time / time_base), time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def blank_frames(path: Path, numbers: Sequence[int]) -> None:
    """Overwrite the data of some frames of an MJPEG film in Matroska with zeros."""
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux() if packet.size]
    data = bytearray(path.read_bytes())
    for number in numbers:
        position, size = packets[number]
        start = data.index(b"\xff\xd8", position)
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
