"""Read files that others may be writing at the same time, and write files whole or not at all."""

import errno
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dnnvis.core.errors import BadInput
from dnnvis.core.run_lock import open_locked

_HAS_RENAMES_OF_OPEN_FILES = os.name == "posix"


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


@contextmanager
def replace_file(path: Path, *, create_folder: bool = True) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; what was written is then renamed to ``path``.

    At every moment the whole file lies there, the old one or the new one, also where the process
    is killed, the disk is full, or two processes write at once: the one that ends last wins. The
    folder is created where it is missing, unless a user named it who may have mistyped it
    (``create_folder`` False); nothing is left beside the file but after a kill, and
    the next writer takes that over.

    Raises BadInput where the file cannot be written.
    """
    path = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    _check_target(path, create_folder)
    if path.exists() and not path.is_file():  # a device or a pipe, which nothing can replace
        yield path
        return
    temporary, handle = path.with_name(f"{path.name}.new"), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if _HAS_RENAMES_OF_OPEN_FILES:
            handle = open_locked(temporary)
        if handle is None:  # somebody else writes there now
            temporary = path.with_name(f"{path.name}.new{os.getpid()}-{threading.get_ident()}")
        yield temporary
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise BadInput(f"{path} cannot be written: {_describe_error(error)}.") from None
        raise
    finally:
        if handle is not None:
            os.close(handle)


def _check_target(path: Path, create_folder: bool) -> None:
    if path.is_dir():
        raise BadInput(f"{path} cannot be written: it is a folder.")
    if not create_folder and not path.parent.is_dir():
        raise BadInput(f"{path} cannot be written: there is no folder {path.parent}.")


def write_whole(path: Path, content: bytes | str, *, create_folder: bool = True) -> None:
    """Write a file whole or not at all, a text as UTF-8. Raises as ``replace_file``."""
    with replace_file(path, create_folder=create_folder) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def _describe_error(error: OSError) -> str:
    full = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
    if error.errno in full:
        return "the disk or a limit is full, what was there stays; make room and try again"
    return (error.strerror or "it failed").lower()


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
