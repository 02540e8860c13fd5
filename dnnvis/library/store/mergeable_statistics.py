"""Sums over pictures that can be added up in any grouping (Chan, Golub & LeVeque 1979).

A layer's sums are named arrays: ``images`` (1,) and ``looked`` (1,), the positions of each map that
were sampled; ``mean`` (C,) over all positions; ``middle`` and ``scatter`` (C,), the mean and the
sum of squared deviations of the sampled values; ``least``, ``most`` (C,); ``active`` (C,) sampled
values above 0, ``awake`` (C,) pictures with a maximum above 0; ``counts`` (C, bins); ``between``,
the upper triangle of the deviation products of the pictures' channel means, where C is small
enough.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MergeableStatistics = dict[str, NDArray[Any]]


def merge_statistics(a: MergeableStatistics, b: MergeableStatistics) -> MergeableStatistics:
    """Return the sums over all pictures of ``a`` and of ``b``."""
    count_a, count_b = int(a["images"][0]), int(b["images"][0])
    if not count_a or not count_b:
        return b if not count_a else a
    fraction_b = count_b / (count_a + count_b)
    weight = count_a * fraction_b
    mean_delta, sample_delta = b["mean"] - a["mean"], b["middle"] - a["middle"]
    total = {name: a[name] + b[name] for name in ("images", "active", "awake", "counts")}
    total["looked"] = a["looked"]
    total["mean"] = a["mean"] + mean_delta * fraction_b
    total["middle"] = a["middle"] + sample_delta * fraction_b
    total["scatter"] = a["scatter"] + b["scatter"] + sample_delta**2 * (weight * a["looked"][0])
    total["least"] = np.minimum(a["least"], b["least"])
    total["most"] = np.maximum(a["most"], b["most"])
    if "between" in a and "between" in b:
        total["between"] = (
            a["between"] + b["between"] + upper_triangle(np.outer(mean_delta, mean_delta) * weight)
        )
    return total


def upper_triangle(square: NDArray[Any]) -> NDArray[np.float32]:
    """Return the upper triangle of a symmetric (C, C), row by row, float32."""
    return square[np.triu(np.ones(square.shape, bool))].astype(np.float32)


def symmetric_from_triangle(triangle: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Return the symmetric (C, C) of an upper triangle."""
    square = np.zeros((channels, channels), np.float32)
    square[np.triu(np.ones(square.shape, bool))] = triangle
    square += np.triu(square, 1).T
    return square


def correlation_matrix(triangle: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Return Pearson's r (C, C) from the upper triangle; 0 where a channel never varies."""
    square = symmetric_from_triangle(triangle, channels)
    spread = np.sqrt(np.maximum(square.diagonal(), 0))
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.clip(square * scale[:, None] * scale[None], -1, 1)
