"""Open ``.npy`` and ``.npz`` files with pictures and their classes."""

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.data.arrays import ArrayImages
from dnnvis.sources.images.arrays import read_npy, read_npy_header, split_pictures
from dnnvis.sources.images.limits import check_size, check_values, read_file
from dnnvis.sources.images.notes import PictureNote

#: What arrays of pictures are called, and of their classes, with the part of the data.
IMAGE_NAME = re.compile(r"(x|images|imgs|data|pixels|arr_0)?[_-]?(train|val|test)?[_-]?(x|images)?")
LABEL_PREFIXES = ("y", "labels", "label", "targets", "target", "classes")
PART_ORDER = ("train", "", "val", "test")


def open_npy(path: Path) -> ArrayImages:
    """Open a ``.npy`` file as pictures; raise BadInput where it is none."""
    array = read_npy(read_file(path), str(path))
    pictures = split_pictures(array, str(path))
    check_size(str(path), *pictures.shape[2:0:-1])
    note = _describe_shape(array, pictures)
    return ArrayImages(path, "arrays", [pictures], [""] * len(pictures), [path], note)


def open_npz(path: Path) -> ArrayImages:
    """Open the arrays of pictures of a ``.npz`` file, training ones first, with their classes.

    Raises:
        BadInput: It is broken, too large, or holds no array of pictures.
    """
    arrays = _read_arrays(path)
    images = {name: a for name, a in arrays.items() if a.ndim in (3, 4) and _is_image_name(name)}
    images = images or {name: array for name, array in arrays.items() if array.ndim in (3, 4)}
    images = images or {name: array for name, array in arrays.items() if array.ndim == 2}
    if not images:
        raise BadInput(f"{path} holds no array of pictures, only {', '.join(arrays) or 'nothing'}.")
    names = sorted(images, key=lambda name: PART_ORDER.index(_part_of(name)))
    parts, labels = [], []
    for name in names:
        classes = _find_labels(arrays, name, len(images[name]))
        parts.append(split_pictures(images[name], f"{name} of {path}", len(classes)))
        labels += classes or [""] * len(parts[-1])
    note = _describe_shape(images[names[0]], parts[0])
    left_out = [name for name in arrays if arrays[name].ndim in (3, 4) and name not in images]
    if left_out:
        text = f"its arrays {', '.join(names)} are shown, {', '.join(left_out)} not"
        note = (*note, PictureNote("arrays", text))
    return ArrayImages(path, "arrays", parts, labels, [path], note)


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read every array of numbers, together within the limit of one."""
    arrays, total = {}, 0
    try:
        with zipfile.ZipFile(path) as file:
            for info in file.infolist():
                name = info.filename.removesuffix(".npy")
                with file.open(info) as member:
                    try:
                        shape, dtype = read_npy_header(member, f"{name} of {path}")  # type: ignore[arg-type]
                    except BadInput:
                        continue  # texts and objects beside the pictures
                total += info.file_size
                check_values(str(path), (total,), 1)
                check_values(f"{name} of {path}", shape, dtype.itemsize)
                with file.open(info) as member:
                    data = member.read(info.file_size)
                arrays[name] = read_npy(data, f"{name} of {path}")
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError):
        raise BadInput(f"{path} is no whole .npz file; get a whole copy of it.") from None
    return arrays


def _is_image_name(name: str) -> bool:
    return IMAGE_NAME.fullmatch(name.lower()) is not None


def _part_of(name: str) -> str:
    return next((part for part in ("train", "val", "test") if part in name.lower()), "")


def _find_labels(arrays: dict[str, NDArray[Any]], images: str, count: int) -> list[str]:
    """Return the classes of ``count`` pictures, of the same part of the data; [] for none."""
    for name, array in arrays.items():
        lower = name.lower()
        is_label = lower.startswith(LABEL_PREFIXES) or lower.endswith(LABEL_PREFIXES)
        values = array.reshape(-1) if array.size == count else array
        is_whole = values.shape == (count,) and values.dtype.kind in "biu"
        if name != images and is_label and _part_of(name) == _part_of(images) and is_whole:
            return [str(int(value)) for value in values]
    return []


def _describe_shape(array: NDArray[Any], pictures: NDArray[Any]) -> tuple[PictureNote, ...]:
    count, height, width, channels = pictures.shape
    text = (
        f"its shape {array.shape} is taken for {count} of {height} x {width} pixels with "
        f"{channels} channels"
    )
    return (PictureNote("shape", text),)
