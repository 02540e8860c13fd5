"""Factor the map of a layer into groups of channels that are active together.

Source: Olah et al. 2018, "The Building Blocks of Interpretability", section "Making Hidden Layers
Understandable": non-negative matrix factorization of the map, its positions as rows (Lee and Seung
1999). Fitted by scikit-learn's coordinate descent (Cichocki and Phan 2009), from NNDSVD with the
mean in the place of zeros (Boutsidis and Gallopoulos 2008), or from the directions of the picture
before.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.concepts.blocks import Array
from dnnvis.core.errors import BadInput
from dnnvis.core.translation.catalog import tr
from dnnvis.network.directions.projection import project_nonnegative

FIRST_ITERATIONS = 10  # of a new factorization, then in steps of as many ...
MAX_ITERATIONS = 200
MIN_GAIN = 1e-4  # ... as long as a step lowers the error by that fraction
WARM_ITERATIONS = 6  # from the picture before: it differs little
RANK_TOLERANCE = 1e-5  # of the largest singular value


@dataclass(frozen=True, eq=False)
class Factors:
    """A factorization of rows (N, C) that are not negative."""

    #: float32 (k, C) of length 1, at least 0.
    directions: Array
    #: Coefficients float32 (N, k), at least 0: those that fit best.
    coefficients: Array
    #: Fraction of the rows' energy of each direction, float64 (k,).
    shares: NDArray[np.float64]


def factorize(rows: Array, count: int, previous: Array | None = None) -> Factors:
    """Factor rows into coefficients times directions.

    Args:
        rows: float32 (N, C), at least 0 and finite.
        count: Number of directions.
        previous: Directions (count, C) to begin with, in whose order the new ones stay; None
            begins anew, and the direction with the most energy comes first.

    Returns:
        The factorization.

    Raises:
        BadInput: All rows are zero, or have a smaller rank than ``count``.
    """
    rank = limit_rank(rows, count)
    if rank == 0:
        raise BadInput(tr("Every value is zero or below: there is nothing to group."))
    if rank < count:
        raise BadInput(
            tr(
                "Only {rank} directions vary here, so there are at most {rank} groups; choose "
                "{rank} or fewer.",
                rank=rank,
            )
        )
    scale = float(rows.max())
    scaled = np.ascontiguousarray(rows / scale)
    if previous is None:
        directions = _fit(scaled, count)
    else:
        directions = _refit(scaled, np.asarray(previous, np.float32))
    result = apply_directions(rows, directions)
    if previous is None:
        order = np.argsort(-result.shares, kind="stable")
        result = Factors(
            result.directions[order],
            np.ascontiguousarray(result.coefficients[:, order]),
            result.shares[order],
        )
    return result


def apply_directions(rows: Array, directions: Array) -> Factors:
    """Return the best coefficients of rows (N, C) for directions (k, C) that stay."""
    maps = torch.from_numpy(np.ascontiguousarray(rows.T))[None, :, :, None]  # (1, C, N, 1)
    coefficients = project_nonnegative(maps, torch.from_numpy(directions))[0, :, :, 0]  # (k, N)
    weights = coefficients.numpy().T
    return Factors(
        directions, np.ascontiguousarray(weights), measure_shares(rows, directions, weights)
    )


def measure_shares(rows: Array, directions: Array, weights: Array) -> NDArray[np.float64]:
    """Return the fraction of the rows' energy that each direction holds, float64 (k,).

    w_j (x . h_j) summed over rows, by the sum of x . x. For the best coefficients w what is left is
    at right angles to w H, so that these add up to 1 - |x - w H|^2 / |x|^2.
    """
    energy = float(np.einsum("nc,nc->", rows, rows, dtype=np.float64))
    products = (rows @ directions.T).astype(np.float64)  # (N, k)
    total: NDArray[np.float64] = np.einsum("nk,nk->k", weights.astype(np.float64), products)
    return total / energy if energy > 0 else np.zeros(len(directions))


def limit_rank(rows: Array, limit: int) -> int:
    """Return the rank of rows (N, C), or ``limit`` where it is greater.

    By a random projection onto ``limit`` columns, which has the same rank up to there.
    """
    active = rows[:, rows.any(0)]
    active = active[active.any(1)]
    if not active.size:
        return 0
    columns = min(limit, *active.shape)
    projection = np.random.default_rng(0).standard_normal((active.shape[1], columns))
    values = np.linalg.svd(active.astype(np.float64) @ projection, compute_uv=False)
    return int((values > RANK_TOLERANCE * values[0]).sum())


def _fit(rows: Array, count: int) -> Array:
    """Return directions (count, C) of a new factorization."""
    from sklearn.decomposition import NMF  # its import takes a second

    model = NMF(count, init="nndsvda", solver="cd", tol=0, max_iter=FIRST_ITERATIONS)
    weights = model.fit_transform(rows)
    directions, error = model.components_, float(model.reconstruction_err_)
    for _ in range(FIRST_ITERATIONS, MAX_ITERATIONS, FIRST_ITERATIONS):
        weights, directions = _iterate(rows, weights, directions, FIRST_ITERATIONS)
        latest = float(np.linalg.norm(rows - weights @ directions))
        if error - latest <= MIN_GAIN * error:
            break
        error = latest
    return _normalize(directions, directions)


def _refit(rows: Array, previous: Array) -> Array:
    """Return directions for rows that differ little from those of ``previous``, in its order."""
    start = _normalize(previous, previous).astype(np.float64)
    gram = start @ start.T
    ridge = 1e-6 * np.trace(gram) / len(gram) * np.eye(len(gram))
    inverse = np.linalg.inv(gram + ridge)
    weights = np.maximum(rows @ (start.T @ inverse).astype(np.float32), 0)
    _, directions = _iterate(rows, weights, previous, WARM_ITERATIONS)
    return _normalize(directions, previous)


def _iterate(rows: Array, weights: Array, directions: Array, count: int) -> tuple[Array, Array]:
    """Return weights and directions after so many sweeps; with ``tol`` 0 it warns of nothing."""
    from sklearn.decomposition import non_negative_factorization

    weights, directions, _ = non_negative_factorization(
        rows,
        W=np.ascontiguousarray(weights, dtype=rows.dtype),
        H=np.ascontiguousarray(directions, dtype=rows.dtype),
        n_components=len(directions),
        init="custom",
        solver="cd",
        tol=0,
        max_iter=count,
    )
    return weights, directions


def _normalize(directions: Array, fallback: Array) -> Array:
    """Return directions of length 1; in the place of one that vanished its ``fallback``."""
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    kept = np.where(lengths > 0, directions, fallback)
    lengths = np.linalg.norm(kept, axis=1, keepdims=True)
    result: Array = (kept / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return result


def flatten_positive(maps: Tensor, step: int = 1) -> tuple[Array, float]:
    """Return the rows of maps that can be factored, and what is left out.

    Args:
        maps: (B, C, H, W), finite.
        step: Every so many rows and columns are taken.

    Returns:
        (float32 (B * h * w, C) of the positive part, fraction of the energy in negative values).
    """
    taken = maps[:, :, ::step, ::step].detach().to("cpu", torch.float32)
    values = taken.permute(0, 2, 3, 1).reshape(-1, taken.shape[1]).numpy()
    positive = np.ascontiguousarray(values.clip(min=0))
    below = values[values < 0].astype(np.float64)
    lost = float(below @ below)  # exactly 0 where there are none
    above = float(np.einsum("nc,nc->", positive, positive, dtype=np.float64))
    return positive, lost / (lost + above) if lost > 0 else 0.0
