"""Open CIFAR-10 and CIFAR-100 as they are given away: Python, binary and Matlab files."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.inert_pickle import read_plain
from dnnvis.sources.data.archives import TarArchive, is_archive
from dnnvis.sources.data.arrays import ArrayImages
from dnnvis.sources.images.limits import read_file

SIDE_PIXELS = 32
PICTURE_BYTES = 3 * SIDE_PIXELS * SIDE_PIXELS
BATCH_NAME = re.compile(r"(data_batch_\d+|test_batch|train|test)(\.bin|\.mat)?")
NAME_FILES = (
    "batches.meta",
    "meta",
    "batches.meta.txt",
    "fine_label_names.txt",
    "batches.meta.mat",
)
FOLDERS = {
    *("cifar-10-batches-py", "cifar-10-batches-bin", "cifar-10-batches-mat"),
    *("cifar-100-python", "cifar-100-binary", "cifar-100-matlab"),
}


class _Batch(NamedTuple):
    """One file's pictures (N, 32, 32, 3) and the numbers of their classes (N,)."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


class CifarImages(ArrayImages):
    """CIFAR's pictures, training ones first, with the names of their classes."""

    def __init__(self, path: Path) -> None:
        contents = dict(_read_contents(path))
        names = _read_class_names(contents, path)
        is_test = {file: "test" in file for file in contents if BATCH_NAME.fullmatch(file)}
        parts = [
            [
                _read_batch(file, contents[file], path)
                for file in sorted(is_test)
                if is_test[file] is part
            ]
            for part in (False, True)
        ]
        arrays = [np.concatenate([batch.pixels for batch in part]) for part in parts if part]
        numbers = [label for part in parts for batch in part for label in batch.labels.tolist()]
        if not arrays:
            raise BadInput(f"{path} holds none of CIFAR's batches; choose other data.")
        labels = [names[n] if n < len(names) else str(n) for n in numbers]
        files = [path] if path.is_file() else sorted(f for f in path.iterdir() if f.is_file())
        super().__init__(path, "cifar", arrays, labels, files)


def find_cifar(path: Path) -> Path | None:
    """Return the folder or packed file with CIFAR's batches that ``path`` stands for, or None."""
    if path.is_dir():
        if path.name in FOLDERS:
            return path
        return next((path / name for name in sorted(FOLDERS) if (path / name).is_dir()), None)
    is_packed = path.name.startswith(("cifar-10-", "cifar-100-")) and is_archive(path)
    return path if is_packed else None


def _read_contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the files that belong to CIFAR."""
    if path.is_file():
        archive = TarArchive(path)
        try:
            yield from archive.read_files(lambda name: _is_used(Path(name).name))
        finally:
            archive.close()
        return
    for file in path.iterdir():
        if _is_used(file.name) and file.is_file():
            yield file.name, read_file(file)


def _is_used(name: str) -> bool:
    return BATCH_NAME.fullmatch(name) is not None or name in NAME_FILES


def _read_batch(name: str, data: bytes, path: Path) -> _Batch:
    if name.endswith(".bin"):
        return _read_binary(name, data, path)
    values = (
        _read_matlab(data, path) if name.endswith(".mat") else read_plain(data, f"{path}/{name}")
    )
    by_name = _by_name(values)
    labels = by_name.get("fine_labels", by_name.get("labels", ()))
    pixels = by_name.get("data")
    try:
        numbers = np.asarray(labels, np.int64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise BadInput(f"{name} of {path} holds no numbers of classes; get it again.") from None
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise BadInput(f"{name} of {path} holds no pictures; get it again.")
    return _arrange(name, pixels, numbers, path)


def _read_binary(name: str, data: bytes, path: Path) -> _Batch:
    """Read rows of one label (CIFAR-10) or two (CIFAR-100: coarse, fine) and the pixels."""
    label_bytes = 1 if "batch" in name else 2
    if len(data) % (label_bytes + PICTURE_BYTES):
        raise BadInput(f"{name} of {path} is cut short; get it again.")
    rows = np.frombuffer(data, np.uint8).reshape(-1, label_bytes + PICTURE_BYTES)
    numbers = rows[:, label_bytes - 1].astype(np.int64)
    return _arrange(name, rows[:, label_bytes:], numbers, path)


def _arrange(name: str, rows: NDArray[Any], labels: NDArray[np.int64], path: Path) -> _Batch:
    if rows.ndim != 2 or rows.shape != (len(labels), PICTURE_BYTES):
        raise BadInput(f"{name} of {path} has {rows.shape} values for {len(labels)} labels.")
    return _Batch(rows.reshape(-1, 3, SIDE_PIXELS, SIDE_PIXELS).transpose(0, 2, 3, 1), labels)


def _read_matlab(data: bytes, path: Path) -> dict[Any, Any]:
    from scipy.io import loadmat  # lazy: costs start-up time

    try:
        return dict(loadmat(io.BytesIO(data)))
    except MemoryError:
        raise  # no fault of the file
    except Exception:
        raise BadInput(f"{path} has a Matlab file that is broken; get it again.") from None


def _read_class_names(contents: dict[str, bytes], path: Path) -> list[str]:
    for file in NAME_FILES:
        if file not in contents:
            continue
        if file.endswith(".txt"):
            return contents[file].decode("utf-8", "replace").split()
        is_matlab = file.endswith(".mat")
        values = (
            _read_matlab(contents[file], path) if is_matlab else read_plain(contents[file], file)
        )
        by_name = _by_name(values)
        names = by_name.get("fine_label_names", by_name.get("label_names", ()))
        if not isinstance(names, list | tuple | np.ndarray):
            raise BadInput(f"{file} of {path} holds no names of classes; get it again.")
        return [_to_text(name) for name in (np.ravel(names) if is_matlab else names)]
    return []


def _by_name(values: Any) -> dict[str, Any]:
    """Return a dictionary with texts as keys; an empty one for any other value."""
    pairs = values.items() if isinstance(values, dict) else ()
    return {_to_text(key): value for key, value in pairs}


def _to_text(value: Any) -> str:
    while isinstance(value, np.ndarray):
        value = value.reshape(-1)[0] if value.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
