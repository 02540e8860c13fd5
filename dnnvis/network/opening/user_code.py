"""Say in one sentence what went wrong in code that is not ours, and on which of its lines."""

import linecache
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dnnvis.core.errors import BadInput, DnnvisError, is_from_keyboard

MAX_MESSAGE_LETTERS = 400  # of an error; torch lists every weight of a network in some
NO_BACKWARD = "The network cannot be run backwards"
PACKAGE = Path(__file__).resolve().parents[2]
LIBRARIES = ("torch", "torchvision")  # their lines do not tell whose mistake it is

# What a message of torch means for whoever opens a network, and what to do.
ADVICE = (
    (
        r"to have \d+ channels, but got \d+ channels",
        "its pictures may have another number of channels (channels=, --channels)",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied|shape '\[.*\]' is invalid for input of size",
        "its pictures may have another size (size=, --size)",
    ),
    (r"out of memory", "choose smaller pictures (--size) or another device (--device)"),
    (r"not implemented for '(Half|BFloat16)'", "let the factory convert it with .float()"),
    (
        r"[Ee]xpected all tensors to be on the same device",
        "tensors that a module keeps belong into buffers (register_buffer), which move with it",
    ),
    (r"No module named", "install what it imports beside dnnvis"),
    (
        r"missing \d+ required (positional|keyword-only) argument",
        "write a function without arguments that fills them in",
    ),
)


class CodeLine(NamedTuple):
    """A line of somebody's file."""

    #: Path, short where it lies in an installed package or the working directory.
    path: str
    number: int
    #: The line itself, without spaces around it.
    text: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.number}"


@contextmanager
def translate_errors(context: str, kind: type[DnnvisError] = BadInput) -> Iterator[None]:
    """Turn whatever is raised within, SystemExit too, into one sentence.

    Our own errors and the user's Ctrl+C go through. The sentence is raised as an error of ``kind``
    and begins with ``context``.
    """
    try:
        yield
    except DnnvisError:
        raise
    except BaseException as error:
        if is_from_keyboard(error):
            raise
        raise kind(f"{context}: {describe_error(error)}.") from error


def describe_error(error: BaseException) -> str:
    """Return an error's type and message, the line of its own code, and what to do if known.

    An error without a message shows the line that raised it instead.
    """
    message, line = read_message(error), locate_error(error)
    if not message and line is not None:
        message = line.text
    text = type(error).__name__ + (f": {message}" if message else "")
    if line is not None:
        text += f" ({line})"
    advice = find_advice(message)
    return f"{text}; {advice}" if advice else text


def read_message(error: BaseException | None) -> str:
    """Return an error's message on one line, cut where it is endless; "" without one."""
    if error is None:
        return ""
    try:
        message = " ".join(str(error).split())
    except BaseException:  # its own __str__ may raise anything
        return ""
    if len(message) > MAX_MESSAGE_LETTERS:
        return message[:MAX_MESSAGE_LETTERS].rsplit(" ", 1)[0] + " ..."
    return message.removesuffix(".")


def find_advice(message: str) -> str:
    """Return what to do about a known message of torch or Python; "" for all others."""
    return next((advice for pattern, advice in ADVICE if re.search(pattern, message)), "")


def locate_error(error: BaseException) -> CodeLine | None:
    """Return the innermost line on the error's way that is neither ours nor a library's."""
    own = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if _is_users(path):
            own = path, number
    if own is None:
        return None
    return CodeLine(_shorten(Path(own[0])), own[1], linecache.getline(*own).strip())


def _is_users(path: str) -> bool:
    if path.startswith("<"):  # generated, or frozen into Python
        return False
    file = Path(path).resolve()
    if any(file.is_relative_to(folder) for folder in _library_folders()):
        return False
    is_installed = {"site-packages", "dist-packages"} & set(file.parts)
    return bool(is_installed) or not file.is_relative_to(sysconfig.get_paths()["stdlib"])


def _library_folders() -> Iterator[Path]:
    yield PACKAGE
    for name in LIBRARIES:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file:
            yield Path(file).resolve().parent


def _shorten(file: Path) -> str:
    for folder in ("site-packages", "dist-packages"):
        if folder in file.parts:
            return str(Path(*file.parts[file.parts.index(folder) + 1 :]))
    try:
        return str(file.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(file)
