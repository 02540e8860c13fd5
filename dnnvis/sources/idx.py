"""Read MNIST's own file format."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.limits import MAX_BYTES

MAX_DIMENSIONS = 8  # images have 3, or 4 with colors
UINT8_MAGIC = b"\0\0\x08"  # the first bytes of an idx file of uint8


def find_idx(path: Path, name: str) -> Path:
    """Locate the file ``name``, gzipped or not, in ``path``, ``path/raw`` or ``path/MNIST/raw``.

    ``t10k-images.idx3-ubyte``, as some unpackers name it, is ``t10k-images-idx3-ubyte`` too.
    Raises BadInput where it is in none.
    """
    for folder in (path, path / "raw", path / "MNIST" / "raw"):
        for spelling in (name, name.replace("-idx", ".idx")):
            for file in (folder / spelling, folder / f"{spelling}.gz"):
                if file.is_file():
                    return file
    raise BadInput(f"{name} is not in {path}, its raw/ or its MNIST/raw/.")


def read_idx(path: Path) -> Any:
    """Read the uint8 array in an idx file, read-only.

    Raises BadInput where it is not whole, or of more than 1 GB unpacked (known from its header).
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _read_array(file, path)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error):
        raise BadInput(f"{path} cannot be read, or is cut short; get it again.") from None


def _read_array(file: BinaryIO, path: Path) -> Any:
    head = file.read(4)
    dimensions = head[3] if head[:3] == UINT8_MAGIC and len(head) > 3 else 0
    dimensions = dimensions if dimensions <= MAX_DIMENSIONS else 0
    shape = tuple(np.frombuffer(file.read(4 * dimensions).ljust(4 * dimensions, b"\0"), ">u4"))
    size = math.prod(int(side) for side in shape)
    if dimensions and size > MAX_BYTES:
        raise BadInput(
            f"{path} is to hold {size / 1e9:.1f} GB; the most that is read is "
            f"{MAX_BYTES / 1e9:.1f} GB."
        )
    data = file.read(size + 1) if dimensions else b""
    if not dimensions or len(data) != size:
        raise BadInput(f"{path} is not a whole idx file; get it again.")
    return np.frombuffer(data, np.uint8).reshape([int(side) for side in shape])
