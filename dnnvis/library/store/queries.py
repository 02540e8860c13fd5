"""What scans have found, read back and put together over all data sets."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.unit import Unit
from dnnvis.library.scan.top_k import LISTS
from dnnvis.library.store import mergeable_statistics
from dnnvis.library.store.blobs import pixels_of, unpacked
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.histogram_bins import edges
from dnnvis.library.store.records import By, Pixels, Scan, Statistics, TopExample
from dnnvis.network.card import Card
from dnnvis.network.preprocess import as_batch, fitted
from dnnvis.sources.pictures import read_picture


def top(library: LibraryFile, unit: Unit, k: int, by: By, bottom: bool) -> list[TopExample]:
    """``Library.top``."""
    found = sorted(_entries(library, unit, by, bottom), key=lambda item: item[:3])[: max(k, 0)]
    return [
        _example(library, abs_value, data, number, place)
        for _, data, number, abs_value, place in found
    ]


def best(library: LibraryFile, unit: Unit, by: By) -> float | None:
    """``Library.best``."""
    return max((entry[3] for entry in _entries(library, unit, by, False)), default=None)


def _entries(
    library: LibraryFile, unit: Unit, by: By, bottom: bool
) -> list[tuple[float, int, int, float, tuple[int, int]]]:
    """(rank value, data, number, value, place) of every entry in the unit's list."""
    if (by, bottom) not in LISTS:
        raise BadInput(f"Examples are by max or by mean, not by '{by}'.")
    which, entries = LISTS.index((by, bottom)), []
    for data, blob in library.rows("SELECT data, tops FROM layers WHERE layer = ?", unit.layer):
        arrays = unpacked(blob)
        channels = arrays["numbers"].shape[1]
        if unit.channel >= channels:
            raise UnknownUnit(f"{unit.layer} has channels 0 to {channels - 1}, not {unit.channel}.")
        width = int(arrays["width"][0])
        values, numbers, places = (
            arrays[name][which, unit.channel] for name in ("values", "numbers", "places")
        )
        for value, number, place in zip(values, numbers, places, strict=True):
            if number >= 0:
                rank = float(value) if bottom else -float(value)
                where = divmod(int(place), width)
                entries.append((rank, data, int(number), float(value), where))
    return entries


def _example(
    library: LibraryFile, value: float, data: int, number: int, place: tuple[int, int]
) -> TopExample:
    ((address,),) = library.rows("SELECT address FROM data WHERE id = ?", data)
    rows = library.rows(
        "SELECT path, size, time, label, channels, png FROM images WHERE data = ? AND number = ?",
        data, number,
    )  # fmt: skip
    path, size, time, label, channels, png = rows[0] if rows else ("", 0, 0, "", 0, None)
    if png is None:
        image = partial(_from_file, path, size, time, library.card)
    else:
        image = partial(_from_png, png, channels, str(library.path))
    return TopExample(value, place, label, number, path, address, image)


def _from_png(png: bytes, channels: int, where: str) -> Pixels:
    try:
        return pixels_of(png, channels)
    except ValueError:
        raise BadInput(f"A picture in the library {where} is damaged.") from None


def _from_file(path: str, size: int, time: int, card: Card | None) -> Pixels:
    """The picture as a network with ``card`` sees it, where it is what was scanned."""
    if not path or card is None:
        raise BadInput("The library does not hold this picture; scan its data again.")
    try:
        state = Path(path).stat()
    except OSError:
        raise BadInput(f"{path} is gone; put it back, or scan its new place.") from None
    if (state.st_size, state.st_mtime_ns) != (size, time):
        raise BadInput(f"{path} has changed since it was scanned; scan it again (--again).")
    return seen(read_picture(path), card)


def seen(pixels: Pixels, card: Card) -> Pixels:
    """uint8 (H, W, C) at the card's size and channels, as ``Network.encode`` makes it."""
    shown = fitted(as_batch(pixels)[0], card)[0]  # (C, H, W)
    return np.ascontiguousarray(shown.permute(1, 2, 0).numpy())


def statistics(library: LibraryFile, layer: str) -> Statistics | None:
    """``Library.statistics``."""
    rows = library.rows("SELECT statistics FROM layers WHERE layer = ? ORDER BY data", layer)
    total: dict[str, Any] | None = None
    for (blob,) in rows:
        found = unpacked(blob)
        total = found if total is None else mergeable_statistics.added(total, found)
    if total is None or not total["images"][0]:
        return None
    images = int(total["images"][0])
    awake = total["awake"] / images
    return Statistics(
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
        edges(),
        mergeable_statistics.correlation(total["between"], len(awake))
        if "between" in total
        else None,
    )


def scans(library: LibraryFile) -> list[Scan]:
    """``Library.scans``."""
    rows = library.rows(
        "SELECT address, kind, total, done, k, layers, skipped, finished, s.changed "
        "FROM scans AS s JOIN data AS d ON s.data = d.id ORDER BY s.id"
    )
    return [
        Scan(address, kind, total, int(np.unpackbits(np.frombuffer(done, np.uint8)).sum()), k,
             tuple(json.loads(layers)), json.loads(skipped), bool(finished), changed)
        for address, kind, total, done, k, layers, skipped, finished, changed in rows
    ]  # fmt: skip
