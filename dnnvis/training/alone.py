"""One run at a time in a folder of progress."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dnnvis.core.errors import BadInput

LOCK = "lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Within, no other process trains into ``folder``, which is made where it is missing. What
    holds it is the system's own lock on a file in it, so a killed run leaves none behind.

    Raises BadInput where another run is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT)
    try:
        if not _taken(handle):
            raise BadInput(
                f"Another run is at work in {folder}; wait until it ends, stop it, or name "
                "another folder."
            )
        yield
    finally:
        os.close(handle)


def forget(folder: Path) -> None:
    """Remove all that runs left in ``folder``. Raises BadInput where one is at work there."""
    if folder.is_dir():
        with alone(folder):
            for part in folder.iterdir():
                if part.is_dir():
                    forget(part)
                    shutil.rmtree(part)
                elif part.name != LOCK:
                    part.unlink()


def _taken(handle: int) -> bool:
    try:
        import fcntl  # lazy: not on Windows
    except ImportError:
        return _taken_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: nothing to ask
        return True
    return True


def _taken_on_windows(handle: int) -> bool:
    import msvcrt  # lazy: on Windows alone

    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
