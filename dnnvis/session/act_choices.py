"""Choices of what acts on networks and compares them: parts of the state."""

from dataclasses import dataclass
from typing import Literal

from dnnvis.core.probing.tuning import StimulusKind

#: What is shown of weights: kernels as tiles | the matrix | the same, sorted | what feeds the unit
#: on this frame | by weights alone.
WeightsView = Literal["kernels", "matrix", "sorted", "feeds", "weights"]
SourceKind = Literal[
    "demo",
    "camera",
    "stream",
    "screen",
    "video",
    "pictures",
    "life",
    "maze",
    "chess",
    "plane",
    "examples",
    "recording",
    "canvas",
]


PlaneOptimizer = Literal["adam", "sgd"]


@dataclass(frozen=True)
class TuningChoice:
    """The tuning curve of the selected unit."""

    #: Whether its window is open.
    shown: bool = False
    #: The family of pictures: gratings | bars | dots | hues.
    kind: StimulusKind = "gratings"
    #: Counter: a change measures again though a curve is kept.
    run: int = 0


@dataclass(frozen=True)
class KernelsChoice:
    """The weights of the layer on show, and what feeds the selected unit."""

    #: Whether the panel is on screen.
    shown: bool = False
    #: What it shows: kernels | matrix | sorted | feeds | weights.
    view: WeightsView = "kernels"


@dataclass(frozen=True)
class RecordingChoice:
    """How much of what was on show is kept, in memory and in a recording on disk."""

    #: Budget of the last seconds in memory, in MB (1,000,000 bytes); 0: they are not kept.
    ring_mb: int = 64
    #: Budget of a recording, in MB.
    max_mb: int = 1000


@dataclass(frozen=True)
class CompareChoice:
    """What the network is compared with, beside ``State.second``."""

    #: Whether the panel is on screen.
    shown: bool = False
    #: Which of the snapshots of the second network's training; -1: the finished network.
    moment: int = -1
    #: Edits of the second network, as text.
    edits: tuple[str, ...] = ()
    #: Whether the second mosaic shows the difference of the maps.
    difference: bool = False


@dataclass(frozen=True)
class BlocksChoice:
    """The building blocks, and the concepts, of the layer on show."""

    #: Whether their window is open.
    shown: bool = False
    #: Number of groups.
    k: int = 6
    #: Whether the directions stay as they are; else they follow the frame.
    held: bool = False
    #: Whether it is measured what they add to a class.
    votes: bool = False
    #: Whether each position is drawn as the picture that it asks for.
    positions: bool = False
    #: Counter: a change draws the positions again.
    run: int = 0
    #: Whether the window of the layer's concepts, over a data set, is open.
    concepts: bool = False
    #: Counter: a change reads them again.
    concepts_run: int = 0


@dataclass(frozen=True)
class PlaygroundChoice:
    """How a network over the plane is trained while one watches."""

    #: Whether the panel is on screen.
    shown: bool = False
    #: Learning rate.
    rate: float = 0.03
    #: adam | sgd.
    optimizer: PlaneOptimizer = "adam"
    #: Points a step.
    batch: int = 32
    #: Factor of the absolute weights in the loss.
    l1: float = 0.0
    #: Factor of half the squared weights.
    l2: float = 0.0
    #: Steps a second; 0: as many as there is time for.
    speed: float = 0.0
    #: How far points go astray, 0 to 0.5.
    noise: float = 0.0
    #: Seed of weights, points and batches.
    seed: int = 0
    #: Painted points: x, y, label -1 or 1, one after the other.
    points: tuple[float, ...] = ()
    #: Whether the data for testing are shown, too.
    test_shown: bool = True
    #: Whether the window is open in which a network of pictures learns.
    pictures: bool = False
    #: Where the pictures are that it learns, "" before it was said.
    data: str = ""
