"""Define what the window requests: a frozen plan that the engine reconciles."""

from dataclasses import dataclass, field, replace
from typing import Any

from dnnvis.core.notes import Marks
from dnnvis.core.objective import Objective
from dnnvis.core.probing.perturbation import Perturbation
from dnnvis.core.unit import Unit


@dataclass(frozen=True)
class NetworkChoice:
    """The arguments of ``dnnvis.open``: which network runs; numbers may be text, as typed."""

    #: Name, factory or checkpoint.
    net: str = "net2-cifar10"
    #: File of weights to load into it.
    checkpoint: str | None = None
    #: random | pretrained; None: the network's default.
    weights: str | None = None
    #: Input size (H, W) in pixels; None: the network's own.
    size: tuple[int, int] | str | None = None
    #: Mean per channel, for pixels in [0, 1]; None: the network's own.
    mean: tuple[float, ...] | str | None = None
    #: Standard deviation per channel, for pixels in [0, 1]; None: the network's own.
    std: tuple[float, ...] | str | None = None
    #: Class names, or a file of them; None: the network's own.
    labels: tuple[str, ...] | str | None = None
    #: Number of input channels; None: the network's own.
    channels: str | None = None
    #: Torch device.
    device: str = "cpu"
    #: Whether a Python file or package named in ``net`` may run.
    trust_code: bool = False
    #: Which of what it returns is its answer (``aux``, ``0.boxes``); None: the likeliest.
    output: str | None = None
    #: What further inputs are held at, as ``t=0.5, mask=none``.
    inputs: str | None = None
    #: In which order the network takes colors, RGB or BGR; None: the network's own.
    channel_order: str | None = None

    @property
    def without_trust(self) -> "NetworkChoice":
        """Return the same network, without permission to run code."""
        return replace(self, trust_code=False)


@dataclass(frozen=True)
class Request:
    """One lens on one unit."""

    lens: str
    #: The unit; for synthesis also an objective that is none.
    unit: Unit | Objective
    #: (name, value) pairs for the lens's Params.
    params: tuple[tuple[str, Any], ...] = ()
    #: Whether the lens starts again with every frame (backward lenses). Otherwise it runs on, step
    #: by step, until it ends or the request changes.
    follow: bool = True
    #: Counter: a change starts the lens again.
    run: int = 0
    #: Whether it goes on where it was when it is requested again after another.
    resumes: bool = False
    #: Whether a lens that does not follow starts again with the next frame once it has ended.
    restarts: bool = False
    #: Edits that are on while the lens works, as text.
    edits: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecondNetwork:
    """A network that runs on the same frames, after the first."""

    #: What is opened.
    network: NetworkChoice
    #: Number of the snapshot of its training; -1: as it is now.
    moment: int = -1
    #: Its own edits, as text.
    edits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All that is to be computed."""

    #: The network that runs.
    network: NetworkChoice = NetworkChoice()
    #: Layers on show, recorded at ``call``.
    layers: tuple[str, ...] = ()
    #: The call at which layers are recorded; -1 is the last.
    call: int = -1
    #: Requests by panel key.
    requests: dict[str, Request] = field(default_factory=dict)
    #: Keys that take no steps until they are left out again.
    paused: frozenset[str] = frozenset()
    #: Key -> counter; when it rises, the latest value of that key is saved in the library.
    keep: dict[str, int] = field(default_factory=dict)
    #: Key -> number of the picture to save, of several; none, or -1: the best.
    which: dict[str, int] = field(default_factory=dict)
    #: Minutes of the running source that are remembered for top examples, 0 = none.
    memory: float = 0.0
    #: Notes and bookmarks to write, until the window knows that they are written.
    marks: Marks = ()
    #: Number of the snapshot of its training at which the network runs; -1 = as it is now.
    moment: int = -1
    #: The query that maps of attention heads show: class | mean | rollout, or a position (y, x);
    #: "": the class token where there is one, else the mean.
    query: str | tuple[int, int] = ""
    #: What the output is taken for (``OutputMeaning.kind``); "": what the network decided.
    meaning: str = ""
    #: Whether it is measured, now and then, how strongly each layer fires.
    activity: bool = False
    #: Whether the parts that nobody looks at may run fused (``network.fusion``).
    fused: bool = False
    #: What layers return is changed so, in order, as text (``core.edit``).
    edits: tuple[str, ...] = ()
    #: How the pictures are changed on their way to the network.
    perturbation: Perturbation = field(default_factory=Perturbation)
    #: Whether frames are recorded on disk: then they say their network's fingerprint.
    recording: bool = False
    #: The network that the first is compared with; None: none.
    second: SecondNetwork | None = None

    @property
    def lasting(self) -> "Plan":
        """Return the plan without what starts again with every frame."""
        lasting = {key: request for key, request in self.requests.items() if not request.follow}
        return replace(self, requests=lasting)

    def computes_as(self, other: "Plan | None") -> bool:
        """Return whether ``other`` differs in nothing but what is paused or to be written."""
        if other is None:
            return False
        same_work = replace(self, paused=other.paused, keep=other.keep, which=other.which)
        return replace(same_work, marks=other.marks) == other
