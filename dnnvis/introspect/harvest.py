"""Harvest hidden vectors, labels and errors from pictures.

Source: Pardo et al. 2019, section 2.3 (the hidden layers, concatenated) and 2.4 (the error).
Recorded in eval mode: without dropout.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.introspect.features import Columns
from dnnvis.introspect.network_outputs import MIN_ERROR, board_doubt, evaluate_outputs, is_bounded
from dnnvis.introspect.record_file import record_type
from dnnvis.network.network import Network

Pixels = NDArray[np.uint8]
BATCH_SIZE = 128


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures for one pass."""

    #: Numbers of the pictures in the data, int64 (B,).
    rows: NDArray[np.int64]
    #: Pixels (B, C, H, W) in [0, 1].
    pixels: Tensor
    #: Class indices int64 (B,), -1 = none.
    labels: NDArray[np.int64]
    #: The boards that a network of a game should predict, float32 (B, H, W), or None.
    truths: NDArray[np.float32] | None = None


def iter_batches(
    network: Network,
    images: Sequence[Any] | Pixels,
    labels: NDArray[np.int64] | None = None,
    size: int = BATCH_SIZE,
) -> Iterator[Batch]:
    """Encode images in portions.

    Args:
        network: The network that takes them.
        images: Images uint8 (N, H, W, C) or (N, H, W), or N of them of any size.
        labels: Class indices int64 (N,), or None.
        size: Images in a portion.

    Yields:
        The portions.
    """
    for start in range(0, len(images), size):
        chunk = images[start : start + size]
        rows = np.arange(start, start + len(chunk))
        yield Batch(rows, encode_pictures(network, chunk), _labels_or_none(labels, rows))


def as_images(images: Any) -> Any:
    """Return pictures (N, H, W, C) or a list of them; one picture (H, W, C) alone is one of one.

    Raises BadInput for anything else.
    """
    if isinstance(images, np.ndarray) and images.ndim == 3 and images.shape[2] in (1, 3, 4):
        return images[None]
    if isinstance(images, np.ndarray) and images.ndim == 2:
        return images[None]
    if not hasattr(images, "__len__") or isinstance(images, str | bytes):
        raise BadInput("Images are uint8 (N, H, W, C), or a list of pictures.")
    return images


def encode_pictures(network: Network, images: Sequence[Any] | Pixels) -> Tensor:
    """Encode pictures for the network, (B, C, H, W); of different sizes one by one."""
    if isinstance(images, np.ndarray) and images.dtype == np.uint8 and images.ndim in (3, 4):
        stack = images[..., None] if images.ndim == 3 else images
        return network.encode(stack)
    return torch.cat([network.encode(image) for image in images])


def _labels_or_none(labels: NDArray[np.int64] | None, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.full(len(rows), -1) if labels is None else labels[rows]


def harvest_records(network: Network, columns: Columns, batches: Iterable[Batch]) -> Iterator[Any]:
    """Harvest the records of each portion.

    Args:
        network: The network.
        columns: The columns of h.
        batches: Portions of pictures.

    Yields:
        A structured array (B,) for each portion (see ``record_file.record_type``).

    Raises:
        BadInput: The network fails on a picture.
    """
    dtype = record_type(len(columns.steps), columns.width)
    for batch in batches:
        recording = network.run(batch.pixels, columns.layers, batched=True)
        records = np.zeros(len(batch.rows), dtype)
        records["row"] = batch.rows
        records["label"] = batch.labels
        records["h"] = columns.rows(recording).cpu().numpy()
        output = recording.result
        assert output is not None  # the pass went to its end
        evaluation = evaluate_outputs(output, torch.from_numpy(batch.labels), is_bounded(network))
        records["log_e"] = evaluation.log_e[:, None]
        records["predicted"], records["doubt"] = evaluation.predicted, evaluation.doubt
        if batch.truths is not None:
            _evaluate_boards(records, output, batch.truths)
        yield records


def _evaluate_boards(records: Any, output: Tensor, truths: NDArray[np.float32]) -> None:
    """Evaluate a network that predicts boards (B, H, W).

    e is half the mean square over the cells of its answer; it has no class, and its doubt is the
    cells' mean distance from 0 and 1.
    """
    answer = output.detach().flatten(1).cpu().numpy()
    e = 0.5 * np.square(answer - truths.reshape(len(truths), -1)).mean(1)
    records["log_e"] = np.log10(np.maximum(e, MIN_ERROR))[:, None]
    records["predicted"] = -1
    records["doubt"] = board_doubt(answer)


def hidden_vectors(network: Network, columns: Columns, images: Sequence[Any] | Pixels) -> Any:
    """Return the hidden vectors of images.

    Args:
        network: The network.
        columns: The columns of h.
        images: Images uint8 (N, H, W, C), or a list of pictures.

    Returns:
        Hidden vectors float32 (N * steps, width); rows of an example follow one another.

    Raises:
        BadInput: Images that cannot be used.
    """
    rows = [
        columns.rows(network.run(batch.pixels, columns.layers, batched=True)).flatten(0, 1)
        for batch in iter_batches(network, as_images(images))
    ]
    if not rows:
        raise BadInput("There are no images to map.")
    return torch.cat(rows).cpu().numpy()
