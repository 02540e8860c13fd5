"""Whiten activation vectors by the inverse of their covariance, computed in one pass.

Sources: Carter et al. 2019, "Exploring Neural Networks with Activation Atlases", section
"Preparing" and its notebook (directions multiplied by the inverse covariance of all activations);
Ledoit & Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices",
equations 9 to 14 (how far to shrink). Ours: vectors are centered first, so that a direction points
from the mean of all vectors to the cell, and the shrinkage is never below ``MIN_SHRINKAGE``, so
that units that never fire do not blow up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
CHUNK_ROWS = 4096
MIN_SHRINKAGE = 0.01  # of the way from the covariance to a multiple of the identity


@dataclass(frozen=True, eq=False)
class Whitening:
    """Mean and shrunken covariance of activation vectors of C units."""

    #: Mean of each unit, float64 (C,).
    mean: Doubles
    #: (1 - shrinkage) covariance + shrinkage * mean variance * identity, float64 (C, C).
    covariance: Doubles
    #: How far the covariance was shrunk, in [0, 1].
    shrinkage: float
    #: Number of vectors.
    count: int

    @cached_property
    def factor(self) -> Doubles:
        """Return L with L L' = covariance, lower triangular (C, C)."""
        return np.asarray(np.linalg.cholesky(self.covariance), np.float64)

    def directions(self, vectors: NDArray[Any]) -> Floats:
        """Return covariance^-1 (v - mean) of vectors (n, C), each of length 1; float32 (n, C).

        A vector that is the mean itself has no direction: its row is zero.
        """
        centered = np.asarray(vectors, np.float64) - self.mean
        half = np.linalg.solve(self.factor, centered.T)
        solved = np.linalg.solve(self.factor.T, half).T
        lengths = np.linalg.norm(solved, axis=1, keepdims=True)
        return (solved / np.where(lengths > 0, lengths, 1)).astype(np.float32)

    def whiten(self, vectors: NDArray[Any]) -> Doubles:
        """Return L^-1 (v - mean) of vectors (n, C): their covariance is about the identity."""
        centered = np.asarray(vectors, np.float64) - self.mean
        return np.asarray(np.linalg.solve(self.factor, centered.T).T, np.float64)

    def cosines(self, vectors: NDArray[Any], others: NDArray[Any]) -> Doubles:
        """Return the cosines between whitened vectors (n, C) and others (m, C), (n, m)."""
        a, b = (_normalize(self.whiten(values)) for values in (vectors, others))
        cosines: Doubles = a @ b.T
        return cosines


def _normalize(rows: Doubles) -> Doubles:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    normalized: Doubles = rows / np.where(lengths > 0, lengths, 1)
    return normalized


def fit_whitening(vectors: NDArray[Any]) -> Whitening:
    """Fit the whitening of vectors, read a few thousand rows at a time.

    The shrinkage is Ledoit and Wolf's, and at least ``MIN_SHRINKAGE``.

    Args:
        vectors: (N, C), may lie on disk.

    Returns:
        The whitening.

    Raises:
        BadInput: No vectors, not finite ones, or all are the same.
    """
    count, width = vectors.shape
    if not count:
        raise BadInput("There are no activation vectors to whiten.")
    mean = sum((chunk.sum(0) for chunk in _chunks(vectors)), np.zeros(width)) / count
    if not np.isfinite(mean).all():
        raise BadInput("Some activations are not finite numbers: they cannot be laid out.")
    total, fourth = np.zeros((width, width)), 0.0
    for chunk in _chunks(vectors):
        centered = chunk - mean
        total += centered.T @ centered
        fourth += float(np.square(np.square(centered).sum(1)).sum())
    sample = total / count
    variance = float(np.trace(sample)) / width
    if variance <= 0:
        what = "zero" if not mean.any() else "the same"
        raise BadInput(
            f"Every activation vector is {what}: there is nothing to lay out; choose another layer."
        )
    # |S - m I|^2 and its part that is sampling noise, the sum over |x x' - S|^2 / N^2
    distance = float(np.square(sample).sum()) - width * variance**2
    noise = (fourth - count * float(np.square(sample).sum())) / count**2
    shrinkage = min(max(noise, 0.0), distance) / distance if distance > 0 else 1.0
    shrinkage = max(shrinkage, MIN_SHRINKAGE)
    shrunken = (1 - shrinkage) * sample + shrinkage * variance * np.eye(width)
    return Whitening(mean, shrunken, shrinkage, count)


def _chunks(vectors: NDArray[Any]) -> Iterator[Doubles]:
    for start in range(0, len(vectors), CHUNK_ROWS):
        yield np.asarray(vectors[start : start + CHUNK_ROWS], np.float64)
