"""Read the form of torch 0.1: a tar of storages, tensors that look at them, and a pickle."""

import io
import operator
import struct
import tarfile
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.inert_pickle import InertUnpickler, PickleError
from dnnvis.network.weights.tensors import Storage, StorageKind, storage_names, tensor_functions
from dnnvis.network.weights.tensors import view_storage as view

PARTS = ("storages", "tensors", "pickle")
MAX_ENTRIES = 1_000_000
MAX_DIMENSIONS = 64


def is_torch_tar(start: bytes) -> bool:
    """Return whether a file that begins with these bytes is a tar."""
    return start[257:262] == b"ustar"


def read_tar(file: BinaryIO, path: Path) -> tuple[Any, tuple[str, ...]]:
    """Read a file of torch 0.1.

    Args:
        file: The open file.
        path: Its path, for the messages.

    Returns:
        Its content, tensors as such, and the names that became inert objects.

    Raises:
        BadInput: It is broken or a tar of other files.
    """
    size = path.stat().st_size
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            parts = {name: _read_part(archive, name, size) for name in PARTS}
    except KeyError:
        raise BadInput(f"{path} is a tar file, but none of torch's; unpack it first.") from None
    except (tarfile.TarError, OSError, ValueError, EOFError):
        raise BadInput(f"{path} is a broken tar file.") from None
    try:
        return _Tar(parts).read()
    except (PickleError, struct.error, TypeError, ValueError, KeyError, AttributeError):
        raise BadInput(f"{path} is broken or no checkpoint of torch 0.1.") from None
    except BadInput as error:
        raise BadInput(f"{path} is broken or no checkpoint: {error}.") from None


def _read_part(archive: tarfile.TarFile, name: str, limit: int) -> io.BytesIO:
    info = archive.getmember(name)
    part = archive.extractfile(info)
    if part is None or info.size > limit or info.issparse():
        raise KeyError(name)
    return io.BytesIO(part.read())


class _Tar:
    """The three parts of a file while it is read."""

    def __init__(self, parts: dict[str, io.BytesIO]) -> None:
        self._parts = parts
        self._storages: dict[int, Storage] = {}
        self._tensors: dict[int, Tensor] = {}

    def read(self) -> tuple[Any, tuple[str, ...]]:
        self._read_storages(self._parts["storages"])
        self._read_tensors(self._parts["tensors"])
        functions = tensor_functions(lambda: None)
        unpickler = InertUnpickler(self._parts["pickle"], self._resolve, functions, storage_names())
        data = unpickler.read()
        return data, tuple(unpickler.unknown_names)

    def _resolve(self, pid: Any) -> Any:
        if isinstance(pid, tuple):
            return pid[0] if pid else None  # a class, with its source beside it
        key = int(pid)
        return self._tensors[key] if key in self._tensors else self._storages[key]

    def _read_storages(self, file: io.BytesIO) -> None:
        for _ in range(_count(file)):
            key, _, kind = _unpickle(file)
            if not isinstance(kind, StorageKind):
                raise PickleError("a storage of no number type")
            count = _numbers(file, 1)[0]
            content = file.read(_size(count * kind.dtype.itemsize, file))
            data = torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else _EMPTY
            self._storages[operator.index(key)] = Storage(data, kind.dtype)
        views = _unpickle(file)
        for key, root, offset, count in views if isinstance(views, list) else ():
            whole = self._storages[root]
            start = operator.index(offset) * whole.dtype.itemsize
            end = start + operator.index(count) * whole.dtype.itemsize
            if not 0 <= start <= end:
                raise PickleError("a part of a storage outside of it")
            self._storages[operator.index(key)] = Storage(whole.data[start:end], whole.dtype)

    def _read_tensors(self, file: io.BytesIO) -> None:
        for _ in range(_count(file)):
            key, storage, _ = _unpickle(file)
            (dimensions, _) = struct.unpack("<ii", file.read(8))
            if not 0 <= dimensions <= MAX_DIMENSIONS:
                raise PickleError("a tensor of too many axes")
            shape, stride = _numbers(file, dimensions), _numbers(file, dimensions)
            offset = _numbers(file, 1)[0]
            self._tensors[operator.index(key)] = view(
                self._storages[storage], offset, shape, stride
            )


_EMPTY = torch.empty(0, dtype=torch.uint8)


def _count(file: io.BytesIO) -> int:
    count = operator.index(_unpickle(file))
    if not 0 <= count <= MAX_ENTRIES:
        raise PickleError("more parts than any checkpoint has")
    return count


def _unpickle(file: io.BytesIO) -> Any:
    return InertUnpickler(file, None, None, storage_names()).read()


def _numbers(file: io.BytesIO, count: int) -> tuple[int, ...]:
    return struct.unpack(f"<{count}q", file.read(8 * count))


def _size(size: int, file: io.BytesIO) -> int:
    if not 0 <= size <= len(file.getbuffer()) - file.tell():
        raise PickleError("it is cut short")
    return size
