"""Define which units feed a unit, and which it feeds."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

#: What ranks connected units: what they add on this frame, or their weights alone.
FeedRanking = Literal["frame", "weight"]


@dataclass(frozen=True, eq=False)
class ConnectedUnit:
    """A unit on the other end of a connection."""

    #: Text of the unit; "" for a channel of the picture itself, which cannot be selected.
    unit: str
    #: What a reader calls it: its text, or red, green, blue, ``picture 0``.
    name: str
    #: All weights of the connection as one number: the root of the sum of their squares, with the
    #: sign of their sum; batch norms right behind are folded in. Of a connection without a matrix
    #: the same of its expanded weights.
    weight: float
    #: What the unit at this end adds to the other on this frame: sum of weight x activation at the
    #: place; NaN without a frame.
    value: float
    #: The library's picture of the unit, uint8 (h, w, 3); None where it has none.
    picture: NDArray[np.uint8] | None = None
    #: Its present map, float32 (h, w); None without a frame.
    map: NDArray[np.float32] | None = None
    #: Of a channel of the picture its number; -1 of anything else.
    channel: int = -1


@dataclass(frozen=True, eq=False)
class Feeds:
    """Units that feed a unit and units that it feeds, the strongest first."""

    #: Text of the unit.
    unit: str
    #: Those that feed it, and how many there are in all.
    feeders: tuple[ConnectedUnit, ...] = ()
    feeder_count: int = 0
    #: Those that it feeds, and how many there are in all.
    fed: tuple[ConnectedUnit, ...] = ()
    fed_count: int = 0
    #: What ranks them.
    by: FeedRanking = "frame"
    #: The layer whose weights feed it; "" where there is no single matrix.
    matrix: str = ""
    #: Kinds of the layers between that one and the unit, of which batch norms right behind it are
    #: folded into the weights.
    after: tuple[str, ...] = ()
    #: The place (y, x) in that layer's map which the values belong to; None for vectors.
    position: tuple[int, int] | None = None
    #: Sum of what all feeding units add, those that are not listed among them; NaN without a frame.
    total: float = float("nan")
    #: The bias, batch norms folded in.
    bias: float = 0.0
    #: What the network computed there, before any rectifier; where ``exact``, total + bias to
    #: rounding.
    computed: float = float("nan")
    #: Whether the sum is that of a matrix; else expanded weights stand in for one.
    exact: bool = True
    #: How it was computed, in one line.
    caption: str = ""
    #: Why no unit feeds it, "" where one does; likewise for those that it feeds.
    message: str = ""
    fed_message: str = ""
    #: JSON-able settings that are enough to compute it again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Number of the frame it belongs to.
    frame: int = -1
    #: Name of the network it belongs to.
    network: str = ""
    #: Finished fraction in [0, 1].
    progress: float = 1.0
