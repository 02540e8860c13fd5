"""Open data sets for scanning: pictures by number, from any thread."""

import hashlib
import os
import tarfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.film import Film
from dnnvis.sources.idx import find_idx, read_idx
from dnnvis.sources.opencv import opencv
from dnnvis.sources.parse import source_from_text
from dnnvis.sources.pictures import IMAGE_SUFFIXES, read_picture

Pixels = NDArray[np.uint8]
TEST_IMAGES = "t10k-images-idx3-ubyte"
TRAIN_IMAGES = "train-images-idx3-ubyte"
VIDEO_ORDER = "presentation"  # how frames are numbered; numbers of other orders are other frames


@dataclass(frozen=True)
class Origin:
    """Where a picture came from."""

    #: Its own file; "" where it is a part of another file.
    path: str = ""
    #: Size of the file in bytes.
    size: int = 0
    #: Time of change of the file in ns.
    time: int = 0
    #: Its class, or "".
    label: str = ""


class Dataset(Protocol):
    """Pictures by number."""

    #: Names the data for good.
    address: str
    kind: str
    #: Changes when the pictures do.
    mark: str
    #: Whether reading is only fast from the first to the last.
    in_order: bool
    #: How many pictures each of its files holds where these are training and test images, else ().
    parts: tuple[int, ...]

    def __len__(self) -> int: ...

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, C), from any thread; raise BadInput where it is broken."""
        ...

    def name(self, number: int) -> str:
        """Return the name of that picture."""
        ...

    def close(self) -> None:
        """Close its files."""
        ...


def open_data(path: str | Path, every: int = 1) -> Dataset:
    """Open the pictures in ``path``.

    It is a picture, a folder (a folder per class too), MNIST's idx files or the folder with them, a
    tar file or a folder inside one (``cifar10-jpg.tar/test``), or a video, of which each
    ``every``-th frame is taken. Raises BadInput where there is none.
    """
    path = Path(path).expanduser()
    _check_name(path.resolve())
    if every < 1:
        raise BadInput(f"Every {every}th frame makes no sense; give 1 or more.")
    archive = next((p for p in (path, *path.parents) if p.is_file()), None)
    if archive is None:
        data = _open_folder(path)
    elif tarfile.is_tarfile(archive):
        data = TarArchive(archive, path.relative_to(archive).as_posix())
    elif archive != path:
        raise BadInput(f"There is no {path}: {archive} is a file, but no tar file.")
    elif path.name in (TEST_IMAGES, TRAIN_IMAGES, f"{TEST_IMAGES}.gz", f"{TRAIN_IMAGES}.gz"):
        data = IdxImages(path, [path])
    elif source_from_text(str(path))[0] == "video":
        data = VideoFrames(path, every)
    else:
        data = ImageFolder(path, [path])
    if not len(data):
        data.close()
        raise BadInput(f"There is no picture in {path}; choose other data.")
    return data


def _open_folder(path: Path) -> Dataset:
    if not path.is_dir():
        raise BadInput(f"There is no file or folder {path}; choose other data.")
    idx_files = []
    for name in (TRAIN_IMAGES, TEST_IMAGES):
        try:
            idx_files.append(find_idx(path, name))
        except BadInput:
            continue
    return IdxImages(path, idx_files) if idx_files else ImageFolder(path, _list_pictures(path))


def _list_pictures(folder: Path) -> list[Path]:
    """List every picture below, by the order of names; hidden ones left out."""

    def raise_bad_input(error: OSError) -> None:
        raise BadInput(f"The folder {error.filename} cannot be read: {error.strerror}.") from error

    pictures = []
    for parent, subfolders, names in os.walk(folder, onerror=raise_bad_input):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        pictures += [Path(parent) / name for name in sorted(names) if _is_picture(name)]
    return pictures


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".")


def _digest(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


def _printable_path(path: Path) -> str:
    """Return the path as text that can be printed and stored, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "replace")


def _check_name(path: Path) -> None:
    """Raise BadInput for a name that the library could not store."""
    if _printable_path(path) != str(path):
        raise BadInput(f"The name {_printable_path(path)} is not valid UTF-8; rename it.")


def _stat(path: Path) -> tuple[int, int]:
    """Return size and time of change; raise BadInput where the file is gone."""
    try:
        state = path.stat()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    return state.st_size, state.st_mtime_ns


class ImageFolder:
    """Pictures that are files of their own; the folder's name is the class."""

    kind = "pictures"
    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path, files: list[Path]) -> None:
        self.address = str(path.resolve())
        self.mark = _digest(files)
        self._root = path
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def name(self, number: int) -> str:
        """Return the path of a picture."""
        return _printable_path(self._files[number])

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, 3) and its origin; raise BadInput where it is broken."""
        file = self._files[number]
        _check_name(file.resolve())
        pixels = read_picture(file)
        label = "" if self._root in (file, file.parent) else file.parent.name
        return pixels, Origin(str(file.resolve()), *_stat(file), label)

    def close(self) -> None:
        """Do nothing: no file stays open."""
        pass


class TarArchive:
    """Pictures in a plain tar file, or below a folder inside it."""

    kind = "tar"
    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path, inside: str = ".") -> None:
        self.address = str(path.resolve()) + ("" if inside == "." else f"/{inside}")
        self._members: list[tuple[str, int, int]] = []
        try:
            with tarfile.open(path, "r:") as tar:  # no compression: members lie there as they are
                for member in tar:
                    name = PurePosixPath(member.name)
                    if member.isfile() and _is_picture(name.name) and name.is_relative_to(inside):
                        self._members.append((str(name), member.offset_data, member.size))
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BadInput(
                f"{path} is not a whole, uncompressed tar file ({error}); unpack it, or make one."
            ) from None
        self._members.sort()
        self.mark = _digest(_stat(path))
        self._file = path.open("rb")
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._members)

    def name(self, number: int) -> str:
        """Return the name of a picture inside the archive."""
        return self._members[number][0]

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, 3), and its class; raise BadInput where it is broken."""
        name, start, size = self._members[number]
        with self._lock:
            self._file.seek(start)
            data = self._file.read(size)
        cv2 = opencv()
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        if image is None:
            raise BadInput(f"{name} is not a picture that can be read.")
        folder = PurePosixPath(name).parent.name
        return np.ascontiguousarray(image[:, :, ::-1]), Origin(label=folder)

    def close(self) -> None:
        """Close the archive."""
        self._file.close()


class IdxImages:
    """MNIST's images, training ones first, with their labels where these lie beside them."""

    kind = "idx"
    in_order = False

    def __init__(self, path: Path, files: list[Path]) -> None:
        self.address = str(path.resolve())
        self.mark = _digest(_stat(file) for file in files)
        parts = [read_idx(file) for file in files]
        if any(part.ndim != 3 for part in parts):
            raise BadInput(f"{path} holds no images: {[part.shape for part in parts]}.")
        self.parts: tuple[int, ...] = tuple(len(part) for part in parts)  # images of each file
        self._images = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self._labels = [
            label
            for file, part in zip(files, parts, strict=True)
            for label in _read_labels_beside(file, len(part))
        ]

    def __len__(self) -> int:
        return len(self._images)

    def name(self, number: int) -> str:
        """Return the name of an image."""
        return f"image {number}"

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Return an image uint8 (H, W, 1), and its label."""
        return self._images[number][:, :, None], Origin(label=self._labels[number])

    def close(self) -> None:
        """Do nothing: no file stays open."""
        pass


def _read_labels_beside(images: Path, count: int) -> list[str]:
    name = images.name.replace("images-idx3", "labels-idx1")
    file = images.with_name(name)
    if not file.is_file():
        return [""] * count
    labels = read_idx(file)
    if labels.shape != (count,):
        raise BadInput(f"{file} has {labels.shape} labels for {count} images.")
    return [str(label) for label in labels]


class VideoFrames:
    """Each ``every``-th frame of a video, in presentation order; fast only in order."""

    kind = "video"
    in_order = True
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path, every: int) -> None:
        self.path, self.every = path, every
        self.address = str(path.resolve()) + ("" if every == 1 else f" (every {every})")
        self.mark = _digest((*_stat(path), every, VIDEO_ORDER))
        self._film = Film(path)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(range(0, len(self._film), self.every))

    def name(self, number: int) -> str:
        """Return the name of a frame."""
        return f"frame {number * self.every}"

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Decode a frame uint8 (H, W, 3); raise BadInput where that fails."""
        with self._lock:
            return self._film.read(number * self.every), Origin()

    def close(self) -> None:
        """Close the video."""
        with self._lock:
            self._film.close()
