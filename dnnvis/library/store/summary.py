"""What a library holds, counted."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.core.paths import user_data_folder
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.prune import disk_size
from dnnvis.library.store.queries import scans
from dnnvis.library.store.records import Scan


@dataclass(frozen=True)
class LibrarySummary:
    """``pictures`` (layer, preset) -> how many; ``scans`` what was looked through, oldest first;
    ``notes`` and ``bookmarks`` how many units have one; ``bytes`` on disk; ``changed`` the UTC
    time of the newest picture or scan, "" for none."""

    path: Path
    network: str
    fingerprint: str
    pictures: dict[tuple[str, str], int]
    scans: tuple[Scan, ...]
    notes: int
    bookmarks: int
    bytes: int
    changed: str


def summarize_library(library: LibraryFile) -> LibrarySummary:
    """What the library holds. Raises BadInput where it cannot be read."""
    picture_counts = library.rows(
        "SELECT layer, preset, count(*) FROM pictures GROUP BY layer, preset ORDER BY layer, preset"
    )
    ((notes, bookmarks),) = library.rows(
        "SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM bookmarks)"
    )
    ((changed,),) = library.rows(
        "SELECT max(changed) FROM (SELECT made AS changed FROM pictures "
        "UNION ALL SELECT changed FROM scans)"
    )
    return LibrarySummary(
        library.path,
        library.network,
        library.fingerprint,
        {(layer, preset): count for layer, preset, count in picture_counts},
        tuple(scans(library)),
        notes,
        bookmarks,
        disk_size(library.path),
        changed or "",
    )


def list_known_layers(library: LibraryFile) -> tuple[str, ...]:
    """The layers of which there are pictures or scans: as the scans name them, the others
    after them by name."""
    known: Counter[str] = Counter()
    for (names,) in library.rows("SELECT layers FROM scans ORDER BY id"):
        known.update(json.loads(names))
    for (layer,) in library.rows("SELECT DISTINCT layer FROM pictures ORDER BY layer"):
        known[layer] += 1
    return tuple(known)


def list_library_files() -> list[Path]:
    """Every library in the user's data folder, by name."""
    folder = user_data_folder() / "library"
    try:
        return sorted(folder.glob("*.sqlite"))
    except OSError as error:
        raise BadInput(f"The folder {folder} cannot be read: {error.strerror}.") from error
