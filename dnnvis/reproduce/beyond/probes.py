"""Read values out of hidden states by a linear map, to hear whether they are in there.

Source: Alain & Bengio 2017, "Understanding intermediate layers using linear classifier probes".
Ours are ridge regressions in closed form: nothing about them is random.
"""

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]  # (N, F)
Targets = NDArray[np.float32]  # (N, K)
RIDGE = 1e-3  # of the mean squared feature


class RidgeProbe:
    """A ridge regression that is given its examples in parts."""

    def __init__(self, features: int, targets: int) -> None:
        self._products = np.zeros((features + 1, features + 1))
        self._answers = np.zeros((features + 1, targets))

    def add(self, features: Features, targets: Targets) -> None:
        """Take in examples: features (N, F) and what is to be read out of them, (N, K)."""
        extended = _with_one(features)
        self._products += (extended.T @ extended).astype(np.float64)
        self._answers += (extended.T @ targets).astype(np.float64)

    def solve(self) -> NDArray[np.float32]:
        """Return the weights (F + 1, K), the last row the bias."""
        penalty = RIDGE * np.trace(self._products) / len(self._products)
        diagonal = np.full(len(self._products), penalty)
        diagonal[-1] = 0.0
        weights = np.linalg.solve(
            self._products + np.diag(diagonal) + 1e-9 * np.eye(len(diagonal)), self._answers
        )
        result: NDArray[np.float32] = weights.astype(np.float32)
        return result


def apply_probe(weights: NDArray[np.float32], features: Features) -> Targets:
    """Return what a probe reads out of features (N, F): (N, K)."""
    result: Targets = _with_one(features) @ weights
    return result


def threshold_for_fraction(values: NDArray[np.float32], fraction: float) -> float:
    """Return the value above which this fraction of values lies."""
    return float(np.quantile(values, 1 - fraction)) if len(values) else 0.0


def _with_one(features: Features) -> Features:
    return np.concatenate([features, np.ones((len(features), 1), np.float32)], 1)
