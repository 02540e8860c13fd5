"""Trace a circuit: the units that feed a unit, those that feed them, and so on.

Source: Olah et al. 2020, "Zoom In: An Introduction to Circuits".
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.unit import Unit
from dnnvis.core.weights.circuit import CircuitUnit
from dnnvis.core.weights.feeds import ConnectedUnit
from dnnvis.imaging.colorize import map_to_rgb
from dnnvis.lenses.circuits.arrays import look_at_feeds
from dnnvis.lenses.circuits.feeds import find_picture
from dnnvis.network.network import Network

MAX_DEPTH = 6
MAX_CIRCUIT_UNITS = 400
MAP_COLORMAP, SIGNED_COLORMAP = "viridis", "signed"


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
    options = {} if by is None else {"by": by}
    target = Unit.parse(unit, network.table.names) if isinstance(unit, str) else unit
    network.check(target)

    def follow(current: Unit, connected: ConnectedUnit, value: float, steps: int) -> CircuitUnit:
        picture = draw_unit(connected)
        if not steps:
            return CircuitUnit(connected.unit, connected.name, value, picture)
        try:
            feeds = look_at_feeds(network, current, image, k, **options)
        except DnnvisError:
            if current is target:
                raise
            return CircuitUnit(connected.unit, connected.name, value, picture)
        if feeds.message and current is target:
            raise BadInput(feeds.message)
        feeders = []
        for each in feeds.feeders:
            own = each.value if feeds.by == "frame" else each.weight
            if each.unit:
                following = Unit.parse(each.unit)
                feeders.append(follow(following, each, own, steps - 1))
            else:
                feeders.append(CircuitUnit("", each.name, own, draw_unit(each)))
        return CircuitUnit(
            connected.unit, connected.name, value, picture, tuple(feeders), feeds.caption
        )

    last = ConnectedUnit(
        str(target),
        network.info.label_unit(target),
        float("nan"),
        float("nan"),
        find_picture(network, target),
        _read_map(network, target, image),
    )
    return follow(target, last, float("nan"), depth)


def _read_map(network: Network, unit: Unit, image: Any) -> NDArray[np.float32] | None:
    if image is None:
        return None
    recording = network.record(image, [unit.layer])
    maps = recording.calls(unit.layer)[unit.call]
    return maps[unit.channel].copy()


def draw_unit(connected: ConnectedUnit) -> NDArray[np.uint8] | None:
    """Return what a unit looks like, uint8 (h, w, 3): its picture, else its map; None: neither."""
    if connected.picture is not None:
        return connected.picture
    if connected.map is None or connected.map.size == 1:
        return None
    finite = connected.map[np.isfinite(connected.map)]
    high = float(np.abs(finite).max(initial=0.0)) or 1.0
    if finite.size and float(finite.min()) < 0:
        return np.ascontiguousarray(map_to_rgb(connected.map, -high, high, SIGNED_COLORMAP))
    return np.ascontiguousarray(map_to_rgb(connected.map, 0.0, high, MAP_COLORMAP))
