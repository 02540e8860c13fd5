"""Seriation: order things so that similar ones lie side by side.

Sources: average linkage (Sokal & Michener 1958) by the nearest-neighbor chain (Murtagh 1983); a
merged pair is oriented so that the ends that meet are the most similar.
"""

import numpy as np
from numpy.typing import NDArray


def seriate(correlation: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the rows of a correlation matrix (C, C) ordered by similarity, int64 (C,).

    The distance of two rows is 1 - r, of what rounding made of r the greater one; rows that never
    vary (r = 0 with all) end up together.
    """
    tree = _Linkage(correlation)
    chain: list[int] = []
    for _ in range(len(correlation) - 1):
        if not chain:
            chain.append(tree.first())
        while (closest := tree.nearest(chain)) not in chain[-2:-1]:
            if closest in chain:  # only where rounding swaps two distances
                del chain[chain.index(closest) :]
            chain.append(closest)
        last, previous = chain.pop(), chain.pop()
        tree.merge(min(last, previous), max(last, previous))
    return np.array(tree.rows[0] if tree.rows else [], np.int64)


class _Linkage:
    """Groups that are merged until one is left: group k is the rows ``rows[k]`` in their order."""

    def __init__(self, correlation: NDArray[np.float32]) -> None:
        similarity = np.nan_to_num(correlation)
        # the chain ends where a distance is the same from both sides, to the last bit
        self.similarity = np.minimum(similarity, similarity.T)
        self.rows = [[k] for k in range(len(correlation))]
        self._distances = 1 - self.similarity.astype(np.float32)
        np.fill_diagonal(self._distances, np.inf)
        self._is_active = np.ones(len(correlation), bool)

    def first(self) -> int:
        """Return the first group that is left."""
        return int(self._is_active.argmax())

    def nearest(self, chain: list[int]) -> int:
        """Return the group nearest to the chain's last; of equals its predecessor in the chain."""
        row = self._distances[chain[-1]]
        closest = int(row.argmin())
        previous = chain[-2:-1]
        return previous[0] if previous and row[previous[0]] <= row[closest] else closest

    def merge(self, a: int, b: int) -> None:
        """Merge two groups into ``a``."""
        count_a, count_b = len(self.rows[a]), len(self.rows[b])
        mean = (count_a * self._distances[a] + count_b * self._distances[b]) / (count_a + count_b)
        mean[[a, b]] = np.inf
        mean[~self._is_active] = np.inf
        self._distances[a] = self._distances[:, a] = mean
        self._distances[b] = self._distances[:, b] = np.inf
        self._is_active[b] = False
        self.rows[a] = self._join(self.rows[a], self.rows[b])
        self.rows[b] = []

    def _join(self, left: list[int], right: list[int]) -> list[int]:
        """Return both, each reversed or not, so that the ends that meet are the most similar."""
        orientations = [(a, b) for a in (left, left[::-1]) for b in (right, right[::-1])]
        a, b = max(
            orientations,
            key=lambda orientation: self.similarity[orientation[0][-1], orientation[1][0]],
        )
        return a + b
