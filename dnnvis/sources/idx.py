"""Read MNIST's own file format."""

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput

UINT8_MAGIC = b"\0\0\x08"  # the first bytes of an idx file of uint8


def find_idx(path: Path, name: str) -> Path:
    """Locate the file ``name``, gzipped or not, in ``path``, ``path/raw`` or ``path/MNIST/raw``.

    Raises BadInput where it is in none.
    """
    for folder in (path, path / "raw", path / "MNIST" / "raw"):
        for file in (folder / name, folder / f"{name}.gz"):
            if file.is_file():
                return file
    raise BadInput(f"{name} is not in {path}, its raw/ or its MNIST/raw/.")


def read_idx(path: Path) -> Any:
    """Read the uint8 array in an idx file, read-only; raise BadInput where it is not whole."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    dimensions = data[3] if data[:3] == UINT8_MAGIC and len(data) > 3 else 0
    start = 4 + 4 * dimensions
    shape = tuple(np.frombuffer(data[4:start].ljust(4 * dimensions, b"\0"), ">u4").tolist())
    if not dimensions or len(data) - start != int(np.prod(shape, dtype=object)):
        raise BadInput(f"{path} is not a whole idx file; get it again.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
