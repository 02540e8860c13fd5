"""Measure how similar two layers represent the same pictures: linear CKA.

Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", eq. 4, and its
form over portions of the data by Nguyen et al. 2021, "Do Wide and Deep Networks Learn the Same
Things?", eq. 3: the unbiased estimate of HSIC (Song et al. 2012, eq. 5) of each portion is added
up.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput

MIN_PORTION = 4  # pictures, fewer have no unbiased HSIC
SHUFFLES = 4  # of each portion, for the chance level

Matrix = NDArray[np.float64]


def linear_cka(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """Return the linear CKA of two representations of the same pictures at once.

    It is ``|y'x|² / (|x'x| |y'y|)`` of the features less their means (Kornblith et al. 2019,
    section 3), which is biased upwards where there are more features than pictures.

    Args:
        x: Features (N, P) of N pictures.
        y: Features (N, Q) of the same pictures.

    Returns:
        A value in [0, 1]; NaN where one of them does not vary.

    Raises:
        BadInput: They are no matrices of equally many rows.
    """
    first, second = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if first.ndim != 2 or second.ndim != 2 or len(first) != len(second):
        raise BadInput(f"CKA takes (N, P) and (N, Q), not {first.shape} and {second.shape}.")
    first, second = first - first.mean(0), second - second.mean(0)
    within = np.linalg.norm(first.T @ first) * np.linalg.norm(second.T @ second)
    return float(np.square(second.T @ first).sum() / within) if within > 0 else float("nan")


def center_gram(features: Tensor) -> Matrix:
    """Return the products of all pairs of pictures, centered so that HSIC is unbiased.

    The centering is that of Székely and Rizzo 2014, eq. 2.2: rows and columns without the diagonal
    add up to 0. The products of two such matrices, added up, are n (n - 3) times Song's estimate.

    Args:
        features: Values (n, ...) of n pictures, n at least ``MIN_PORTION``.

    Returns:
        The matrix (n, n) with zeros in its diagonal.
    """
    flat = features.flatten(1).to(torch.float32)
    flat = flat - flat.mean(0)  # changes nothing but rounding
    gram: Matrix = (flat @ flat.T).double().cpu().numpy()
    n = len(gram)
    np.fill_diagonal(gram, 0.0)
    sums = gram.sum(0)
    gram = gram - sums[:, None] / (n - 2) - sums[None] / (n - 2) + sums.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(gram, 0.0)
    return gram


class CkaSums:
    """The sums behind the CKA of each layer of one network with each of another.

    Their size depends on the number of layers alone, not on that of the pictures.
    """

    def __init__(self, rows: int, columns: int, seed: int = 0) -> None:
        self.portions = 0
        self._rng = np.random.default_rng(seed)
        self._rows, self._columns = np.zeros(rows), np.zeros(columns)
        self._both = np.zeros((rows, columns))
        self._shuffled = np.zeros((rows, columns))

    def add(self, rows: list[Matrix], columns: list[Matrix]) -> None:
        """Add a portion of pictures.

        Args:
            rows: ``center_gram`` of each layer of the one network.
            columns: The same of the other network, on the same pictures in the same order.
        """
        n = len(rows[0])
        scale = 1 / (n * (n - 3))
        first = np.stack([gram.reshape(-1) for gram in rows])
        second = np.stack([gram.reshape(-1) for gram in columns])
        self.portions += 1
        self._rows += np.square(first).sum(1) * scale
        self._columns += np.square(second).sum(1) * scale
        self._both += first @ second.T * scale
        for _ in range(SHUFFLES):
            order = self._rng.permutation(n)
            shuffled = np.stack([gram[np.ix_(order, order)].reshape(-1) for gram in columns])
            self._shuffled += first @ shuffled.T * (scale / SHUFFLES)

    def similarity(self) -> Matrix:
        """Return the CKA (rows, columns).

        1 is the same up to rotation and one scale, 0 nothing in common (an estimate may lie a
        little below); NaN where a layer does not vary over the pictures.
        """
        return self._divide(self._both)

    def chance(self) -> Matrix:
        """Return the same where the other network saw the pictures in a random order."""
        return self._divide(self._shuffled)

    def _divide(self, sums: Matrix) -> Matrix:
        within = np.sqrt(self._rows[:, None] * self._columns[None])
        result = np.full_like(sums, np.nan)
        np.divide(sums, within, out=result, where=within > 0)
        return result
