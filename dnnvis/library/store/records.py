"""Results of the library: frozen values that may cross threads."""

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
    """A finished synthesis."""

    #: Number of the picture.
    id: int
    #: The objective as text.
    objective: str
    #: Name of the preset.
    preset: str
    #: uint8 (H, W, C).
    pixels: Pixels
    #: Everything that it was made with.
    recipe: dict[str, Any]
    #: Its quality metrics.
    measures: QualityMetrics | None
    #: UTC time as ISO text.
    created: str
    #: float32 (steps, N), the objective at each step.
    curve: Array | None = None


@dataclass(frozen=True, eq=False)
class TopExample:
    """A natural picture at an end of a unit's range."""

    #: The maximum or the mean over the map.
    value: float
    #: (y, x) of the maximum (also for the mean).
    position: tuple[int, int]
    #: Label of the picture, "" for none.
    label: str
    #: Number of the picture in ``source``, from 0.
    index: int
    #: The picture's own file; "" where it is part of another (a tar file, a video).
    path: str
    #: Address of the data set.
    source: str
    _image: Callable[[], Pixels] = field(repr=False)

    def image(self) -> Pixels:
        """Return uint8 (H, W, C) as the network saw it; from any thread.

        Raises BadInput where the picture's file is gone, has changed, or can no longer be read.
        """
        return self._image()


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """How a layer's C channels behaved on natural pictures (at the last call).

    Of each map of 4 or more positions, 4 are sampled (at even distances, from a start that varies
    by picture) for ``std``, ``active`` and ``counts``.
    """

    #: Name of the layer.
    layer: str
    #: Number of pictures.
    images: int
    #: float32 (C,), over all pictures and positions.
    mean: Array
    #: float32 (C,), of the sampled values.
    std: Array
    #: float32 (C,), over all pictures and positions.
    minimum: Array
    #: float32 (C,), over all pictures and positions.
    maximum: Array
    #: float32 (C,), fraction of sampled values above 0.
    active: Array
    #: float32 (C,), fraction of pictures with a maximum above 0.
    awake: Array
    #: bool (C,), never above 0.
    dead: NDArray[np.bool_]
    #: int64 (C, bins), histogram of the sampled values.
    counts: NDArray[np.int64]
    #: float64 (bins + 1,), see ``histogram_bins.bin_edges``.
    edges: NDArray[np.float64]
    #: float32 (C, C) of the pictures' channel means, 0 where a channel never varies; None where C
    #: is above 2048.
    correlation: Array | None


@dataclass(frozen=True, eq=False)
class NaturalStatistics:
    """Statistics of the scanned pictures at the network's input, in [0, 1]."""

    #: float64 (C,).
    mean: NDArray[np.float64]
    #: float64 (C, C), of the pixels' channels.
    covariance: NDArray[np.float64]
    #: float32 (C, H, W // 2 + 1), mean of |rfft2| of each picture's channels (no normalization).
    spectrum: Array
    #: Number of pictures.
    images: int


@dataclass(frozen=True)
class Scan:
    """One data set that was scanned."""

    #: Address of the data set.
    source: str
    #: Kind of the data set.
    kind: str
    #: Number of pictures in it.
    total: int
    #: Pictures scanned.
    seen: int
    #: Length of each list.
    k: int
    #: Layers scanned.
    layers: tuple[str, ...]
    #: Path -> why it could not be read.
    skipped: dict[str, str]
    #: Whether nothing is left to do.
    finished: bool
    #: UTC time of the latest save, as ISO text.
    changed: str
