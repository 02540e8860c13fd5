"""Read the values of one unit in one frame, without any Qt."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import Live, NetworkInfo, OutputMeaning
from dnnvis.core.unit import Unit
from dnnvis.session.state import State
from dnnvis.session.steps import call_of


def get_meaning(state: State, info: NetworkInfo | None) -> OutputMeaning:
    """Return what the output is taken for: what the user chose, else what was decided."""
    if state.meaning != "auto":
        return OutputMeaning(state.meaning, "you chose so")
    return info.meaning if info is not None else OutputMeaning()


def get_unit_map(
    live: Live | None, unit: Unit | None, info: NetworkInfo | None = None
) -> NDArray[np.float32] | None:
    """Return the unit's map in a frame.

    Args:
        live: The result of the frame.
        unit: The unit.
        info: Knows how many calls the unit's layer makes, so that its last one is the same
            however it is written.

    Returns:
        The map (H, W); None where the frame does not hold it.
    """
    if live is None or unit is None:
        return None
    maps = live.maps.get(unit.layer)
    if maps is None and unit.layer == "output":
        maps = live.output.reshape(-1, 1, 1)
    if maps is None or unit.channel >= len(maps) or is_of_another_call(live, unit, info):
        return None
    found: NDArray[np.float32] = maps[unit.channel]
    return found


def is_of_another_call(live: Live, unit: Unit, info: NetworkInfo | None) -> bool:
    """Return whether the frame's maps of the unit's layer belong to another of its calls.

    What belongs to the unit comes with the next frame.

    Args:
        live: The result of the frame.
        unit: The unit.
        info: Knows how many calls the unit's layer makes; None: not known yet.

    Returns:
        Whether the maps are of another call.
    """
    layer = info.layer(unit.layer) if info is not None else None
    if layer is None:
        return unit.call != live.call
    return call_of(layer, unit.call) != call_of(layer, live.call)


@dataclass(frozen=True)
class Readout:
    """Numbers about one map."""

    #: Value at the unit's own position, or the maximum.
    value: float
    #: Highest finite value.
    maximum: float
    #: Lowest finite value.
    minimum: float
    #: Mean of the finite values.
    mean: float
    #: Where the map is greatest, (y, x).
    position: tuple[int, int]
    #: Fraction of values above 0.
    active: float
    #: Number of values that are not finite.
    bad: int


def read_map(map_: NDArray[np.float32], position: tuple[int, int] | None = None) -> Readout:
    """Compute the numbers of a map (H, W); values that are not finite are left out."""
    finite = np.isfinite(map_)
    bad = 0 if finite.all() else int(map_.size - np.count_nonzero(finite))
    values = map_[finite] if bad else map_
    if not values.size:
        return Readout(np.nan, np.nan, np.nan, np.nan, (0, 0), 0.0, bad)
    clean = map_ if bad == 0 else np.where(finite, map_, -np.inf)
    peak = divmod(int(clean.argmax()), map_.shape[1])
    inside = position is not None and position[0] < map_.shape[0] and position[1] < map_.shape[1]
    maximum = float(values.max())
    value = float(map_[position]) if inside else maximum
    return Readout(
        value,
        maximum,
        float(values.min()),
        float(values.mean()),
        peak,
        float(np.count_nonzero(values > 0) / values.size),
        bad,
    )


class ValueHistory:
    """The last values of one subject over time; another subject starts an empty history."""

    def __init__(self, length: int = 300) -> None:
        self.values: deque[float] = deque(maxlen=length)
        self._subject: object = None
        self._last: object = None

    def follow(self, subject: object) -> None:
        """Set the subject, dropping the values of another one."""
        if subject != self._subject:
            self._subject = subject
            self.values.clear()
            self._last = None

    def add(self, frame: object, value: float) -> None:
        """Add the value of a frame; the same frame again replaces nothing and adds nothing."""
        if frame is not self._last:
            self._last = frame
            self.values.append(value)
