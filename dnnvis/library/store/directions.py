"""Keep sets of directions in a network's library, one of each name."""

import json

import numpy as np
import torch
from safetensors import SafetensorError

from dnnvis.core.unit import quote_name
from dnnvis.library.store.blobs import pack_arrays, unpack_arrays
from dnnvis.library.store.database import LibraryFile, utc_now
from dnnvis.network.directions.directions import Directions
from dnnvis.network.directions.projection import MAX_DIRECTIONS

#: Made when the first set is kept: libraries of before have no such table.
TABLE = """
CREATE TABLE IF NOT EXISTS directions (
    name TEXT PRIMARY KEY, layer TEXT NOT NULL, positive INTEGER NOT NULL, caption TEXT NOT NULL,
    digest TEXT NOT NULL, made TEXT NOT NULL, vectors BLOB NOT NULL) WITHOUT ROWID
"""
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


def save_directions(library: LibraryFile, directions: Directions) -> bool:
    """Keep a set in the place of one of the same name; return whether it is another.

    What was kept of the other one's units (top examples, statistics, pictures, tuning curves,
    concepts) is deleted: it is not of these.

    Raises:
        BadInput: The library cannot be written.
        Busy: Another process writes into it.
    """
    name = directions.name
    with library.transaction():
        library.run(TABLE)
        rows = library.rows("SELECT digest FROM directions WHERE name = ?", name)
        if rows and rows[0][0] == directions.digest:
            return False
        forget_units(library, name)
        library.run(
            "INSERT OR REPLACE INTO directions VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(name, directions.layer, directions.positive, directions.caption),
            *(directions.digest, utc_now()),
            pack_arrays({"vectors": directions.vectors.cpu().numpy().astype(np.float32)}),
        )
    return True


def read_directions(library: LibraryFile) -> list[Directions]:
    """Return the sets that were kept; those that cannot be read are left out."""
    if ("directions",) not in library.rows(_TABLES):
        return []
    query = "SELECT name, layer, positive, caption, vectors FROM directions ORDER BY name"
    sets = []
    for name, layer, positive, caption, data in library.rows(query):
        try:
            vectors = np.asarray(unpack_arrays(data)["vectors"], np.float32)
            if vectors.ndim != 2 or not 1 <= len(vectors) <= MAX_DIRECTIONS:
                raise ValueError(vectors.shape)
            lengths = np.linalg.norm(vectors, axis=1)
            if not np.isfinite(vectors).all() or not (lengths > 0).all():
                raise ValueError(lengths)
        except (ValueError, TypeError, KeyError, AttributeError, SafetensorError):
            continue
        tensor = torch.from_numpy(vectors.copy())
        sets.append(Directions(str(name), str(layer), tensor, bool(positive), str(caption), True))
    return sets


def forget_units(library: LibraryFile, layer: str) -> None:
    """Delete what is known of a layer's units, but notes and bookmarks; in a transaction."""
    for scan, names in library.rows("SELECT id, layers FROM scans"):
        listed = json.loads(names)
        if layer in listed:
            rest = [name for name in listed if name != layer]
            if rest:
                library.run("UPDATE scans SET layers = ? WHERE id = ?", json.dumps(rest), scan)
            else:
                library.run("DELETE FROM scans WHERE id = ?", scan)
    library.run("DELETE FROM layers WHERE layer = ?", layer)
    library.run("DELETE FROM pictures WHERE layer = ?", layer)
    tables = {name for (name,) in library.rows(_TABLES)}
    start = f"{quote_name(layer)}["
    if "tunings" in tables:
        library.run("DELETE FROM tunings WHERE substr(unit, 1, ?) = ?", len(start), start)
    if "concepts" in tables:
        library.run("DELETE FROM concepts WHERE name = ?", layer)
