"""Recognize in which layout a path holds a data set, without reading all of it."""

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from dnnvis.sources.data.archives import TarArchive, ZipArchive, is_archive, is_tar
from dnnvis.sources.data.cifar import CifarImages, find_cifar
from dnnvis.sources.data.dataset import Dataset
from dnnvis.sources.data.folders import is_picture_name
from dnnvis.sources.data.joined import JoinedDatasets
from dnnvis.sources.data.mnist import IdxImages, find_idx_files, is_idx_file
from dnnvis.sources.data.numpy_files import open_npy, open_npz
from dnnvis.sources.data.pages import TiffPages, count_pages
from dnnvis.sources.data.parquet import ParquetImages
from dnnvis.sources.data.slices import DicomSlices
from dnnvis.sources.images.dicom import count_file_slices

MAX_ENTRIES = 1000  # of a folder that are looked at for shards

Opener = Callable[[], Dataset]


def find_archive(path: Path) -> Path | None:
    """Return the archive that ``path`` is, or lies in; None for none."""
    return next((part for part in (path, *path.parents) if part.is_file()), None)


def find_layout(path: Path) -> Opener | None:
    """Return what opens the data set in ``path``; None for a picture, a film or a plain folder.

    Raises:
        BadInput: A file in it may not be read.
    """
    if path.is_dir():
        return _find_folder_layout(path)
    archive = find_archive(path)
    if archive is None:
        return None
    if archive != path:
        return (lambda: open_archive(archive, path)) if _is_any_archive(archive) else None
    return _find_file_layout(path)


def open_archive(archive: Path, path: Path) -> Dataset:
    """Open a tar or zip file, or the folder inside of it that ``path`` names."""
    inside = path.relative_to(archive).as_posix()
    if archive.suffix.lower() == ".zip":
        return ZipArchive(archive, inside)
    return TarArchive(archive, inside)


def _is_any_archive(path: Path) -> bool:
    return is_archive(path) or (path.suffix.lower() != ".zip" and is_tar(path))


def _find_file_layout(path: Path) -> Opener | None:
    suffix = path.suffix.lower()
    if is_idx_file(path):
        return lambda: IdxImages(path, [path])
    if suffix == ".npz":
        return lambda: open_npz(path)
    if suffix == ".npy":
        return lambda: open_npy(path)
    if suffix == ".parquet":
        return lambda: ParquetImages(path, [path])
    if find_cifar(path) is not None:
        return lambda: CifarImages(path)
    if is_archive(path):
        return lambda: open_archive(path, path)
    if count_file_slices(path) > 1:
        return lambda: DicomSlices(path)
    return (lambda: TiffPages(path)) if count_pages(path) > 1 else None


def _find_folder_layout(path: Path) -> Opener | None:
    if idx_files := find_idx_files(path):
        return lambda: IdxImages(path, idx_files)
    if (cifar := find_cifar(path)) is not None:
        return lambda: CifarImages(cifar)
    with os.scandir(path) as scanned:  # not iterdir: it lists all before it gives the first
        entries = list(islice(scanned, MAX_ENTRIES))
    if any(is_picture_name(entry.name) or entry.is_dir() for entry in entries):
        return None
    files = sorted(path / entry.name for entry in entries)
    tables = [file for file in files if file.suffix.lower() == ".parquet"]
    if tables:
        return lambda: ParquetImages(path, tables)
    shards = [file for file in files if is_archive(file)]
    if shards:
        return lambda: JoinedDatasets(path, [open_archive(shard, shard) for shard in shards])
    return None
