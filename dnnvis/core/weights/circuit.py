"""Define a part of a circuit: a unit, the units that feed it, those that feed these, and so on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CircuitUnit:
    """A unit of a circuit, with the strongest units that feed it."""

    #: Text of the unit; "" for a channel of the picture.
    unit: str
    #: What a reader calls it.
    name: str
    #: What it adds to the unit that it feeds; NaN of the last one.
    value: float
    #: What it looks like, uint8 (h, w, 3): its saved picture, else its map; None: neither.
    picture: NDArray[np.uint8] | None = None
    #: Those that feed it, the strongest first.
    feeders: tuple["CircuitUnit", ...] = ()
    #: How these values were computed, "" without any.
    caption: str = ""

    @property
    def count(self) -> int:
        """Return how many units it holds, itself among them."""
        return 1 + sum(each.count for each in self.feeders)
