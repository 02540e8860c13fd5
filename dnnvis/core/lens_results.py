"""Define what lenses yield: pictures without any Qt in them."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import MapResult
from dnnvis.core.atlas_view import AtlasResult
from dnnvis.core.attribution.audit import AttributionAudit
from dnnvis.core.concepts.blocks import BlockPictures, BlockVotes, BuildingBlocks
from dnnvis.core.concepts.concepts import ConceptSet
from dnnvis.core.mazes.controls import FollowControl
from dnnvis.core.probing.tuning import TuningCurve
from dnnvis.core.statistics import UnitStatistics
from dnnvis.core.weights.feeds import Feeds
from dnnvis.core.weights.summary import WeightMatrix

Array = NDArray[np.float32]
Scale = Literal["rgb", "centred", "positive", "signed"]
ViewMode = Literal["raw", "gray", "norm", "normblur", "positive", "histogram", "clear"]
VIEWS: tuple[ViewMode, ...] = get_args(ViewMode)


class SkippedStep:
    """What a lens that works in steps yields for one whose picture nobody looks at."""


SKIPPED = SkippedStep()
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
    #: What the network saw, uint8 (H, W, C), where ``look`` was given a picture; else None.
    image: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class Strip:
    """Pictures in a row, one per state of the network.

    The rows of an imagination: ``truth`` (0 and 1; only where it is known), ``imagination`` (the
    decoder's raw output) and ``difference`` (imagination - truth). Where the game makes another
    number of steps, ``truth`` has a length of its own, and ``difference`` is to the true state
    that each column resembles most, which its mark names. A decoder that gives scores of classes
    makes ``imagination`` (steps, places, classes, 1), without truth. Of a maze ``truth`` is the
    path at every step, and further rows are what a search would know by then. Fields not explained
    here are as in Picture.
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
    #: 1 where the walls of a maze are, float32 (H, W); None where it is of none.
    walls: Array | None = None
    #: Name of a score -> what it is held against; {} where the card of the network has nothing.
    controls: dict[str, FollowControl] = field(default_factory=dict)

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
    #: How the pictures went to the network when they were scanned, where it is another way now.
    stale: str = ""
    #: Addresses of the data that were scanned.
    data: tuple[str, ...] = ()


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


@dataclass(frozen=True, eq=False)
class Kernels:
    """The weights of a layer's convolution. Fields not explained here are as in Picture."""

    #: The layer that was looked at.
    layer: str
    #: The convolution: that layer itself, or what computes its values; "" where there is none.
    convolution: str = ""
    #: Weights float32 (units, inputs of each unit, kernel height, kernel width).
    weights: Array = field(default_factory=lambda: np.zeros((0, 0, 1, 1), np.float32))
    #: Groups of channels that do not see each other; 1: every unit sees every input.
    groups: int = 1
    #: Stride, padding and dilation, where they are not the usual ones.
    geometry: str = ""
    #: Kinds of the layers between the convolution and the layer that was looked at.
    after: tuple[str, ...] = ()
    #: Its inputs that are red, green and blue of the picture; () where it sees no such picture.
    colors: tuple[int, ...] = ()
    #: What drawn weights of each input are divided by, where the layer sees the picture: its
    #: standard deviation, so that they are per step of a pixel in [0, 1]; () = nothing.
    scales: tuple[float, ...] = ()
    #: Why there are none.
    message: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    network: str = ""

    def first_input(self, unit: int) -> int:
        """Return the first input channel that a unit sees: 0 but where there are groups."""
        units, inputs = self.weights.shape[:2]
        return int(unit * self.groups // max(units, 1) * inputs)


@dataclass(frozen=True, eq=False)
class PatchSum:
    """The arithmetic of a convolution at one place. Fields not explained here are as in Kernels."""

    #: Text of the unit, with its position.
    unit: str
    convolution: str = ""
    #: Values that the kernel lies on, float32 (C, h, w); those of ``outside`` are padding.
    patch: Array = field(default_factory=lambda: np.zeros((0, 1, 1), np.float32))
    #: Weights of the unit, float32 (C, h, w).
    kernel: Array = field(default_factory=lambda: np.zeros((0, 1, 1), np.float32))
    #: Where the patch lies outside of the maps, (h, w).
    outside: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((1, 1), np.bool_))
    #: Number of the first input channel.
    first_input: int = 0
    #: Bias of the unit; None where it has none.
    bias: float | None = None
    #: What the network computed there: the convolution's own value.
    computed: float = 0.0
    #: Value of the unit, after the layers ``after``.
    value: float = 0.0
    after: tuple[str, ...] = ()
    geometry: str = ""
    #: What lies outside of the maps (zeros, reflect, replicate, circular).
    padding: str = "zeros"
    message: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    frame: int = -1
    network: str = ""

    @property
    def contributions(self) -> Array:
        """Return what each input channel adds to the value, float32 (C,)."""
        products = self.patch.astype(np.float64) * self.kernel
        sums: Array = products.sum((1, 2)).astype(np.float32)
        return sums

    @property
    def total(self) -> float:
        """Return the sum of all products and the bias."""
        products = self.patch.astype(np.float64) * self.kernel
        return float(products.sum()) + (self.bias or 0.0)


@dataclass(frozen=True)
class GraphPart:
    """One call of a layer in a pass, or an operation between layers."""

    #: Unique name: that of the module, with ``#1`` at its second call.
    key: str
    #: Class of the module, or name of the operation.
    kind: str
    #: Row of the layer table; "" for what has none.
    layer: str = ""
    #: Which call of the layer it is.
    call: int = 0
    #: Shape of its value for one picture; () where it is not known.
    shape: tuple[int, ...] = ()
    #: Key of the block in which it runs; "": the network itself.
    block: str = ""


@dataclass(frozen=True)
class GraphNode(GraphPart):
    """One call of a layer that calls no other, or an operation between layers."""

    #: Whether it is an operation that is no layer.
    is_operation: bool = False


@dataclass(frozen=True)
class GraphBlock(GraphPart):
    """One call of a layer that calls others."""

    #: Key of the node whose value it returns; "" where that is not known.
    result: str = ""


@dataclass(frozen=True, eq=False)
class NetworkGraph:
    """What goes where in one pass of a network."""

    #: Nodes in the order in which they ran; ``input`` first, ``output`` last.
    nodes: tuple[GraphNode, ...]
    blocks: tuple[GraphBlock, ...] = ()
    #: (source, target) of each value that goes from node to node.
    edges: tuple[tuple[str, str], ...] = ()
    #: What is not known of it.
    message: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    network: str = ""


@dataclass(frozen=True)
class Normalization:
    """A way in which pixels in [0, 1] go into a network."""

    #: What it is called.
    name: str
    #: Mean for pixels in [0, 1], in the order red, green, blue.
    mean: tuple[float, ...] = (0.0,)
    #: Standard deviation, likewise.
    std: tuple[float, ...] = (1.0,)
    #: RGB or BGR.
    channel_order: str = "RGB"

    @property
    def numbers(self) -> str:
        """Return ``mean 0.5, std 0.5, blue first``, one number where all channels have it."""
        mean, std = (format_per_channel(values) for values in (self.mean, self.std))
        return f"mean {mean}, std {std}{', blue first' if self.channel_order == 'BGR' else ''}"


def format_per_channel(values: tuple[float, ...]) -> str:
    """Format one number for each channel, or one for all where they are the same."""
    numbers = [f"{value:.4g}" for value in values]
    return ",".join(numbers[:1] if len(set(numbers)) == 1 else numbers)


@dataclass(frozen=True)
class NormalizationTrial:
    """What a network answers under one normalization."""

    #: The normalization.
    normalization: Normalization
    #: How well it fits; larger is better.
    score: float
    #: The class of the last picture, and its probability.
    best_class: int
    probability: float
    #: Fraction of the labeled pictures that are right, in [0, 1]; NaN without labels.
    accuracy: float
    #: Geometric mean of the probability of the labeled pictures' class, in [0, 1]; NaN without.
    likelihood: float
    #: Mutual information of picture and class as a fraction of its limit, in [0, 1].
    information: float
    #: Probability that the answer stays under small changes of the picture, in [0, 1].
    stability: float
    #: Divergence of the first batch norm's input from what it remembers, in nats a channel; NaN.
    divergence: float


@dataclass(frozen=True)
class NormalizationCheck:
    """The trials on some pictures: the one to take first, then by their score."""

    #: The trials, the present normalization among them.
    trials: tuple[NormalizationTrial, ...]
    #: Number of pictures.
    pictures: int
    #: How many of them have a known class.
    labeled: int
    #: The present normalization's name.
    current: str
    #: Names of the normalizations that fit as well as the first one, itself among them.
    tied: tuple[str, ...] = ()

    @property
    def best(self) -> NormalizationTrial:
        """Return the trial that fits best."""
        return self.trials[0]

    @property
    def present(self) -> NormalizationTrial:
        """Return the trial of the present normalization."""
        return next(each for each in self.trials if each.normalization.name == self.current)

    @property
    def sentence(self) -> str:
        """Return a sentence where another normalization fits clearly better, "" else."""
        if self.current in (*self.tied, self.best.normalization.name):
            return ""
        best, now = self.best, self.present
        right = ""
        if self.labeled and best.accuracy > now.accuracy:
            right = f" ({best.accuracy:.0%} right instead of {now.accuracy:.0%})"
        return (
            f"The normalization looks wrong: of {self.pictures} pictures the network knows more "
            f"with {best.normalization.name}{right}: {best.normalization.numbers}."
        )


@dataclass(frozen=True)
class LayerHealth:
    """How many units of a layer do nothing on the pictures seen so far."""

    #: Name of the layer.
    layer: str
    #: Number of its units.
    units: int
    #: Units that were never above 0; of a layer with values below 0, those that never varied.
    dead: int
    #: Units that never left one end of a bounded function, such as a sigmoid.
    saturated: int = 0


@dataclass(frozen=True, eq=False)
class CheckReport:
    """What is normal and what is odd about a network's input, answers and units."""

    #: Name of the network.
    network: str
    #: How pictures are prepared, in one line that names who says so.
    preprocessing: str = ""
    #: Whether nobody said mean and std.
    assumed: bool = False
    #: Least and greatest value that the network was given of the latest picture.
    input_range: tuple[float, float] = (0.0, 0.0)
    #: Mean of each channel of the latest picture, as the network was given it.
    input_mean: tuple[float, ...] = ()
    #: Standard deviation of each channel, likewise.
    input_std: tuple[float, ...] = ()
    #: Mean entropy of the answers, and that of answers by chance, in nats; NaN without classes.
    entropy: float = float("nan")
    chance: float = float("nan")
    #: Number of labeled pictures so far, and of right answers to them.
    labeled: int = 0
    right: int = 0
    #: Dead and saturated units by layer, in the order of the network.
    layers: tuple[LayerHealth, ...] = ()
    #: Number of different pictures that ``layers`` are of.
    pictures: int = 0
    #: The usual normalizations on the pictures; None before they are tried.
    normalization: NormalizationCheck | None = None
    #: Why there is no comparison, "" where there is.
    message: str = ""
    #: JSON-able settings that are enough to compute it again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Finished fraction in [0, 1].
    progress: float = 1.0

    @property
    def odd(self) -> str:
        """Return a sentence on what is odd, "" where nothing is."""
        trials = self.normalization
        if trials is None or trials.pictures < MIN_CHECKED_PICTURES:
            return ""
        if trials.sentence:
            return trials.sentence
        if self.entropy > NEAR_CHANCE * self.chance:
            return (
                f"The answers say nothing: on {trials.pictures} pictures they are as good as "
                "chance, and no usual normalization changes that. Are the weights trained?"
            )
        return ""


MIN_CHECKED_PICTURES = 4  # before which nothing is called odd
NEAR_CHANCE = 0.95  # of the entropy of chance

LensResult = (
    Picture
    | Strip
    | Ranking
    | Examples
    | Patterns
    | UnitStatistics
    | MapResult
    | AtlasResult
    | Kernels
    | PatchSum
    | NetworkGraph
    | CheckReport
    | TuningCurve
    | AttributionAudit
    | BuildingBlocks
    | BlockVotes
    | BlockPictures
    | ConceptSet
    | WeightMatrix
    | Feeds
)  # what a lens may yield
