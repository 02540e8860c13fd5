"""The pictures that a map was fitted on, by their numbers: from where they are, or made again."""

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
from dnnvis.lenses.activation_map.map_cache import Opened, once
from dnnvis.lenses.patterns import thumb
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Data, open_data

Pixels = NDArray[np.uint8]
Read = Callable[[int], Pixels]
ARRAYS = "arrays"  # the data of a map that was fitted on pictures in memory
MADE = re.compile(r"(\d+) boards made by the rule, seed (\d+)")


def is_place(address: str) -> bool:
    """Whether a recipe's data is a path, rather than words about what was made."""
    return bool(address) and address != ARRAYS and MADE.fullmatch(address) is None


def reader(network: Network, known: Opened, where: str = "") -> Read:
    """Gives the picture uint8 (H, W, C) of a row of the map.

    ``where`` its pictures are, "" = where they were when it was fitted; of a map of boards they
    are made again. Raises BadInput where they are not there, with a sentence; the reader does
    where a picture is not the one that the map knows.
    """
    found = known.map
    assert found is not None
    boards = boards_of(network, known)
    if boards is not None:
        index = found.index
        return lambda row: boards[index[row]][:, :, None] * np.uint8(255)
    place = where or str(found.recipe.get("data", ""))
    if not is_place(place):
        raise BadInput("The pictures of this map are not kept: it was fitted on arrays.")
    return _of_data(found, _at(place, chosen=bool(where)), place)


def at_hand(known: Opened, where: str = "", patience: float = 0.05) -> bool:
    """Whether ``reader`` need not wait for its data to be opened. That begins here, on a thread
    of its own, so that frames go on meanwhile; waits for it at most ``patience`` seconds."""
    address = "" if known.map is None else str(known.map.recipe.get("data", ""))
    place = where if where and MADE.fullmatch(address) is None else address
    return not is_place(place) or _OPEN.ready(place, patience)


def boards_of(network: Network, known: Opened) -> NDArray[np.uint8] | None:
    """The boards uint8 (many, H, W) of 0 and 1 that a map of a game was fitted on, by example;
    None of other maps."""
    found = known.map
    assert found is not None
    made = MADE.fullmatch(str(found.recipe.get("data", "")))
    if made is None:
        return None
    many, seed = int(made[1]), int(made[2])
    boards: NDArray[np.uint8] = once(known, "boards", lambda _: boards_for(network, many, seed))
    return boards


def _at(place: str, chosen: bool) -> Data:
    """The data there; raises BadInput with what to do."""
    try:
        return _OPEN.at(place)
    except BadInput as why:
        if chosen:
            raise
        raise BadInput(
            f"The pictures of this map are not here ({place}): choose their folder."
        ) from why


def _of_data(found: Map, data: Data, place: str) -> Read:
    index, labels, classes = found.index, found.labels, found.classes
    if len(data) <= index.max(initial=-1):
        raise BadInput(
            f"The pictures of this map are others: {place} has {len(data):,}, and the map knows "
            f"number {index.max():,}."
        )

    def read(row: int) -> Pixels:
        number = int(index[row])
        pixels, origin = data.read(number)
        label = classes[labels[row]] if 0 <= labels[row] < len(classes) else ""
        if origin.label in classes and label in classes and origin.label != label:
            raise BadInput(
                f"The pictures of this map are others than those in {place}: number {number:,} "
                f"is '{origin.label}' there, and was '{label}'."
            )
        return pixels

    return read


def thumbs(read: Read, rows: NDArray[np.int64], side: int) -> Pixels:
    """The pictures of ``rows`` as thumbnails, uint8 (n, side, side, 3)."""
    made = [thumb(read(int(row)), side) for row in rows]
    return np.stack(made) if made else np.zeros((0, side, side, 3), np.uint8)


class _Open:
    """One data set at a time, opened once: reading the contents of a large one takes seconds.
    A thread opens it; that it cannot be opened is not remembered."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = False
        self._key: Any = None
        self._data: Data | None = None
        self._why = ""

    def ready(self, place: str, patience: float | None) -> bool:
        """Whether it is known by now what is at ``place``; None: waits for ever."""
        key = place, _mark(place)
        with self._changed:
            if not self._busy and key != self._key:
                self._close()
                self._key, self._busy = key, True
                args = (place,)
                name = "dnnvis-pictures"
                threading.Thread(target=self._open, args=args, name=name, daemon=True).start()
            self._changed.wait_for(lambda: not self._busy, patience)
            return not self._busy and key == self._key

    def at(self, place: str) -> Data:
        """The data there. Raises BadInput where it cannot be opened."""
        while not self.ready(place, None):
            pass  # another one was on its way
        with self._changed:
            if self._data is not None:
                return self._data
            self._key = None
            raise BadInput(self._why)

    def close(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, 1.0)
            self._close()

    def _open(self, place: str) -> None:
        data, why = None, ""
        try:
            data = open_data(place)
        except BadInput as error:
            why = str(error)
        except Exception as error:  # a file of another kind may make a reader raise anything
            why = f"{place} cannot be opened: {error}"
        with self._changed:
            self._data, self._why, self._busy = data, why, False
            self._changed.notify_all()

    def _close(self) -> None:
        if self._data is not None:
            self._data.close()
        self._data = self._key = None


def _mark(place: str) -> tuple[int, int]:
    """Changes when the folder or file does: size and time of the nearest that is there."""
    path = Path(place).expanduser()
    for one in (path, *path.parents):
        try:
            state = os.stat(one)
        except OSError:
            continue
        return state.st_size, state.st_mtime_ns
    return 0, 0


_OPEN = _Open()
atexit.register(_OPEN.close)


def close_pictures() -> None:
    """Close the data set that was opened last; the next picture opens it again."""
    _OPEN.close()
