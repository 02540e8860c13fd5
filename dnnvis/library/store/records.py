"""What the library gives back: frozen values that may cross threads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.lens_results import QualityMetrics

By = Literal["max", "mean"]
#: (by, bottom) of a unit's four lists of examples, in the order in which they are stored.
LISTS: tuple[tuple[By, bool], ...] = (
    ("max", False),
    ("max", True),
    ("mean", False),
    ("mean", True),
)
Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SavedPicture:
    """A finished synthesis: ``pixels`` uint8 (H, W, C), ``objective`` as text, ``curve`` float32
    (steps, N) or None, ``created`` the UTC time as ISO text."""

    id: int
    objective: str
    preset: str
    pixels: Pixels
    recipe: dict[str, Any]
    measures: QualityMetrics | None
    created: str
    curve: Array | None = None


@dataclass(frozen=True, eq=False)
class TopExample:
    """A natural picture at an end of a unit's range.

    ``value`` is the maximum or the mean over the map; ``position`` (y, x) is where the maximum
    lies (also for the mean). ``index`` counts the pictures of ``source`` from 0; ``path`` is
    the picture's own file, or "" where it is part of another (a tar file, a film)."""

    value: float
    position: tuple[int, int]
    label: str
    index: int
    path: str
    source: str
    _image: Callable[[], Pixels] = field(repr=False)

    def image(self) -> Pixels:
        """uint8 (H, W, C) as the network saw it; from any thread. Raises BadInput where the
        picture's file is gone, has changed, or cannot be read any more."""
        return self._image()


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """How a layer's C channels behaved on ``images`` natural pictures (at the last call).

    ``mean``, ``minimum``, ``maximum`` float32 (C,) over all pictures and places; ``awake`` (C,)
    share
    of pictures with a maximum above 0; ``dead`` bool (C,): never above 0. Of each map of 4 or
    more places, 4 are looked at (evenly apart, from a start that differs by picture) for
    ``std`` (C,), ``active`` (C,), the share of values above 0, and ``counts`` int64 (C, bins)
    between ``edges`` float64 (bins + 1,), see ``bins.edges``. ``correlation`` float32 (C, C) of
    the pictures' channel means, 0 where a channel never varies; None where C is above 2048."""

    layer: str
    images: int
    mean: Array
    std: Array
    minimum: Array
    maximum: Array
    active: Array
    awake: Array
    dead: NDArray[np.bool_]
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    correlation: Array | None


@dataclass(frozen=True, eq=False)
class NaturalStatistics:
    """What the scanned pictures look like at the network's input, in [0, 1]: ``mean`` float64
    (C,), ``covariance`` float64 (C, C) of the pixels' channels, ``spectrum`` float32
    (C, H, W // 2 + 1), the mean of |rfft2| of each picture's channels (no normalisation);
    ``images`` how many."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    spectrum: Array
    images: int


@dataclass(frozen=True)
class Scan:
    """One data set that was looked through: ``seen`` of ``total`` pictures, ``skipped`` path
    -> why it could not be read; ``finished`` when nothing is left to do."""

    source: str
    kind: str
    total: int
    seen: int
    k: int
    layers: tuple[str, ...]
    skipped: dict[str, str]
    finished: bool
    changed: str
