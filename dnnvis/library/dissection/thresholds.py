"""Find the threshold of each unit: the value that 0.5 % of its values exceed.

The exact quantile would need every value of every map twice, or memory for the largest of them.
Instead some pictures are looked at first, which gives each unit a ladder of candidates around its
threshold; then all pictures are counted at every candidate, and what belongs to exactly 0.5 % is
interpolated between the two candidates around it, whose own fractions are exact counts.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.probing.dissection import TOP_FRACTION
from dnnvis.library.dissection.points import take_positions
from dnnvis.library.scan.channel_summary import UnitRange

STEP = 1.25  # between the fractions of two neighboring candidates
#: Fractions above the candidates, from the lowest candidate to the highest.
LADDER = tuple(TOP_FRACTION * STEP**power for power in range(4, -5, -1))
PILOT_VALUES = 6400  # of each unit at least, where there are so many
MIN_SAMPLES = 100  # positions of a map
MIN_PILOT_PICTURES, MAX_PILOT_PICTURES = 64, 512
PILOT_FRACTION = 1 / 20

Array = NDArray[np.float64]


def choose_pilot(pictures: int) -> NDArray[np.int64]:
    """Return the numbers of the pictures that are looked at first, evenly spread."""
    wanted = min(MAX_PILOT_PICTURES, max(MIN_PILOT_PICTURES, int(pictures * PILOT_FRACTION)))
    count = min(pictures, wanted)
    return np.arange(count) * pictures // max(count, 1)


class PilotSampler:
    """Holds the largest values of each unit, in fixed memory."""

    def __init__(self, unit_range: UnitRange, pictures: int) -> None:
        """Say whose maps are sampled, and how many pictures there will be at most."""
        wanted = max(MIN_SAMPLES, -(-PILOT_VALUES // max(pictures, 1)))
        self._samples = min(unit_range.positions, wanted)
        self._limit = int(np.ceil(LADDER[0] * self._samples * pictures)) + 1
        self._largest: Tensor | None = None  # (C, n), largest first
        self._minimum: Tensor | None = None  # (C,)
        self._count = 0  # values looked at, of each unit

    def sample(self, value: Tensor, batch: int) -> Tensor:
        """Return some values (C, n) of maps (B, C, H, W), at positions that depend on ``batch``."""
        channels, positions = value.shape[1], value.shape[2] * value.shape[3]
        index = None
        if positions > self._samples:
            rng = np.random.default_rng((positions, batch))
            steps = np.arange(self._samples) + rng.random(self._samples)
            chosen = (steps * positions / self._samples).astype(np.int64)
            index = torch.from_numpy(chosen.clip(0, positions - 1))
        return take_positions(value, index).reshape(-1, channels).T.contiguous()

    def add(self, values: Tensor) -> None:
        """Take in values (C, n); NaN counts as smallest."""
        values = torch.where(torch.isnan(values), -torch.inf, values)
        minimum = values.amin(1)
        merged = values if self._largest is None else torch.cat([self._largest, values], 1)
        limit = min(self._limit, merged.shape[1])
        self._largest = merged.topk(limit, dim=1).values
        self._minimum = minimum if self._minimum is None else torch.minimum(self._minimum, minimum)
        self._count += values.shape[1]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was taken in."""
        return self._count == 0

    def candidates(self) -> Tensor:
        """Return the candidates of each unit, float32 (C, len(LADDER)), from the lowest on.

        None of them is the unit's smallest value: where 0.5 % are not above that, a unit counts as
        active wherever it is above it at all.
        """
        assert self._largest is not None  # there is a picture at least
        assert self._minimum is not None
        ranks = [min(int(part * self._count), self._largest.shape[1] - 1) for part in LADDER]
        edges = self._largest[:, ranks].float()
        above = torch.nextafter(self._minimum.float(), torch.full_like(self._minimum, torch.inf))
        return torch.maximum(edges, above[:, None]).cpu()


def weigh_candidates(above: Array) -> tuple[Array, Array]:
    """Return how counts at the candidates are mixed to those at 0.5 %.

    Args:
        above: The fraction of each unit's values from each candidate on, (C, m), not rising.

    Returns:
        Weights (C, m) that add up to 1, and the fraction that the mixture has (C,): 0.5 % but
        where no candidate is exceeded by so much, or all by more.
    """
    count, steps = above.shape
    units = np.arange(count)
    last = np.clip((above > TOP_FRACTION).sum(1) - 1, 0, steps - 1)  # exceeded by more
    following = np.minimum(last + 1, steps - 1)
    high, low = above[units, last], above[units, following]
    span = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(span > 0, (high - TOP_FRACTION) / span, 0.0)
    part = np.clip(part, 0, 1)
    weights = np.zeros_like(above)
    weights[units, last] = 1 - part
    weights[units, following] += part
    return weights, (weights * above).sum(1)
