"""What the window wants computed: a frozen wish list that the engine reconciles."""

from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True)
class Request:
    """One lens on one unit; ``params`` are (name, value) pairs for the lens's Params.

    ``follow``: start afresh with every frame (backward lenses). Otherwise the lens runs on,
    step by step, until it ends or the request changes.
    """

    lens: str
    unit: Unit
    params: tuple[tuple[str, Any], ...] = ()
    follow: bool = True


@dataclass(frozen=True)
class Plan:
    """``layers`` are the ones on show, recorded at ``call``; ``requests`` by panel key.

    ``paused`` keys take no steps until they are left out again. ``memory``: minutes of the
    running source that are kept for top examples, 0 = none.
    """

    network: NetworkChoice = NetworkChoice()
    layers: tuple[str, ...] = ()
    call: int = -1
    requests: dict[str, Request] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()
    memory: float = 0.0
