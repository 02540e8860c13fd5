"""Read the board in a file, whichever of the formats it has."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.sources.life.macrocell import read_macrocell
from dnnvis.sources.life.plain_text import (
    is_plain_text,
    read_life_105,
    read_life_106,
    read_plain_text,
)
from dnnvis.sources.life.record import BoardRecord, complete_size
from dnnvis.sources.life.rle import find_rle_header, is_bare_rle, read_rle

MAX_FILE_BYTES = 10_000_000
GLANCE_BYTES = 65_536  # what is read of a file to learn what it is
BOARD_SUFFIXES = {".rle", ".cells", ".lif", ".life", ".mc"}
GZIP_START = b"\x1f\x8b"


def read_board_file(path: str | Path) -> BoardRecord:
    """Read the board in a file: RLE, ``.cells``, Life 1.05 or 1.06, macrocell; gzip too.

    The content decides, not the suffix. Raises BadInput, which names the file, where it holds no
    board, one that is too large, or one of a rule that is unknown.
    """
    path = Path(path)
    try:
        content = _read_start(path, MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise BadInput(f"it is larger than {MAX_FILE_BYTES // 1_000_000} MB.")
        text = _decode(content)
        return choose_reader(text)(text)
    except BadInput as error:
        raise BadInput(f"{path} is no board that can be opened: {error}") from None


@dataclass(frozen=True)
class BoardSummary:
    """What is known of a file without reading much of it."""

    #: Rows and columns where the file names a bounded grid; else None.
    size: tuple[int, int] | None = None
    #: dead | periodic where the file names a bounded grid; else "".
    border: str = ""


def inspect_board_file(path: str | Path) -> BoardSummary:
    """Return what a file says of its grid, quickly whatever its size.

    A file of up to GLANCE_BYTES is read whole. Of a larger one the header is read, if it is in RLE
    format. Raises BadInput for what is noticed so, as ``read_board_file`` does.
    """
    path = Path(path)
    content = _read_start(path, GLANCE_BYTES + 1)
    if len(content) <= GLANCE_BYTES:
        record = read_board_file(path)
        rows, columns = record.cells.shape
        return BoardSummary((rows, columns), record.border) if record.border else BoardSummary()
    text = _decode(content)
    try:
        header = find_rle_header(text) if choose_reader(text) is read_rle else None
    except BadInput as error:
        raise BadInput(f"{path} is no board that can be opened: {error}") from None
    bound = None if header is None else header.file_rule.bound
    if header is None or bound is None:
        return BoardSummary()
    return BoardSummary(complete_size(bound, header.size), bound.border)


def is_board_file(path: str | Path) -> bool:
    """Return whether the file begins as one with a board does, or has the suffix of one."""
    path = Path(path)
    if has_board_suffix(path):
        return True
    try:
        text = _read_start(path, GLANCE_BYTES).decode("utf-8-sig")
    except (BadInput, ValueError):
        return False
    if text.startswith(("[M2]", "#Life 1.0")):
        return True
    try:
        return find_rle_header(text) is not None or (is_bare_rle(text) and "!" in text)
    except BadInput:
        return True  # one that will be refused in words


def has_board_suffix(path: Path) -> bool:
    """Return whether the name ends as a board's: ``.rle``, ``.mc.gz``."""
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return name.suffix.lower() in BOARD_SUFFIXES


def choose_reader(text: str) -> Callable[[str], BoardRecord]:
    """Return the reader of the format that ``text`` begins in; RLE where it is none of the rest."""
    start = text.lstrip()[:GLANCE_BYTES]
    if start.startswith("[M2]"):
        return read_macrocell
    if start.startswith("#Life 1.06"):
        return read_life_106
    if start.startswith("#Life 1.05"):
        return read_life_105
    if start.startswith("!") or is_plain_text(start):
        return read_plain_text
    return read_rle


def _read_start(path: Path, limit: int) -> bytes:
    """Return up to ``limit`` bytes of the unpacked file; raise BadInput where it is unreadable."""
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] != GZIP_START:
                return file.read(limit)
            with gzip.open(file) as unpacked:
                return unpacked.read(limit)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInput(f"{path} cannot be read: it is damaged or cut short.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None


def _decode(content: bytes) -> str:
    return content.decode("utf-8-sig", errors="replace")
