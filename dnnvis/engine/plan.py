"""What the window wants computed: a frozen wish list that the engine reconciles."""

from dataclasses import dataclass, field, replace
from typing import Any

from dnnvis.core.notes import Marks
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit


@dataclass(frozen=True)
class NetworkChoice:
    """The arguments of ``dnnvis.open``: which network runs. Numbers may be text, as typed."""

    net: str = "net2-cifar10"
    checkpoint: str | None = None
    weights: str | None = None
    size: tuple[int, int] | str | None = None
    mean: tuple[float, ...] | str | None = None
    std: tuple[float, ...] | str | None = None
    labels: tuple[str, ...] | str | None = None
    device: str = "cpu"
    trust_code: bool = False

    @property
    def without_trust(self) -> "NetworkChoice":
        """The same network, without leave to run code."""
        return replace(self, trust_code=False)


@dataclass(frozen=True)
class Request:
    """One lens on one unit (for synthesis also a goal that is none); ``params`` are (name,
    value) pairs for the lens's Params.

    ``follow``: start afresh with every frame (backward lenses). Otherwise the lens runs on,
    step by step, until it ends or the request changes; another ``run`` starts it again.
    """

    lens: str
    unit: Unit | Objective
    params: tuple[tuple[str, Any], ...] = ()
    follow: bool = True
    run: int = 0


@dataclass(frozen=True)
class Plan:
    """``layers`` are the ones on show, recorded at ``call``; ``requests`` by panel key.

    ``paused`` keys take no steps until they are left out again. ``keep``: key -> counter;
    when it rises, the latest value of that key is kept in the library, of several pictures
    the one whose number ``which`` has for the key (none, or -1: the best). ``memory``: minutes
    of the running source that are kept for top examples, 0 = none. ``marks``: notes and
    bookmarks that are to be written down, until the window knows that they are. ``moment``: the
    number of the moment of its training at which the network runs; -1 = as it is now.
    """

    network: NetworkChoice = NetworkChoice()
    layers: tuple[str, ...] = ()
    call: int = -1
    requests: dict[str, Request] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()
    keep: dict[str, int] = field(default_factory=dict)
    which: dict[str, int] = field(default_factory=dict)
    memory: float = 0.0
    marks: Marks = ()
    moment: int = -1

    @property
    def lasting(self) -> "Plan":
        """The same without what starts afresh with every frame."""
        lasting = {key: request for key, request in self.requests.items() if not request.follow}
        return replace(self, requests=lasting)

    def computes_as(self, other: "Plan | None") -> bool:
        """Whether ``other`` differs in nothing but what is paused or to be written."""
        if other is None:
            return False
        same_work = replace(self, paused=other.paused, keep=other.keep, which=other.which)
        return replace(same_work, marks=other.marks) == other
