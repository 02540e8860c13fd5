"""Project the same activations otherwise, for comparison with the map."""

import importlib.util
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import LensMissing

Floats = NDArray[np.float32]
MAX_UMAP_EXAMPLES = 10_000  # that UMAP embeds: more would take minutes


def is_umap_installed() -> bool:
    """Return whether umap-learn is installed; it is not imported for that."""
    return importlib.util.find_spec("umap") is not None


def check_umap() -> None:
    """Raise LensMissing where umap-learn is not installed."""
    if not is_umap_installed():
        raise LensMissing(
            "UMAP needs the package umap-learn: install it with `pip install dnnvis[umap]`."
        )


def compute_umap(scores: Floats, seed: int = 0, limit: int = MAX_UMAP_EXAMPLES) -> Floats:
    """Compute UMAP (McInnes et al. 2018, its authors' own program, its own settings).

    On one thread. The first call in a process compiles for a minute.

    Args:
        scores: Principal components (N, k).
        seed: Seed; the same gives the same result.
        limit: Maximum of rows that are embedded, evenly taken.

    Returns:
        Points float32 (N, 2); NaN for rows that are not embedded.

    Raises:
        LensMissing: umap-learn is not installed.
    """
    check_umap()
    points = np.full((len(scores), 2), np.nan, np.float32)
    rows = np.unique(np.linspace(0, len(scores) - 1, min(limit, len(scores))).astype(np.int64))
    points[rows] = _umap(seed).fit_transform(np.ascontiguousarray(scores[rows], np.float32))
    return points


def _umap(seed: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of it that we do not use
        from umap import UMAP  # lazy: costs a minute the first time
    return UMAP(n_components=2, random_state=seed, n_jobs=1)
