"""An order in which things that are alike lie side by side.

Sources: average linkage (Sokal & Michener 1958) by the nearest-neighbour chain (Murtagh 1983);
a merged pair is turned so that the ends that meet are the most alike.
"""

import numpy as np
from numpy.typing import NDArray


def by_likeness(correlation: NDArray[np.float32]) -> NDArray[np.int64]:
    """The rows of a correlation matrix (C, C) in such an order, int64 (C,). Two are as far
    apart as 1 - r; those that never vary (r = 0 with all) come together somewhere."""
    tree = _Tree(correlation)
    chain: list[int] = []
    for _ in range(len(correlation) - 1):
        if not chain:
            chain.append(tree.first())
        while (near := tree.nearest(chain)) not in chain[-2:-1]:
            if near in chain:  # only where rounding has turned two distances round
                del chain[chain.index(near) :]
            chain.append(near)
        last, before = chain.pop(), chain.pop()
        tree.merge(min(last, before), max(last, before))
    return np.array(tree.rows[0] if tree.rows else [], np.int64)


class _Tree:
    """Groups that are merged until one is left: group k is the rows ``rows[k]`` in their order."""

    def __init__(self, correlation: NDArray[np.float32]) -> None:
        self.likeness = np.nan_to_num(correlation)
        self.rows = [[k] for k in range(len(correlation))]
        self._apart = 1 - self.likeness.astype(np.float32)
        np.fill_diagonal(self._apart, np.inf)
        self._alive = np.ones(len(correlation), bool)

    def first(self) -> int:
        return int(self._alive.argmax())

    def nearest(self, chain: list[int]) -> int:
        """The group nearest to the chain's last; of equals the one before it in the chain."""
        row = self._apart[chain[-1]]
        near = int(row.argmin())
        back = chain[-2:-1]
        return back[0] if back and row[back[0]] <= row[near] else near

    def merge(self, a: int, b: int) -> None:
        """Make one group, ``a``, of two."""
        many, more = len(self.rows[a]), len(self.rows[b])
        mean = (many * self._apart[a] + more * self._apart[b]) / (many + more)
        mean[[a, b]] = np.inf
        mean[~self._alive] = np.inf
        self._apart[a] = self._apart[:, a] = mean
        self._apart[b] = self._apart[:, b] = np.inf
        self._alive[b] = False
        self.rows[a] = self._joined(self.rows[a], self.rows[b])
        self.rows[b] = []

    def _joined(self, left: list[int], right: list[int]) -> list[int]:
        """Both, each turned or not, so that the two that meet are the most alike."""
        turns = [(a, b) for a in (left, left[::-1]) for b in (right, right[::-1])]
        a, b = max(turns, key=lambda turn: self.likeness[turn[0][-1], turn[1][0]])
        return a + b
