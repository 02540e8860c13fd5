"""Sweep a layer over pictures in memory."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.introspect.harvest import as_images, encode_pictures
from dnnvis.lenses.ablation.sweep import MAX_BATCH, Batch, sweep_units
from dnnvis.network.network import Network


def sweep_arrays(
    network: Network, layer: str, images: Any, labels: Any = None, unit: str | Unit | None = None
) -> NDArray[np.float64]:
    """Return the effects (C,) of a layer's units on pictures, see ``dnnvis.sweep``."""
    pictures = as_images(images)
    numbers = None if labels is None else _read_labels(labels, len(pictures))
    target = Unit.parse(unit) if isinstance(unit, str) else unit
    batches = _iterate(network, pictures, numbers)
    return sweep_units(network, layer, batches, unit=target).effects


def _iterate(
    network: Network, pictures: Sequence[Any], labels: NDArray[np.int64] | None
) -> Iterator[Batch]:
    for start in range(0, len(pictures), MAX_BATCH):
        part = slice(start, start + MAX_BATCH)
        yield encode_pictures(network, pictures[part]), None if labels is None else labels[part]


def _read_labels(labels: Any, count: int) -> NDArray[np.int64]:
    """Return labels as int64 (N,); raise BadInput for anything else."""
    try:
        numbers = np.asarray(labels)
    except ValueError as error:
        raise BadInput(f"labels are {count} whole numbers: {error}") from None
    if numbers.shape != (count,) or numbers.dtype.kind not in "iu":
        raise BadInput(f"labels are {count} whole numbers, not {numbers.dtype} {numbers.shape}.")
    return numbers.astype(np.int64)
