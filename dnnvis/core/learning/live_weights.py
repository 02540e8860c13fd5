"""Hand the newest weights of a network that learns from one thread to another."""

import base64
import binascii
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

Weights = Mapping[str, NDArray[np.float32]]
Layout = Sequence[tuple[str, tuple[int, ...]]]
MAX_VALUES = 1 << 24  # in one line of text: larger networks write a file


@dataclass(frozen=True, eq=False)
class LiveWeights:
    """A network's weights at a step of its training."""

    #: Steps of the optimizer that were taken.
    step: int
    #: The weights by name; empty where they are in ``path``.
    weights: Weights = field(default_factory=dict)
    #: A file of weights (safetensors); "" where they are in ``weights``.
    path: str = ""


class LatestWeights:
    """The newest weights, of any thread: what nobody took in time is replaced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: LiveWeights | None = None

    def put(self, weights: LiveWeights | None) -> None:
        """Replace the newest weights; None: the network runs as it was opened."""
        with self._lock:
            self._latest = weights

    def get(self) -> LiveWeights | None:
        """Return the newest weights; the same object until others come."""
        with self._lock:
            return self._latest


def encode_weights(weights: Weights) -> dict[str, Any]:
    """Return weights as JSON can hold them: ``layout`` [[name, shape], ...] and ``values``.

    ``values`` is base64 of all of them as little-endian float32, one after the other.
    """
    parts = [np.ascontiguousarray(value, "<f4") for value in weights.values()]
    joined = np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0, "<f4")
    layout = [[name, list(part.shape)] for name, part in zip(weights, parts, strict=True)]
    return {"layout": layout, "values": base64.b64encode(joined.tobytes()).decode("ascii")}


def decode_weights(data: Any) -> dict[str, NDArray[np.float32]]:
    """Return the weights in what ``encode_weights`` made; raise BadInput for anything else."""
    try:
        layout = [(str(name), tuple(int(side) for side in shape)) for name, shape in data["layout"]]
        counts = [int(np.prod(shape)) for _, shape in layout]
        values = np.frombuffer(base64.b64decode(data["values"], validate=True), "<f4")
    except (TypeError, KeyError, ValueError, OverflowError, binascii.Error):
        raise BadInput("What a training sends holds no weights.") from None
    is_odd = any(side < 0 for _, shape in layout for side in shape)
    if is_odd or sum(counts) != len(values) or len(values) > MAX_VALUES:
        raise BadInput("What a training sends holds other weights than it says.")
    starts = np.cumsum([0, *counts])
    return {
        name: values[start : start + count].reshape(shape).astype(np.float32)
        for (name, shape), start, count in zip(layout, starts, counts, strict=False)
    }
