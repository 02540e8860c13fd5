"""Compute how well a unit's maximum tells pictures with a concept from those without."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

MIN_CLASS_PICTURES = 5  # with a concept, and without it: fewer say nothing of it
COLUMNS_AT_ONCE = 64  # units whose values are read and ranked together


def compute_auroc(values: NDArray[np.float32], present: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Compute the area under the ROC curve of each unit and concept.

    It is the chance that a picture with the concept has a greater value than one without, ties
    counting half (Hanley & McNeil 1982): the rank sum of Mann and Whitney.

    Args:
        values: float32 (N, U), each picture's largest value of each unit; NaN counts as smallest.
        present: bool (N, K), which pictures have which concept.

    Returns:
        float32 (U, K) in [0, 1]; NaN for concepts that fewer than 5 pictures have, or lack, and
        units with the same value in all pictures.
    """
    count, units = values.shape
    positives = present.sum(0).astype(np.float64)  # (K,)
    negatives = count - positives
    usable = np.minimum(positives, negatives) >= MIN_CLASS_PICTURES
    areas = np.full((units, present.shape[1]), np.nan, np.float32)
    if not usable.any():
        return areas
    chosen = present[:, usable].astype(np.float64)
    pairs = (positives * negatives)[usable]
    lowest = (positives * (positives + 1) / 2)[usable]
    filled = np.where(np.isnan(values), -np.inf, values)
    for unit in range(units):
        ranks = _mean_ranks(filled[:, unit])
        if ranks is not None:
            areas[unit, usable] = (ranks @ chosen - lowest) / pairs
    return areas


def _mean_ranks(values: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Return the rank of each value from 1 on, of equal ones the mean; None where all are equal."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return None
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[inverse]
    return ranks


class MaximaFile:
    """Largest values of units in pictures, on disk: memory does not grow with the pictures.

    Rows of float32 (U,), one for each picture, in the order in which they were added.
    """

    def __init__(self, path: Path, units: int, rows: int) -> None:
        """Open the file, cut to its first ``rows`` rows, which are as many as were saved.

        Raises BadInput where that fails.
        """
        self.path, self.units = path, units
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("r+b" if path.is_file() and rows else "w+b")
            self._file.truncate(rows * units * 4)
            self._file.seek(0, 2)
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}.") from error

    @staticmethod
    def holds(path: Path, units: int, rows: int) -> bool:
        """Return whether a file has so many rows at least."""
        return rows == 0 or (path.is_file() and path.stat().st_size >= rows * units * 4)

    def add(self, values: NDArray[np.float32]) -> None:
        """Add rows (n, U)."""
        try:
            self._file.write(np.ascontiguousarray(values, np.float32).tobytes())
        except OSError as error:
            raise BadInput(f"{self.path} cannot be written: {error.strerror}.") from error

    def flush(self) -> None:
        """Hand all rows to the system."""
        try:
            self._file.flush()
        except OSError as error:
            raise BadInput(f"{self.path} cannot be written: {error.strerror}.") from error

    def read_columns(self, units: Sequence[int]) -> NDArray[np.float32]:
        """Return the values of some units, float32 (rows, len(units))."""
        self.flush()
        if not self.path.stat().st_size:
            return np.zeros((0, len(units)), np.float32)
        rows = np.memmap(self.path, np.float32, "r").reshape(-1, self.units)
        return np.array(rows[:, list(units)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
