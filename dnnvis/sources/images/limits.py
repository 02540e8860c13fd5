"""Limit what one picture may cost: the same for files, archives, data sets and scans."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from dnnvis.core.errors import BadInput

MAX_PIXELS = 100_000_000
MAX_BYTES = 1 << 30  # of a file or a member of an archive, and of the values decoded from it
PIECE_BYTES = 1 << 22


def check_size(name: str, width: int, height: int, limit: int = MAX_PIXELS) -> None:
    """Raise BadInput where a picture has more than so many pixels: 100 megapixels."""
    if width * height > limit:
        raise BadInput(
            f"{name} has {width} x {height} = {width * height / 1e6:.0f} megapixels; the most "
            f"that is read is {limit // 1_000_000}. Make it smaller first."
        )


def check_values(name: str, shape: Sequence[int], itemsize: int) -> None:
    """Raise BadInput where an array of that shape takes more than MAX_BYTES."""
    size = math.prod(int(side) for side in shape) * itemsize
    if size > MAX_BYTES:
        raise BadInput(
            f"{name} holds {' x '.join(map(str, shape))} values, {size / 1e9:.1f} GB; the most "
            f"that is read at once is {MAX_BYTES / 1e9:.1f} GB. Cut it into smaller ones."
        )


def check_bytes(name: str, size: int) -> None:
    """Raise BadInput where a file, or a member of an archive, has more than MAX_BYTES."""
    if size > MAX_BYTES:
        raise BadInput(
            f"{name} has {size / 1e9:.1f} GB; the most that is read of one picture is "
            f"{MAX_BYTES / 1e9:.1f} GB."
        )


def read_file(path: Path) -> bytes:
    """Read a whole file; raise BadInput where it is missing, empty or too large."""
    if not path.is_file():
        raise BadInput(f"There is no file {path}; choose another picture.")
    try:
        with path.open("rb") as file:
            return read_limited(file, str(path))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def read_limited(file: BinaryIO, name: str) -> bytes:
    """Read what is left of ``file``; raise BadInput where that is nothing or too much."""
    pieces, size = [], 0
    while size <= MAX_BYTES and (piece := file.read(PIECE_BYTES)):  # one read takes memory for all
        pieces.append(piece)
        size += len(piece)
    data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if not data:
        raise BadInput(f"{name} is empty (0 bytes); get a whole copy of it.")
    check_bytes(name, len(data))
    return data
