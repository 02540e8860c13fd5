"""What is said between threads, besides pictures."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.frame import Frame


@dataclass(frozen=True)
class LayerInfo:
    """A row of the layer table: ``shape`` (C, H, W) of one call, how many ``calls`` one pass
    makes, how many ``parameters`` lie inside, and the receptive ``field``
    (size, stride, offset) in input pixels: unit k sees ``size`` pixels centred at
    ``offset + k * stride``; None = the whole input, or not known. ``part_of``: the recurrent
    module inside of which the row is (a gate, a state), "" for all others."""

    name: str
    kind: str
    shape: tuple[int, int, int]
    calls: int = 1
    parameters: int = 0
    field: tuple[int, int, float] | None = None
    part_of: str = ""

    @property
    def receptive_field(self) -> tuple[int, int, float] | None:
        return self.field


@dataclass(frozen=True)
class NetworkInfo:
    """What the window must know of the network that runs. ``notes`` are sentences; ``choice``
    is the NetworkChoice that it was opened for, where the engine opened it. ``binary``: it
    takes boards of dead and living cells; ``states``: (layer, call) of each hidden state of a
    recurrent network, in order; ``decoder``: the module that shows one, "" where none is known;
    ``border`` of its boards, dead | periodic; ``game_steps``: how many steps of the game its
    output lies ahead, 0 where that is not its task; ``snapshots``: the training steps at which it
    was kept."""

    name: str
    layers: tuple[LayerInfo, ...]
    labels: tuple[str, ...]
    size: tuple[int, int]
    channels: int
    preprocessing: str = ""
    notes: tuple[str, ...] = ()
    choice: Any = field(default=None, compare=False)
    binary: bool = False
    states: tuple[tuple[str, int], ...] = ()
    decoder: str = ""
    border: str = "dead"
    game_steps: int = 0
    snapshots: tuple[int, ...] = ()

    def layer(self, name: str) -> LayerInfo | None:
        return next((info for info in self.layers if info.name == name), None)


@dataclass(frozen=True, eq=False)
class Live:
    """What one frame did: ``pixels`` uint8 (H, W, C) as the network saw it, ``maps`` layer ->
    float32 (C, H, W) at the plan's call, ``output`` float32 (K,), ``seconds`` of the pass."""

    frame: Frame
    network: str
    pixels: NDArray[np.uint8]
    maps: dict[str, NDArray[np.float32]]
    output: NDArray[np.float32]
    seconds: float
    call: int = -1
    dropped: int = 0


@dataclass(frozen=True)
class Failure:
    """Something that went wrong below the window. ``sentence`` is for everybody, ``details``
    (a traceback) for those who ask; ``kind`` is the class name of the error; ``about`` is
    what it happened to (a lens key, a network choice, a source)."""

    sentence: str
    details: str = ""
    kind: str = ""
    about: Any = field(default=None, compare=False)


def describe_failure(error: BaseException, about: Any = None) -> Failure:
    """The Failure that tells of ``error``: its own words where it is ours, else its type too."""
    import traceback  # lazy: only when something failed

    from dnnvis.core.errors import DnnvisError

    kind = type(error).__name__
    text = str(error)
    sentence = text if isinstance(error, DnnvisError) or not text else f"{kind}: {text}"
    details = "".join(traceback.format_exception(error))
    return Failure(sentence or kind, details, kind, about)
