"""Grow a picture for each cell of an atlas, many at once.

Sources: Olah et al. 2017 (direction objective); Carter et al. 2019 and its notebook (whitened
directions, dot product times a power of the cosine). The objective is the mean over all positions,
so that a cell's picture shows it everywhere.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import Cancelled
from dnnvis.core.objective import Objective, Term
from dnnvis.core.receptive_field import per_axis
from dnnvis.introspect.features import inner_range
from dnnvis.lenses.activation_map.collect import STOPPED_MESSAGE
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.batch_size import choose_batch
from dnnvis.lenses.ascent.lens import to_arrays
from dnnvis.lenses.ascent.presets import PRESETS, adapt_to_board
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.network import Network

#: Of net2's pictures in 353 cells (6,000 pictures, 64 steps) 71 % lay nearest to their own cell
#: with power 1, which Lucid's own objective has, 77 % with 1.5, 78 % with 2, 50 % with 4.
COSINE_POWER = 2.0
MIN_SIDE, MAX_SIDE = 64, 128  # of a picture, in pixels, unless the network's own is smaller
FIELDS_PER_SIDE = 1.25  # receptive fields that fit beside one another into a picture
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def atlas_recipe(
    network: Network, layer: str, steps: int = 0, size: int = 0, power: float = COSINE_POWER
) -> Recipe:
    """Return the recipe of a cell's picture.

    Args:
        network: The network.
        layer: The layer of the atlas.
        steps: Steps of the ascent; 0: the preset's.
        size: Longest side of a picture in pixels; 0: about one receptive field, from ``MIN_SIDE``
            to ``MAX_SIDE``, and never more than the network's own.
        power: Power of the cosine.
    """
    longest = max(network.card.size)
    if not size:
        field = network.layer(layer).field
        side = longest if field is None else round(FIELDS_PER_SIDE * max(per_axis(field).size))
        size = min(longest, MAX_SIDE, max(MIN_SIDE, -(-side // 16) * 16))
    changes: dict[str, Any] = {"statistic": "direction", "power": power, "size": size}
    changes |= {"steps": steps} if steps else {}
    recipe = PRESETS["default"].with_changes(changes)
    return adapt_to_board(recipe) if network.card.binary else recipe


def direction_objective(layer: str, direction: Floats) -> Objective:
    """Return the objective of a direction (C,) in a layer's last call."""
    return Objective(
        tuple(Term(layer, channel, None, -1, float(w)) for channel, w in enumerate(direction))
    )


def picture_record_type(size: tuple[int, int], channels: int, width: int) -> np.dtype[Any]:
    """Return the type of a picture's record.

    ``row`` is the number of the direction, ``picture`` uint8 (H, W, channels), ``activation``
    (width,) the layer's mean vector on it, ``value`` the objective, NaN where it did not grow.
    """
    return np.dtype(
        [
            ("row", "<i8"),
            ("value", "<f4"),
            ("activation", "<f4", (width,)),
            ("picture", "u1", (*size, channels)),
        ]
    )


@dataclass(frozen=True, eq=False)
class PictureGrowth:
    """Pictures of directions by row number, see ``picture_record_type``."""

    #: The network.
    network: Network
    #: The layer.
    layer: str
    #: float32 (n, C).
    directions: Floats
    #: How each is grown.
    recipe: Recipe
    #: Seed of the start and the transforms, the same for all.
    seed: int = 0
    #: Ends the work in the middle of a batch once it is set.
    stop: threading.Event | None = None

    def create_ascent(self, rows: Sequence[int] | Ints) -> BatchAscent:
        """Return an ascent with a picture for each of the directions ``rows``."""
        objectives = [direction_objective(self.layer, self.directions[row]) for row in rows]
        ascent = BatchAscent(self.network, self.recipe, objectives[0])
        ascent.add(objectives, [self.seed] * len(objectives))
        return ascent

    def choose_batch(self) -> int:
        """Return how many pictures to grow at once on this machine, by a trial."""
        count = len(self.directions)
        return choose_batch(
            self.network, lambda size: self.create_ascent(range(size)), count, self._is_stopped
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of a record."""
        size = self.create_ascent([0]).sizes.picture
        return picture_record_type(size, self.network.card.channels, self.directions.shape[1])

    def __call__(self, row_batches: Sequence[Ints]) -> Iterator[NDArray[Any]]:
        """Yield the records of each array of row numbers; raise Cancelled where stopped."""
        for rows in row_batches:
            ascent = self.create_ascent(rows)
            while not ascent.is_finished:
                if self._is_stopped():
                    raise Cancelled(STOPPED_MESSAGE)
                ascent.step()
            yield self.finish(ascent, rows)

    def finish(self, ascent: BatchAscent, rows: Ints) -> NDArray[Any]:
        """Return the records of pictures that have grown, see ``picture_record_type``."""
        pixels = np.rint(to_arrays(ascent.pictures()) * 255).clip(0, 255).astype(np.uint8)
        size = (pixels.shape[1], pixels.shape[2])
        dtype = picture_record_type(size, pixels.shape[3], self.directions.shape[1])
        records = np.zeros(len(rows), dtype)
        records["row"], records["picture"] = rows, pixels
        shown = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))).float() / 255
        recording = self.network.run(
            shown.to(self.network.device), (self.layer,), until=ascent.until
        )
        values = recording.tensor(self.layer)
        records["activation"] = mean_inner_vectors(values).float().cpu().numpy()
        values_reached = ascent.evaluate(shown).numpy()
        is_stuck = np.array([bool(row.error) for row in ascent.rows])
        records["value"] = np.where(is_stuck, np.nan, values_reached)
        return records

    def _is_stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()


def mean_inner_vectors(values: Tensor) -> Tensor:
    """Return the mean over the inner positions of maps (B, C, H, W), (B, C)."""
    (top, bottom), (left, right) = inner_range(values.shape[2]), inner_range(values.shape[3])
    mean: Tensor = values[:, :, top:bottom, left:right].mean((2, 3))
    return mean
