"""Define what is sent between threads, besides pictures."""

import math
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import FramePosition
from dnnvis.core.frame import Frame
from dnnvis.core.receptive_field import Field
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit

ATTENTION_HEADS = "attention heads"  # the kind of such a row
DIRECTIONS = "directions"  # the kind of a row that is a set of directions over another's channels


@dataclass(frozen=True)
class LayerInfo:
    """A row of the layer table."""

    #: Name of the layer, as in ``named_modules``.
    name: str
    #: Class of the module, or what it is inside of one.
    kind: str
    #: Shape (C, H, W) of one call.
    shape: tuple[int, int, int]
    #: Calls that one pass makes.
    calls: int = 1
    #: Number of parameters inside.
    parameters: int = 0
    #: Receptive field (size, stride, offset) in input pixels: unit k sees ``size`` pixels centered
    #: at ``offset + k * stride``. Three numbers, or three pairs (y, x) where the axes differ (see
    #: ``receptive_field.per_axis``); None = the whole input, or not known.
    field: Field | None = None
    #: The module inside of which the row is (a gate or a state of a recurrent one, its attention
    #: heads), the layer that a row of directions is over, "" for all others.
    part_of: str = ""
    #: What a reader calls it (``fire9/squeeze``), "" where that is its name.
    title: str = ""

    @property
    def label(self) -> str:
        """Return what the window calls the layer: its title, or its name without one."""
        return self.title or self.name

    @property
    def shape_text(self) -> str:
        """Return the shape in short: ``96 × 32 × 32``, ``512`` for a vector."""
        channels, height, width = self.shape
        return f"{channels}" if height == width == 1 else f"{channels} × {height} × {width}"

    @property
    def receptive_field(self) -> Field | None:
        """Return ``field`` under its full name."""
        return self.field


OutputKind = Literal[
    "logits", "probabilities", "sigmoids", "embedding", "map", "segmentation", "boxes", "values"
]
OUTPUT_KINDS: tuple[OutputKind, ...] = get_args(OutputKind)


@dataclass(frozen=True)
class OutputMeaning:
    """What the numbers are that a network answers with."""

    kind: OutputKind = "logits"
    #: Why it is taken for that, "" where nobody looked.
    reason: str = ""


@dataclass(frozen=True)
class NetworkInfo:
    """What the window must know about the network that runs."""

    #: Name of the network.
    name: str
    #: Rows of the layer table, ``output`` last.
    layers: tuple[LayerInfo, ...]
    #: Class names, () without any.
    labels: tuple[str, ...]
    #: Input size (H, W) in pixels.
    size: tuple[int, int]
    #: Number of input channels.
    channels: int
    #: How pictures are prepared, in one line.
    preprocessing: str = ""
    #: Sentences for the user.
    notes: tuple[str, ...] = ()
    #: The NetworkChoice that it was opened for, where the engine opened it.
    choice: Any = field(default=None, compare=False)
    #: Whether it takes boards of dead and living cells.
    binary: bool = False
    #: Whether it takes pictures of mazes.
    mazes: bool = False
    #: Whether it takes positions of chess, with a color for each piece.
    pieces: bool = False
    #: (layer, call) of each hidden state of a recurrent network, in order.
    states: tuple[tuple[str, int], ...] = ()
    #: The module that decodes a state, "" where none is known.
    decoder: str = ""
    #: Border of its boards, dead | periodic.
    border: str = "dead"
    #: Steps of the game between input and output; 0 where that is not its task.
    game_steps: int = 0
    #: The training steps of its snapshots.
    snapshots: tuple[int, ...] = ()
    #: (step, loss) over its training, () where its card does not say.
    losses: tuple[tuple[float, float], ...] = ()
    #: What its output means.
    meaning: OutputMeaning = OutputMeaning()
    #: WordNet's numbers of its classes (n01440764), which folders of ImageNet have; () if unknown.
    synsets: tuple[str, ...] = ()
    #: The layer of the classes' logits where the output is those squashed; "" where it is not.
    logits: str = ""
    #: The last layer before the one that computes the classes, "" where the output is none.
    penultimate: str = ""
    #: Whether its mean and std may be wrong: neither a card nor a known network says them.
    doubtful: bool = field(default=False, compare=False)
    #: Channels of an automaton's state, which a canvas brings; 0: it takes pictures only.
    state_channels: int = 0

    @cached_property
    def names(self) -> dict[str, str]:
        """Return whatever a layer may be called, its name or its title, and its name."""
        return name_layers(self.layers)

    @property
    def own_layers(self) -> tuple[LayerInfo, ...]:
        """Return the layers without sets of directions, which come and go while it runs."""
        return tuple(row for row in self.layers if row.kind != DIRECTIONS)

    @cached_property
    def _rows(self) -> dict[str, LayerInfo]:
        return {row.name: row for row in reversed(self.layers)}

    def layer(self, name: str) -> LayerInfo | None:
        """Return the row of a layer, None where there is none; titles are no names here."""
        return self._rows.get(name)

    def label_layer(self, name: str) -> str:
        """Return what the window calls a layer."""
        row = self.layer(name)
        return name if row is None else row.label

    @cached_property
    def _titled_names(self) -> re.Pattern[str]:
        titled = [row.name for row in self.layers if row.title]
        ordered = [re.escape(name) for name in sorted(titled, key=len, reverse=True)]
        names = "|".join(ordered) or "(?!)"
        dotted = "|".join(name for name in ordered if "." in name) or "(?!)"  # never a plain word
        return re.compile(rf"(?<![\w.\[])(?:(?:{names})(?=\[)|(?:{dotted})(?![\w\[]|\.\w))")

    def label_text(self, text: str) -> str:
        """Return a text with the titles of layers in the place of their names."""
        return self._titled_names.sub(lambda match: self.label_layer(match[0]), text)

    def label_unit(self, unit: Unit) -> str:
        """Return a unit as the window writes it: with its layer's title."""
        return str(replace(unit, layer=self.label_layer(unit.layer)))


def name_layers(layers: tuple[LayerInfo, ...]) -> dict[str, str]:
    """Return the name that each name and each title stands for; a name comes before a title."""
    titles = {row.title: row.name for row in reversed(layers) if row.title}
    return titles | {row.name: row.name for row in layers}


@dataclass(frozen=True, eq=False)
class Detections:
    """Boxes that a network found in a picture."""

    #: Corners (x1, y1, x2, y2) in pixels of the picture, float32 (N, 4).
    boxes: NDArray[np.float32]
    #: Classes, int64 (N,).
    labels: NDArray[np.int64]
    #: How sure the network is of each, float32 (N,).
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Unedited:
    """What a network did with a frame as it is, while edits are on."""

    #: Number of the frame.
    frame: int
    #: The network's output, float32 (K,).
    output: NDArray[np.float32]
    #: Layer -> float32 (C, H, W).
    maps: dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class SecondLive:
    """What a second network did with a frame, and what both have in common over recent frames."""

    #: Number of the frame.
    frame: int
    #: Name of the network; "" where it could not be opened.
    name: str
    #: Why there is nothing of it, in a sentence; "" where there is.
    problem: str = ""
    #: Whether it is being opened, as ``problem`` says.
    is_opening: bool = False
    #: The network's output, float32 (K,).
    output: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    #: Its class names, () without any.
    labels: tuple[str, ...] = ()
    #: What its output means.
    meaning: OutputMeaning = OutputMeaning()
    #: Whether the answers to this frame differ; None where they cannot be compared.
    differs: bool | None = None
    #: The answers of both in short.
    answers: tuple[str, str] = ("", "")
    #: The layer of the first network on show, and the one of this network beside it.
    layers: tuple[str, str] = ("", "")
    #: Why it is that one, in a few words.
    reason: str = ""
    #: Maps of that layer, float32 (C, H, W); None where it has none on this frame.
    maps: NDArray[np.float32] | None = None
    #: Channels of the first network's layer, those of this one's, correlation of each pair over
    #: recent frames, the strongest first; None until there are enough frames.
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]] | None = None
    #: Number of recent frames that ``pairs`` are of.
    pair_frames: int = 0
    #: Mean correlation of the pairs that chance makes: of the frames in another order; NaN unknown.
    pair_chance: float = math.nan
    #: CKA of each layer of the first network with each of this one over recent frames, (La, Lb);
    #: None until there are enough frames.
    cka: NDArray[np.float64] | None = None
    #: Names of the rows and columns of ``cka``.
    rows: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    #: Number of recent frames that ``cka`` is of.
    frames: int = 0
    #: Sentences on what is assumed or missing.
    notes: tuple[str, ...] = ()
    #: Where it is on the first network's activation map; None where that is not on show.
    position: FramePosition | None = None
    #: Duration of its pass in seconds.
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Live:
    """The result of one frame."""

    #: The frame.
    frame: Frame
    #: Name of the network.
    network: str
    #: Pixels as the network saw them, uint8 (H, W, C).
    pixels: NDArray[np.uint8]
    #: Layer -> float32 (C, H, W) at the plan's call.
    maps: dict[str, NDArray[np.float32]]
    #: The network's output, float32 (K,).
    output: NDArray[np.float32]
    #: Duration of the pass.
    seconds: float
    #: The call that ``maps`` belong to; -1 is the last.
    call: int = -1
    #: Frames that have been dropped so far.
    dropped: int = 0
    #: Layer -> what its maps show, where its kind does not say it (the query of attention heads).
    captions: dict[str, str] = field(default_factory=dict)
    #: The class at each place (h, w), where the output is a map of classes.
    classes: NDArray[np.int64] | None = None
    #: The boxes, where the output is those.
    detections: Detections | None = None
    #: Layer -> (share of its values above 0, mean), of the frames where that was measured.
    activity: dict[str, tuple[float, float]] = field(default_factory=dict)
    #: That passes are fused, or why they are exact though fused ones were asked for; "": they
    #: were not, or it is not known yet.
    fused: str = ""
    #: The edits that were on, as text.
    edits: tuple[str, ...] = ()
    #: Those of them whose layer or call did not run.
    missed: tuple[str, ...] = ()
    #: The same frame without the edits; None where there was no time for it.
    unedited: Unedited | None = None
    #: Of the network, in hex, while frames are recorded; "" else.
    fingerprint: str = ""
    #: What a second network did with it; None where none is compared.
    second: SecondLive | None = None


@dataclass(frozen=True)
class RecordingStatus:
    """How far a recording on disk is."""

    #: Its file.
    path: str
    #: Frames that are written, and how much of the disk they take, in bytes.
    frames: int = 0
    size: int = 0
    #: What it may take at most, in bytes.
    max_bytes: int = 0
    #: From the first frame to the last, in seconds.
    seconds: float = 0.0
    #: Frames that were left out because the disk was too slow.
    dropped: int = 0
    #: Why it ended, as a sentence; "" while it goes on.
    ended: str = ""
    #: Whether it ended because something went wrong, or the budget was used up.
    failed: bool = False


class WeightDifference(NamedTuple):
    """A weight in which a file and a network differ; "" stands for a shape where it is not."""

    #: Name of the weight.
    name: str
    #: Its shape in the file, as ``64x3x7x7``.
    in_file: str
    #: Its shape in the network.
    in_network: str


@dataclass(frozen=True)
class Failure:
    """Something that went wrong below the window."""

    #: For everybody.
    sentence: str
    #: A traceback, for those who open it.
    details: str = ""
    #: Class name of the error.
    kind: str = ""
    #: What failed (a lens key, a network choice, a source).
    about: Any = field(default=None, compare=False)
    #: Frames in a row that have failed so far, this one included; 0 of anything else.
    in_row: int = field(default=0, compare=False)
    #: Of weights that do not fit, what is different.
    differences: tuple[WeightDifference, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class WeightsPart:
    """Named weights in a file that may hold several sets of them."""

    #: What opens them: the file, or ``FILE#part``.
    path: str
    #: Where they lie in the file, as ``model.teacher``; "" for its top.
    name: str
    #: Number of the weights by name, and of all their values.
    tensors: int
    values: int


@dataclass(frozen=True)
class RecognizedWeights:
    """The known architecture that a file of weights fits."""

    #: What is to be opened: the name of the architecture, or the file itself.
    net: str
    #: The file to be loaded into it; "" where ``net`` is the file.
    checkpoint: str
    #: One sentence for the user.
    sentence: str


@dataclass(frozen=True, eq=False)
class InputPreview:
    """A picture as a network would get it."""

    #: Its pixels at the network's size, uint8 (H, W, C).
    pixels: NDArray[np.uint8]
    #: The part of the picture that goes in (top, left, height, width), in its pixels.
    crop: tuple[float, float, float, float]
    #: Per channel the lowest, mean and greatest value after mean and standard deviation.
    ranges: tuple[tuple[float, float, float], ...]
    #: Names of the channels.
    channels: tuple[str, ...]
    #: How pictures are prepared, in one line.
    preprocessing: str
    #: Whose numbers these are.
    sentence: str


def describe_failure(error: BaseException, about: Any = None) -> Failure:
    """Return the Failure for ``error``: its own message where it is ours, else its type too."""
    import traceback  # lazy: only when something failed

    from dnnvis.core.errors import DnnvisError, Mismatch

    kind = type(error).__name__
    text = str(error)
    sentence = text if isinstance(error, DnnvisError) or not text else f"{kind}: {text}"
    details = "".join(traceback.format_exception(error))
    differences = error.differences if isinstance(error, Mismatch) else ()
    rows = tuple(WeightDifference(*row) for row in differences)
    return Failure(sentence or kind, details, kind, about, differences=rows)


def describe_delay(error: BaseException, about: Any) -> Failure:
    """Return the Failure for something that is saved later, because the library is busy now."""
    failure = describe_failure(error, about)
    reason = failure.sentence.partition(";")[0].rstrip(".")
    sentence = tr("{reason}; what is to be saved there is saved after that.", reason=reason)
    return replace(failure, sentence=sentence)
