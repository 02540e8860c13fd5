"""Read the weights of what torch.export saved (``.pt2``), without its program."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.inert_pickle import PickleError
from dnnvis.network.weights.tensors import Storage, view_storage
from dnnvis.network.weights.torch_file import MAX_PACKED_RATIO, MIN_UNPACKED, read_torch

FORMAT_MEMBER, FORMAT = "archive_format", b"pt2"
WEIGHTS_FOLDER, WEIGHTS_LIST = "data/weights/", "model_weights_config.json"
OLD_PROGRAM, OLD_WEIGHTS = "serialized_exported_program.json", "serialized_state_dict.pt"
MAX_LIST_BYTES = 64 << 20
#: Numbers of types in torch's schema of programs.
DTYPES = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    9: torch.complex32,
    10: torch.complex64,
    11: torch.complex128,
    12: torch.bool,
    13: torch.bfloat16,
    28: torch.uint16,
    29: torch.float8_e4m3fn,
    30: torch.float8_e5m2,
    31: torch.float8_e4m3fnuz,
    32: torch.float8_e5m2fnuz,
}


def is_exported(names: list[str]) -> bool:
    """Return whether a zip file with these members is a program of torch.export."""
    return OLD_PROGRAM in names or any(name.endswith(f"/{FORMAT_MEMBER}") for name in names)


def read_exported(file: BinaryIO, path: Path) -> dict[str, Tensor]:
    """Return the weights of a program by name.

    Args:
        file: The open file.
        path: Its path, for the messages.

    Raises:
        BadInput: It is broken, or its weights are in a form that is not known.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if OLD_PROGRAM in archive.namelist():
                return _read_old(archive, path)
            return _Exported(archive, path).read()
    except (zipfile.BadZipFile, KeyError, TypeError, AttributeError, EOFError) as error:
        raise BadInput(f"{path} is a broken .pt2 file ({type(error).__name__}).") from None
    except (ValueError, RuntimeError, RecursionError, NotImplementedError, PickleError):
        raise BadInput(f"{path} is a broken .pt2 file.") from None


def _read_old(archive: zipfile.ZipFile, path: Path) -> dict[str, Tensor]:
    """Return the weights of a program as torch wrote it until 2.7."""
    content = _read_member(archive, OLD_WEIGHTS, path)
    data = read_torch(io.BytesIO(content), path).data
    return {str(k): v for k, v in data.items() if isinstance(v, Tensor)}


def _read_member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > max(MIN_UNPACKED, MAX_PACKED_RATIO * path.stat().st_size):
        raise BadInput(f"{path} unpacks to more than any checkpoint of its size.")
    return archive.read(info)


class _Exported:
    """The members of a program while they are read."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive, self._path = archive, path
        names = [n for n in archive.namelist() if n.endswith(f"/{FORMAT_MEMBER}")]
        self._root = names[0].removesuffix(FORMAT_MEMBER)
        self._storages: dict[str, Tensor] = {}
        self._budget = max(MIN_UNPACKED, MAX_PACKED_RATIO * path.stat().st_size)

    def read(self) -> dict[str, Tensor]:
        if self._read(FORMAT_MEMBER) != FORMAT:
            raise BadInput(f"{self._path} is a program of a form that dnnvis does not know.")
        if self._read("byteorder") != b"little":
            raise BadInput(f"{self._path} was written on a machine of another byte order.")
        name = f"{self._root}{WEIGHTS_FOLDER}{WEIGHTS_LIST}"
        if self._archive.getinfo(name).file_size > MAX_LIST_BYTES:
            raise BadInput(f"{self._path} lists more weights than any checkpoint.")
        listed = json.loads(self._archive.read(name))["config"]
        return {str(key): self._read_tensor(entry) for key, entry in listed.items()}

    def _read(self, name: str) -> bytes:
        info = self._archive.getinfo(self._root + name)
        self._budget -= info.file_size
        if self._budget < 0:
            raise BadInput(f"{self._path} unpacks to more than any checkpoint of its size.")
        return self._archive.read(info)

    def _read_tensor(self, entry: Mapping[str, Any]) -> Tensor:
        name = f"{WEIGHTS_FOLDER}{entry['path_name']}"
        if entry["use_pickle"]:
            value = read_torch(io.BytesIO(self._read(name)), self._path).data
            if not isinstance(value, Tensor):
                raise PickleError("no tensor")
            return value
        if name not in self._storages:
            content = bytearray(self._read(name))
            empty = torch.empty(0, dtype=torch.uint8)
            data = torch.frombuffer(content, dtype=torch.uint8) if content else empty
            self._storages[name] = data
        meta = entry["tensor_meta"]
        shape, stride = ([side["as_int"] for side in meta[key]] for key in ("sizes", "strides"))
        storage = Storage(self._storages[name], DTYPES[meta["dtype"]])
        return view_storage(storage, meta["storage_offset"]["as_int"], shape, stride)
