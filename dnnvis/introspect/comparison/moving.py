"""Follow a cloud of vectors in two dimensions while what makes them changes.

Principal components have no direction of their own: from one moment to the next they may turn and
flip though hardly anything moved. So each picture is turned onto the one before (orthogonal
Procrustes: Schoenemann 1966), as Pardo et al. 2019 keep one map for all moments of a training.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def project_onto_two(vectors: NDArray[np.floating]) -> tuple[Floats, float]:
    """Return the first two principal components of vectors, and how much they say.

    Args:
        vectors: (N, C); rows that are not finite count as their mean.

    Returns:
        Scores (N, 2) around 0 whose root mean square norm is 1 (0 where all are alike), and the
        fraction of the variance that lies in them, in [0, 1].
    """
    values = np.asarray(vectors, np.float64)
    finite = np.asarray(np.isfinite(values).all(1))
    if not finite.any():
        return np.zeros((len(values), 2), np.float32), 0.0
    centered = np.where(finite[:, None], values - values[finite].mean(0), 0.0)
    scale = np.abs(centered).max()
    if not scale > 0:
        return np.zeros((len(values), 2), np.float32), 0.0
    centered /= scale  # so that squares neither overflow nor vanish
    gram = centered @ centered.T  # (N, N): few rows, of any width
    variances, directions = np.linalg.eigh(gram)
    variances = np.clip(variances[::-1], 0, None)
    z = np.zeros((len(values), 2))
    count = min(2, len(variances))
    z[:, :count] = directions[:, ::-1][:, :count] * np.sqrt(variances[:count])
    z /= np.sqrt(np.square(z).sum(1).mean())
    return z.astype(np.float32), float(variances[:2].sum() / variances.sum())


def align_to(z: Floats, previous: Floats) -> Floats:
    """Return points turned, or flipped, so that they lie nearest to where they were.

    Args:
        z: Points (N, 2).
        previous: The same points at the moment before, (N, 2).

    Returns:
        The points; their distances to one another stay.
    """
    left, _, right = np.linalg.svd(z.T.astype(np.float64) @ previous.astype(np.float64))
    turned: Floats = (z @ (left @ right)).astype(np.float32)
    return turned
