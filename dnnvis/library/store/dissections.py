"""Keep dissections in a network's library: the latest of each layer and set of concepts."""

import json
from typing import Any

import numpy as np
from safetensors import SafetensorError

from dnnvis.core.probing.dissection import (
    MIN_SCORES,
    DissectedLayer,
    LayerConcepts,
    summarize_layer,
)
from dnnvis.library.store.blobs import pack_arrays, unpack_arrays
from dnnvis.library.store.database import LibraryFile, utc_now

#: Made when the first one is kept: libraries of before have no such table.
TABLE = """
CREATE TABLE IF NOT EXISTS dissections (
    layer TEXT NOT NULL, source TEXT NOT NULL, control INTEGER NOT NULL, recipe TEXT NOT NULL,
    made TEXT NOT NULL, about TEXT NOT NULL, scores BLOB NOT NULL,
    PRIMARY KEY (layer, source, control)) WITHOUT ROWID
"""
_HAS_TABLE = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'dissections'"
_COLUMNS = "layer, source, control, made, about, scores"
_ARRAYS = ("scores", "thresholds", "active")


def save_dissection(library: LibraryFile, layer: DissectedLayer, recipe: str) -> None:
    """Keep the scores of a layer in the place of those before.

    Args:
        library: The network's library.
        layer: The scores.
        recipe: A text that is another one for whatever changes the numbers.

    Raises:
        BadInput: The library cannot be written.
        Busy: Another process writes into it.
    """
    about = {
        "concepts": list(layer.concepts),
        "measure": layer.measure,
        "pictures": layer.pictures,
        "points": layer.points,
        "notes": list(layer.notes),
    }
    with library.transaction():
        library.run(TABLE)
        library.run(
            "INSERT OR REPLACE INTO dissections VALUES (?, ?, ?, ?, ?, ?, ?)",
            layer.layer,
            layer.source,
            int(layer.control),
            recipe,
            utc_now(),
            json.dumps(about),
            pack_arrays({name: getattr(layer, name) for name in _ARRAYS}),
        )


def read_dissection(
    library: LibraryFile, layer: str, source: str, recipe: str, *, control: bool
) -> DissectedLayer | None:
    """Return the scores of a layer that were kept for a recipe; None where there are none.

    Args:
        library: The network's library.
        layer: The layer.
        source: Address of the set of concepts.
        recipe: As for ``save_dissection``.
        control: Whether those of shuffled weights are wanted.
    """
    if not library.rows(_HAS_TABLE):
        return None
    rows = library.rows(
        f"SELECT {_COLUMNS} FROM dissections WHERE layer = ? AND source = ? AND control = ? "
        "AND recipe = ?",
        *(layer, source, int(control), recipe),
    )
    return _read(rows[0], library.network) if rows else None


def list_dissections(
    library: LibraryFile, *, control: bool = False, layer: str | None = None
) -> dict[str, DissectedLayer]:
    """Return layer -> what was kept of it last, whatever the concepts.

    Args:
        library: The network's library.
        control: Whether those of shuffled weights are wanted.
        layer: Of this layer alone; None: of all.
    """
    if not library.rows(_HAS_TABLE):
        return {}
    rows = library.rows(
        f"SELECT {_COLUMNS} FROM dissections WHERE control = ? AND (? IS NULL OR layer = ?) "
        "ORDER BY made",
        *(int(control), layer, layer),
    )
    layers = (_read(row, library.network) for row in rows)
    return {layer.layer: layer for layer in layers if layer is not None}


def read_concepts(library: LibraryFile) -> tuple[LayerConcepts, ...]:
    """Return the names of units that were kept last of each layer."""
    controls = list_dissections(library, control=True)
    layers = list_dissections(library)
    return tuple(summarize_layer(layer, controls.get(name)) for name, layer in layers.items())


class ConceptReader:
    """Reads the names of units again only where they have changed: that takes some 20 ms."""

    def __init__(self) -> None:
        self._stamp: object = None
        self._concepts: tuple[LayerConcepts, ...] = ()

    def read(self, library: LibraryFile) -> tuple[LayerConcepts, ...]:
        """Return the names that a library holds now."""
        if not library.rows(_HAS_TABLE):
            return ()
        stamp = (library.path, *library.rows("SELECT max(made), count(*) FROM dissections"))
        if stamp != self._stamp:
            self._stamp, self._concepts = stamp, read_concepts(library)
        return self._concepts


def _read(row: Any, network: str) -> DissectedLayer | None:
    """Return a row's scores; None where they are not as they are written here."""
    layer, source, control, created, about_text, blob = row
    try:
        about, arrays = json.loads(about_text), unpack_arrays(blob)
        concepts = tuple(str(name) for name in about["concepts"])
        scores, thresholds, active = (arrays[name].astype(np.float32) for name in _ARRAYS)
        count = len(scores)
        if about["measure"] not in MIN_SCORES or scores.shape != (count, len(concepts)):
            return None
        if thresholds.shape != (count,) or active.shape != (count,):
            return None
        return DissectedLayer(
            network,
            str(layer),
            str(source),
            concepts,
            about["measure"],
            scores,
            thresholds,
            active,
            int(about["pictures"]),
            int(about["points"]),
            bool(control),
            str(created),
            tuple(str(note) for note in about["notes"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, SafetensorError):
        return None
