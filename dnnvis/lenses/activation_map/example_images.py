"""Read or regenerate the pictures that a map was fitted on, by row number."""

import atexit
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.collect import boards_for
from dnnvis.lenses.activation_map.map_cache import CachedMap, compute_once
from dnnvis.lenses.patterns import make_thumbnail
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset, open_data

Pixels = NDArray[np.uint8]
ReadPicture = Callable[[int], Pixels]
ARRAYS = "arrays"  # the recipe's "data" of a map fitted on pictures in memory
GENERATED_BOARDS = re.compile(r"(\d+) boards made by the rule, seed (\d+)")


def is_path(address: str) -> bool:
    """Return whether a recipe's data is a path, not a description of generated data."""
    return bool(address) and address != ARRAYS and GENERATED_BOARDS.fullmatch(address) is None


def picture_reader(network: Network, cached: CachedMap, where: str = "") -> ReadPicture:
    """Return a function that reads the picture of a row of the map.

    The boards of a game network's map are generated again. The returned function raises BadInput
    where a picture differs from the one that the map was fitted on.

    Args:
        network: The network that the map belongs to.
        cached: Its map, which must be there.
        where: Path of the data; "" means where it was when the map was fitted.

    Returns:
        A function from a row to uint8 (H, W, C).

    Raises:
        BadInput: The pictures are not there.
    """
    activation_map = cached.map
    assert activation_map is not None
    boards = load_boards(network, cached)
    if boards is not None:
        index = activation_map.index
        return lambda row: boards[index[row]][:, :, None] * np.uint8(255)
    path = where or str(activation_map.recipe.get("data", ""))
    if not is_path(path):
        raise BadInput("The pictures of this map are not kept: it was fitted on arrays.")
    return _data_reader(activation_map, _open_data(path, chosen=bool(where)), path)


def is_data_ready(cached: CachedMap, where: str = "", timeout: float = 0.05) -> bool:
    """Return whether ``picture_reader`` can open its data without waiting.

    Opening starts here, on a thread of its own, so that frames continue meanwhile.

    Args:
        cached: The map whose data is opened.
        where: Path of the data; "" means where it was when the map was fitted.
        timeout: Longest wait in seconds.
    """
    address = "" if cached.map is None else str(cached.map.recipe.get("data", ""))
    path = where if where and GENERATED_BOARDS.fullmatch(address) is None else address
    return not is_path(path) or _DATA_CACHE.is_ready(path, timeout)


def start_opening(path: str, timeout: float = 0.05) -> bool:
    """Return whether the data set in ``path`` is open, or cannot be; opening starts here.

    Args:
        path: The data set.
        timeout: Longest wait in seconds.
    """
    return _DATA_CACHE.is_ready(path, timeout)


def load_boards(network: Network, cached: CachedMap) -> NDArray[np.uint8] | None:
    """Return the boards uint8 (N, H, W) of 0 and 1 of a game network's map, by example.

    None for other maps.
    """
    activation_map = cached.map
    assert activation_map is not None
    match = GENERATED_BOARDS.fullmatch(str(activation_map.recipe.get("data", "")))
    if match is None:
        return None
    count, seed = int(match[1]), int(match[2])
    boards: NDArray[np.uint8] = compute_once(
        cached, "boards", lambda _: boards_for(network, count, seed)
    )
    return boards


def open_cached_data(path: str) -> Dataset:
    """Return the data set in ``path``, opened once; raise BadInput where it cannot be opened."""
    return _DATA_CACHE.open_at(path)


def _open_data(path: str, chosen: bool) -> Dataset:
    """Return the data set in ``path``; raise BadInput with what to do where it cannot be opened."""
    try:
        return open_cached_data(path)
    except BadInput as error:
        if chosen:
            raise
        raise BadInput(
            f"The pictures of this map are not here ({path}): choose their folder."
        ) from error


def _data_reader(activation_map: Map, data: Dataset, path: str) -> ReadPicture:
    index, labels, classes = activation_map.index, activation_map.labels, activation_map.classes
    if len(data) <= index.max(initial=-1):
        raise BadInput(
            f"The pictures of this map are others: {path} has {len(data):,}, and the map knows "
            f"number {index.max():,}."
        )

    def read(row: int) -> Pixels:
        number = int(index[row])
        pixels, origin = data.read(number)
        label = classes[labels[row]] if 0 <= labels[row] < len(classes) else ""
        if origin.label in classes and label in classes and origin.label != label:
            raise BadInput(
                f"The pictures of this map are others than those in {path}: number {number:,} "
                f"is '{origin.label}' there, and was '{label}'."
            )
        return pixels

    return read


def make_thumbnails(read: ReadPicture, rows: NDArray[np.int64], side: int) -> Pixels:
    """Return the pictures of ``rows`` as square thumbnails.

    Args:
        read: Reads the picture of a row, see ``picture_reader``.
        rows: int64 (n,), rows of the map's examples.
        side: Side of a thumbnail in pixels.

    Returns:
        uint8 (n, side, side, 3).
    """
    thumbnails = [make_thumbnail(read(int(row)), side) for row in rows]
    return np.stack(thumbnails) if thumbnails else np.zeros((0, side, side, 3), np.uint8)


class _DataCache:
    """One data set at a time, opened once: reading the index of a large one takes seconds.

    A thread opens it; a failure to open is not cached.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = False
        self._key: Any = None
        self._data: Dataset | None = None
        self._error = ""

    def is_ready(self, path: str, timeout: float | None) -> bool:
        """Return whether ``path`` is open, or has failed to; ``timeout`` None waits for ever."""
        key = path, _file_state(path)
        with self._changed:
            if not self._busy and key != self._key:
                self._close()
                self._key, self._busy = key, True
                args = (path,)
                name = "dnnvis-pictures"
                threading.Thread(target=self._open, args=args, name=name, daemon=True).start()
            self._changed.wait_for(lambda: not self._busy, timeout)
            return not self._busy and key == self._key

    def open_at(self, path: str) -> Dataset:
        """Return the data set in ``path``; raise BadInput where it cannot be opened."""
        while not self.is_ready(path, None):
            pass  # another path was being opened
        with self._changed:
            if self._data is not None:
                return self._data
            self._key = None
            raise BadInput(self._error)

    def close(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, 1.0)
            self._close()

    def _open(self, path: str) -> None:
        data, message = None, ""
        try:
            data = open_data(path)
        except BadInput as error:
            message = str(error)
        except Exception as error:  # a reader may raise anything on a file of another kind
            message = f"{path} cannot be opened: {error}"
        with self._changed:
            self._data, self._error, self._busy = data, message, False
            self._changed.notify_all()

    def _close(self) -> None:
        if self._data is not None:
            self._data.close()
        self._data = self._key = None


def _file_state(address: str) -> tuple[int, int]:
    """Return size and modification time of the nearest existing path: they change with the data."""
    path = Path(address).expanduser()
    for candidate in (path, *path.parents):
        try:
            state = os.stat(candidate)
        except OSError:
            continue
        return state.st_size, state.st_mtime_ns
    return 0, 0


_DATA_CACHE = _DataCache()
atexit.register(_DATA_CACHE.close)


def close_pictures() -> None:
    """Close the data set that was opened last; the next picture opens it again."""
    _DATA_CACHE.close()
