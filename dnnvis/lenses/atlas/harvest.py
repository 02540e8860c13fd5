"""Harvest the activation vectors at random positions of a layer over a data set.

Source: Carter et al. 2019, section "Collecting": one position a picture, never at the border,
where padding shows. Ours: several positions a picture where there are few pictures.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.introspect.features import inner_range
from dnnvis.introspect.harvest import Batch
from dnnvis.introspect.network_outputs import evaluate_outputs, is_bounded
from dnnvis.introspect.record_file import record_type
from dnnvis.lenses.activation_map.collect import PictureBatches
from dnnvis.lenses.atlas.attribution import (
    AttributionPlan,
    attribute,
    choose_classes_of,
    record,
)
from dnnvis.library.scan.worker import MAX_BATCH_PICTURES, MAX_MAP_BYTES
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network

Ints = NDArray[np.int64]


def atlas_record_type(width: int, classes: int) -> np.dtype[Any]:
    """Return the type of a vector's record: that of a hidden vector, with two parts more.

    ``row`` is picture number * positions a picture + which of them. ``position`` is (y, x) in the
    layer, ``classes`` (T,) the classes that it is attributed to, ``attribution`` (T,) how much.
    """
    own = [
        ("position", "<i4", (2,)),
        ("classes", "<i4", (classes,)),
        ("attribution", "<f4", (classes,)),
    ]
    return np.dtype([*record_type(1, width).descr, *own])


def count_inner_positions(shape: tuple[int, int, int]) -> int:
    """Return how many positions of a layer (C, H, W) vectors are taken from."""
    return math.prod(stop - first for first, stop in map(inner_range, shape[1:]))


def draw_positions(height: int, width: int, count: int, seed: int, picture: int) -> Ints:
    """Draw positions of one picture's map, (y, x), int64 (count, 2).

    They depend on the seed and the picture's number alone; they are distinct as far as the map has
    as many inside its border (which counts as inside where an axis has fewer than 3 positions).
    """
    (top, bottom), (left, right) = inner_range(height), inner_range(width)
    columns = right - left
    total = (bottom - top) * columns
    rng = np.random.default_rng([seed, picture])
    rounds = [rng.permutation(total) for _ in range(-(-count // total))]
    chosen = np.concatenate(rounds)[:count]
    return np.stack([top + chosen // columns, left + chosen % columns], 1).astype(np.int64)


def pictures_per_pass(network: Network) -> int:
    """Return how many pictures one pass takes: as few as keep the largest map in bounds."""
    if network.table.one_by_one:
        return 1
    largest = max(math.prod(row.shape) for row in network.layers)
    return min(MAX_BATCH_PICTURES, max(1, MAX_MAP_BYTES // (4 * max(largest, 1))))


@dataclass(frozen=True, eq=False)
class VectorHarvest:
    """Vectors of a layer by row number, see ``atlas_record_type``."""

    #: The network.
    network: Network
    #: The layer.
    layer: str
    #: Reads and encodes the pictures.
    pictures: PictureBatches
    #: Which classes vectors are attributed to.
    plan: AttributionPlan
    #: Positions a picture.
    per_picture: int
    #: Seed of the positions.
    seed: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of a record."""
        return atlas_record_type(self.network.layer(self.layer).shape[0], self.plan.width)

    def __call__(self, row_batches: Sequence[Ints]) -> Iterator[NDArray[Any]]:
        """Yield the records of each array of row numbers that has readable pictures."""
        for rows in row_batches:
            for batch in self.pictures([np.unique(rows // self.per_picture)]):
                yield self._harvest(batch, rows)

    def _harvest(self, batch: Batch, rows: Ints) -> NDArray[Any]:
        order = {int(number): k for k, number in enumerate(batch.rows)}
        numbers = rows // self.per_picture
        readable = np.array([int(number) in order for number in numbers])
        rows, numbers = rows[readable], numbers[readable]
        at = np.array([order[int(number)] for number in numbers])
        layers = [self.layer, OUTPUT, *([self.plan.logits] if self.plan.logits else [])]
        if self.plan.logits:
            recording = record(self.network, batch.pixels, layers)
        else:
            recording = self.network.run(batch.pixels, layers, batched=True)
        values = recording.tensor(self.layer).detach()  # (B, C, H, W)
        if values.shape[1] != self.network.layer(self.layer).shape[0]:
            raise BadInput(
                f"{self.layer} has {values.shape[1]} units on some pictures and "
                f"{self.network.layer(self.layer).shape[0]} on others: it cannot be laid out."
            )
        height, width = values.shape[2:]
        positions = np.stack(
            [
                draw_positions(
                    height, width, self.per_picture, self.seed, int(row) // self.per_picture
                )[int(row) % self.per_picture]
                for row in rows
            ]
        )
        records = np.zeros(len(rows), self.dtype)
        records["row"], records["label"], records["position"] = rows, batch.labels[at], positions
        output = recording.result
        assert output is not None  # the pass went to its end
        evaluation = evaluate_outputs(
            output, torch.from_numpy(batch.labels), is_bounded(self.network)
        )
        records["predicted"], records["doubt"] = evaluation.predicted[at], evaluation.doubt[at]
        records["log_e"] = np.nan  # no error is expected of one position
        y, x = positions.T
        records["h"][:, 0] = values.float().cpu().numpy()[at, :, y, x]
        if self.plan.logits:
            logits = recording.tensor(self.plan.logits).detach().flatten(1).float().cpu().numpy()
            classes = choose_classes_of(self.plan, logits)
            maps = attribute(self.network, recording, self.layer, self.plan.logits, classes)
            records["classes"] = classes[at]
            records["attribution"] = maps.cpu().numpy()[at, :, y, x]
        return records
