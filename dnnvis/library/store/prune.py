"""What a library need not remember any longer goes, and its file shrinks."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import SafetensorError

from dnnvis.core.errors import BadInput
from dnnvis.library.store.blobs import unpack_arrays
from dnnvis.library.store.database import LibraryFile

Choice = Literal["newest", "best"]


class _RollBack(Exception):
    """Takes a transaction back on purpose."""


@dataclass(frozen=True)
class PruneSummary:
    """How many ``pictures``, ``scans`` and ``orphans`` (pictures in no list, data without a
    scan) went, ``rows`` in all; ``bytes_before`` and ``bytes_after``, the file with its log.
    After a dry run these are what would go, the bytes rounded up to whole pages."""

    pictures: int
    scans: int
    orphans: int
    rows: int
    bytes_before: int
    bytes_after: int


def prune(
    library: LibraryFile,
    *,
    keep: int | None = None,
    choice: Choice = "newest",
    unfinished_before: str = "",
    dry_run: bool = False,
) -> PruneSummary:
    """Drop what is not needed, then make the file as small as can be.

    Of all pictures with the same goal and preset ``keep`` stay (None: all): the newest, or the
    best by the value they reached. Scans that did not end and were last written before the UTC
    time ``unfinished_before`` (ISO text, "" = none) go, with their lists; and so does what
    nothing points to. ``dry_run`` tells what would go. Raises BadInput for numbers that make
    no sense and where the file cannot be used; then all is as it was.
    """
    if keep is not None and keep < 1:
        raise BadInput("Keep 1 picture or more of each goal and preset.")
    if choice not in ("newest", "best"):
        raise BadInput(f"Keep the newest or the best pictures, not the '{choice}'.")
    size = disk_size(library.path)
    with suppress(_RollBack), library.transaction():
        row_count = _count_rows(library)
        pictures = 0 if keep is None else _drop_pictures(library, keep, choice)
        scans = _drop_scans(library, unfinished_before)
        orphans = _drop_orphans(library)
        rows = row_count - _count_rows(library)
        free = _free_bytes(library)
        if dry_run:
            raise _RollBack
    if not dry_run:
        library.run("VACUUM")
        library.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        free = size - disk_size(library.path)
    return PruneSummary(pictures, scans, orphans, rows, size, size - free)


def disk_size(path: Path) -> int:
    """Bytes on disk of a library and the log beside it."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())


def _count_rows(library: LibraryFile) -> int:
    names = ("pictures", "data", "scans", "layers", "naturals", "images")
    return sum(library.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names)


def _free_bytes(library: LibraryFile) -> int:
    """Bytes of the pages that hold nothing."""
    ((pages,),) = library.rows("PRAGMA freelist_count")
    ((size,),) = library.rows("PRAGMA page_size")
    return int(pages * size)


def _drop_pictures(library: LibraryFile, keep: int, choice: Choice) -> int:
    groups: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for number, objective, preset, created, measures in library.rows(
        "SELECT id, goal, preset, made, measures FROM pictures"
    ):
        rank = (
            (_reached_value(measures), created, number) if choice == "best" else (created, number)
        )
        groups.setdefault((objective, preset), []).append((*rank, number))
    dropped = 0
    for ranked in groups.values():
        for *_, number in sorted(ranked)[:-keep]:
            dropped += library.run("DELETE FROM pictures WHERE id = ?", number).rowcount
    return dropped


def _reached_value(measures: str | None) -> float:
    """What the picture reached; below all others where that is not known."""
    try:
        value = float(json.loads(measures or "null")["value"])
    except (ValueError, TypeError, KeyError):
        return -np.inf
    return value if value == value else -np.inf  # NaN has no place in an order


def _drop_scans(library: LibraryFile, cutoff: str) -> int:
    return library.run(
        "DELETE FROM scans WHERE NOT finished AND julianday(changed) < julianday(?)", cutoff
    ).rowcount


def _drop_orphans(library: LibraryFile) -> int:
    """Delete data without a scan, with what hangs on it, and pictures in no list."""
    dropped = library.run("DELETE FROM data WHERE id NOT IN (SELECT data FROM scans)").rowcount
    for name in ("layers", "naturals"):
        dropped += library.run(
            f"DELETE FROM {name} WHERE scan NOT IN (SELECT id FROM scans)"
        ).rowcount  # left by a writer that did not enforce the reference
    dropped += library.run("DELETE FROM images WHERE data NOT IN (SELECT id FROM data)").rowcount
    for (data,) in library.rows("SELECT id FROM data"):
        used = _used_numbers(library, data)
        for (number,) in library.rows("SELECT number FROM images WHERE data = ?", data):
            if number not in used:
                library.run("DELETE FROM images WHERE data = ? AND number = ?", data, number)
                dropped += 1
    return dropped


def _used_numbers(library: LibraryFile, data: int) -> set[int]:
    """The pictures that some list of the data holds. Raises BadInput for a damaged list, so
    that nothing is taken for unused that is not."""
    used: set[int] = set()
    for layer, blob in library.rows("SELECT layer, tops FROM layers WHERE data = ?", data):
        try:
            used.update(np.unique(unpack_arrays(blob)["numbers"]).tolist())
        except (ValueError, KeyError, SafetensorError) as error:
            raise BadInput(
                f"The lists of {layer} in the library {library.path} are damaged; nothing was "
                "pruned. Scan the data again (--again)."
            ) from error
    return used
