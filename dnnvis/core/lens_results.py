"""What lenses yield: pictures without any Qt in them."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import MapResult
from dnnvis.core.statistics import UnitStatistics

Array = NDArray[np.float32]
Scale = Literal["rgb", "centred", "positive", "signed"]
ViewMode = Literal["raw", "gray", "norm", "normblur", "positive", "histogram"]
VIEWS: tuple[ViewMode, ...] = get_args(ViewMode)
RECIPE = "dnnvis recipe"  # the text chunk of a PNG that holds how it was made


@dataclass(frozen=True, eq=False)
class Picture:
    """``values`` float32 (H, W, C), unscaled.

    ``scale`` says how to draw it: ``rgb`` is an image in [0, 1], ``centred`` such an image
    that is faint and is drawn ``with_contrast``, ``positive`` runs from 0 up, ``signed`` is
    centred at 0. ``rectifiers`` counts the backward nodes of rectifiers that a
    rule has bent; ``recipe`` is JSON-able and enough to make the picture again. ``unit``,
    ``frame`` and ``network`` say what it belongs to. ``progress`` in [0, 1]; 1 is finished.
    """

    values: Array
    scale: Scale = "rgb"
    caption: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    rectifiers: dict[str, int] = field(default_factory=dict)
    unit: str = ""
    frame: int = -1
    network: str = ""
    progress: float = 1.0


@dataclass(frozen=True, eq=False)
class Strip:
    """Pictures in a row, one per step: ``rows`` name -> float32 (steps, H, W, C).

    The rows of an imagination: ``truth`` (0 and 1; only where it is known), ``imagination``
    (the decoder's raw output) and ``difference`` (imagination - truth). Columns are the states
    of the network; where the game makes another number of steps, ``truth`` has a length of its
    own, and ``difference`` is to the true state that each column resembles most, which its
    mark names. A decoder that gives scores of classes makes ``imagination`` (steps, places,
    classes, 1), without truth. ``steps`` says where
    each column comes from, (layer, call); ``marks`` holds a few words for each column;
    ``scores`` numbers of the whole strip, by name; ``message`` say why there are no pictures, or
    what is missing; ``decoder`` which module showed them, ``decoders`` those that fit. The
    rest as in Picture.
    """

    rows: dict[str, Array]
    caption: str = ""
    marks: tuple[str, ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    message: str = ""
    decoder: str = ""
    decoders: tuple[str, ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    frame: int = -1
    network: str = ""
    progress: float = 1.0

    @property
    def values(self) -> Array:
        """The imagination, raw: float32 (steps, H, W, C); no steps where there is none."""
        return self.rows.get("imagination", np.zeros((0, 1, 1, 1), np.float32))


@dataclass(frozen=True, eq=False)
class Points:
    """A scatter: ``positions`` float32 (N, 2), one ``groups`` int (N,) code each."""

    positions: Array
    groups: NDArray[np.int64]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Names with values, best first."""

    names: tuple[str, ...]
    values: Array
    caption: str = ""


@dataclass(frozen=True)
class QualityMetrics:
    """Three honest numbers about a synthesised picture.

    ``value``: the objective reached on the untransformed picture; ``natural``: the best value
    of the same statistic among the natural pictures that the library knows (None: none were
    scanned); ``high_frequency``: share of spectral energy above 0.25 cycles per pixel, in
    [0, 1]; ``variation``: mean absolute difference of neighbours, |dx| + |dy|, for pixels in
    [0, 1].
    """

    value: float
    high_frequency: float
    variation: float
    natural: float | None = None

    @property
    def ratio(self) -> float | None:
        """Activation reached / best natural example; None where that makes no sense."""
        if self.natural is None or self.natural <= 0:
            return None
        return self.value / self.natural


@dataclass(frozen=True, eq=False)
class SynthesisResult(Picture):
    """A synthesis on its way: ``values`` is the best of ``sheet`` so far.

    ``sheet`` float32 (N, H, W, C), one picture a seed; ``curve`` float32 (steps done, N), the
    objective at each step as optimised; ``step`` of ``steps``; ``measures`` one a picture,
    taken at step ``measured_at``;
    ``error`` says in words why nothing moves, or ""; ``saved`` what became of it in the
    library, once it was to be kept.
    """

    sheet: Array = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.float32))
    curve: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    step: int = 0
    steps: int = 1
    measures: tuple[QualityMetrics, ...] = ()
    measured_at: int = 0
    error: str = ""
    saved: str = ""


@dataclass(frozen=True, eq=False)
class Example:
    """A natural picture that excites a unit: ``pixels`` uint8 (h, w, C) the crop of its
    receptive field, ``whole`` uint8 (H, W, C) as the network saw it, ``box`` (y, x, h, w) of
    the crop in ``whole``, ``position`` (y, x) in the unit's map. ``where``: file, or frame and
    source; ``backs``: lens name -> float32 (h, w, C), the crop of its backward picture."""

    pixels: NDArray[np.uint8]
    whole: NDArray[np.uint8]
    value: float
    position: tuple[int, int]
    box: tuple[int, int, int, int]
    label: str = ""
    where: str = ""
    backs: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Examples:
    """The top (or bottom) examples of a unit, best first. ``counts``: class -> how many of
    the known top k; ``message`` say why there are none, or what is missing; ``synthesis`` uint8
    (H, W, C) is the newest kept synthesis of the unit, None where there is none."""

    items: tuple[Example, ...]
    unit: str = ""
    network: str = ""
    caption: str = ""
    message: str = ""
    counts: tuple[tuple[str, int], ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)
    progress: float = 1.0
    synthesis: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class Patterns:
    """The kept synthesis of each unit of a layer: channel -> uint8 (h, w, 3)."""

    layer: str
    network: str
    thumbs: dict[int, NDArray[np.uint8]]
    message: str = ""


LensResult = (
    Picture | Strip | Examples | Patterns | UnitStatistics | MapResult
)  # what a lens may yield
