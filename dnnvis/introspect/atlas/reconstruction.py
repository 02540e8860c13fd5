"""Measure how well a layout says the activations of a region: R2 on vectors that were left out.

The truth are the mean vectors of cells, of left-out vectors alone; cells count equally. What
predicts them has seen the other vectors: a decoder, at a cell's center, or the mean of the other
vectors in the nearest cell that holds enough of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.cells import assign_cells, average_members, center_points

Floats = NDArray[np.float32]
Decode = Callable[[Floats], Floats]  # points of the unit square (n, 2) -> vectors (n, C)


def compute_r2(truth: NDArray[Any], predicted: NDArray[Any], mean: NDArray[Any]) -> float:
    """Return 1 - sum |truth - predicted|^2 / sum |truth - mean|^2; rows (n, C), mean (C,)."""
    truth = np.asarray(truth, np.float64)
    residual = np.square(truth - predicted).sum()
    total = np.square(truth - mean).sum()
    return float(1 - residual / total) if total > 0 else float("nan")


def reconstruct_cells(
    vectors: NDArray[Any],
    points: Floats,
    test: NDArray[np.bool_],
    grid: int,
    min_members: int,
    decode: Decode | None = None,
) -> dict[str, float]:
    """Return R2 of the mean vectors of the cells of left-out vectors.

    Args:
        vectors: (N, C).
        points: Their points in the unit square, (N, 2); rows of NaN do not count.
        test: Which are left out, bool (N,).
        grid: Cells along a side.
        min_members: Cells with fewer left-out vectors do not count; of the others, too.
        decode: The way back, where the layout has one.

    Returns:
        ``nearest``, ``decoder`` where there is one, and ``cells``, their number.

    Raises:
        BadInput: No cell holds enough left-out vectors.
    """
    held = assign_cells(np.where(test[:, None], points, np.nan), grid, min_members)
    known = assign_cells(np.where(test[:, None], np.nan, points), grid, min_members)
    if not len(held.cells) or not len(known.cells):
        raise BadInput(
            f"No cell of {grid} x {grid} holds {min_members} left-out vectors: give more pictures "
            "or a smaller grid."
        )
    truth = average_members(vectors, held.membership, len(held.cells))
    means = average_members(vectors, known.membership, len(known.cells))
    mean = np.asarray(vectors[~test], np.float64).mean(0)
    centers, others = center_points(held.cells, grid), center_points(known.cells, grid)
    nearest = np.square(centers[:, None] - others[None]).sum(2).argmin(1)
    figures = {"cells": float(len(truth)), "nearest": compute_r2(truth, means[nearest], mean)}
    if decode is not None:
        figures["decoder"] = compute_r2(truth, decode(centers), mean)
    return figures
