"""Read what torch.save wrote, in any of its forms, without running anything in it."""

import io
import operator
import struct
import threading
import zipfile
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.inert_pickle import InertUnpickler, PickleError
from dnnvis.network.weights.tensors import Storage, StorageKind, storage_names, tensor_functions

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
MIN_UNPACKED = 2 << 30  # bytes that unpacked weights may always have
MAX_PACKED_RATIO = 16  # by how much else the unpacked may be larger than the file
CHUNK = 1 << 22  # bytes
LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")


@dataclass(frozen=True)
class TorchFile:
    """What a file holds."""

    data: Any
    #: Names of classes that were not looked into.
    unknown_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    #: Whether it is TorchScript, of which the weights alone are read.
    is_program: bool = False


def read_torch(file: BinaryIO, path: Path) -> TorchFile:
    """Read a file of torch's, to the CPU.

    Args:
        file: The open file.
        path: Its path, for the messages.

    Returns:
        Its content, tensors as such, objects of unknown classes as inert ones.

    Raises:
        BadInput: It is broken, or none of torch's.
    """
    notes = _Notes()
    file.seek(0, io.SEEK_END)
    size = file.tell()
    is_zip = zipfile.is_zipfile(file)
    file.seek(0)
    reader = _Zip(file, path, size, notes) if is_zip else _Legacy(file, path, size, notes)
    try:
        data = reader.read()
    except BadInput as error:
        raise BadInput(f"{path} is broken or no checkpoint: {error}.") from None
    except (PickleError, EOFError) as error:
        raise BadInput(f"{path} is broken or no checkpoint: {error}.") from None
    finally:
        reader.close()
    unknown_names = tuple(reader.unknown_names)
    return TorchFile(data, unknown_names, notes.sentences(path), notes.is_program)


class _Notes:
    """What is odd about a file."""

    def __init__(self) -> None:
        self.quantized = 0
        self.is_program = False
        self.bad_sums: list[str] = []
        self.sums = 0

    def take_quantized(self) -> None:
        self.quantized += 1

    def sentences(self, path: Path) -> tuple[str, ...]:
        notes = []
        if self.is_program:
            notes.append(
                f"{path.name} is a TorchScript program; its weights were read by name, and none of "
                "its code ran."
            )
        if self.bad_sums and len(self.bad_sums) == self.sums > 1:
            notes.append(
                f"The checksums of {path.name} fit none of its weights: it was written without."
            )
        if self.quantized:
            notes.append(
                f"{self.quantized} of the tensors in {path.name} are quantized; they are read as "
                "float32, (number - zero point) x scale."
            )
        return tuple(notes)


def _unpickler(file: BinaryIO, load: Any, notes: _Notes) -> InertUnpickler:
    functions = tensor_functions(notes.take_quantized)
    return InertUnpickler(file, load, functions, storage_names())


class _Zip:
    """The form since torch 1.6: a zip with a pickle and a file for each storage."""

    def __init__(self, file: BinaryIO, path: Path, size: int, notes: _Notes) -> None:
        self._file, self._path, self._notes = file, path, notes
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise BadInput(f"{path} is a broken zip file; get a whole copy of it.") from None
        self._budget = max(MIN_UNPACKED, MAX_PACKED_RATIO * size)
        self._storages: dict[str, Storage] = {}
        self._sums = ThreadPoolExecutor(1, "dnnvis checksums")
        self._pending: list[tuple[str, int, Future[int]]] = []
        self._lock = threading.Lock()
        self.unknown_names: list[str] = []

    def read(self) -> Any:
        names = self._archive.namelist()
        self._notes.is_program = _is_program(names)
        pickles = [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
        self._root = pickles[0][: -len("data.pkl")]
        self._is_big = self._read_small("byteorder") == b"big"
        content = self._read_small("data.pkl")
        assert content is not None
        unpickler = _unpickler(io.BytesIO(content), self._load, self._notes)
        data = unpickler.read()
        self.unknown_names = unpickler.unknown_names
        self._check_sums()
        return data

    def close(self) -> None:
        self._sums.shutdown()
        self._archive.close()

    def _read_small(self, name: str) -> bytes | None:
        try:
            info = self._archive.getinfo(self._root + name)
        except KeyError:
            return None
        return _bytes_of(self._read_part(info)).tobytes()

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise BadInput("it unpacks to more than any checkpoint of its size")

    def _load(self, pid: Any) -> Storage:
        kind, key, count = _read_storage_id(pid)
        if key not in self._storages:
            data = self._read_data(key)
            if self._is_big and kind.dtype.itemsize > 1:
                data = _swap_bytes(data, kind.dtype)
            self._storages[key] = Storage(data, kind.dtype)
        storage = self._storages[key]
        if not kind.is_untyped and len(storage.data) < count * kind.dtype.itemsize:
            raise PickleError("a storage is cut short")
        return Storage(storage.data, kind.dtype)

    def _read_data(self, key: str) -> Tensor:
        name = f"{self._root}data/{key}"
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise BadInput(f"the weights {key} are missing") from None
        return self._read_part(info)

    def _read_part(self, info: zipfile.ZipInfo) -> Tensor:
        """Return the bytes of a part; its checksum is computed beside what follows."""
        self._spend(info.file_size)
        data = torch.empty(info.file_size, dtype=torch.uint8)
        view = _bytes_of(data)
        if info.compress_type == zipfile.ZIP_STORED:
            self._read_stored(info, view)
        else:
            self._read_packed(info, view)
        if len(view):
            name = info.filename.removeprefix(self._root)
            self._pending.append((name, info.CRC, self._sums.submit(zlib.crc32, view)))
        return data

    def _read_stored(self, info: zipfile.ZipInfo, view: memoryview) -> None:
        self._file.seek(info.header_offset)
        header = self._file.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise BadInput("its list of parts is damaged")
        *_, name_length, extra_length = LOCAL_HEADER.unpack(header)
        self._file.seek(name_length + extra_length, io.SEEK_CUR)
        done = 0
        while done < len(view):
            read = self._file.readinto(view[done:])  # type: ignore[attr-defined]
            if not read:
                raise BadInput("it is cut short")
            done += read

    def _read_packed(self, info: zipfile.ZipInfo, view: memoryview) -> None:
        done = 0
        try:
            with self._archive.open(info) as part:
                while done < len(view):
                    chunk = part.read(min(CHUNK, len(view) - done))
                    if not chunk:
                        raise BadInput("it is cut short")
                    view[done : done + len(chunk)] = chunk
                    done += len(chunk)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error):
            raise BadInput(f"its part {info.filename} is damaged") from None

    def _check_sums(self) -> None:
        notes = self._notes
        for key, expected, future in self._pending:
            notes.sums += 1
            if future.result() != expected:
                notes.bad_sums.append(key)
        if notes.bad_sums and not len(notes.bad_sums) == notes.sums > 1:
            listed = ", ".join(notes.bad_sums[:4])
            raise BadInput(
                f"it is damaged: the checksum of {len(notes.bad_sums)} of its {notes.sums} parts "
                f"is wrong ({listed}); get a whole copy of it"
            )


class _Legacy:
    """The form before torch 1.6: pickles one after the other, then the storages."""

    def __init__(self, file: BinaryIO, path: Path, size: int, notes: _Notes) -> None:
        self._file: Any = _Clamped(file, size)
        self._raw = file
        self._path, self._size, self._notes = path, size, notes
        self._storages: dict[str, tuple[StorageKind, Tensor]] = {}
        self._budget = 2 * size + (1 << 20)
        self.unknown_names: list[str] = []

    def read(self) -> Any:
        if InertUnpickler(self._file).read() != LEGACY_MAGIC:
            return self._read_bare()
        for _ in range(2):  # version, and facts of the machine
            InertUnpickler(self._file).read()
        start = self._raw.tell()
        _unpickler(self._file, self._load, _Notes()).read()  # what storages there are
        keys = InertUnpickler(self._file).read()
        if not isinstance(keys, list):
            raise PickleError("it lists no weights")
        for key in keys:
            self._fill(str(key))
        self._file.seek(start)
        unpickler = _unpickler(self._file, self._load, self._notes)
        data = unpickler.read()
        self.unknown_names = unpickler.unknown_names
        return data

    def close(self) -> None:
        """Do nothing: the file is the caller's."""

    def _read_bare(self) -> Any:
        self._file.seek(0)
        unpickler = _unpickler(self._file, None, self._notes)
        data = unpickler.read()
        self.unknown_names = unpickler.unknown_names
        return data

    def _load(self, pid: Any) -> Any:
        if isinstance(pid, tuple) and pid and pid[0] == "module":
            return pid[1] if len(pid) > 1 else None  # a class, with its source beside it
        kind, key, count = _read_storage_id(pid)
        view = pid[5] if len(pid) > 5 else None
        if key not in self._storages:
            size = count * kind.dtype.itemsize
            self._budget -= size
            if self._budget < 0:
                raise PickleError("it is cut short")
            self._storages[key] = (kind, torch.zeros(size, dtype=torch.uint8))
        data = self._storages[key][1]
        if view is not None:
            _, offset, length = view
            start = operator.index(offset) * kind.dtype.itemsize
            data = data[start : start + operator.index(length) * kind.dtype.itemsize]
        return Storage(data, kind.dtype)

    def _fill(self, key: str) -> None:
        if key not in self._storages:
            raise PickleError("it lists weights that it does not hold")
        kind, data = self._storages[key]
        count = int.from_bytes(self._file.read(8), "little")
        if count * kind.dtype.itemsize != len(data):
            raise PickleError("it is cut short or damaged")
        if self._file.readinto(_bytes_of(data)) != len(data):
            raise PickleError("it is cut short")


class _Clamped:
    """A file of which nobody can read more than it has."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.readline = file.seek, file.readline

    def read(self, size: int) -> bytes:
        return self._file.read(max(0, min(size, self._size - self._file.tell())))

    def readinto(self, view: memoryview) -> int:
        done = 0
        while done < len(view):
            read: int = self._file.readinto(view[done:])  # type: ignore[attr-defined]
            if not read:
                break
            done += read
        return done


def _read_storage_id(pid: Any) -> tuple[StorageKind, str, int]:
    """Return what a storage holds, its key, and the number of its elements."""
    if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
        raise PickleError("a reference to something outside")
    kind, key, count = pid[1], pid[2], operator.index(pid[4])
    if not isinstance(kind, StorageKind) or count < 0:
        raise PickleError("a storage of no number type")
    return kind, str(key), count


def _bytes_of(data: Tensor) -> memoryview:
    numbers: Any = data.numpy()
    return memoryview(numbers)


def _swap_bytes(data: Tensor, dtype: torch.dtype) -> Tensor:
    size = dtype.itemsize // (2 if dtype.is_complex else 1)
    return data.reshape(-1, size).flip(1).reshape(-1).contiguous()


def _is_program(names: list[str]) -> bool:
    """Return whether a zip with these members is TorchScript.

    Raises BadInput where it is none of torch's.
    """
    file_names = {name.rpartition("/")[2] for name in names}
    if "data.pkl" not in file_names:
        raise BadInput("it is a zip file, but none of torch's")
    return "constants.pkl" in file_names or any("/code/" in name for name in names)
