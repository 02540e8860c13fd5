"""How far a scan is: begun, gone on with, written down, all in whole transactions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.library.scan import top_k
from dnnvis.library.store import image_statistics, mergeable_statistics
from dnnvis.library.store.blobs import packed, unpacked
from dnnvis.library.store.database import LibraryFile, now
from dnnvis.sources.datasets import Data, Origin

Mask = NDArray[np.bool_]
Layer = tuple[top_k.Arrays, mergeable_statistics.Sums]


@dataclass
class Job:
    """A scan on its way: ``done`` bool (total,), the pictures looked at (or skipped)."""

    scan: int
    data: int
    layers: tuple[str, ...]
    k: int
    total: int
    done: Mask
    skipped: dict[str, str] = field(default_factory=dict)
    stamp: str = ""
    stored: set[int] = field(default_factory=set)  # pictures whose row is written
    others: set[int] = field(default_factory=set)  # pictures that other scans' lists hold
    others_stamp: str = ""  # when these were last written


def begin(
    library: LibraryFile, data: Data, layers: Sequence[str], k: int, wanted: Mask, again: bool
) -> Job | None:
    """The scan to go on with, begun where there is none; None where nothing is left to do.

    ``wanted`` bool (total,): the pictures asked for. Data whose pictures have changed since,
    and, with ``again``, the same data, are forgotten first.
    """
    with library.writing():
        number = _data_row(library, data, again)
        rows = library.rows("SELECT id, layers, k, done FROM scans WHERE data = ?", number)
        missing = list(layers)
        for _, names, kept, done in rows:
            if kept >= k and not (wanted & ~_unpacked(done, len(data))).any():
                missing = [name for name in missing if name not in json.loads(names)]
        if not missing:
            return None
        same = [row[0] for row in rows if (json.loads(row[1]), row[2]) == (missing, k)]
        scan = same[0] if same else new_scan(library, number, missing, k, len(data))
    return job_of(library, scan)


def _data_row(library: LibraryFile, data: Data, again: bool) -> int:
    rows = library.rows("SELECT id, mark FROM data WHERE address = ?", data.address)
    if rows and (again or rows[0][1] != data.mark):
        library.run("DELETE FROM data WHERE id = ?", rows[0][0])
    elif rows:
        return int(rows[0][0])
    cursor = library.run(
        "INSERT INTO data (address, kind, mark, total) VALUES (?, ?, ?, ?)",
        data.address, data.kind, data.mark, len(data),
    )  # fmt: skip
    return int(cursor.lastrowid or 0)


def new_scan(library: LibraryFile, data: int, layers: list[str], k: int, total: int) -> int:
    """A scan of ``layers``, which no other scan of the data has any more."""
    for scan, names in library.rows("SELECT id, layers FROM scans WHERE data = ?", data):
        left = [name for name in json.loads(names) if name not in layers]
        for name in set(json.loads(names)) - set(left):
            library.run("DELETE FROM layers WHERE data = ? AND layer = ?", data, name)
        if left:
            library.run("UPDATE scans SET layers = ? WHERE id = ?", json.dumps(left), scan)
        else:
            library.run("DELETE FROM scans WHERE id = ?", scan)
    cursor = library.run(
        "INSERT INTO scans (data, layers, k, done, skipped, finished, changed) "
        "VALUES (?, ?, ?, ?, '{}', 0, ?)",
        data, json.dumps(layers), k, _packed(np.zeros(total, bool)), now(),
    )  # fmt: skip
    return int(cursor.lastrowid or 0)


def job_of(library: LibraryFile, scan: int) -> Job:
    """The scan as it is written down."""
    ((data, names, k, done, skipped, stamp, total),) = library.rows(
        "SELECT data, layers, k, done, skipped, s.changed, total FROM scans AS s "
        "JOIN data AS d ON d.id = s.data WHERE s.id = ?", scan,
    )  # fmt: skip
    stored = library.rows("SELECT number FROM images WHERE data = ?", data)
    return Job(
        scan, data, tuple(json.loads(names)), k, total, _unpacked(done, total),
        json.loads(skipped), stamp, {number for (number,) in stored},
    )  # fmt: skip


def skipped_of(library: LibraryFile, address: str) -> dict[str, str]:
    """Which of the pictures there could not be read in all scans so far, and why."""
    rows = library.rows(
        "SELECT skipped FROM scans AS s JOIN data AS d ON d.id = s.data WHERE address = ?", address
    )
    return {name: why for (skipped,) in rows for name, why in json.loads(skipped).items()}


def layers_of(library: LibraryFile, job: Job) -> dict[str, Layer]:
    """What is written down of each layer; those never written are left out."""
    rows = library.rows("SELECT layer, tops, statistics FROM layers WHERE scan = ?", job.scan)
    return {name: (unpacked(tops), unpacked(sums)) for name, tops, sums in rows}


def natural_of(library: LibraryFile, job: Job) -> image_statistics.Sums | None:
    """The sums over the pictures themselves, as written down."""
    rows = library.rows("SELECT numbers FROM naturals WHERE scan = ?", job.scan)
    return unpacked(rows[0][0]) if rows else None


@dataclass(frozen=True, eq=False)
class News:
    """What is to be written: ``used`` the numbers in some list of the scan; ``images`` number ->
    where it came from and its PNG (None where it is a file of its own) and channels."""

    layers: dict[str, Layer]
    natural: image_statistics.Sums | None
    used: set[int]
    images: dict[int, tuple[Origin, int, bytes | None]]
    finished: bool


def save(library: LibraryFile, job: Job, news: News) -> None:
    """Write everything down, or nothing. Raises BadInput where another process has gone on
    with this scan meanwhile, or the disk is full."""
    with library.writing():
        rows = library.rows("SELECT changed FROM scans WHERE id = ?", job.scan)
        if not rows or rows[0][0] != job.stamp:
            raise BadInput(
                f"Another process scans the same data into {library.path}; wait until it is done."
            )
        stamp = now()
        library.run(
            "UPDATE scans SET done = ?, skipped = ?, finished = ?, changed = ? WHERE id = ?",
            _packed(job.done), json.dumps(job.skipped), news.finished, stamp, job.scan,
        )  # fmt: skip
        for name, (tops, sums) in news.layers.items():
            library.run(
                "INSERT OR REPLACE INTO layers VALUES (?, ?, ?, ?, ?)",
                job.data, name, job.scan, packed(tops), packed(sums),
            )  # fmt: skip
        if news.natural is not None:
            library.run(
                "INSERT OR REPLACE INTO naturals VALUES (?, ?, ?)",
                job.scan, job.data, packed(news.natural),
            )  # fmt: skip
        stored = _write_images(library, job, news)
    job.stamp, job.stored = stamp, stored


def _write_images(library: LibraryFile, job: Job, news: News) -> set[int]:
    _look_at_others(library, job)
    for number in job.stored - news.used - job.others:
        library.run("DELETE FROM images WHERE data = ? AND number = ?", job.data, number)
    for number in sorted(news.used - job.stored):
        origin, channels, png = news.images[number]
        library.run(
            "INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            job.data, number, origin.path, origin.size, origin.time, origin.label, channels, png,
        )  # fmt: skip
    return (job.stored & (news.used | job.others)) | news.used


def _look_at_others(library: LibraryFile, job: Job) -> None:
    """Bring ``job.others`` up to date, where another scan of the data was written down."""
    (stamp,) = library.rows(
        "SELECT max(changed) FROM scans WHERE data = ? AND id != ?", job.data, job.scan
    )[0]
    if (stamp or "") == job.others_stamp:
        return
    lists = library.rows("SELECT tops FROM layers WHERE data = ? AND scan != ?", job.data, job.scan)
    job.others = {int(n) for (blob,) in lists for n in np.unique(unpacked(blob)["numbers"])}
    job.others_stamp = stamp or ""


def absorb_all(library: LibraryFile, path: Path) -> None:
    """``absorb`` for every scan that another file shares with this one."""
    for (scan,) in library.rows("SELECT id FROM scans"):
        absorb(library, job_of(library, scan), path)


def absorb(library: LibraryFile, job: Job, path: Path, wanted: Mask | None = None) -> bool:
    """Add what another file knows of the same scan to ``job``; whether there was anything new.
    The scan is finished when all that was ``wanted`` (None = everything) is done.

    Pictures that both have looked at make it nothing new: that file was merged before.
    """
    with LibraryFile(path, library.fingerprint, create=False) as other:
        found = _same_scan(library, job, other)
        if found is None or not found.done.any() or (found.done & job.done).any():
            return False
        mine, theirs = layers_of(library, job), layers_of(other, found)
        layers = {
            name: (
                top_k.added(mine[name][0], tops),
                mergeable_statistics.added(mine[name][1], sums),
            )
            if name in mine
            else (tops, sums)
            for name, (tops, sums) in theirs.items()
        }
        used = {int(n) for tops, _ in layers.values() for n in np.unique(tops["numbers"]) if n >= 0}
        a, b = natural_of(library, job), natural_of(other, found)
        images = images_of(other, found.data)
    job.done |= found.done
    job.skipped |= found.skipped
    total = b if a is None else a if b is None else image_statistics.added(a, b)
    finished = bool(job.done.all() if wanted is None else job.done[wanted].all())
    save(library, job, News(layers, total, used, images, finished))
    return True


def _same_scan(library: LibraryFile, job: Job, other: LibraryFile) -> Job | None:
    ((address, mark),) = library.rows("SELECT address, mark FROM data WHERE id = ?", job.data)
    rows = other.rows(
        "SELECT s.id FROM scans AS s JOIN data AS d ON d.id = s.data WHERE address = ? "
        "AND mark = ? AND layers = ? AND k = ?",
        address, mark, json.dumps(job.layers), job.k,
    )  # fmt: skip
    return job_of(other, rows[0][0]) if rows else None


def images_of(library: LibraryFile, data: int) -> dict[int, tuple[Origin, int, bytes | None]]:
    """The pictures that lists of the data hold, as ``News.images``."""
    rows = library.rows(
        "SELECT number, path, size, time, label, channels, png FROM images WHERE data = ?", data
    )
    return {row[0]: (Origin(*row[1:5]), row[5], row[6]) for row in rows}


def _packed(mask: Mask) -> bytes:
    return np.packbits(mask).tobytes()


def _unpacked(data: Any, total: int) -> Mask:
    return np.unpackbits(np.frombuffer(data, np.uint8), count=total).astype(bool)
