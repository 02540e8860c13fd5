"""Sums over pictures that can be added up in any grouping (Chan, Golub & LeVeque 1979).

A layer's sums are named arrays: ``images`` (1,) and ``looked`` (1,), the places of each map
that were looked at; ``mean`` (C,) over all places; ``middle`` and ``scatter`` (C,), the mean and
the sum of squared deviations of the values looked at; ``least``, ``most`` (C,); ``active`` (C,)
values looked at above 0, ``awake`` (C,) pictures with a maximum above 0; ``counts`` (C, bins);
``between``, the upper triangle of the deviation products of the pictures' channel means, where
C is small enough.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Sums = dict[str, NDArray[Any]]


def added(a: Sums, b: Sums) -> Sums:
    """The sums of all pictures of ``a`` and of ``b``."""
    many_a, many_b = int(a["images"][0]), int(b["images"][0])
    if not many_a or not many_b:
        return b if not many_a else a
    share = many_b / (many_a + many_b)
    weight = many_a * share
    apart, aside = b["mean"] - a["mean"], b["middle"] - a["middle"]
    total = {name: a[name] + b[name] for name in ("images", "active", "awake", "counts")}
    total["looked"] = a["looked"]
    total["mean"] = a["mean"] + apart * share
    total["middle"] = a["middle"] + aside * share
    total["scatter"] = a["scatter"] + b["scatter"] + aside**2 * (weight * a["looked"][0])
    total["least"] = np.minimum(a["least"], b["least"])
    total["most"] = np.maximum(a["most"], b["most"])
    if "between" in a and "between" in b:
        total["between"] = a["between"] + b["between"] + triangle(np.outer(apart, apart) * weight)
    return total


def triangle(square: NDArray[Any]) -> NDArray[np.float32]:
    """The upper triangle of a symmetric (C, C), row by row, float32."""
    return square[np.triu(np.ones(square.shape, bool))].astype(np.float32)


def whole(between: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """The symmetric (C, C) of an upper triangle."""
    square = np.zeros((channels, channels), np.float32)
    square[np.triu(np.ones(square.shape, bool))] = between
    square += np.triu(square, 1).T
    return square


def correlation(between: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Pearson's r (C, C) from the upper triangle; 0 where a channel never varies."""
    square = whole(between, channels)
    spread = np.sqrt(np.maximum(square.diagonal(), 0))
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.clip(square * scale[:, None] * scale[None], -1, 1)
