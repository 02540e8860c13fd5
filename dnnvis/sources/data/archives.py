"""Read pictures out of tar and zip files without unpacking them."""

import bz2
import gzip
import io
import json
import lzma
import posixpath
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, cast

from dnnvis.core.errors import BadInput
from dnnvis.sources.data.dataset import Origin, Pixels, compute_mark, read_stat
from dnnvis.sources.data.folders import class_finder, is_picture_name, member_parents
from dnnvis.sources.image_files import read_with_notes
from dnnvis.sources.images.limits import MAX_BYTES, check_bytes

ARCHIVE_SUFFIXES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
MAX_GROWTH = 200  # times its size; pictures are packed already, and grow by little
MAX_LABEL_BYTES = 10_000  # of a file with a class beside a picture
LABEL_SUFFIXES = (".cls", ".json")  # of webdataset shards
_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)


class Member(NamedTuple):
    """A file in an archive."""

    #: Its name, with folders.
    name: str
    #: Where its content begins in the unpacked archive.
    start: int
    #: Length of its content in bytes.
    size: int


def is_archive(path: Path) -> bool:
    """Return whether a file's name and beginning are those of a tar or zip file."""
    if not path.name.lower().endswith(ARCHIVE_SUFFIXES) or not path.is_file():
        return False
    return zipfile.is_zipfile(path) if path.suffix.lower() == ".zip" else is_tar(path)


def is_tar(path: Path) -> bool:
    """Return whether a file begins like a tar file, packed or not."""
    try:
        with closing(_open_unpacked(path)) as file, tarfile.open(fileobj=file, mode="r:"):
            return True
    except _BROKEN:
        return False


class BoundedFile(io.BufferedReader):
    """A packed file whose content must not grow beyond what pictures do."""

    def __init__(self, file: Any, path: Path) -> None:
        super().__init__(file)
        self._limit = max(MAX_BYTES, MAX_GROWTH * path.stat().st_size)
        self._path = path

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most ``size`` bytes; raise BadInput where that is too much."""
        size = MAX_BYTES if size is None or size < 0 else size
        check_bytes(f"A part of {self._path}", size)
        return super().read(size)

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position; raise BadInput where the file would be unpacked too far."""
        if position > self._limit:
            raise BadInput(
                f"{self._path} unpacks to more than {MAX_GROWTH} times its size; no pictures do. "
                "It is not opened."
            )
        return super().seek(position, whence)


def _open_unpacked(path: Path) -> Any:
    """Open a file that may be packed by gzip, bzip2 or xz, bounded if it is."""
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x1f\x8b"):
        return BoundedFile(gzip.open(path), path)
    if head.startswith(b"BZh"):
        return BoundedFile(bz2.open(path), path)
    if head.startswith(b"\xfd7zXZ\0"):
        return BoundedFile(lzma.open(path), path)
    return path.open("rb")


class _Archive:
    """Pictures in an archive, or below a folder inside it."""

    parts: tuple[int, ...] = ()

    def __init__(self, path: Path, inside: str, members: Iterable[Member]) -> None:
        self.address = str(path.resolve()) + ("" if inside == "." else f"/{inside}")
        self.mark = compute_mark(read_stat(path))
        self._path, self._lock = path, threading.Lock()
        below = [m for m in members if inside == "." or m.name.startswith(f"{inside}/")]
        self._members = [m for m in below if is_picture_name(m.name.rpartition("/")[2])]
        self._labels = {m.name: m for m in below if m.name.endswith(LABEL_SUFFIXES)}
        parents = (member_parents(m.name, inside) for m in self._members)
        self._find_class = class_finder(parents)
        self._inside = inside

    def __len__(self) -> int:
        return len(self._members)

    def name(self, number: int) -> str:
        """Return the name of a picture inside the archive."""
        return self._members[number].name

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, C), and its class; raise BadInput where it is broken."""
        member = self._members[number]
        check_bytes(member.name, member.size)
        with self._lock:
            data = self._read_checked(member)
            label = self._read_label(member.name)
        decoded = read_with_notes(Path(member.name), data, member.name)
        label = label or self._find_class(member_parents(member.name, self._inside))
        return decoded.pixels, Origin(label=label, notes=decoded.notes)

    def _read_checked(self, member: Member) -> bytes:
        try:
            data = self._read_member(member)
        except (*_BROKEN, RuntimeError, NotImplementedError):  # zipfile: encrypted, unknown packing
            raise BadInput(
                f"{member.name} in {self._path} is broken, encrypted or packed in an unknown way."
            ) from None
        if len(data) != member.size:
            raise BadInput(f"{member.name} in {self._path} is cut short; get a whole copy.")
        return data

    def _read_label(self, name: str) -> str:
        """Return the class in the file beside a picture, as webdataset shards have them."""
        stem = name[: -len(PurePosixPath(name).suffix)]
        for suffix in LABEL_SUFFIXES:
            member = self._labels.get(stem + suffix)
            if member is None or member.size > MAX_LABEL_BYTES:
                continue
            with suppress(BadInput):
                if label := _parse_label(self._read_checked(member)):
                    return label
        return ""

    def _read_member(self, member: Member) -> bytes:
        raise NotImplementedError


def _parse_label(data: bytes) -> str:
    """Return the class that a ``.cls`` or ``.json`` file gives."""
    text = data.decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text if "\n" not in text else ""
    if isinstance(value, dict):
        value = next((value[k] for k in ("label", "cls", "class", "class_name") if k in value), "")
    return str(value) if isinstance(value, str | int) else ""


class TarArchive(_Archive):
    """Pictures in a tar file; of a packed one in the order in which they lie there."""

    kind = "tar"

    def __init__(self, path: Path, inside: str = ".") -> None:
        with ExitStack() as stack:
            try:
                self._file = stack.enter_context(closing(_open_unpacked(path)))
                members = _list_tar(self._file)
            except _BROKEN:
                raise BadInput(f"{path} is not a whole tar file; get a whole copy of it.") from None
            stack.pop_all()
        self.in_order = isinstance(self._file, BoundedFile)
        members.sort(key=lambda member: member.start if self.in_order else member.name)
        self._all_members = members
        super().__init__(path, inside, members)

    def read_files(self, is_used: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        """Yield name, without folders, and content of every file whose name ``is_used`` takes."""
        for member in self._all_members:
            if is_used(member.name):
                check_bytes(member.name, member.size)
                yield PurePosixPath(member.name).name, self._read_checked(member)

    def _read_member(self, member: Member) -> bytes:
        self._file.seek(member.start)
        return cast(bytes, self._file.read(member.size))

    def close(self) -> None:
        """Close the archive."""
        with self._lock:
            self._file.close()


def _list_tar(file: Any) -> list[Member]:
    members = []
    with tarfile.open(fileobj=file, mode="r:") as tar:
        while (info := tar.next()) is not None:
            if info.isfile():
                name = posixpath.normpath(info.name)
                members.append(Member(name, info.offset_data, info.size))
            tar.members = []  # type: ignore[attr-defined]  # else it stores every header
    return members


class ZipArchive(_Archive):
    """Pictures in a zip file."""

    kind = "zip"
    in_order = False

    def __init__(self, path: Path, inside: str = ".") -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_BROKEN, NotImplementedError, ValueError):  # of a version that is not known
            raise BadInput(f"{path} is not a whole zip file; get a whole copy of it.") from None
        members = [
            Member(info.filename, info.header_offset, info.file_size)
            for info in self._zip.infolist()
            if not info.is_dir()
        ]
        members.sort(key=lambda member: member.name)
        super().__init__(path, inside, members)

    def _read_member(self, member: Member) -> bytes:
        with self._zip.open(member.name) as file:
            return file.read(member.size)

    def close(self) -> None:
        """Close the archive."""
        with self._lock:
            self._zip.close()
