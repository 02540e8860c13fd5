"""The order of a correlation matrix, against SciPy's average linkage."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import leaves_list, linkage, to_tree

from dnnvis.lenses.seriation import seriate


def correlations(units: int, seed: int, causes: int = 4) -> np.ndarray:
    """Pearson's r of units that follow a few common causes."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(units, causes)) @ random.normal(size=(causes, 60))
    return np.corrcoef(values + random.normal(size=values.shape)).astype(np.float32)


def condensed(r: np.ndarray) -> np.ndarray:
    return 1 - r[np.triu_indices(len(r), 1)].astype(np.float64)


@pytest.mark.parametrize(("units", "seed"), [(2, 0), (7, 1), (40, 2), (90, 3)])
def test_every_group_of_average_linkage_lies_together(units: int, seed: int) -> None:
    r = correlations(units, seed)
    order = seriate(r)
    assert sorted(order.tolist()) == list(range(units))
    place = np.argsort(order)
    groups = [to_tree(linkage(condensed(r), "average"))]
    while groups:
        group = groups.pop()
        places = place[group.pre_order()]
        assert places.max() - places.min() == len(places) - 1
        groups += [] if group.is_leaf() else [group.left, group.right]


def test_ends_that_meet_are_more_alike_than_in_the_tree_as_it_comes() -> None:
    for seed in range(5):
        r = correlations(60, seed)
        ours, plain = seriate(r), leaves_list(linkage(condensed(r), "average"))
        assert r[ours[:-1], ours[1:]].mean() > r[plain[:-1], plain[1:]].mean()


def test_units_that_never_vary_come_together() -> None:
    r = correlations(12, 4)
    still = [2, 5, 9]
    r[still] = 0
    r[:, still] = 0
    places = np.argsort(seriate(r))[still]
    assert places.max() - places.min() == 2


def test_equal_likeness_everywhere_ends_too() -> None:
    for same in (np.ones((9, 9)), np.zeros((9, 9)), np.full((9, 9), np.nan), -np.ones((9, 9))):
        assert sorted(seriate(same.astype(np.float32)).tolist()) == list(range(9))


def test_one_unit_and_none() -> None:
    assert seriate(np.ones((1, 1), np.float32)).tolist() == [0]
    assert seriate(np.zeros((0, 0), np.float32)).tolist() == []
