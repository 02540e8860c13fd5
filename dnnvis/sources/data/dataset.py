"""Define what every data set is."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.notes import PictureNote
from dnnvis.sources.images.version import DECODER_VERSION

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Origin:
    """Where a picture came from."""

    #: Its own file; "" where it is a part of another file.
    path: str = ""
    #: Size of the file in bytes.
    size: int = 0
    #: Time of change of the file in ns.
    time: int = 0
    #: Its class, or "".
    label: str = ""
    #: What was assumed when it was decoded.
    notes: tuple[PictureNote, ...] = ()


class Dataset(Protocol):
    """Pictures by number."""

    #: Names the data for good.
    address: str
    kind: str
    #: Changes when the pictures do.
    mark: str
    #: Whether reading is only fast from the first to the last.
    in_order: bool
    #: How many pictures each of its files holds where these are training and test images, else ().
    parts: tuple[int, ...]

    def __len__(self) -> int: ...

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, C), from any thread; raise BadInput where it is broken."""
        ...

    def name(self, number: int) -> str:
        """Return the name of that picture."""
        ...

    def close(self) -> None:
        """Close its files."""
        ...


def compute_mark(parts: Iterable[Any]) -> str:
    """Return a mark that changes with any of ``parts``, and when pictures are decoded otherwise."""
    return digest((f"decoder {DECODER_VERSION}", *parts))


def digest(parts: Iterable[Any]) -> str:
    """Return 32 hexadecimal digits that change with any of ``parts``."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(f"{part}\n".encode(errors="surrogateescape"))
    return sha.hexdigest()[:32]


def printable_path(path: Path) -> str:
    """Return the path as text that can be printed and stored, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "replace")


def check_name(path: Path) -> None:
    """Raise BadInput for a name that the library could not store."""
    if printable_path(path) != str(path):
        raise BadInput(f"The name {printable_path(path)} is not valid UTF-8; rename it.")


def read_stat(path: Path) -> tuple[int, int]:
    """Return size and time of change; raise BadInput where the file is gone."""
    try:
        state = path.stat()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    return state.st_size, state.st_mtime_ns
