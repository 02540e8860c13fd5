"""List the pictures of a folder, and which class each belongs to."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.formats import IMAGE_SUFFIXES

#: Folders that say which part of the data is in them.
SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing", "trainval", "dev"}
#: Folders that say nothing.
CONTAINERS = {"images", "image", "imgs", "img", "jpegimages", "pictures", "photos"}
Parents = tuple[str, ...]


def is_picture_name(name: str) -> bool:
    """Return whether a file of that name, without folders, is taken for a picture."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES and not name.startswith(".")


def natural_key(name: str) -> tuple[tuple[str, int, str], ...]:
    """Return a key by which ``frame2`` comes before ``frame10``."""
    parts = re.split(r"(\d+)", name)
    pairs = zip(parts[::2], [*parts[1::2], ""], strict=True)
    return tuple((text, int(digits or -1), digits) for text, digits in pairs)


def list_pictures(folder: Path) -> list[Path]:
    """List every picture below, a folder's own first, by natural order; hidden ones left out.

    Raises BadInput where a folder cannot be read.
    """

    def raise_bad_input(error: OSError) -> None:
        raise BadInput(f"The folder {error.filename} cannot be read: {error.strerror}.") from error

    pictures = []
    for parent, subfolders, names in os.walk(folder, onerror=raise_bad_input):
        shown = (name for name in subfolders if not name.startswith("."))
        subfolders[:] = sorted(shown, key=natural_key)
        own = sorted(filter(is_picture_name, names), key=natural_key)
        pictures += [Path(parent, name) for name in own]
    return pictures


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


def relative_parents(path: Path, root: Path) -> Parents:
    """Return the folders between ``root`` and a file, outermost first; none where it is root."""
    return () if path == root else path.relative_to(root).parts[:-1]


def member_parents(name: str, inside: str = ".") -> Parents:
    """Return the folders above a member of an archive, below the folder ``inside``."""
    parts = PurePosixPath(name).parts[:-1]
    return parts[len(PurePosixPath(inside).parts) :] if inside != "." else parts
