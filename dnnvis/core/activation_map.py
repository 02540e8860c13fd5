"""What is said of an activation map between threads: arrays and words, without Qt or torch.

Terms as in Pardo et al. 2019: z are places on the map; H_k is class k.
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
    """What a value belongs to; ``message`` say why there is nothing, or what is missing."""

    unit: str = ""
    frame: int = -1
    network: str = ""
    message: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    progress: float = 1.0


@dataclass(frozen=True, eq=False)
class MapData(ResultHeader):
    """A whole map, posted once. N examples (of a recurrent network a row for each step), K
    classes, D units.

    ``z`` float32 (N, 2) under the projection ``projection`` (map | pca | umap), of which there
    are ``projections``; ``shown`` int64 (N,) which example of the data each is; ``labels`` int64
    (N,), -1 = none; ``predicted``; ``log_e`` the true log10 error, NaN = not known; ``expected``
    kind -> the estimated one; ``doubt`` 1 - max; ``step``; ``test`` bool. ``classes`` names.
    ``error_field`` float32 (G, G) the 2-d estimate on ``extent`` (x0, x1, y0, y1), rows by
    rising y, NaN where there is no estimator, ``empty`` bool (G, G): no example lives there;
    both belong to the map's own projection only.

    Units: ``layers`` (name, start, stop) in h, ``reductions`` how each was taken (whole | mean |
    random: its columns are no units), ``calls`` for each of ``rows_each`` rows the (layer, call)
    that each comes from; ``owner`` int64 (D,) the class of each unit
    (equation 10); ``order`` int64 (D,): units sorted by it within their layer; ``unit_colors``
    uint8 (D, 3) by equation 11; ``expected_h`` float32 (K, D) E[h|H_k]; ``scale`` float32 (D,)
    each unit's standard deviation, ``middle`` (D,) its mean. Empty arrays without classes.

    ``lines`` kind -> the 5 % false-alarm line; ``figures``, ``notes``, ``recipe`` of the map;
    ``record`` the learning record, or None; ``rows_each`` rows that a frame gives; ``data``
    the path of the pictures it was fitted on, "" where there is none; ``version`` of the
    request, ``fingerprint`` of the network's weights, under which its maps are kept.
    """

    z: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    projection: str = "map"
    projections: tuple[str, ...] = ("map",)
    shown: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    labels: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    predicted: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    log_e: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    expected: dict[str, Floats] = field(default_factory=dict)
    doubt: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    step: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    test: Bools = field(default_factory=lambda: np.zeros(0, bool))
    classes: tuple[str, ...] = ()
    error_field: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    empty: Bools = field(default_factory=lambda: np.zeros((0, 0), bool))
    extent: tuple[float, float, float, float] = (-4.0, 4.0, -4.0, 4.0)
    layers: tuple[tuple[str, int, int], ...] = ()
    reductions: tuple[str, ...] = ()
    calls: tuple[tuple[tuple[str, int], ...], ...] = ()
    owner: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    order: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    unit_colors: Pixels = field(default_factory=lambda: np.zeros((0, 3), np.uint8))
    expected_h: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    scale: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    middle: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    lines: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    record: "LearningHistory | None" = None
    rows_each: int = 1
    data: str = ""
    version: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, eq=False)
class LearningHistory:
    """The learning record (section 3.1): ``z`` float32 (M, n, 2) in a map of its own, at
    ``steps`` (M,) of training; ``labels`` (n,); ``index`` (n,) in the data."""

    z: Floats
    steps: Ints
    labels: Ints
    index: Ints


@dataclass(frozen=True, eq=False)
class FramePosition(ResultHeader):
    """Where the present frame is: ``z`` float32 (S, 2), one place a step, under ``projection``;
    ``expected`` kind -> log10 e (S,), {} without estimators; ``doubt`` 1 - max; ``predicted``
    class, -1 = none; ``empty``: whether the last place is where no example lives; ``h``
    float32 (S, D), the activation pattern; ``alarms``: kind -> above its 5 % line;
    ``version`` of the map, as its Cloud has it."""

    z: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    projection: str = "map"
    expected: dict[str, Floats] = field(default_factory=dict)
    doubt: float = 0.0
    predicted: int = -1
    empty: bool = False
    h: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    alarms: dict[str, bool] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, eq=False)
class PointInfo(ResultHeader):
    """What the map says of one place: ``z`` (2,); ``expected`` log10 e there (NaN: no
    estimator), ``empty``; ``h`` float32 (D,), the activations the decoder says; ``rows`` of the
    nearest examples, and ``thumbs`` uint8 (n, side, side, 3) of them ((0, ...) without pictures:
    ``message`` say why)."""

    z: tuple[float, float] = (0.0, 0.0)
    expected: float = float("nan")
    empty: bool = False
    h: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    thumbs: Pixels = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.uint8))


@dataclass(frozen=True, eq=False)
class SelectedExamples(ResultHeader):
    """Pictures of picked examples: ``rows`` of the cloud and their ``thumbs`` uint8
    (n, side, side, 3); of a map of boards also ``boards``, the examples as RLE text."""

    rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    thumbs: Pixels = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.uint8))
    boards: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Constellation(ResultHeader):
    """Section 3.4: noisy copies of one picture. ``centre`` float32 (2,), ``z`` (n, 2),
    ``predicted`` (n,); ``errors`` is the share whose class is not ``label`` (the picture's, or
    where that is not known the one the network gives the clean picture); ``spread`` the
    root-mean-square distance from their mean, ``displacement`` of that mean from the centre;
    ``sigma`` of the noise, pixels in [0, 1]. ``paired``: the same of the network trained on
    noise, in its own map, or None (``message`` say why)."""

    centre: Floats = field(default_factory=lambda: np.zeros(2, np.float32))
    z: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    predicted: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    label: int = -1
    errors: float = 0.0
    spread: float = 0.0
    displacement: float = 0.0
    sigma: float = 0.0
    paired: "Constellation | None" = None
    map_data: "Backdrop | None" = None


@dataclass(frozen=True, eq=False)
class Backdrop:
    """As much of a map as a small picture needs: ``z`` (n, 2), ``labels`` (n,), ``classes``."""

    z: Floats
    labels: Ints
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AttackPath:
    """One attack (section 3.5): ``target`` class; ``z`` float32 (T + 1, 2) from the clean
    picture on; ``expected`` kind -> log10 e (T + 1,); ``predicted`` (T + 1,); ``outcome``:
    resisted | label changed | target reached; ``flipped`` the first step with another label,
    ``reached`` the first with the target's, ``crossed`` the first above the 5 % line of the
    2-d estimate, ``crossed_rich`` of the richer one; -1 = never. ``stuck``: steps at which the
    gradient was exactly 0. ``picture`` uint8 (H, W, C) at the end, ``perturbation`` float32
    (H, W, C), ``max_abs`` its greatest absolute value."""

    target: int
    z: Floats
    expected: dict[str, Floats]
    predicted: Ints
    outcome: str
    flipped: int
    reached: int
    crossed: int
    crossed_rich: int
    stuck: int
    picture: Pixels
    perturbation: Floats
    max_abs: float


@dataclass(frozen=True, eq=False)
class Attacks(ResultHeader):
    """All targets' attacks on one picture: ``label`` the class they start from (what the
    network says of the clean picture), ``eps`` a step in pixels of [0, 1], ``steps``; ``clean``
    uint8 (H, W, C); ``done`` steps so far."""

    label: int = -1
    eps: float = 0.0
    steps: int = 0
    done: int = 0
    clean: Pixels = field(default_factory=lambda: np.zeros((1, 1, 1), np.uint8))
    paths: tuple[AttackPath, ...] = ()


MapResult = MapData | FramePosition | PointInfo | SelectedExamples | Constellation | Attacks
