"""Merge libraries of one network."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from dnnvis.core.errors import BadInput
from dnnvis.library.scan import progress
from dnnvis.library.scan.progress import ScanJob, ScanUpdate
from dnnvis.library.store.blobs import unpack_arrays
from dnnvis.library.store.database import LibraryFile, convert_sqlite_errors

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PICTURE_COLUMNS = "goal, layer, channel, preset, made, channels, png, recipe, measures, curve"


@dataclass(frozen=True)
class MergeSummary:
    """What one file added to a library."""

    #: New pictures.
    pictures: int = 0
    #: Pictures that were there before.
    known: int = 0
    #: New notes.
    notes: int = 0
    #: Units whose two notes differed and are now joined.
    joined: tuple[str, ...] = ()
    #: New bookmarks.
    bookmarks: int = 0
    #: Scans copied in whole or in part.
    scans: int = 0
    #: Scans whose pictures were added to the same scan here.
    added: int = 0
    #: Scans that knew no more than is here.
    worse: int = 0
    #: Data sets whose pictures differ from those here, stored under a second name.
    apart: tuple[str, ...] = ()


def merge(sources: Sequence[str | Path], into: LibraryFile) -> list[MergeSummary]:
    """Merge everything in the files ``sources`` into ``into``; return what came from each file.

    All of them, or nothing: raises BadInput where one is another network's, of another version, was
    scanned at another size or mean, or is broken, and ``into`` is unchanged. Of a data set that
    both have scanned, each layer keeps the scan that has seen more of it; scans with nothing in
    common are added up. Merging the same file again adds nothing.
    """
    with into.transaction():
        return [_merge_file(Path(source), into) for source in sources]


def _merge_file(path: Path, into: LibraryFile) -> MergeSummary:
    if path.exists() and into.path.exists() and path.samefile(into.path):
        raise BadInput(f"{path} is the library that the others go into; name another one.")
    with ExitStack() as stack:
        other = stack.enter_context(LibraryFile(path, into.fingerprint, create=False))
        try:
            with convert_sqlite_errors(path):
                _check_whole(other)
            other.run("BEGIN")  # a consistent view while other processes write
            _check_preprocessing(other, into)
            pictures, known = _merge_pictures(other, into)
            notes, joined = _merge_notes(other, into)
            bookmarks = _merge_bookmarks(other, into)
            outcomes, second_names = _merge_scans(other, into)
        except (ValueError, TypeError, KeyError, IndexError, SafetensorError) as error:
            raise BadInput(
                f"The library {path} is damaged ({error}); nothing was merged."
            ) from error
    return MergeSummary(
        pictures,
        known,
        notes,
        joined,
        bookmarks,
        outcomes["taken"],
        outcomes["added"],
        outcomes["worse"],
        second_names,
    )


def _check_whole(other: LibraryFile) -> None:
    """Raise BadInput where the file has bad pages."""
    ((result,),) = other.rows("PRAGMA quick_check(1)")
    if result != "ok":
        raise ValueError(" ".join(str(result).split()))


def _check_preprocessing(other: LibraryFile, into: LibraryFile) -> None:
    """Raise BadInput unless both were scanned with the same preprocessing."""
    if not other.rows("SELECT id FROM data LIMIT 1") or other.card is None:
        return
    if not into.rows("SELECT id FROM data LIMIT 1"):
        (card,) = other.rows("SELECT value FROM about WHERE name = 'card'")
        into.run("INSERT OR REPLACE INTO about VALUES ('card', ?)", *card)
        into.card = other.card
    elif not into.has_same_preprocessing(other.card):
        raise BadInput(
            f"The library {other.path} was scanned with pictures of "
            f"{other.card.preprocessing()}, not as {into.path}; scan its data again instead."
        )


def _merge_pictures(other: LibraryFile, into: LibraryFile) -> tuple[int, int]:
    """Return how many pictures are new, and how many known.

    Known ones have the same objective, recipe and pixels.
    """
    new = known = 0
    for (number,) in other.rows("SELECT id FROM pictures ORDER BY id"):
        (row,) = other.rows(f"SELECT {PICTURE_COLUMNS} FROM pictures WHERE id = ?", number)
        objective, _, _, preset, _, _, png, recipe, measures, curve = row
        _check_picture(number, png, recipe, measures, curve)
        same = into.rows(
            "SELECT id FROM pictures WHERE goal = ? AND preset = ? AND recipe = ? AND png = ?",
            objective,
            preset,
            recipe,
            png,
        )
        if same:
            known += 1
            continue
        into.run(
            f"INSERT INTO pictures ({PICTURE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *row
        )
        new += 1
    return new, known


def _check_picture(number: int, png: Any, recipe: Any, measures: Any, curve: Any) -> None:
    if not isinstance(png, bytes) or not png.startswith(PNG_SIGNATURE):
        raise ValueError(f"picture {number} is none")
    json.loads(recipe)
    if measures is not None:
        json.loads(measures)
    if curve is not None:
        unpack_arrays(curve)


def _merge_notes(other: LibraryFile, into: LibraryFile) -> tuple[int, tuple[str, ...]]:
    """Return how many notes are new, and the units whose notes were joined."""
    own_notes = dict(into.rows("SELECT unit, text FROM notes"))
    new, joined = 0, []
    for unit, text in other.rows("SELECT unit, text FROM notes ORDER BY unit"):
        existing = own_notes.get(unit)
        if existing is None:
            new += 1
        elif _contains_lines(existing, text):
            continue
        elif not _contains_lines(text, existing):
            text = f"{existing.rstrip()}\n\n{text}"
            joined.append(unit)
        into.run("INSERT OR REPLACE INTO notes VALUES (?, ?)", unit, text)
    return new, tuple(joined)


def _contains_lines(text: str, part: str) -> bool:
    """Return whether ``part`` occurs in ``text`` as whole lines."""
    return f"\n{part.strip()}\n" in f"\n{text.strip()}\n"


def _merge_bookmarks(other: LibraryFile, into: LibraryFile) -> int:
    new = 0
    for unit, created in other.rows("SELECT unit, made FROM bookmarks"):
        new += into.run("INSERT OR IGNORE INTO bookmarks VALUES (?, ?)", unit, created).rowcount
    return new


def _merge_scans(other: LibraryFile, into: LibraryFile) -> tuple[Counter[str], tuple[str, ...]]:
    """Return how many scans were taken, added or worse; and the data sets under a second name."""
    outcomes: Counter[str] = Counter()
    second_names = []
    for row in other.rows("SELECT id, address, kind, mark, total FROM data ORDER BY id"):
        scans = other.rows("SELECT id, finished FROM scans WHERE data = ? ORDER BY id", row[0])
        jobs = [(progress.load_job(other, scan), bool(finished)) for scan, finished in scans]
        jobs = [entry for entry in jobs if entry[0].done.any()]
        if not jobs:
            continue
        data, second_name = _find_or_add_data(into, *row[1:])
        second_names += [second_name] if second_name else []
        for theirs, finished in jobs:
            outcomes[_merge_scan(other, into, data, theirs, finished)] += 1
    return outcomes, tuple(second_names)


def _find_or_add_data(
    into: LibraryFile, address: str, kind: str, mark: str, total: int
) -> tuple[int, str]:
    """Return the data set's row, added where there is none, and its name there.

    The name differs where data with other pictures has its own name here already.
    """
    second_name = f"{address} (another state, {mark[:8]})"
    for name in (address, second_name):
        rows = into.rows("SELECT id, mark FROM data WHERE address = ?", name)
        if rows and rows[0][1] == mark:
            return rows[0][0], ""
        if not rows:
            cursor = into.run(
                "INSERT INTO data (address, kind, mark, total) VALUES (?, ?, ?, ?)",
                name,
                kind,
                mark,
                total,
            )
            return int(cursor.lastrowid or 0), "" if name == address else name
    raise ValueError(f"data {second_name} twice")


def _merge_scan(
    other: LibraryFile, into: LibraryFile, data: int, theirs: ScanJob, finished: bool
) -> str:
    """Merge one scan, and return what became of it: taken, added or worse."""
    own_jobs = [
        progress.load_job(into, scan)
        for (scan,) in into.rows("SELECT id FROM scans WHERE data = ?", data)
    ]
    for own_job in own_jobs:
        same_settings = (own_job.layers, own_job.k) == (theirs.layers, theirs.k)
        if same_settings and own_job.done.any() and progress.absorb(into, own_job, other.path):
            return "added"
    best_coverage = {name: _coverage(own_job) for own_job in own_jobs for name in own_job.layers}
    better = {
        name: arrays
        for name, arrays in progress.load_layers(other, theirs).items()
        if _coverage(theirs) > best_coverage.get(name, (0, 0))
    }
    if not better:
        return "worse"
    used = {int(n) for tops, _ in better.values() for n in np.unique(tops["numbers"]) if n >= 0}
    names = [name for name in theirs.layers if name in better]
    job = progress.load_job(into, progress.insert_scan(into, data, names, theirs.k, theirs.total))
    job.done, job.skipped = theirs.done, theirs.skipped
    images = progress.load_images(other, theirs.data)
    if used - job.stored - set(images):
        raise ValueError("pictures of its lists are missing")
    natural = progress.load_image_sums(other, theirs)
    progress.save(into, job, ScanUpdate(better, natural, used, images, finished))
    return "taken"


def _coverage(job: ScanJob) -> tuple[int, int]:
    """Return the rank of a scan: more pictures are better, then longer lists."""
    return int(job.done.sum()), job.k
