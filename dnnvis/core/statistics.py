"""How a unit, and its layer with it, behaved on natural pictures."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[tuple[int, float], ...]  # a channel, and its correlation with the unit


@dataclass(frozen=True, eq=False)
class LayerView:
    """What the units of a layer have in common on the pictures that were looked through.

    ``dead``: channels that were never above 0. ``order`` int64 (C,): the channels, alike ones
    side by side; ``correlation`` float32 (C, C) of the pictures' channel means in that order,
    both empty where the layer is too wide for one."""

    layer: str
    units: int
    images: int
    dead: tuple[int, ...] = ()
    order: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    correlation: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))


@dataclass(frozen=True, eq=False)
class UnitStatistics:
    """One unit on ``layer.images`` pictures, and its layer.

    ``counts`` int64 (bins,) between ``edges`` float64 (bins + 1,), rising, the outer ones
    infinite; a bin holds its upper edge. ``active``: share of values above 0; ``awake``: share
    of pictures with one. ``correlated`` and ``anticorrelated``: the channels that go most with the
    unit and
    most against it, the strongest first. ``message`` say why there is nothing, or what is
    missing; ``among`` what was looked through."""

    unit: str
    network: str
    layer: LayerView
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    edges: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    mean: float = 0.0
    std: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    active: float = 0.0
    awake: float = 0.0
    correlated: Pairs = ()
    anticorrelated: Pairs = ()
    among: str = ""
    message: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    progress: float = 1.0
