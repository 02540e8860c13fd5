"""The cells of a class nearest to another's, against a plain loop over all pairs of cells."""

import math

import numpy as np

from dnnvis.core.atlas_view import rank_near_class


def test_cells_are_ranked_by_distance_and_then_by_attribution() -> None:
    rng = np.random.default_rng(3)
    cells = np.stack(np.divmod(rng.permutation(100)[:60], 10), 1)
    attribution = rng.normal(size=(60, 4)).astype(np.float32)
    classes = [max(range(4), key=lambda k: row[k]) for row in attribution.tolist()]
    others = [cell for cell, k in zip(cells.tolist(), classes, strict=True) if k == 2]
    keys = {
        number: (min(math.dist(cells[number], cell) for cell in others), -attribution[number, 1])
        for number in range(60)
        if classes[number] == 1
    }
    assert len(keys) > 5
    assert len({gap for gap, _ in keys.values()}) < len(keys)  # some lie at the same distance
    assert rank_near_class(cells, attribution, 2, 1).tolist() == sorted(keys, key=keys.__getitem__)


def test_a_class_without_cells_has_none_near_it() -> None:
    cells, attribution = np.array([(0, 0), (0, 1)]), np.eye(2, 3, dtype=np.float32)
    assert rank_near_class(cells, attribution, 0, 1).tolist() == [1]
    assert not len(rank_near_class(cells, attribution, 2, 1))
    assert not len(rank_near_class(cells, attribution, 0, 2))
