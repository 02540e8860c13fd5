"""Progress of a scan in the library: begun, continued, saved, in whole transactions."""

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
from dnnvis.library.store.blobs import pack_arrays, unpack_arrays
from dnnvis.library.store.database import LibraryFile, utc_now
from dnnvis.sources.datasets import Dataset, Origin

Mask = NDArray[np.bool_]
LayerArrays = tuple[top_k.Arrays, mergeable_statistics.MergeableStatistics]


@dataclass
class ScanJob:
    """A scan that is under way."""

    #: Row of the scan.
    scan: int
    #: Row of the data set.
    data: int
    #: Layers to scan.
    layers: tuple[str, ...]
    #: Length of each list.
    k: int
    #: Number of pictures in the data set.
    total: int
    #: bool (total,), pictures scanned (or skipped).
    done: Mask
    #: Picture -> why it could not be read.
    skipped: dict[str, str] = field(default_factory=dict)
    #: UTC time of the latest save, as ISO text.
    changed: str = ""
    #: Pictures whose row is written.
    stored: set[int] = field(default_factory=set)
    #: Pictures in the lists of other scans.
    used_elsewhere: set[int] = field(default_factory=set)
    #: When those were last written.
    elsewhere_changed: str = ""


def begin_scan(
    library: LibraryFile,
    data: Dataset,
    layers: Sequence[str],
    k: int,
    requested: Mask,
    restart: bool,
) -> ScanJob | None:
    """Return the scan to continue, begun where there is none.

    Data whose pictures have changed since the last scan is deleted first.

    Args:
        library: The library's file.
        data: The data set.
        layers: Layers to scan.
        k: Length of each list.
        requested: bool (total,), pictures to scan.
        restart: Whether to delete what is known of the same data, too.

    Returns:
        The job; None where nothing is left to do.
    """
    with library.transaction():
        number = _find_or_add_data(library, data, restart)
        rows = library.rows("SELECT id, layers, k, done FROM scans WHERE data = ?", number)
        missing = list(layers)
        for _, names, stored_k, done in rows:
            if stored_k >= k and not (requested & ~_unpack_mask(done, len(data))).any():
                missing = [name for name in missing if name not in json.loads(names)]
        if not missing:
            return None
        same = [row[0] for row in rows if (json.loads(row[1]), row[2]) == (missing, k)]
        scan = same[0] if same else insert_scan(library, number, missing, k, len(data))
    return load_job(library, scan)


def is_outdated(library: LibraryFile, data: Dataset) -> bool:
    """Return whether the library knows this data with other pictures, or decoded otherwise."""
    rows = library.rows("SELECT mark FROM data WHERE address = ?", data.address)
    return bool(rows) and rows[0][0] != data.mark


def _find_or_add_data(library: LibraryFile, data: Dataset, restart: bool) -> int:
    rows = library.rows("SELECT id, mark FROM data WHERE address = ?", data.address)
    if rows and (restart or rows[0][1] != data.mark):
        library.run("DELETE FROM data WHERE id = ?", rows[0][0])
    elif rows:
        return int(rows[0][0])
    cursor = library.run(
        "INSERT INTO data (address, kind, mark, total) VALUES (?, ?, ?, ?)",
        data.address,
        data.kind,
        data.mark,
        len(data),
    )
    return int(cursor.lastrowid or 0)


def insert_scan(library: LibraryFile, data: int, layers: list[str], k: int, total: int) -> int:
    """Insert a scan; its layers are removed from all other scans of the data.

    Args:
        library: The library's file.
        data: Row of the data set.
        layers: Layers to scan.
        k: Length of each list.
        total: Number of pictures in the data set.

    Returns:
        Row of the scan.
    """
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
        data,
        json.dumps(layers),
        k,
        _pack_mask(np.zeros(total, bool)),
        utc_now(),
    )
    return int(cursor.lastrowid or 0)


def load_job(library: LibraryFile, scan: int) -> ScanJob:
    """Return a scan as it was saved."""
    ((data, names, k, done, skipped, changed, total),) = library.rows(
        "SELECT data, layers, k, done, skipped, s.changed, total FROM scans AS s "
        "JOIN data AS d ON d.id = s.data WHERE s.id = ?",
        scan,
    )
    stored = library.rows("SELECT number FROM images WHERE data = ?", data)
    return ScanJob(
        scan,
        data,
        tuple(json.loads(names)),
        k,
        total,
        _unpack_mask(done, total),
        json.loads(skipped),
        changed,
        {number for (number,) in stored},
    )


def load_skipped(library: LibraryFile, address: str) -> dict[str, str]:
    """Return the pictures of a data set that no scan could read, and why."""
    rows = library.rows(
        "SELECT skipped FROM scans AS s JOIN data AS d ON d.id = s.data WHERE address = ?", address
    )
    return {name: reason for (skipped,) in rows for name, reason in json.loads(skipped).items()}


def load_layers(library: LibraryFile, job: ScanJob) -> dict[str, LayerArrays]:
    """Return what was saved of each layer; those never saved are left out."""
    rows = library.rows("SELECT layer, tops, statistics FROM layers WHERE scan = ?", job.scan)
    return {name: (unpack_arrays(tops), unpack_arrays(sums)) for name, tops, sums in rows}


def load_image_sums(library: LibraryFile, job: ScanJob) -> image_statistics.ImageSums | None:
    """Return the sums over the pictures themselves, as saved."""
    rows = library.rows("SELECT numbers FROM naturals WHERE scan = ?", job.scan)
    return unpack_arrays(rows[0][0]) if rows else None


@dataclass(frozen=True, eq=False)
class ScanUpdate:
    """What is to be saved of a scan."""

    #: Layer -> its lists and sums.
    layers: dict[str, LayerArrays]
    #: Sums over the pictures themselves.
    natural: image_statistics.ImageSums | None
    #: Numbers of the pictures in some list of the scan.
    used: set[int]
    #: Number -> origin, channels, and PNG (None where the picture is a file of its own).
    images: dict[int, tuple[Origin, int, bytes | None]]
    #: Whether nothing is left to do.
    finished: bool


def save(library: LibraryFile, job: ScanJob, update: ScanUpdate) -> None:
    """Save the progress of a scan, all or nothing.

    Args:
        library: The library's file.
        job: The scan; its ``changed`` and ``stored`` are updated.
        update: What to save.

    Raises:
        BadInput: Another process has continued this scan meanwhile, or the disk is full.
    """
    with library.transaction():
        rows = library.rows("SELECT changed FROM scans WHERE id = ?", job.scan)
        if not rows or rows[0][0] != job.changed:
            raise BadInput(
                f"Another process scans the same data into {library.path}; wait until it is done."
            )
        changed = utc_now()
        library.run(
            "UPDATE scans SET done = ?, skipped = ?, finished = ?, changed = ? WHERE id = ?",
            _pack_mask(job.done),
            json.dumps(job.skipped),
            update.finished,
            changed,
            job.scan,
        )
        for name, (tops, sums) in update.layers.items():
            library.run(
                "INSERT OR REPLACE INTO layers VALUES (?, ?, ?, ?, ?)",
                job.data,
                name,
                job.scan,
                pack_arrays(tops),
                pack_arrays(sums),
            )
        if update.natural is not None:
            library.run(
                "INSERT OR REPLACE INTO naturals VALUES (?, ?, ?)",
                job.scan,
                job.data,
                pack_arrays(update.natural),
            )
        stored = _write_images(library, job, update)
    job.changed, job.stored = changed, stored


def _write_images(library: LibraryFile, job: ScanJob, update: ScanUpdate) -> set[int]:
    _refresh_used_elsewhere(library, job)
    for number in job.stored - update.used - job.used_elsewhere:
        library.run("DELETE FROM images WHERE data = ? AND number = ?", job.data, number)
    for number in sorted(update.used - job.stored):
        origin, channels, png = update.images[number]
        library.run(
            "INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            job.data,
            number,
            origin.path,
            origin.size,
            origin.time,
            origin.label,
            channels,
            png,
        )
    return (job.stored & (update.used | job.used_elsewhere)) | update.used


def _refresh_used_elsewhere(library: LibraryFile, job: ScanJob) -> None:
    """Update ``job.used_elsewhere``, where another scan of the data was saved meanwhile."""
    (changed,) = library.rows(
        "SELECT max(changed) FROM scans WHERE data = ? AND id != ?", job.data, job.scan
    )[0]
    if (changed or "") == job.elsewhere_changed:
        return
    lists = library.rows("SELECT tops FROM layers WHERE data = ? AND scan != ?", job.data, job.scan)
    job.used_elsewhere = {
        int(n) for (blob,) in lists for n in np.unique(unpack_arrays(blob)["numbers"])
    }
    job.elsewhere_changed = changed or ""


def absorb_all(library: LibraryFile, path: Path) -> None:
    """Call ``absorb`` for every scan that another file shares with this one."""
    for (scan,) in library.rows("SELECT id FROM scans"):
        absorb(library, load_job(library, scan), path)


def absorb(library: LibraryFile, job: ScanJob, path: Path, requested: Mask | None = None) -> bool:
    """Add what another file knows of the same scan to ``job``.

    Where both have scanned a same picture nothing is new: that file was merged before.

    Args:
        library: The library's file.
        job: The scan; it is updated and saved.
        path: The other file.
        requested: bool (total,), pictures after which the scan is finished; None means all.

    Returns:
        Whether there was anything new.
    """
    with LibraryFile(path, library.fingerprint, create=False) as other:
        other_job = _find_same_scan(library, job, other)
        if other_job is None or not other_job.done.any() or (other_job.done & job.done).any():
            return False
        own_layers, other_layers = load_layers(library, job), load_layers(other, other_job)
        layers = {
            name: (
                top_k.merge_lists(own_layers[name][0], tops),
                mergeable_statistics.merge_statistics(own_layers[name][1], sums),
            )
            if name in own_layers
            else (tops, sums)
            for name, (tops, sums) in other_layers.items()
        }
        used = {int(n) for tops, _ in layers.values() for n in np.unique(tops["numbers"]) if n >= 0}
        own_sums, other_sums = load_image_sums(library, job), load_image_sums(other, other_job)
        images = load_images(other, other_job.data)
    job.done |= other_job.done
    job.skipped |= other_job.skipped
    total = (
        other_sums
        if own_sums is None
        else own_sums
        if other_sums is None
        else image_statistics.merge_sums(own_sums, other_sums)
    )
    finished = bool(job.done.all() if requested is None else job.done[requested].all())
    save(library, job, ScanUpdate(layers, total, used, images, finished))
    return True


def _find_same_scan(library: LibraryFile, job: ScanJob, other: LibraryFile) -> ScanJob | None:
    ((address, mark),) = library.rows("SELECT address, mark FROM data WHERE id = ?", job.data)
    rows = other.rows(
        "SELECT s.id FROM scans AS s JOIN data AS d ON d.id = s.data WHERE address = ? "
        "AND mark = ? AND layers = ? AND k = ?",
        address,
        mark,
        json.dumps(job.layers),
        job.k,
    )
    return load_job(other, rows[0][0]) if rows else None


def load_images(library: LibraryFile, data: int) -> dict[int, tuple[Origin, int, bytes | None]]:
    """Return the pictures in lists of the data, as ``ScanUpdate.images``."""
    rows = library.rows(
        "SELECT number, path, size, time, label, channels, png FROM images WHERE data = ?", data
    )
    return {row[0]: (Origin(*row[1:5]), row[5], row[6]) for row in rows}


def _pack_mask(mask: Mask) -> bytes:
    return np.packbits(mask).tobytes()


def _unpack_mask(data: Any, total: int) -> Mask:
    return np.unpackbits(np.frombuffer(data, np.uint8), count=total).astype(bool)
