"""List the pictures of a folder, and which class each belongs to."""

import bisect
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, overload

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.dicom import is_dicom
from dnnvis.sources.images.formats import IMAGE_SUFFIXES

#: Folders that say which part of the data is in them.
SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing", "trainval", "dev"}
#: Folders that say nothing.
CONTAINERS = {"images", "image", "imgs", "img", "jpegimages", "pictures", "photos"}
Parents = tuple[str, ...]
MAX_PADDED_DIGITS = 20  # of numbers in names that are compared as numbers
DICOM_INDEX = "DICOMDIR"  # a list of the files beside it
_NO_SUFFIX = re.compile(r"[^.]+|[^.].*\.[0-9]+")  # also 1.2.840.113619
_DIGITS = re.compile(r"\d+")
_START = re.compile(r"([^0-9]*)0*([0-9]*)")  # of a name: text, and a number without its zeros


def is_picture_name(name: str) -> bool:
    """Return whether a file of that name, without folders, is taken for a picture."""
    return name[name.rfind(".") :].lower() in IMAGE_SUFFIXES and not name.startswith(".")


def filter_picture_names(folder: str, names: list[str]) -> list[str]:
    """Return the names of pictures among those of a folder's files.

    Scanners write DICOM files without a suffix: files of such names are looked into.
    """
    endings = {ending.lower() for ending in set(map(itemgetter(slice(-4, None)), names))}
    if endings <= IMAGE_SUFFIXES and "." not in set(map(itemgetter(0), names)):
        return names  # all of them, in a fifth of the time
    return [name for name in names if is_picture_name(name) or _is_bare_dicom(folder, name)]


def _is_bare_dicom(folder: str, name: str) -> bool:
    has_suffix = _NO_SUFFIX.fullmatch(name) is None
    return not has_suffix and name != DICOM_INDEX and is_dicom(os.path.join(folder, name))


def natural_key(name: str) -> tuple[str, str]:
    """Return a key by which ``frame2`` comes before ``frame10``."""
    return _DIGITS.sub(_pad, name), name


def _pad(digits: re.Match[str]) -> str:
    return digits[0].zfill(MAX_PADDED_DIGITS)


def find_first_name(names: Sequence[str]) -> str:
    """Return the first of ``names`` in natural order, with the key of few of them computed.

    It begins as the first in plain order does, up to a number of no more digits than there: any
    other name comes later in both orders. ``names`` holds at least one.
    """
    match = _START.match(min(names))
    if match is None or len(match[2]) > MAX_PADDED_DIGITS or not "".join(names).isascii():
        return min(names, key=natural_key)
    text, digits = match.groups()
    near = re.compile(rf"{re.escape(text)}0*[0-9]{{0,{len(digits)}}}(?![0-9])")
    return min(filter(near.match, names), key=natural_key)


class ListedFolder(NamedTuple):
    """The pictures of one folder, in no order."""

    #: Its path.
    path: str
    #: The folders between the root and its content, outermost first.
    parents: Parents
    #: Names of its pictures, at least one.
    names: list[str]


class PictureFiles(Sequence[Path]):
    """The paths of many pictures: few are made at a time, and folders are listed when needed."""

    def __init__(self, root: Path, folders: Iterable[ListedFolder] = ()) -> None:
        self.root = root
        self._rest = iter(folders)
        self._folders: list[ListedFolder] = []
        self._ends: list[int] = []  # number of pictures up to the end of each folder
        self._is_sorted: list[bool] = []

    def holds(self, index: int) -> bool:
        """Return whether there is a picture number ``index``, listing no more than that takes."""
        while not self._ends or self._ends[-1] <= index:
            folder = next(self._rest, None)
            if folder is None:
                return False
            self._folders.append(folder)
            self._ends.append((self._ends[-1] if self._ends else 0) + len(folder.names))
            self._is_sorted.append(False)
        return index >= 0

    def iterate_folders(self) -> Iterator[Parents]:
        """Yield every folder with pictures, as the names of folders from the root on."""
        len(self)
        for folder in self._folders:
            yield folder.parents

    def __len__(self) -> int:
        self.holds(sys.maxsize)
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> list[Path]: ...

    def __getitem__(self, index: int | slice) -> Path | list[Path]:
        if isinstance(index, slice):
            return [self[k] for k in range(len(self))[index]]
        at, inside = self._locate(index)
        folder = self._folders[at]
        if inside == 0 and not self._is_sorted[at]:
            return Path(folder.path, find_first_name(folder.names))
        return Path(folder.path, self._sorted_names(at)[inside])

    def parents(self, index: int) -> Parents:
        """Return the folders between the root and a picture, outermost first."""
        return self._folders[self._locate(index)[0]].parents

    def texts(self) -> Iterator[str]:
        """Yield every path as text."""
        len(self)
        for at, folder in enumerate(self._folders):
            for name in self._sorted_names(at):
                yield os.path.join(folder.path, name)

    def _locate(self, index: int) -> tuple[int, int]:
        """Return the number of a picture's folder, and the picture's in it."""
        index = index if index >= 0 else len(self) + index
        if not self.holds(index):
            raise IndexError(f"there is no picture number {index}")
        at = bisect.bisect_right(self._ends, index)
        return at, index - (self._ends[at - 1] if at else 0)

    def _sorted_names(self, at: int) -> list[str]:
        folder = self._folders[at]
        if not self._is_sorted[at]:  # a new list: another thread may be reading this one
            self._folders[at] = folder._replace(names=sorted(folder.names, key=natural_key))
            self._is_sorted[at] = True
        return self._folders[at].names


def list_pictures(
    path: Path, on_problem: Callable[[str], None] | None = None, *, lazily: bool = False
) -> PictureFiles:
    """List every picture in a folder and below, or the single one that ``path`` is.

    A folder's own come first, by natural order; hidden ones are left out.

    Args:
        path: The folder, or the picture.
        on_problem: Receives a sentence for each folder below that cannot be read and is left out;
            None: such a folder is an error.
        lazily: List folders only when a picture in them is asked for, or their number.

    Returns:
        The pictures.

    Raises:
        BadInput: The folder cannot be read.
    """
    if not path.is_dir():
        return PictureFiles(path, [ListedFolder(str(path.parent), (), [path.name])])
    files = PictureFiles(path, _walk(path, on_problem))
    if not lazily:
        for _ in files.texts():  # sorted: several threads will read
            pass
    return files


def _walk(path: Path, on_problem: Callable[[str], None] | None) -> Iterator[ListedFolder]:
    def handle_error(error: OSError) -> None:
        sentence = f"The folder {error.filename} cannot be read: {error.strerror}"
        if on_problem is None or error.filename == str(path):
            raise BadInput(f"{sentence}.") from error
        on_problem(f"{sentence}; its pictures are left out.")

    start = len(path.parts)
    for parent, subfolders, names in os.walk(path, onerror=handle_error):
        shown = (name for name in subfolders if not name.startswith("."))
        subfolders[:] = sorted(shown, key=natural_key)
        if own := filter_picture_names(parent, names):
            yield ListedFolder(parent, Path(parent).parts[start:], own)


def class_finder(parents: Iterable[Parents]) -> Callable[[Parents], str]:
    """Return a function from the folders above a picture to its class, or "".

    The class is the innermost folder that neither only holds (``images``) nor splits the data
    (``train``). A folder ``train`` beside folders of classes is a class of its own.

    Args:
        parents: The folders above each picture of the data, outermost first; gone through when
            the first folder needs to be compared with those beside it.
    """
    siblings: dict[Parents, set[str]] = {}
    labels: dict[Parents, str] = {}
    lock = threading.Lock()

    def find_class(parts: Parents) -> str:
        if parts not in labels:
            inner = _strip_containers(parts)
            if not inner or inner[-1].lower() not in SPLITS:
                labels[parts] = inner[-1] if inner else ""
                return labels[parts]
            with lock:
                if not siblings:
                    siblings.update(_group_siblings(parents))
            labels[parts] = _find_class(inner, siblings)
        return labels[parts]

    return find_class


def _strip_containers(parts: Parents) -> Parents:
    inner = list(parts)
    while inner and inner[-1].lower() in CONTAINERS:
        inner.pop()
    return tuple(inner)


def _group_siblings(parents: Iterable[Parents]) -> dict[Parents, set[str]]:
    """Return the names of the folders in each folder, in lower case."""
    folders = {parts[:depth] for parts in set(parents) for depth in range(1, len(parts) + 1)}
    siblings: dict[Parents, set[str]] = {}
    for folder in folders:
        siblings.setdefault(folder[:-1], set()).add(folder[-1].lower())
    return siblings


def _find_class(inner: Parents, siblings: dict[Parents, set[str]]) -> str:
    """Return the class that a folder named like a part of the data is, or ""."""
    beside = siblings.get(inner[:-1], set())
    is_split = beside <= SPLITS | CONTAINERS and not SPLITS & {name.lower() for name in inner[:-1]}
    return "" if is_split else inner[-1]


def member_parents(name: str, inside: str = ".") -> Parents:
    """Return the folders above a member of an archive, below the folder ``inside``."""
    parts = tuple(name.split("/")[:-1])
    return parts if inside == "." else parts[len(inside.split("/")) :]
