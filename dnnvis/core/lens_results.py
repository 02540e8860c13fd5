"""Define what lenses yield: pictures without any Qt in them."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import MapResult
from dnnvis.core.statistics import UnitStatistics

Array = NDArray[np.float32]
Scale = Literal["rgb", "centred", "positive", "signed"]
ViewMode = Literal["raw", "gray", "norm", "normblur", "positive", "histogram", "clear"]
VIEWS: tuple[ViewMode, ...] = get_args(ViewMode)
RECIPE = "dnnvis recipe"  # the text chunk of a PNG that holds its recipe


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a lens, unscaled."""

    #: Values float32 (H, W, C).
    values: Array
    #: How to draw it. ``rgb`` is an image in [0, 1]; ``centred`` such an image that is faint and is
    #: drawn ``with_contrast``; ``positive`` runs from 0 up; ``signed`` is centered at 0.
    scale: Scale = "rgb"
    #: One line about the picture.
    caption: str = ""
    #: JSON-able settings that are enough to compute the picture again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Number of backward nodes of rectifiers that a rule has overridden, by name.
    rectifiers: dict[str, int] = field(default_factory=dict)
    #: Text of the unit it belongs to.
    unit: str = ""
    #: Number of the frame it belongs to.
    frame: int = -1
    #: Name of the network it belongs to.
    network: str = ""
    #: Finished fraction in [0, 1].
    progress: float = 1.0


@dataclass(frozen=True, eq=False)
class Strip:
    """Pictures in a row, one per state of the network.

    The rows of an imagination: ``truth`` (0 and 1; only where it is known), ``imagination`` (the
    decoder's raw output) and ``difference`` (imagination - truth). Where the game makes another
    number of steps, ``truth`` has a length of its own, and ``difference`` is to the true state
    that each column resembles most, which its mark names. A decoder that gives scores of classes
    makes ``imagination`` (steps, places, classes, 1), without truth. Fields not explained here
    are as in Picture.
    """

    #: Name -> pictures float32 (steps, H, W, C).
    rows: dict[str, Array]
    #: One line about the strip.
    caption: str = ""
    #: A short text for each column.
    marks: tuple[str, ...] = ()
    #: Where each column comes from, (layer, call).
    steps: tuple[tuple[str, int], ...] = ()
    #: Numbers about the whole strip, by name.
    scores: dict[str, float] = field(default_factory=dict)
    #: Why there are no pictures, or what is missing.
    message: str = ""
    #: Module that decoded them.
    decoder: str = ""
    #: Modules that fit as a decoder.
    decoders: tuple[str, ...] = ()
    #: JSON-able settings that are enough to compute it again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Text of the unit it belongs to.
    unit: str = ""
    #: Number of the frame it belongs to.
    frame: int = -1
    #: Name of the network it belongs to.
    network: str = ""
    #: Finished fraction in [0, 1].
    progress: float = 1.0

    @property
    def values(self) -> Array:
        """Return the raw imagination, float32 (steps, H, W, C); no steps where there is none."""
        return self.rows.get("imagination", np.zeros((0, 1, 1, 1), np.float32))


@dataclass(frozen=True, eq=False)
class Points:
    """A scatter plot."""

    #: Points float32 (N, 2).
    positions: Array
    #: One code for each point, int64 (N,).
    groups: NDArray[np.int64]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Units with values, best first. Fields not explained here are as in Picture."""

    #: Texts of the units.
    names: tuple[str, ...]
    #: Their values, float32 (N,).
    values: Array
    caption: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Text of the unit that the others are ranked for.
    unit: str = ""
    frame: int = -1
    network: str = ""
    progress: float = 1.0


@dataclass(frozen=True)
class QualityMetrics:
    """Three objective measures of a synthesized picture."""

    #: The objective reached on the untransformed picture.
    value: float
    #: Fraction of spectral energy above 0.25 cycles per pixel, in [0, 1].
    high_frequency: float
    #: Mean absolute difference of neighbors, |dx| + |dy|, for pixels in [0, 1].
    variation: float
    #: The best value of the same statistic among the natural pictures that the library knows (None:
    #: none were scanned).
    natural: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return activation reached / best natural example; None where that makes no sense."""
        if self.natural is None or self.natural <= 0:
            return None
        return self.value / self.natural


@dataclass(frozen=True, eq=False)
class SynthesisResult(Picture):
    """A synthesis in progress; ``values`` is the best of ``sheet`` so far."""

    #: One picture a seed, float32 (N, H, W, C).
    sheet: Array = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.float32))
    #: The objective at each step as optimized, float32 (steps done, N).
    curve: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    #: Steps done.
    step: int = 0
    #: Number of steps.
    steps: int = 1
    #: Metrics, one a picture.
    measures: tuple[QualityMetrics, ...] = ()
    #: The step at which ``measures`` were taken.
    measured_at: int = 0
    #: Why nothing moves, or "".
    error: str = ""
    #: What became of it in the library, once it was to be saved.
    saved: str = ""


@dataclass(frozen=True, eq=False)
class Example:
    """A natural picture that excites a unit."""

    #: The crop of the unit's receptive field, uint8 (h, w, C).
    pixels: NDArray[np.uint8]
    #: The picture as the network saw it, uint8 (H, W, C).
    whole: NDArray[np.uint8]
    #: The unit's activation.
    value: float
    #: Position (y, x) in the unit's map.
    position: tuple[int, int]
    #: Box (y, x, h, w) of the crop in ``whole``.
    box: tuple[int, int, int, int]
    #: Class of the picture, "" where it is not known.
    label: str = ""
    #: File, or frame and source.
    where: str = ""
    #: Lens name -> the crop of its backward picture, float32 (h, w, C).
    backs: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Examples:
    """The top (or bottom) examples of a unit, best first."""

    #: The examples.
    items: tuple[Example, ...]
    #: Text of the unit.
    unit: str = ""
    #: Name of the network.
    network: str = ""
    #: One line about them.
    caption: str = ""
    #: Why there are none, or what is missing.
    message: str = ""
    #: Class -> how many of the known top k.
    counts: tuple[tuple[str, int], ...] = ()
    #: JSON-able settings that are enough to select them again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Finished fraction in [0, 1].
    progress: float = 1.0
    #: The newest saved synthesis of the unit, uint8 (H, W, C); None where there is none.
    synthesis: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """A synthesis that was stored in a library."""

    #: Colors uint8 (H, W, C).
    pixels: NDArray[np.uint8]
    #: Name of its preset.
    preset: str
    #: Everything that it was made with.
    recipe: dict[str, Any]
    #: When, UTC as ISO text.
    created: str = ""
    #: Its quality metrics, None where none were stored.
    metrics: QualityMetrics | None = None
    #: The objective at each step, float32 (steps, N), None where it was not stored.
    curve: Array | None = None


@dataclass(frozen=True, eq=False)
class Patterns:
    """The saved synthesis of each unit of a layer."""

    layer: str
    network: str
    #: Channel -> uint8 (h, w, 3).
    thumbs: dict[int, NDArray[np.uint8]]
    message: str = ""
    #: The unit whose pictures ``own`` are, as text; "" where only the layer was requested.
    unit: str = ""
    #: The pictures of that unit, the newest first.
    own: tuple[StoredPicture, ...] = ()


LensResult = (
    Picture | Strip | Ranking | Examples | Patterns | UnitStatistics | MapResult
)  # what a lens may yield
