"""Carry an activation map between threads: arrays and text, without Qt or torch.

Terms as in Pardo et al. 2019: z are points on the map; H_k is class k.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)  # else two maps of one stamp would be equal
class ResultHeader:
    """What a value belongs to."""

    #: Text of the unit, "" where it belongs to none.
    unit: str = ""
    #: Number of the frame, -1 where it belongs to none.
    frame: int = -1
    #: Name of the network.
    network: str = ""
    #: Why there is nothing, or what is missing.
    message: str = ""
    #: JSON-able settings that are enough to compute it again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Finished fraction in [0, 1].
    progress: float = 1.0


@dataclass(frozen=True, eq=False)
class MapData(ResultHeader):
    """A whole activation map, posted once (Pardo et al. 2019).

    It has N examples (of a recurrent network a row for each step), K classes and D units. The
    arrays that need classes are empty without any.
    """

    #: Points of the examples, float32 (N, 2), under ``projection``.
    z: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    #: The projection of ``z``: map | pca | umap.
    projection: str = "map"
    #: The projections that can be chosen.
    projections: tuple[str, ...] = ("map",)
    #: Which example of the data each one is, int64 (N,).
    shown: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Class index of each example, int64 (N,); -1 = none.
    labels: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Class that the network predicts for each example, int64 (N,).
    predicted: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: True log10 error of each example, float32 (N,); NaN = not known.
    log_e: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    #: Estimated log10 error (N,) by kind of estimator.
    expected: dict[str, Floats] = field(default_factory=dict)
    #: 1 - max probability of each example, float32 (N,).
    doubt: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    #: Step of a recurrent network that each row belongs to, int64 (N,).
    step: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Which examples were left out of the fit, bool (N,).
    test: Bools = field(default_factory=lambda: np.zeros(0, bool))
    #: Class names, in the order of their indices.
    classes: tuple[str, ...] = ()
    #: The 2-d estimate of log10 error on a grid over ``extent``, float32 (G, G), rows by rising y.
    #: NaN where there is no estimator; of the map's own projection only.
    error_field: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    #: Where no example lives, bool (G, G); of the map's own projection only.
    empty: Bools = field(default_factory=lambda: np.zeros((0, 0), bool))
    #: Limits (x0, x1, y0, y1) of the grid.
    extent: tuple[float, float, float, float] = (-4.0, 4.0, -4.0, 4.0)
    #: Each layer's (name, start, stop) in h.
    layers: tuple[tuple[str, int, int], ...] = ()
    #: How each layer was reduced: whole | mean | random (whose columns are no units).
    reductions: tuple[str, ...] = ()
    #: For each of ``rows_each`` rows the (layer, call) that each layer comes from.
    calls: tuple[tuple[tuple[str, int], ...], ...] = ()
    #: Class of each unit, int64 (D,) (equation 10).
    owner: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Units sorted by ``owner`` within their layer, int64 (D,).
    order: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Color of each unit, uint8 (D, 3), by equation 11.
    unit_colors: Pixels = field(default_factory=lambda: np.zeros((0, 3), np.uint8))
    #: Expected activations E[h|H_k] of each class, float32 (K, D).
    expected_h: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    #: Standard deviation of each unit, float32 (D,).
    scale: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    #: Mean of each unit, float32 (D,).
    middle: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    #: 5 % false-alarm line by kind of estimator.
    lines: dict[str, float] = field(default_factory=dict)
    #: Numbers that were measured on the map, by name.
    figures: dict[str, Any] = field(default_factory=dict)
    #: Sentences about the map.
    notes: tuple[str, ...] = ()
    #: The learning record, or None.
    record: "LearningHistory | None" = None
    #: Rows that one frame gives.
    rows_each: int = 1
    #: Path of the pictures the map was fitted on, "" where there is none.
    data: str = ""
    #: Version of the request.
    version: int = 0
    #: Fingerprint of the network's weights, under which its maps are saved.
    fingerprint: str = ""


@dataclass(frozen=True, eq=False)
class LearningHistory:
    """The learning record (section 3.1): how M stages of training map n examples."""

    #: Points in a map of the record's own, float32 (M, n, 2).
    z: Floats
    #: Training step of each stage, int64 (M,).
    steps: Ints
    #: Class index of each example, int64 (n,).
    labels: Ints
    #: Index of each example in the data, int64 (n,).
    index: Ints


@dataclass(frozen=True, eq=False)
class FramePosition(ResultHeader):
    """Where the current frame lies on the map; S steps."""

    #: One point a step, float32 (S, 2), under ``projection``.
    z: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    #: The projection of ``z``: map | pca | umap.
    projection: str = "map"
    #: Estimated log10 error (S,) by kind of estimator; {} without estimators.
    expected: dict[str, Floats] = field(default_factory=dict)
    #: 1 - max probability.
    doubt: float = 0.0
    #: Predicted class, -1 = none.
    predicted: int = -1
    #: Whether the last point is where no example lives.
    empty: bool = False
    #: The activation pattern, float32 (S, D).
    h: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    #: Kind of estimator -> whether the estimate is above its 5 % line.
    alarms: dict[str, bool] = field(default_factory=dict)
    #: Version of the map, as its MapData has it.
    version: int = 0


@dataclass(frozen=True, eq=False)
class PointInfo(ResultHeader):
    """What the map knows about one point.

    Without pictures ``thumbs`` is (0, ...), and ``message`` gives the reason.
    """

    #: The point (x, y).
    z: tuple[float, float] = (0.0, 0.0)
    #: Estimated log10 error there; NaN: no estimator.
    expected: float = float("nan")
    #: Whether no example lives there.
    empty: bool = False
    #: The activations that the decoder gives, float32 (D,).
    h: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    #: Rows of the nearest examples, int64 (n,).
    rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Their thumbnails, uint8 (n, side, side, 3).
    thumbs: Pixels = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.uint8))


@dataclass(frozen=True, eq=False)
class SelectedExamples(ResultHeader):
    """Pictures of selected examples."""

    #: Rows of the map, int64 (n,).
    rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Thumbnails of those rows, uint8 (n, side, side, 3).
    thumbs: Pixels = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.uint8))
    #: The examples as RLE text, where the map is one of boards.
    boards: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Constellation(ResultHeader):
    """Noisy copies of one picture on the map (section 3.4)."""

    #: Point of the clean picture, float32 (2,).
    centre: Floats = field(default_factory=lambda: np.zeros(2, np.float32))
    #: Points of the copies, float32 (n, 2).
    z: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    #: Predicted class of each copy, int64 (n,).
    predicted: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Class of the picture, or where that is not known the one predicted for the clean picture.
    label: int = -1
    #: Fraction of the copies whose class is not ``label``.
    errors: float = 0.0
    #: Root-mean-square distance of the copies from their mean.
    spread: float = 0.0
    #: Distance of that mean from ``centre``.
    displacement: float = 0.0
    #: Standard deviation of the noise, for pixels in [0, 1].
    sigma: float = 0.0
    #: The same of the network trained on noise, in its own map, or None (``message`` says why).
    paired: "Constellation | None" = None
    #: The map behind it, where it is drawn on one.
    map_data: "Backdrop | None" = None


@dataclass(frozen=True, eq=False)
class Backdrop:
    """As much of a map as a small picture needs."""

    #: Points of the examples, float32 (n, 2).
    z: Floats
    #: Class index of each example, int64 (n,).
    labels: Ints
    #: Class names.
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AttackPath:
    """One adversarial attack (section 3.5) of T steps; a step of -1 means never."""

    #: The class that the attack aims at.
    target: int
    #: Points from the clean picture on, float32 (T + 1, 2).
    z: Floats
    #: Estimated log10 error (T + 1,) by kind of estimator.
    expected: dict[str, Floats]
    #: Predicted class, int64 (T + 1,).
    predicted: Ints
    #: resisted | label changed | target reached.
    outcome: str
    #: First step with another label.
    flipped: int
    #: First step with the target's label.
    reached: int
    #: First step above the 5 % line of the 2-d estimate.
    crossed: int
    #: First step above the 5 % line of the richer estimate.
    crossed_rich: int
    #: Number of steps at which the gradient was exactly 0.
    stuck: int
    #: The picture at the end, uint8 (H, W, C).
    picture: Pixels
    #: What was added to the clean picture, float32 (H, W, C).
    perturbation: Floats
    #: Greatest absolute value of ``perturbation``.
    max_abs: float


@dataclass(frozen=True, eq=False)
class Attacks(ResultHeader):
    """The attacks of all targets on one picture."""

    #: The class they start from (the prediction for the clean picture).
    label: int = -1
    #: Size of a step, for pixels in [0, 1].
    eps: float = 0.0
    #: Number of steps.
    steps: int = 0
    #: Steps so far.
    done: int = 0
    #: The clean picture, uint8 (H, W, C).
    clean: Pixels = field(default_factory=lambda: np.zeros((1, 1, 1), np.uint8))
    #: One path for each target.
    paths: tuple[AttackPath, ...] = ()


@dataclass(frozen=True, eq=False)
class MovingMap(ResultHeader):
    """Where a layer's vectors lie now, while the network learns; ``progress`` of the next picture.

    Points are the two main directions of the vectors, turned onto the picture before.
    """

    #: Points, float32 (N, 2); none before the first picture is there.
    z: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    #: The points before, float32 (N, 2); as ``z`` at the first picture.
    previous: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    #: Class of each, int64 (N,); -1 where it has none.
    labels: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Names of the classes.
    classes: tuple[str, ...] = ()
    #: Fraction of the vectors' variance that lies in the two directions.
    explained: float = 0.0
    #: What a point is: ``position`` in the frame, or ``picture`` of the data.
    kind: str = "position"


MapResult = (
    MapData | FramePosition | PointInfo | SelectedExamples | Constellation | Attacks | MovingMap
)
