"""Trace a circuit: the units that feed a unit, those that feed them, and so on.

Source: Olah et al. 2020, "Zoom In: An Introduction to Circuits".
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.unit import Unit
from dnnvis.core.weights.circuit import CircuitUnit
from dnnvis.core.weights.feeds import ConnectedUnit, Feeds
from dnnvis.imaging.kernel_tiles import draw_map
from dnnvis.lenses.circuits.arrays import look_at_feeds
from dnnvis.lenses.circuits.feeds import find_picture
from dnnvis.network.network import Network

MAX_DEPTH = 6
MAX_CIRCUIT_UNITS = 400


def trace_circuit(
    network: Network,
    unit: str | Unit,
    image: Any = None,
    *,
    depth: int = 2,
    k: int = 3,
    by: str | None = None,
) -> CircuitUnit:
    """Follow a unit back through the layers.

    Args:
        network: The network.
        unit: The last unit of the circuit.
        image: As for ``look``; None: by weights alone.
        depth: How many layers back, 1 to MAX_DEPTH.
        k: How many units of each layer are followed for each unit.
        by: "frame" or "weight"; None: by what ``image`` allows.

    Returns:
        The unit with its feeders. What feeds each of them is at the place where that one is
        strongest.

    Raises:
        BadInput: More units than MAX_CIRCUIT_UNITS, or settings that make no sense.
        UnknownUnit: There is no such unit.
        LensMissing: Nothing feeds the unit.
    """
    if not 1 <= depth <= MAX_DEPTH:
        raise BadInput(f"A circuit goes 1 to {MAX_DEPTH} layers back, not {depth}.")
    count = sum(k**step for step in range(depth + 1))
    if count > MAX_CIRCUIT_UNITS:
        raise BadInput(
            f"{k} units a step over {depth} steps are {count:,} units; at most "
            f"{MAX_CIRCUIT_UNITS} are drawn: choose a smaller -k or --depth."
        )
    target = Unit.parse(unit, network.table.names) if isinstance(unit, str) else unit
    network.check(target)
    last = ConnectedUnit(
        str(target),
        network.info.label_unit(target),
        float("nan"),
        float("nan"),
        find_picture(network, target),
        _read_map(network, target, image),
    )
    tracer = _Tracer(network, image, k, {} if by is None else {"by": by})
    feeds = tracer.look(target)
    if feeds.message:
        raise LensMissing(feeds.message)
    return tracer.follow(last, float("nan"), depth)


class _Tracer:
    """Follows units back on one picture; each unit is looked at once."""

    def __init__(self, network: Network, image: Any, k: int, options: dict[str, Any]) -> None:
        self._network, self._image, self._k, self._options = network, image, k, options
        self._known: dict[str, Feeds] = {}

    def look(self, unit: Unit) -> Feeds:
        """Return what feeds a unit."""
        if str(unit) not in self._known:
            feeds = look_at_feeds(self._network, unit, self._image, self._k, **self._options)
            self._known[str(unit)] = feeds
        return self._known[str(unit)]

    def follow(self, connected: ConnectedUnit, value: float, steps: int) -> CircuitUnit:
        """Return a unit with what feeds it, so many steps back."""
        picture = draw_unit(connected)
        if not steps or not connected.unit:
            return CircuitUnit(connected.unit, connected.name, value, picture)
        feeds = self.look(Unit.parse(connected.unit))
        feeders = tuple(
            self.follow(each, each.value if feeds.by == "frame" else each.weight, steps - 1)
            for each in feeds.feeders
        )
        return CircuitUnit(connected.unit, connected.name, value, picture, feeders, feeds.caption)


def _read_map(network: Network, unit: Unit, image: Any) -> NDArray[np.float32] | None:
    if image is None:
        return None
    recording = network.record(image, [unit.layer])
    maps = recording.calls(unit.layer)[unit.call]
    own: NDArray[np.float32] = maps[unit.channel].copy()
    return own


def draw_unit(connected: ConnectedUnit) -> NDArray[np.uint8] | None:
    """Return what a unit looks like, uint8 (h, w, 3): its picture, else its map; None: neither."""
    if connected.picture is not None:
        return connected.picture
    if connected.map is None or connected.map.size < 2:
        return None
    return draw_map(connected.map)
