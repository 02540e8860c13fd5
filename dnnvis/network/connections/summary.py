"""Reduce the weights of a layer to a matrix, and find what stands out in them."""

from collections.abc import Iterator
from math import prod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.weights.summary import WeightSummary

Floats = NDArray[np.float32]


class WeightRows(Protocol):
    """Weights (units, inputs, ...), or what reads them by and by."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (units, inputs, ...)."""

    def __len__(self) -> int:
        """Return the number of units."""

    def __getitem__(self, rows: slice, /) -> Floats:
        """Return the weights of some units, float32."""


MAX_WEIGHTS = 2**24  # above which whole-layer copies and the search for duplicates are left out
DEAD_NORM = 1e-6  # of the median norm
DUPLICATE_COSINE = 0.999
MAX_DUPLICATES = 100  # pairs that are listed
BINS = 64
CHUNK_WEIGHTS = 2**20  # read at once


def sum_up_kernels(weights: Floats) -> Floats:
    """Reduce each kernel to one number: its norm, with the sign of its sum.

    Args:
        weights: Float32 (units, inputs, ...).

    Returns:
        Float32 (units, inputs); the weights themselves where a kernel is one weight. What is not
        finite makes its cell NaN.
    """
    units, inputs = weights.shape[:2]
    if weights.size == units * inputs:
        return weights.reshape(units, inputs)
    part = weights.reshape(units, inputs, -1).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        norms = np.sqrt((part**2).sum(2))
        cells = np.where(part.sum(2) < 0, -norms, norms).astype(np.float32)
    cells[~np.isfinite(cells)] = np.nan
    result: Floats = cells
    return result


def summarize(weights: WeightRows, groups: int = 1) -> WeightSummary:
    """Find the histogram, the norms, dead kernels and duplicate ones.

    A kernel is dead where its norm is below DEAD_NORM of the layer's median norm, and a duplicate
    of another where both see the same inputs and their cosine is DUPLICATE_COSINE or more. Reads
    the weights in chunks.

    Args:
        weights: Float32 (units, inputs of each unit, ...).
        groups: Groups of units that see other inputs.

    Returns:
        The summary; weights that are not finite count as 0 in it, and are counted.
    """
    norms = np.empty(len(weights))
    invalid, limit = 0, 0.0
    for rows in _iter_chunks(weights):
        part, bad = _read_finite(weights[rows])
        invalid += bad
        norms[rows] = np.sqrt((part**2).sum(1))
        limit = max(limit, float(np.abs(part).max(initial=0.0)))
    edges = np.linspace(-(limit or 1.0), limit or 1.0, BINS + 1)
    counts = np.zeros(BINS, np.int64)
    for rows in _iter_chunks(weights):
        part = np.asarray(weights[rows], np.float64)
        counts += np.histogram(part[np.isfinite(part)], edges)[0]
    median = float(np.median(norms)) if len(norms) else 0.0
    dead = np.flatnonzero((norms < DEAD_NORM * median) | (norms == 0))
    duplicates, left_out = _find_duplicates(weights, norms, dead, groups)
    return WeightSummary(
        prod(weights.shape),
        invalid,
        counts,
        edges,
        norms,
        tuple(dead.tolist()),
        duplicates=duplicates,
        limit=left_out,
    )


def _find_duplicates(
    weights: WeightRows, norms: NDArray[np.float64], dead: NDArray[np.int64], groups: int
) -> tuple[tuple[tuple[int, int, float], ...], str]:
    """Return the pairs, strongest first, and what was left out."""
    units = len(weights)
    if prod(weights.shape) > MAX_WEIGHTS:
        return (), f"duplicates are looked for among at most {MAX_WEIGHTS:,} weights"
    size = units // max(groups, 1)
    if size < 2:
        return (), "each unit sees inputs of its own: none can be a duplicate" if units > 1 else ""
    pairs: list[tuple[int, int, float]] = []
    count = 0
    alive = np.ones(units, bool)
    alive[dead] = False
    for first in range(0, units, size):
        own = slice(first, first + size)
        flat = _read_finite(weights[own])[0] / np.where(norms[own] > 0, norms[own], 1)[:, None]
        step = max(1, CHUNK_WEIGHTS // size)
        for top in range(0, size, step):
            cosines = flat[top : top + step] @ flat.T
            cosines[~alive[own][top : top + step]] = 0
            cosines[:, ~alive[own]] = 0
            cosines[np.arange(size) <= np.arange(top, top + len(cosines))[:, None]] = 0  # each once
            rows, columns = np.nonzero(cosines >= DUPLICATE_COSINE)
            count += len(rows)
            values = np.minimum(cosines[rows, columns], 1.0)
            listed = np.argsort(-values, kind="stable")[:MAX_DUPLICATES]
            pairs += [
                (first + top + int(rows[k]), first + int(columns[k]), float(values[k]))
                for k in listed
            ]
            pairs = sorted(pairs, key=lambda pair: -pair[2])[:MAX_DUPLICATES]
    more = count - len(pairs)
    return tuple(pairs), f"and {more:,} more pairs" if more > 0 else ""


def _read_finite(weights: Floats) -> tuple[NDArray[np.float64], int]:
    """Return weights as float64 (units, n), 0 for what is not finite, and how many that are."""
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    bad = ~np.isfinite(flat)
    count = int(bad.sum())
    if count:
        flat[bad] = 0.0
    return flat, count


def _iter_chunks(weights: WeightRows) -> Iterator[slice]:
    """Yield slices of units of at most CHUNK_WEIGHTS weights, or of one unit."""
    size = max(1, prod(weights.shape[1:]))
    step = max(1, CHUNK_WEIGHTS // size)
    for first in range(0, len(weights), step):
        yield slice(first, min(first + step, len(weights)))
