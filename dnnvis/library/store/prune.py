"""Delete what a library no longer needs, and shrink its file."""

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


class _RollbackError(Exception):
    """Rolls a transaction back on purpose."""


@dataclass(frozen=True)
class PruneSummary:
    """What was deleted; after a dry run what would be, with bytes rounded up to whole pages."""

    #: Number of pictures.
    pictures: int
    #: Number of scans.
    scans: int
    #: Number of pictures in no list and of data sets without a scan.
    orphans: int
    #: Number of rows in all.
    rows: int
    #: Size of the file with its log before.
    bytes_before: int
    #: Size of the file with its log afterwards.
    bytes_after: int


def prune(
    library: LibraryFile,
    *,
    keep: int | None = None,
    choice: Choice = "newest",
    unfinished_before: str = "",
    dry_run: bool = False,
) -> PruneSummary:
    """Delete what is not needed, then make the file as small as possible.

    What nothing refers to is deleted, too.

    Args:
        library: The library's file.
        keep: Number of pictures kept of each objective and preset; None keeps all.
        choice: Whether to keep the "newest" or the "best" by the value they reached.
        unfinished_before: Delete unfinished scans, with their lists, that were last saved before
            this UTC time (ISO text); "" deletes none.
        dry_run: Whether to change nothing and only return what would be deleted.

    Raises:
        BadInput: A number makes no sense, or the file cannot be used; then nothing is changed.
    """
    if keep is not None and keep < 1:
        raise BadInput("Keep 1 picture or more of each goal and preset.")
    if choice not in ("newest", "best"):
        raise BadInput(f"Keep the newest or the best pictures, not the '{choice}'.")
    size = disk_size(library.path)
    with suppress(_RollbackError), library.transaction():
        row_count = _count_rows(library)
        pictures = 0 if keep is None else _drop_pictures(library, keep, choice)
        scans = _drop_scans(library, unfinished_before)
        orphans = _drop_orphans(library)
        rows = row_count - _count_rows(library)
        free = _free_bytes(library)
        if dry_run:
            raise _RollbackError
    if not dry_run:
        library.run("VACUUM")
        library.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        free = size - disk_size(library.path)
    return PruneSummary(pictures, scans, orphans, rows, size, size - free)


def disk_size(path: Path) -> int:
    """Return the bytes on disk of a library and the log beside it."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())


def _count_rows(library: LibraryFile) -> int:
    names = ("pictures", "data", "scans", "layers", "naturals", "images")
    return sum(library.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names)


def _free_bytes(library: LibraryFile) -> int:
    """Return the bytes of the pages that hold nothing."""
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
    """Return the value that the picture reached; below all others where it is unknown."""
    try:
        value = float(json.loads(measures or "null")["value"])
    except (ValueError, TypeError, KeyError):
        return -np.inf
    return value if value == value else -np.inf  # NaN has no rank


def _drop_scans(library: LibraryFile, cutoff: str) -> int:
    return library.run(
        "DELETE FROM scans WHERE NOT finished AND julianday(changed) < julianday(?)", cutoff
    ).rowcount


def _drop_orphans(library: LibraryFile) -> int:
    """Delete data without a scan, with what depends on it, and pictures in no list."""
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
    """Return the pictures in some list of the data.

    Raises BadInput for a damaged list, so that nothing in use is taken for unused.
    """
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
