"""List the pictures of a folder, and which class each belongs to."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.formats import IMAGE_SUFFIXES

#: Folders that say which part of the data is in them.
SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing", "trainval", "dev"}
#: Folders that say nothing.
CONTAINERS = {"images", "image", "imgs", "img", "jpegimages", "pictures", "photos"}
Parents = tuple[str, ...]
MAX_PADDED_DIGITS = 20  # of numbers in names that are compared as numbers
_DIGITS = re.compile(r"\d+")


def is_picture_name(name: str) -> bool:
    """Return whether a file of that name, without folders, is taken for a picture."""
    _, dot, suffix = name.rpartition(".")
    return f"{dot}{suffix}".lower() in IMAGE_SUFFIXES and not name.startswith(".")


def natural_key(name: str) -> tuple[str, str]:
    """Return a key by which ``frame2`` comes before ``frame10``."""
    return _DIGITS.sub(_pad, name), name


def _pad(digits: re.Match[str]) -> str:
    return digits[0].zfill(MAX_PADDED_DIGITS)


class PictureFiles(Sequence[Path]):
    """The paths of many pictures, few of which are made at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: list[str] = []
        self._parents: list[Parents] = []  # of each folder, below the root
        self._names: list[str] = []
        self._numbers: list[int] = []  # of each picture, its folder's

    def add(self, folder: str, parents: Parents, names: Sequence[str]) -> None:
        """Add the pictures ``names`` of a folder that lies below ``parents``."""
        if names:
            self._numbers += [len(self._folders)] * len(names)
            self._folders.append(folder)
            self._parents.append(parents)
            self._names += names

    @property
    def folders(self) -> Sequence[Parents]:
        """Return every folder with pictures, as the names of folders from the root on."""
        return self._parents

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> list[Path]: ...

    def __getitem__(self, index: int | slice) -> Path | list[Path]:
        if isinstance(index, slice):
            return [self[k] for k in range(len(self))[index]]
        return Path(self._folders[self._numbers[index]], self._names[index])

    def parents(self, index: int) -> Parents:
        """Return the folders between the root and a picture, outermost first."""
        return self._parents[self._numbers[index]]

    def texts(self) -> Iterator[str]:
        """Yield every path as text."""
        for number, name in zip(self._numbers, self._names, strict=True):
            yield os.path.join(self._folders[number], name)


def list_pictures(path: Path) -> PictureFiles:
    """List every picture in a folder and below, or the single one that ``path`` is.

    A folder's own come first, by natural order; hidden ones are left out. Raises BadInput where a
    folder cannot be read.
    """
    files = PictureFiles(path)
    if not path.is_dir():
        files.add(str(path.parent), (), [path.name])
        return files

    def raise_bad_input(error: OSError) -> None:
        raise BadInput(f"The folder {error.filename} cannot be read: {error.strerror}.") from error

    for parent, subfolders, names in os.walk(path, onerror=raise_bad_input):
        shown = (name for name in subfolders if not name.startswith("."))
        subfolders[:] = sorted(shown, key=natural_key)
        own = sorted(filter(is_picture_name, names), key=natural_key)
        files.add(parent, Path(parent).relative_to(path).parts, own)
    return files


def class_finder(parents: Iterable[Parents]) -> Callable[[Parents], str]:
    """Return a function from the folders above a picture to its class, or "".

    The class is the innermost folder that neither only holds (``images``) nor splits the data
    (``train``). A folder ``train`` beside folders of classes is a class of its own.

    Args:
        parents: The folders above each picture of the data, outermost first.
    """
    folders = {parts[:depth] for parts in set(parents) for depth in range(1, len(parts) + 1)}
    siblings: dict[Parents, set[str]] = {}
    for folder in folders:
        siblings.setdefault(folder[:-1], set()).add(folder[-1].lower())
    labels: dict[Parents, str] = {}

    def find_class(parts: Parents) -> str:
        if parts not in labels:
            labels[parts] = _find_class(parts, siblings)
        return labels[parts]

    return find_class


def _find_class(parts: Parents, siblings: dict[Parents, set[str]]) -> str:
    inner = list(parts)
    while inner and inner[-1].lower() in CONTAINERS:
        inner.pop()
    if not inner:
        return ""
    if inner[-1].lower() not in SPLITS:
        return inner[-1]
    beside = siblings.get(tuple(inner[:-1]), set())
    is_split = beside <= SPLITS | CONTAINERS and not SPLITS & {name.lower() for name in inner[:-1]}
    return "" if is_split else inner[-1]


def member_parents(name: str, inside: str = ".") -> Parents:
    """Return the folders above a member of an archive, below the folder ``inside``."""
    parts = tuple(name.split("/")[:-1])
    return parts if inside == "." else parts[len(inside.split("/")) :]
