"""Two libraries of one network become one."""

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
from dnnvis.library.scan.progress import Job, News
from dnnvis.library.store.blobs import unpacked
from dnnvis.library.store.database import LibraryFile, plainly

PNG = b"\x89PNG\r\n\x1a\n"
COLUMNS = "goal, layer, channel, preset, made, channels, png, recipe, measures, curve"


@dataclass(frozen=True)
class Merged:
    """What came in: ``pictures`` new ones, ``known`` those that were there before; ``notes``
    new ones, ``joined`` the units whose two notes differed and now stand together;
    ``bookmarks`` new ones; ``scans`` those taken over whole or in part, ``added`` those whose
    pictures were added to the same scan here, ``worse`` those that knew no more than is
    here; ``apart`` the data sets whose pictures are others here, kept under a second name."""

    pictures: int = 0
    known: int = 0
    notes: int = 0
    joined: tuple[str, ...] = ()
    bookmarks: int = 0
    scans: int = 0
    added: int = 0
    worse: int = 0
    apart: tuple[str, ...] = ()


def merge(sources: Sequence[str | Path], into: LibraryFile) -> list[Merged]:
    """Bring everything in the files ``sources`` into ``into``; what came, file by file.

    All of them, or nothing: raises BadInput where one is another network's, of another
    version, was scanned at another size or mean, or is broken, and ``into`` is as it was. Of a
    data set that both have scanned, each layer keeps the scan that has seen more of it; scans
    with nothing in common are added up. Merging the same file again brings nothing new.
    """
    with into.writing():
        return [_merged(Path(source), into) for source in sources]


def _merged(path: Path, into: LibraryFile) -> Merged:
    if path.exists() and into.path.exists() and path.samefile(into.path):
        raise BadInput(f"{path} is the library that the others go into; name another one.")
    with ExitStack() as open_:
        other = open_.enter_context(LibraryFile(path, into.fingerprint, create=False))
        try:
            with plainly(path):
                _check_whole(other)
            other.run("BEGIN")  # what another process writes meanwhile is not half read
            _check_eyes(other, into)
            pictures, known = _merge_pictures(other, into)
            notes, joined = _merge_notes(other, into)
            bookmarks = _merge_bookmarks(other, into)
            fates, apart = _merge_scans(other, into)
        except (ValueError, TypeError, KeyError, IndexError, SafetensorError) as why:
            raise BadInput(f"The library {path} is damaged ({why}); nothing was merged.") from why
    return Merged(
        pictures, known, notes, joined, bookmarks,
        fates["taken"], fates["added"], fates["worse"], apart,
    )  # fmt: skip


def _check_whole(other: LibraryFile) -> None:
    """Raise where the file has bad pages."""
    ((answer,),) = other.rows("PRAGMA quick_check(1)")
    if answer != "ok":
        raise ValueError(" ".join(str(answer).split()))


def _check_eyes(other: LibraryFile, into: LibraryFile) -> None:
    """See that both were scanned with the network seeing pictures alike."""
    if not other.rows("SELECT id FROM data LIMIT 1") or other.card is None:
        return
    if not into.rows("SELECT id FROM data LIMIT 1"):
        (card,) = other.rows("SELECT value FROM about WHERE name = 'card'")
        into.run("INSERT OR REPLACE INTO about VALUES ('card', ?)", *card)
        into.card = other.card
    elif not into.sees_like(other.card):
        raise BadInput(
            f"The library {other.path} was scanned with pictures of "
            f"{other.card.preprocessing()}, not as {into.path}; scan its data again instead."
        )


# ---- what was made by hand ---------------------------------------------------------------


def _merge_pictures(other: LibraryFile, into: LibraryFile) -> tuple[int, int]:
    """How many are new, and how many were here: of the same goal, recipe and pixels."""
    new = known = 0
    for (number,) in other.rows("SELECT id FROM pictures ORDER BY id"):
        (row,) = other.rows(f"SELECT {COLUMNS} FROM pictures WHERE id = ?", number)
        goal, _, _, preset, _, _, png, recipe, measures, curve = row
        _check_picture(number, png, recipe, measures, curve)
        same = into.rows(
            "SELECT id FROM pictures WHERE goal = ? AND preset = ? AND recipe = ? AND png = ?",
            goal, preset, recipe, png,
        )  # fmt: skip
        if same:
            known += 1
            continue
        into.run(f"INSERT INTO pictures ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
        new += 1
    return new, known


def _check_picture(number: int, png: Any, recipe: Any, measures: Any, curve: Any) -> None:
    if not isinstance(png, bytes) or not png.startswith(PNG):
        raise ValueError(f"picture {number} is none")
    json.loads(recipe)
    if measures is not None:
        json.loads(measures)
    if curve is not None:
        unpacked(curve)


def _merge_notes(other: LibraryFile, into: LibraryFile) -> tuple[int, tuple[str, ...]]:
    """How many are new, and the units whose notes were joined."""
    mine = dict(into.rows("SELECT unit, text FROM notes"))
    new, joined = 0, []
    for unit, text in other.rows("SELECT unit, text FROM notes ORDER BY unit"):
        before = mine.get(unit)
        if before is None:
            new += 1
        elif _says(before, text):
            continue
        elif not _says(text, before):
            text = f"{before.rstrip()}\n\n{text}"
            joined.append(unit)
        into.run("INSERT OR REPLACE INTO notes VALUES (?, ?)", unit, text)
    return new, tuple(joined)


def _says(text: str, part: str) -> bool:
    """Whether ``part`` stands in ``text`` as whole lines."""
    return f"\n{part.strip()}\n" in f"\n{text.strip()}\n"


def _merge_bookmarks(other: LibraryFile, into: LibraryFile) -> int:
    new = 0
    for unit, made in other.rows("SELECT unit, made FROM bookmarks"):
        new += into.run("INSERT OR IGNORE INTO bookmarks VALUES (?, ?)", unit, made).rowcount
    return new


# ---- what was scanned --------------------------------------------------------------------


def _merge_scans(other: LibraryFile, into: LibraryFile) -> tuple[Counter[str], tuple[str, ...]]:
    """How many scans were taken, added or worse; and the data sets kept under a second name."""
    fates: Counter[str] = Counter()
    apart = []
    for row in other.rows("SELECT id, address, kind, mark, total FROM data ORDER BY id"):
        scans = other.rows("SELECT id, finished FROM scans WHERE data = ? ORDER BY id", row[0])
        found = [(progress.job_of(other, scan), bool(finished)) for scan, finished in scans]
        found = [known for known in found if known[0].done.any()]
        if not found:
            continue
        data, second_name = _data_here(into, *row[1:])
        apart += [second_name] if second_name else []
        for theirs, finished in found:
            fates[_merge_scan(other, into, data, theirs, finished)] += 1
    return fates, tuple(apart)


def _data_here(
    into: LibraryFile, address: str, kind: str, mark: str, total: int
) -> tuple[int, str]:
    """The data set's row, made where there is none; and the name that it got, where data with
    other pictures has its own here already."""
    second_name = f"{address} (another state, {mark[:8]})"
    for name in (address, second_name):
        rows = into.rows("SELECT id, mark FROM data WHERE address = ?", name)
        if rows and rows[0][1] == mark:
            return rows[0][0], ""
        if not rows:
            cursor = into.run(
                "INSERT INTO data (address, kind, mark, total) VALUES (?, ?, ?, ?)",
                name, kind, mark, total,
            )  # fmt: skip
            return int(cursor.lastrowid or 0), "" if name == address else name
    raise ValueError(f"data {second_name} twice")


def _merge_scan(
    other: LibraryFile, into: LibraryFile, data: int, theirs: Job, finished: bool
) -> str:
    """What became of the scan: taken, added or worse."""
    here = [progress.job_of(into, scan) for (scan,) in
            into.rows("SELECT id FROM scans WHERE data = ?", data)]  # fmt: skip
    for mine in here:
        alike = (mine.layers, mine.k) == (theirs.layers, theirs.k)
        if alike and mine.done.any() and progress.absorb(into, mine, other.path):
            return "added"
    known = {name: _worth(mine) for mine in here for name in mine.layers}
    better = {
        name: found for name, found in progress.layers_of(other, theirs).items()
        if _worth(theirs) > known.get(name, (0, 0))
    }  # fmt: skip
    if not better:
        return "worse"
    used = {int(n) for tops, _ in better.values() for n in np.unique(tops["numbers"]) if n >= 0}
    names = [name for name in theirs.layers if name in better]
    job = progress.job_of(into, progress.new_scan(into, data, names, theirs.k, theirs.total))
    job.done, job.skipped = theirs.done, theirs.skipped
    images = progress.images_of(other, theirs.data)
    if used - job.stored - set(images):
        raise ValueError("pictures of its lists are missing")
    natural = progress.natural_of(other, theirs)
    progress.save(into, job, News(better, natural, used, images, finished))
    return "taken"


def _worth(job: Job) -> tuple[int, int]:
    """The more pictures the better, then the longer lists."""
    return int(job.done.sum()), job.k
