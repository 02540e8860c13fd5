"""Allow one run at a time in a folder; a second one learns which run holds it."""

import errno
import os
import shlex
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dnnvis.core.address import remove_password
from dnnvis.core.errors import BadInput

LOCK = "lock"
HOLDER_BYTES = 1000  # read and written of the text that names the holder
ATTEMPTS = 100  # at a file that runs which end take away
LOCKED_BYTE = 1 << 20  # on Windows a locked byte cannot be read: one behind the text


@contextmanager
def run_lock(
    folder: Path,
    run: str = "run",
    advice: str = "wait until it ends, stop it, or name another folder",
) -> Iterator[None]:
    """Keep every other run, of this process or another, out of a folder.

    It is the system's own lock on the file ``lock`` in the folder: a killed run leaves none
    behind, only a file that the next run takes over. Its text names the holder.

    Args:
        folder: Created where it is missing. The holder may delete it, lock and all.
        run: What runs there, in the sentence that refuses a second one.
        advice: What its user can do.

    Raises:
        BadInput: Another run holds it, or the folder cannot be written.
    """
    path = folder / LOCK
    try:
        handle = open_locked(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from None
    if handle is None:
        raise BadInput(f"Another {run} is at work in {folder}{_read_holder(path)}; {advice}.")
    try:
        _write_text(handle, _describe_self())
        yield
    finally:
        _write_text(handle, "")
        os.close(handle)


def delete_run(folder: Path) -> None:
    """Remove all that runs left in a folder but the lock file, which the caller holds.

    Raises BadInput where a run is active in a folder within.
    """
    for part in folder.iterdir():
        if part.is_dir() and not part.is_symlink():
            with run_lock(part):
                delete_run(part)
            shutil.rmtree(part)
        elif part.name != LOCK:
            part.unlink()


def clear_run(folder: Path) -> None:
    """Remove all that runs left in a folder, where there is one, but the lock file.

    Raises BadInput where a run is active there, or in a folder within.
    """
    if folder.is_dir():
        with run_lock(folder):
            delete_run(folder)


def open_locked(path: Path) -> int | None:
    """Create a file where it is missing, and lock it.

    Returns:
        A handle that holds the lock until it is closed; None where another one does.

    Raises:
        OSError: The file cannot be written.
    """
    for _ in range(ATTEMPTS):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # a run that has just ended took the folder away
        if not _lock(handle):
            os.close(handle)
            return None
        if _is_at(handle, path):
            return handle
        os.close(handle)  # of a file that its holder deleted just before we had the lock
    raise OSError(errno.EBUSY, "it keeps being deleted")


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _lock(handle: int) -> bool:
    try:
        import fcntl  # lazy: not on Windows
    except ImportError:
        return _lock_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _lock_on_windows(handle: int) -> bool:
    import msvcrt  # lazy: on Windows alone

    os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True


def _describe_self() -> str:
    program, *arguments = sys.argv or [""]
    name = Path(program)
    command = name.parent.name if name.name == "__main__.py" else name.name
    command = shlex.join([command, *map(remove_password, arguments)])
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return f"process {os.getpid()} on {socket.gethostname()} since {since}: {command}"


def _write_text(handle: int, text: str) -> None:
    with suppress(OSError):  # a full disk must not keep a run from its work
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, text.encode(errors="replace")[:HOLDER_BYTES])


def _read_holder(path: Path) -> str:
    """Return `` (process 12 on host since ...: command)``, "" where it is not known."""
    try:
        with path.open("rb") as file:
            text = file.read(HOLDER_BYTES).decode(errors="replace")
    except OSError:
        return ""
    text = " ".join(text.split())
    return f" ({text})" if text.isprintable() and text else ""
