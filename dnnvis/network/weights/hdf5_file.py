"""Read the arrays of an HDF5 file, in a process that may crash or hang without harm."""

import io
import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput

CHILD = Path(__file__).with_name("hdf5_child.py")
MIN_UNPACKED = 2 << 30  # bytes that unpacked weights may always have
MAX_PACKED_RATIO = 16  # by how much else the unpacked may be larger than the file
MIN_SECONDS = 20.0  # that a process has to begin and to read
MIN_BYTES_PER_SECOND = 10e6
BROKEN = "is a broken HDF5 file"


@dataclass(frozen=True)
class Hdf5File:
    """What a file holds."""

    #: Paths -> numbers, as they lie there.
    arrays: dict[str, Tensor] = field(repr=False)
    #: Paths of groups -> the texts beside them; "" for the file's own.
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)


def read_hdf5(file: BinaryIO, path: Path) -> Hdf5File:
    """Read all arrays of numbers and the texts beside them.

    Args:
        file: The open file, which the operating system knows.
        path: Its path, for the messages.

    Raises:
        BadInput: It is broken, links to other files or is beyond all measure; or h5py is missing.
    """
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    budget = max(MIN_UNPACKED, MAX_PACKED_RATIO * size)
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(CHILD), str(budget)],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=MIN_SECONDS + size / MIN_BYTES_PER_SECOND,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        raise BadInput(f"{path} {BROKEN}: it cannot be read in any reasonable time.") from None
    if done.returncode:
        raise BadInput(f"{path} {BROKEN}.")
    return _read_output(done.stdout, path)


def _read_output(output: bytes, path: Path) -> Hdf5File:
    start = 8 + int.from_bytes(output[:8], "little")
    header: dict[str, Any] = json.loads(output[8:start])
    if header.get("missing"):
        raise BadInput(
            f"{path} is an HDF5 file, as Keras writes them; install h5py to open it: "
            "pip install 'dnnvis[keras]'."
        )
    if "error" in header:
        raise BadInput(f"{path} is not read: {header['error']}.")
    arrays: dict[str, Tensor] = {}
    for described in header["arrays"]:
        value, start = _read_array(output, start, described)
        arrays[described["path"]] = value
    return Hdf5File(arrays, header["groups"])


def _read_array(output: bytes, start: int, described: Mapping[str, Any]) -> tuple[Tensor, int]:
    dtype = np.dtype(described["dtype"])
    count = math.prod(described["shape"])
    end = start + count * dtype.itemsize
    values = np.frombuffer(output[start:end], dtype).astype(dtype.newbyteorder("="))
    tensor = torch.from_numpy(values.reshape(described["shape"]))
    if described.get("dtype_name") == "bfloat16" and tensor.dtype == torch.uint16:
        tensor = tensor.view(torch.bfloat16)
    return tensor, end
