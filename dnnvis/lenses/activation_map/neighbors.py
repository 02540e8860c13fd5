"""Which examples live near a place, under any projection."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import Opened, once

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def projections(found: Map) -> tuple[str, ...]:
    """Under which projections the map's examples have places: map first."""
    others = (name for name in ("pca", "umap") if len(found.others.get(name, ())) == len(found.z))
    return ("map", *others)


def places(found: Map, projection: str) -> Floats:
    """Where the examples are, float32 (N, 2)."""
    return found.z if projection == "map" else found.others[projection]


def nearest(known: Opened, projection: str, at: Floats, k: int) -> Ints:
    """The ``k`` examples nearest to each place ``at`` (n, 2), nearest first: rows (n, k), fewer
    columns where there are fewer examples. By a k-d tree, made once for each projection."""

    def planted(found: Map) -> Any:
        from scipy.spatial import cKDTree  # lazy: takes a fifth of a second to load

        return cKDTree(places(found, projection))

    tree = once(known, ("tree", projection), planted)
    rows = tree.query(np.asarray(at, np.float64), k=range(1, min(k, tree.n) + 1))[1]
    return np.asarray(rows, np.int64)
