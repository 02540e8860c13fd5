"""The order of a correlation matrix, against SciPy's average linkage."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import leaves_list, linkage, to_tree

from dnnvis.lenses.seriation import seriate
from dnnvis.library.store.mergeable_statistics import correlation_matrix, upper_triangle


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


def test_a_matrix_that_rounding_made_unsymmetric_ends_too() -> None:
    below = np.float32(0.499999)  # each is nearest to the next one, round and round
    around = np.array([[1, 0.5, below], [below, 1, 0.5], [0.5, below, 1]], np.float32)
    assert sorted(seriate(around).tolist()) == [0, 1, 2]
    for seed in range(20):  # copies of six units, scaled as their variances are
        random = np.random.default_rng(seed)
        values = np.repeat(random.normal(size=(6, 40)), 4, 0).astype(np.float32)
        values *= random.uniform(0.1, 9, (24, 1)).astype(np.float32)
        triangle = upper_triangle(np.cov(values).astype(np.float32))
        order = seriate(correlation_matrix(triangle, 24))
        assert sorted(order.tolist()) == list(range(24))
        places = np.argsort(order).reshape(6, 4)
        assert (np.ptp(places, axis=1) == 3).all()  # copies lie side by side


def test_one_unit_and_none() -> None:
    assert seriate(np.ones((1, 1), np.float32)).tolist() == [0]
    assert seriate(np.zeros((0, 0), np.float32)).tolist() == []
