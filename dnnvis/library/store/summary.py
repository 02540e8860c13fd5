"""Count what a library holds."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.core.paths import user_data_folder
from dnnvis.library.store.damage import refuses_damage
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.prune import disk_size
from dnnvis.library.store.queries import scans
from dnnvis.library.store.records import Scan


@dataclass(frozen=True)
class LibrarySummary:
    """What a library holds."""

    #: Its file.
    path: Path
    #: Name of the network.
    network: str
    #: Fingerprint of the network's weights.
    fingerprint: str
    #: (layer, preset) -> number of pictures.
    pictures: dict[tuple[str, str], int]
    #: All scans, oldest first.
    scans: tuple[Scan, ...]
    #: Number of units with a note.
    notes: int
    #: Number of units with a bookmark.
    bookmarks: int
    #: Size on disk.
    bytes: int
    #: UTC time of the newest picture or scan; "" for none.
    changed: str


@refuses_damage
def summarize_library(library: LibraryFile) -> LibrarySummary:
    """Return what the library holds; raise BadInput where it cannot be read."""
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


@refuses_damage
def list_known_layers(library: LibraryFile) -> tuple[str, ...]:
    """Return the layers with pictures or scans: as the scans name them, then others by name."""
    known: Counter[str] = Counter()
    for (names,) in library.rows("SELECT layers FROM scans ORDER BY id"):
        known.update(json.loads(names))
    for (layer,) in library.rows("SELECT DISTINCT layer FROM pictures ORDER BY layer"):
        known[layer] += 1
    return tuple(known)


def list_library_files() -> list[Path]:
    """Return every library in the user's data folder, by name."""
    folder = user_data_folder() / "library"
    try:
        return sorted(folder.glob("*.sqlite"))
    except OSError as error:
        raise BadInput(f"The folder {folder} cannot be read: {error.strerror}.") from error
