"""Pictures of a map's examples, and arrays that figures are drawn of, kept beside the maps."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save_file
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.introspect.map import Map
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.config import Order
from dnnvis.sources.datasets import Data

Ints = NDArray[np.int64]
Arrays = dict[str, NDArray[Any]]


def test_rows(made: Map) -> Ints:
    """The examples that were kept out of the fit, by the order of the data; of a map without
    such all."""
    rows = np.flatnonzero(made.examples.test)
    return rows if len(rows) else np.arange(len(made.z))


def pixels_of(data: Data, index: Ints) -> NDArray[np.uint8]:
    """Pictures of the data by their numbers, uint8 (n, H, W, C)."""
    return np.stack([data.read(int(number))[0] for number in index])


def batch_of(network: Network, data: Data, index: Ints) -> Tensor:
    """The same as the network takes them, (n, C, H, W) in [0, 1]."""
    return network.encode(pixels_of(data, index))


def examples_of(network: Network, made: Map, data: Data) -> Arrays:
    """What figure 4 shows: of each class the first test example that is right and the first that
    is wrong, with picture, place and hidden vector."""
    ex = made.examples
    rows = []
    for wrong in (False, True):
        for k in range(len(made.classes)):
            own = np.flatnonzero(ex.test & (ex.labels == k) & (ex.wrong == wrong))
            rows += own[:1].tolist()
    at = np.array(rows, np.int64)
    pictures = pixels_of(data, made.index[at])
    return {
        "pictures": pictures, "labels": ex.labels[at], "predicted": ex.predicted[at],
        "z": ex.z[at], "h": made.harvest(pictures), "index": made.index[at],
    }  # fmt: skip


def drawn_place(order: Order, kind: str, net: str, seed: int) -> Path:
    return order.work / "drawn" / f"{net}-{kind}-seed{seed}.safetensors"


def keep(order: Order, kind: str, net: str, seed: int, arrays: Arrays) -> None:
    """Keep arrays that a figure needs. Raises BadInput where they cannot be written."""
    place = drawn_place(order, kind, net, seed)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, place)
    except (OSError, SafetensorError) as why:
        raise BadInput(f"{place} cannot be written: {why}.") from None


def kept(order: Order, kind: str, net: str, seed: int) -> Arrays | None:
    """The arrays that were kept; None where there are none that can be read."""
    place = drawn_place(order, kind, net, seed)
    try:
        return load(place.read_bytes()) if place.is_file() else None
    except (OSError, SafetensorError):
        return None
