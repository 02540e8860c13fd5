"""Open data sets for scanning: pictures by number, from any thread."""

import threading
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.sources.animation import open_moving_picture
from dnnvis.sources.data.archives import TarArchive as TarArchive  # others import these from here
from dnnvis.sources.data.dataset import Dataset as Dataset
from dnnvis.sources.data.dataset import Origin as Origin
from dnnvis.sources.data.dataset import Pixels as Pixels
from dnnvis.sources.data.dataset import check_name, compute_mark, printable_path, read_stat
from dnnvis.sources.data.folders import class_finder, list_pictures
from dnnvis.sources.data.layouts import find_archive, find_layout
from dnnvis.sources.data.mnist import IdxImages as IdxImages
from dnnvis.sources.image_files import read_with_notes
from dnnvis.sources.parse import source_from_text

VIDEO_ORDER = "presentation"  # how frames are numbered; numbers of other orders are other frames


def open_data(path: str | Path, every: int = 1) -> Dataset:
    """Open the pictures in ``path``.

    It is a picture, a folder (a folder per class too, at any depth), a tar or zip file or a folder
    inside one (``cifar10-jpg.tar/test``), a folder of such files, MNIST's idx files, CIFAR's
    batches, NumPy arrays, parquet tables, a TIFF file of several pages, or a video, of which each
    ``every``-th frame is taken. Raises BadInput where there is none.
    """
    path = Path(path).expanduser()
    check_name(path.resolve())
    if every < 1:
        raise BadInput(f"Every {every}th frame makes no sense; give 1 or more.")
    data = _open_layout(path, every)
    if not len(data):
        data.close()
        raise BadInput(f"There is no picture in {path}; choose other data.")
    return data


def _open_layout(path: Path, every: int) -> Dataset:
    open_layout = find_layout(path)
    if open_layout is not None:
        return open_layout()
    if path.is_dir():
        return ImageFolder(path)
    archive = find_archive(path)
    if archive is None:
        raise BadInput(f"There is no file or folder {path}; choose other data.")
    if archive != path:
        raise BadInput(f"There is no {path}: {archive} is a file, but no tar or zip file.")
    if source_from_text(str(path))[0] == "video":
        return VideoFrames(path, every)
    return ImageFolder(path)


class ImageFolder:
    """Pictures that are files of their own; the folder's name is the class."""

    kind = "pictures"
    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path) -> None:
        self.address = str(path.resolve())
        self._files = list_pictures(path)
        self.mark = compute_mark(self._files.texts())
        self._find_class = class_finder(self._files.iterate_folders())

    def __len__(self) -> int:
        return len(self._files)

    def name(self, number: int) -> str:
        """Return the path of a picture."""
        return printable_path(self._files[number])

    def label(self, number: int) -> str:
        """Return the class of a picture, "" for none, without reading it."""
        return self._find_class(self._files.parents(number))

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, 3) and its origin; raise BadInput where it is broken."""
        file = self._files[number]
        check_name(file.resolve())
        decoded = read_with_notes(file)
        label = self.label(number)
        origin = Origin(str(file.resolve()), *read_stat(file), label, decoded.notes)
        return decoded.pixels, origin

    def close(self) -> None:
        """Do nothing: no file stays open."""
        pass


class VideoFrames:
    """Each ``every``-th frame of a video, in presentation order; fast only in order."""

    kind = "video"
    in_order = True
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path, every: int) -> None:
        self.path, self.every = path, every
        self.address = str(path.resolve()) + ("" if every == 1 else f" (every {every})")
        self.mark = compute_mark((*read_stat(path), every, VIDEO_ORDER))
        self._film = open_moving_picture(path)
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
