"""Measure for ``dnnvis bench data`` what opening many pictures costs, against listing them.

A bare loop lists names; the program opens the same path as the window does, and reads its first
frame. All is in the system's cache by then.
"""

import gc
import io
import os
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from dnnvis.bench.system_load import resident_mb
from dnnvis.core.errors import BadInput
from dnnvis.session.state import SourceChoice
from dnnvis.sources.catalog import source_for
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.source import Movable, Source

CLASSES = 100  # folders that the pictures lie in
DISTINCT_PICTURES = 64
SIDE_PIXELS = 32
MAX_RATIO = 1.5
MAX_GROWTH_MB = 5.0
KINDS = ("folder", "flat", "zip", "tar")


def measure(count: int, rounds: int, log: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Measure each way in which as many pictures can lie.

    Args:
        count: Number of pictures that are made.
        rounds: How often listing and first frame are timed, in turns.
        log: Receives a line for each.

    Yields:
        The figures of folders per class, of one folder, of a zip and of a tar file.
    """
    with TemporaryDirectory() as folder:
        for kind in KINDS:
            path = make_pictures(Path(folder), kind, count)
            log(f"{kind}: {count:,} pictures are made")
            yield _measure_kind(kind, path, count, rounds)


def make_pictures(folder: Path, kind: str, count: int) -> Path:
    """Make ``count`` small JPEGs; return the folder or archive that holds them.

    Args:
        folder: Where it is made.
        kind: One of KINDS.
        count: Number of pictures; names such as ``class-07/407.jpg`` (``407.jpg`` where flat).

    Returns:
        The path.
    """
    path = folder / (kind if kind in ("folder", "flat") else f"pictures.{kind}")
    contents = _encode_pictures()
    with ExitStack() as stack:
        put = _create_writer(kind, path, stack)
        for number in range(count):
            name = (
                f"{number}.jpg" if kind == "flat" else f"class-{number % CLASSES:02}/{number}.jpg"
            )
            put(name, contents[number % DISTINCT_PICTURES])
    return path


def list_names(kind: str, path: Path) -> int:
    """List the pictures as a bare script does; return their number."""
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            return len(archive.namelist())
    if kind == "tar":
        with tarfile.open(path) as tar:
            return len(tar.getnames())
    count, folders = 0, [str(path)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(entry.path)
                else:
                    count += 1
    return count


def open_path(path: Path) -> Source:
    """Return the source that a path stands for in the window, not opened."""
    return source_for(replace(SourceChoice(), **choice_from_text(str(path))))


def _measure_kind(kind: str, path: Path, count: int, rounds: int) -> dict[str, Any]:
    listing, first_frame = [], []
    for _ in range(rounds + 1):  # the first is a warm-up
        listing.append(_time(lambda: list_names(kind, path) == count))
        first_frame.append(_time(lambda: _read_first(path)))
    list_seconds, frame_seconds = median(listing[1:]), median(first_frame[1:])
    early, late = _follow_memory(path, count)
    return {
        "kind": kind,
        "pictures": count,
        "list_seconds": round(list_seconds, 3),
        "first_frame_seconds": round(frame_seconds, 3),
        "first_frame_ratio": {
            "median": round(frame_seconds / list_seconds, 2),
            "asked": f"<= {MAX_RATIO:g}",
        },
        "growth_mb": {"measured": round(late - early, 1), "asked": f"<= {MAX_GROWTH_MB:g}"},
    }


def _time(work: Callable[[], bool]) -> float:
    gc.collect()
    start = time.perf_counter()
    if not work():
        raise BadInput("The pictures that were made cannot be listed or read; is the disk full?")
    return time.perf_counter() - start


def _read_first(path: Path) -> bool:
    with open_path(path) as source:
        return source.read() is not None


def _follow_memory(path: Path, count: int) -> tuple[float, float]:
    """Return the resident memory in MB after a tenth of the pictures, and after all."""
    sizes = []
    with open_path(path) as source:
        for number in range(1, count + 1):
            source.read()
            if isinstance(source, Movable):
                _ = source.position  # as the window's thread asks after each frame
            if number in (max(1, count // 10), count):
                gc.collect()
                sizes.append(resident_mb())
    return sizes[0], sizes[-1]


def _encode_pictures() -> list[bytes]:
    from PIL import Image  # lazy, as where pictures are read

    rng = np.random.default_rng(0)
    contents = []
    for _ in range(DISTINCT_PICTURES):
        file = io.BytesIO()
        pixels = rng.integers(0, 256, (SIDE_PIXELS, SIDE_PIXELS, 3), np.uint8)
        Image.fromarray(pixels).save(file, "JPEG")
        contents.append(file.getvalue())
    return contents


def _create_writer(kind: str, path: Path, stack: ExitStack) -> Callable[[str, bytes], object]:
    """Return what writes a picture of that name into a folder or an archive."""
    if kind == "zip":
        return stack.enter_context(zipfile.ZipFile(path, "w")).writestr
    if kind == "tar":
        tar = stack.enter_context(tarfile.TarFile(path, "w"))

        def add(name: str, content: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))

        return add

    def write(name: str, content: bytes) -> None:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    return write
