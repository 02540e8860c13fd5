"""Lay activation vectors out in the unit square: principal components, UMAP or a fitted map.

Source: Carter et al. 2019, "Activation Atlas" and its notebook (``normalize_layout``): limits are
quantiles, outliers are moved to the edge.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.pca import CHUNK_ROWS, Basis, fit_basis
from dnnvis.introspect.projections import MAX_UMAP_EXAMPLES, compute_umap

Floats = NDArray[np.float32]
LayoutName = Literal["map", "pca", "umap"]
LAYOUTS: tuple[LayoutName, ...] = get_args(LayoutName)
OUTLIER_QUANTILE = 0.01  # of the points that lie beyond a limit
MARGIN = 0.05  # of the extent, added on each side
UMAP_COMPONENTS = 50  # that UMAP is given


@dataclass(frozen=True, eq=False)
class SquareScale:
    """What places points of a layout in the unit square: u = (p - low) / (high - low), clipped."""

    #: (x, y) that become 0.
    low: tuple[float, float]
    #: (x, y) that become 1.
    high: tuple[float, float]

    def apply(self, points: NDArray[Any]) -> Floats:
        """Return points (n, 2) in [0, 1]^2, float32; NaN stays."""
        low, high = np.array(self.low), np.array(self.high)
        scaled = (np.asarray(points, np.float64) - low) / (high - low)
        clipped = np.clip(scaled, 0, np.nextafter(np.float32(1), np.float32(0)))
        return np.asarray(clipped, np.float32)

    def invert(self, square: NDArray[Any]) -> Floats:
        """Return points (n, 2) of the layout from points in the unit square, float32."""
        low, high = np.array(self.low), np.array(self.high)
        return np.asarray(low + np.asarray(square, np.float64) * (high - low), np.float32)


def fit_square(points: Floats) -> SquareScale:
    """Fit the scale of a layout: from its 1 % to its 99 % quantile, and a margin around.

    Args:
        points: (N, 2); rows of NaN do not count.

    Returns:
        The scale; an axis without extent is one unit long.
    """
    finite = points[np.isfinite(points).all(1)].astype(np.float64)
    low, high = np.quantile(finite, [OUTLIER_QUANTILE, 1 - OUTLIER_QUANTILE], axis=0)
    extent = high - low
    margin = np.where(extent > 0, MARGIN * extent, 0.5)
    low, high = low - margin, high + margin
    return SquareScale((float(low[0]), float(low[1])), (float(high[0]), float(high[1])))


def project_pca(vectors: NDArray[Any], seed: int = 0) -> tuple[Floats, Basis]:
    """Return the first two principal components (N, 2) of standardized vectors, and their basis.

    Raises BadInput where no unit varies.
    """
    basis = fit_basis(vectors, 2, seed)
    scores = _scores(vectors, basis)
    if scores.shape[1] < 2:
        scores = np.concatenate([scores, np.zeros((len(scores), 1), np.float32)], 1)
    return scores, basis


def invert_pca(basis: Basis, scores: Floats) -> Floats:
    """Return the vectors (n, C) that scores (n, k) of a basis stand for, float32."""
    spread = np.where(basis.left_out, 0, basis.spread)
    axes = basis.axes[:, : scores.shape[1]]
    standard = (scores[:, : axes.shape[1]] * np.float32(basis.unit)) @ axes.T
    return np.asarray(basis.mean + standard * spread, np.float32)


def project_umap(vectors: NDArray[Any], seed: int = 0) -> Floats:
    """Return UMAP's layout (N, 2) of at most ``MAX_UMAP_EXAMPLES`` vectors; NaN for the others.

    Raises LensMissing where umap-learn is not installed, BadInput where no unit varies.
    """
    basis = fit_basis(vectors, UMAP_COMPONENTS, seed)
    return compute_umap(_scores(vectors, basis), seed, MAX_UMAP_EXAMPLES)


def _scores(vectors: NDArray[Any], basis: Basis) -> Floats:
    return np.concatenate(
        [
            basis.scores(np.asarray(vectors[start : start + CHUNK_ROWS], np.float32))
            for start in range(0, len(vectors), CHUNK_ROWS)
        ]
    )
