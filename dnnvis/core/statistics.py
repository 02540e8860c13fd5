"""Define the statistics of a unit, and of its layer, on natural pictures."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[tuple[int, float], ...]  # a channel, and its correlation with the unit


@dataclass(frozen=True, eq=False)
class LayerView:
    """What the units of a layer have in common on the pictures that were scanned.

    ``order`` and ``correlation`` are empty where the layer is too wide for them.
    """

    #: Name of the layer.
    layer: str
    #: Number of its channels.
    units: int
    #: Number of pictures that were scanned.
    images: int
    #: Channels that were never above 0.
    dead: tuple[int, ...] = ()
    #: The channels, similar ones side by side, int64 (C,).
    order: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Correlation of the pictures' channel means in that order, float32 (C, C).
    correlation: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))


@dataclass(frozen=True, eq=False)
class UnitStatistics:
    """Statistics of one unit on ``layer.images`` pictures, and of its layer."""

    #: Text of the unit.
    unit: str
    #: Name of the network.
    network: str
    #: The unit's layer.
    layer: LayerView
    #: Counts int64 (bins,) between ``edges``; a bin includes its upper edge.
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Edges float64 (bins + 1,), rising, the outer ones infinite.
    edges: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    #: Mean of all values.
    mean: float = 0.0
    #: Standard deviation of all values.
    std: float = 0.0
    #: Lowest value.
    minimum: float = 0.0
    #: Highest value.
    maximum: float = 0.0
    #: Fraction of values above 0.
    active: float = 0.0
    #: Fraction of pictures with a value above 0.
    awake: float = 0.0
    #: Channels with the highest correlation with the unit, the strongest first.
    correlated: Pairs = ()
    #: Channels with the lowest correlation with the unit, the strongest first.
    anticorrelated: Pairs = ()
    #: The pictures that were scanned.
    among: str = ""
    #: Why there is nothing, or what is missing.
    message: str = ""
    #: JSON-able settings that are enough to compute it again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Finished fraction in [0, 1].
    progress: float = 1.0
    #: How the pictures went to the network when they were scanned, where it is another way now.
    stale: str = ""
