"""Read the results of scans, combined over all data sets."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.unit import Unit
from dnnvis.library.store import mergeable_statistics
from dnnvis.library.store.blobs import decode_picture, unpack_arrays
from dnnvis.library.store.damage import refuses_damage
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.histogram_bins import bin_edges
from dnnvis.library.store.records import LISTS, By, LayerStatistics, Pixels, Scan, TopExample
from dnnvis.network.card import Card
from dnnvis.network.preprocess import as_batch, fit_to_card
from dnnvis.sources.pictures import read_picture


@refuses_damage
def find_top(library: LibraryFile, unit: Unit, k: int, by: By, bottom: bool) -> list[TopExample]:
    """Return the top pictures of a unit, see ``Library.top``.

    Args:
        library: The library's file.
        unit: The unit; only its layer and channel count.
        k: Largest number of pictures.
        by: Ranking by the "max" or the "mean" over its map.
        bottom: Whether to return the least exciting pictures instead.
    """
    entries = sorted(_list_entries(library, unit, by, bottom), key=lambda item: item[:3])[
        : max(k, 0)
    ]
    return [
        _load_example(library, value, data, number, position)
        for _, data, number, value, position in entries
    ]


@refuses_damage
def find_best(library: LibraryFile, unit: Unit, by: By) -> float | None:
    """Return the largest value of a unit, see ``Library.best``.

    Args:
        library: The library's file.
        unit: The unit; only its layer and channel count.
        by: The "max" or the "mean" over its map.
    """
    return max((entry[3] for entry in _list_entries(library, unit, by, False)), default=None)


def _list_entries(
    library: LibraryFile, unit: Unit, by: By, bottom: bool
) -> list[tuple[float, int, int, float, tuple[int, int]]]:
    """Return (rank value, data, number, value, position) of every entry in the unit's list."""
    if (by, bottom) not in LISTS:
        raise BadInput(f"Examples are by max or by mean, not by '{by}'.")
    list_number, entries = LISTS.index((by, bottom)), []
    for data, blob in library.rows("SELECT data, tops FROM layers WHERE layer = ?", unit.layer):
        arrays = unpack_arrays(blob)
        channels = arrays["numbers"].shape[1]
        if unit.channel >= channels:
            raise UnknownUnit(f"{unit.layer} has channels 0 to {channels - 1}, not {unit.channel}.")
        width = int(arrays["width"][0])
        values, numbers, indices = (
            arrays[name][list_number, unit.channel] for name in ("values", "numbers", "places")
        )
        for value, number, index in zip(values, numbers, indices, strict=True):
            if number >= 0:
                rank = float(value) if bottom else -float(value)
                position = divmod(int(index), width)
                entries.append((rank, data, int(number), float(value), position))
    return entries


def _load_example(
    library: LibraryFile, value: float, data: int, number: int, position: tuple[int, int]
) -> TopExample:
    ((address,),) = library.rows("SELECT address FROM data WHERE id = ?", data)
    rows = library.rows(
        "SELECT path, size, time, label, channels, png FROM images WHERE data = ? AND number = ?",
        data,
        number,
    )
    path, size, time, label, channels, png = rows[0] if rows else ("", 0, 0, "", 0, None)
    if png is None:
        image = partial(_read_original, path, size, time, library.card)
    else:
        image = partial(_decode_stored, png, channels, str(library.path))
    return TopExample(value, position, label, number, path, address, image)


def _decode_stored(png: bytes, channels: int, library_path: str) -> Pixels:
    try:
        return decode_picture(png, channels)
    except ValueError:
        raise BadInput(f"A picture in the library {library_path} is damaged.") from None


def _read_original(path: str, size: int, time: int, card: Card | None) -> Pixels:
    """Return the picture as a network with ``card`` sees it, where the file is unchanged."""
    if not path or card is None:
        raise BadInput("The library does not hold this picture; scan its data again.")
    try:
        state = Path(path).stat()
    except OSError:
        raise BadInput(f"{path} is gone; put it back, or scan its new place.") from None
    if (state.st_size, state.st_mtime_ns) != (size, time):
        raise BadInput(f"{path} has changed since it was scanned; scan it again (--again).")
    return resize_for_card(read_picture(path), card)


def resize_for_card(pixels: Pixels, card: Card) -> Pixels:
    """Return uint8 (H, W, C) at the card's size and channels, as ``Network.encode`` makes it."""
    resized = fit_to_card(as_batch(pixels)[0], card)[0]  # (C, H, W)
    return np.ascontiguousarray(resized.permute(1, 2, 0).numpy())


@refuses_damage
def read_statistics(library: LibraryFile, layer: str) -> LayerStatistics | None:
    """Return the statistics of a layer, see ``Library.statistics``."""
    rows = library.rows("SELECT statistics FROM layers WHERE layer = ? ORDER BY data", layer)
    total: dict[str, Any] | None = None
    for (blob,) in rows:
        sums = unpack_arrays(blob)
        total = sums if total is None else mergeable_statistics.merge_statistics(total, sums)
    if total is None or not total["images"][0]:
        return None
    images = int(total["images"][0])
    awake = total["awake"] / images
    return LayerStatistics(
        layer,
        images,
        total["mean"].astype(np.float32),
        np.sqrt(total["scatter"] / (images * total["looked"][0])).astype(np.float32),
        total["least"],
        total["most"],
        (total["active"] / (images * total["looked"][0])).astype(np.float32),
        awake.astype(np.float32),
        total["awake"] == 0,
        total["counts"].astype(np.int64),
        bin_edges(),
        mergeable_statistics.correlation_matrix(total["between"], len(awake))
        if "between" in total
        else None,
    )


@refuses_damage
def scans(library: LibraryFile) -> list[Scan]:
    """Return all scans, see ``Library.scans``."""
    rows = library.rows(
        "SELECT address, kind, total, done, k, layers, skipped, finished, s.changed "
        "FROM scans AS s JOIN data AS d ON s.data = d.id ORDER BY s.id"
    )
    return [
        Scan(
            address,
            kind,
            total,
            int(np.unpackbits(np.frombuffer(done, np.uint8)).sum()),
            k,
            tuple(json.loads(layers)),
            json.loads(skipped),
            bool(finished),
            changed,
        )
        for address, kind, total, done, k, layers, skipped, finished, changed in rows
    ]
