"""Read files that a training may be writing over at the same time."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dnnvis.core.errors import BadInput


@contextmanager
def open_stable(path: Path) -> Iterator[BinaryIO]:
    """Open a file and guarantee that all that is read belongs to one state of it.

    Plain reads, no memory map: values in a map change when the file is written over, and
    reading them ends the process once the file is shorter. A file that is replaced (renamed
    over) meanwhile is read to its end as it was.

    Raises BadInput where the file changed before the block was left, also in place of the
    error that this led to; OSError where it cannot be opened.
    """
    with path.open("rb") as file:
        stamp = _stamp(file)
        try:
            yield file
        except Exception:
            _check_unchanged(path, file, stamp)
            raise
        _check_unchanged(path, file, stamp)


def read_stable(path: Path) -> bytes:
    """Return the content of one state of the file. Raises as ``open_stable``."""
    with open_stable(path) as file:
        return file.read()


def safetensors_metadata(content: bytes) -> dict[str, str]:
    """Return the text in the header of a safetensors file.

    Raises ValueError where it has no header.
    """
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    return dict(header.get("__metadata__") or {})


def _stamp(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _check_unchanged(path: Path, file: BinaryIO, stamp: tuple[int, int]) -> None:
    if _stamp(file) != stamp:
        raise BadInput(
            f"{path} changed while it was read; another program may be saving it. Open it again "
            "once it is written."
        ) from None
