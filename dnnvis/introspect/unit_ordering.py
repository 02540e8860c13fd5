"""Compute expected activations of each class, and sort units by the class they work for.

Source: Pardo et al. 2019, section 2.8, equations 6 to 10. E[z|H_k] is the plain mean of the
class: the Riemann sum of equation 8 over a histogram gives the same to .003, its kernel density
blurs. The decoder's E[h|H_k] is dec(E[z|H_k]) as in equation 9, or the mean of dec(z), which
needs no class to be one island.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """Means over the examples of each class."""

    #: Means of h, float32 (K, D), NaN where a class has no examples.
    direct: Floats
    #: Means of h over a random half of the examples each, (2, K, D).
    halves: Floats
    #: Means of z, (K, 2).
    z: Floats
    #: Numbers of examples, (K,).
    counts: Ints


def class_means(
    h: Callable[[Ints], Floats], z: Floats, labels: Ints, classes: int, chunk: int = 4096
) -> ClassMeans:
    """Compute the means of each class.

    Args:
        h: Gives rows (n, D) of hidden vectors by number.
        z: Points (N, 2).
        labels: Classes int64 (N,); rows with others than 0 to ``classes`` - 1 are left out.
        classes: Number K of classes.
        chunk: Rows at a time.

    Returns:
        The means.
    """
    known = np.flatnonzero((labels >= 0) & (labels < classes))
    width = h(known[:1]).shape[1] if len(known) else 0
    sums = np.zeros((2, classes, width))
    counts = np.zeros((2, classes), np.int64)
    # not by turns: MNIST's writers alternate between two groups
    half_of = np.random.default_rng(0).integers(0, 2, len(labels))
    for start in range(0, len(known), chunk):
        rows = known[start : start + chunk]
        values = h(rows).astype(np.float64)
        for half in (0, 1):
            mine = half_of[rows] == half
            member = np.eye(classes)[labels[rows[mine]]]  # (n, K)
            sums[half] += member.T @ values[mine]
            counts[half] += member.sum(0).astype(np.int64)
    with np.errstate(invalid="ignore"):
        halves = sums / counts[:, :, None]
        direct = sums.sum(0) / counts.sum(0)[:, None]
    of_z = np.full((classes, z.shape[1]), np.nan, np.float32)
    for k in np.unique(labels[known]):
        of_z[k] = z[labels == k].mean(0)
    return ClassMeans(direct.astype(np.float32), halves.astype(np.float32), of_z, counts.sum(0))


def average_decoded(
    decode: Callable[[Floats], Floats], z: Floats, labels: Ints, classes: int, limit: int = 2000
) -> Floats:
    """Compute E[dec(z)|H_k] over some examples of each class.

    Args:
        decode: Points (n, 2) -> activations (n, D).
        z: Points (N, 2).
        labels: Classes int64 (N,).
        classes: Number K of classes.
        limit: Maximum of examples a class, evenly taken.

    Returns:
        Activations float32 (K, D), NaN where a class has no examples.
    """
    means = []
    for k in range(classes):
        rows = np.flatnonzero(labels == k)
        rows = rows[np.linspace(0, len(rows) - 1, min(limit, len(rows))).astype(int)]
        means.append(decode(z[rows]).mean(0) if len(rows) else None)
    width = next((len(row) for row in means if row is not None), 0)
    unknown = np.full(width, np.nan, np.float32)
    if not means:
        return np.zeros((0, 0), np.float32)
    return np.stack([unknown if row is None else row for row in means]).astype(np.float32)


def preferred_classes(expected: Floats) -> Ints:
    """Return the class with the greatest E[h_i|H_k] of each unit, int64 (D,) (equation 10).

    ``expected`` (K, D). Classes without examples (NaN) own nothing.
    """
    filled = np.where(np.isnan(expected), -np.inf, expected)
    classes: Ints = filled.argmax(0).astype(np.int64)
    return classes


def agreement(a: Floats, b: Floats, subset: NDArray[np.bool_] | None = None) -> float:
    """Return the fraction of the units that two tables give to the same class.

    Args:
        a: Expected activations (K, D).
        b: Other expected activations (K, D).
        subset: Which units count, bool (D,); None: all.

    Returns:
        The fraction; NaN of no units.
    """
    same = preferred_classes(a) == preferred_classes(b)
    if subset is not None and not subset.any():
        return float("nan")
    return float(same.mean() if subset is None else same[subset].mean())


def sort_units(owner: Ints, expected: Floats, start: int, stop: int) -> Ints:
    """Sort the units of one layer by class, within a class the strongest first.

    Strength is the margin to the mean of the other classes.

    Args:
        owner: Class of each unit, int64 (D,).
        expected: Expected activations (K, D).
        start: First unit of the layer.
        stop: Unit behind the last.

    Returns:
        The units, int64 (stop - start,).
    """
    own = owner[start:stop]
    table = expected[:, start:stop]
    best = table[own, np.arange(stop - start)]
    margin = best - np.nanmean(table, 0)
    units: Ints = np.lexsort((-margin, own)) + start
    return units
