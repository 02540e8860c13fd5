"""Pictures of a map's examples, and arrays that figures are drawn of, kept beside the maps."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor

from dnnvis.core.stable_file import write_whole
from dnnvis.introspect.map import Map
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.config import IntrospectionConfig
from dnnvis.sources.datasets import Dataset

Ints = NDArray[np.int64]
Arrays = dict[str, NDArray[Any]]


def test_rows(activation_map: Map) -> Ints:
    """Return the examples kept out of the fit, in order of the data; all where there are none."""
    rows = np.flatnonzero(activation_map.examples.test)
    return rows if len(rows) else np.arange(len(activation_map.z))


def read_pixels(data: Dataset, index: Ints) -> NDArray[np.uint8]:
    """Read pictures of the data by their numbers, uint8 (n, H, W, C)."""
    return np.stack([data.read(int(number))[0] for number in index])


def encode_batch(network: Network, data: Dataset, index: Ints) -> Tensor:
    """Read pictures as the network takes them.

    Args:
        network: The network.
        data: The data.
        index: Numbers of the pictures, int64 (n,).

    Returns:
        (n, C, H, W) in [0, 1].
    """
    return network.encode(read_pixels(data, index))


def collect_examples(network: Network, activation_map: Map, data: Dataset) -> Arrays:
    """Collect what figure 4 shows.

    Args:
        network: The network of the map.
        activation_map: The map.
        data: The data of its examples.

    Returns:
        Picture, place and hidden vector of the first test example of each class that is right, then
        of the first that is wrong.
    """
    ex = activation_map.examples
    rows = []
    for wrong in (False, True):
        for k in range(len(activation_map.classes)):
            own = np.flatnonzero(ex.test & (ex.labels == k) & (ex.wrong == wrong))
            rows += own[:1].tolist()
    at = np.array(rows, np.int64)
    pictures = read_pixels(data, activation_map.index[at])
    return {
        "pictures": pictures,
        "labels": ex.labels[at],
        "predicted": ex.predicted[at],
        "z": ex.z[at],
        "h": activation_map.harvest(pictures),
        "index": activation_map.index[at],
    }


def arrays_path(config: IntrospectionConfig, kind: str, net: str, seed: int) -> Path:
    """Return where the arrays of a figure lie.

    Args:
        config: What is asked for.
        kind: The kind of the step that makes them.
        net: One of NETS.
        seed: The step's first seed.
    """
    return config.work / "drawn" / f"{net}-{kind}-seed{seed}.safetensors"


def save_arrays(
    config: IntrospectionConfig, kind: str, net: str, seed: int, arrays: Arrays
) -> None:
    """Keep arrays that a figure needs.

    Args:
        config: What is asked for.
        kind: The kind of the step that made them.
        net: One of NETS.
        seed: The step's first seed.
        arrays: The arrays by name.

    Raises:
        BadInput: Where they cannot be written.
    """
    path = arrays_path(config, kind, net, seed)
    write_whole(path, save({name: np.ascontiguousarray(value) for name, value in arrays.items()}))


def load_arrays(config: IntrospectionConfig, kind: str, net: str, seed: int) -> Arrays | None:
    """Return the arrays that were kept; None where there are none that can be read.

    Args:
        config: What is asked for.
        kind: The kind of the step that made them.
        net: One of NETS.
        seed: The step's first seed.
    """
    path = arrays_path(config, kind, net, seed)
    try:
        return load(path.read_bytes()) if path.is_file() else None
    except (OSError, SafetensorError):
        return None
