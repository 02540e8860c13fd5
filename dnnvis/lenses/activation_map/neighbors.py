"""Find the examples nearest to a point of the map, under any projection."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import CachedMap, compute_once

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def list_projections(activation_map: Map) -> tuple[str, ...]:
    """Return the projections under which the map's examples have points: "map" first."""
    others = (
        name
        for name in ("pca", "umap")
        if len(activation_map.others.get(name, ())) == len(activation_map.z)
    )
    return ("map", *others)


def example_points(activation_map: Map, projection: str) -> Floats:
    """Return the points of the examples, float32 (N, 2)."""
    return activation_map.z if projection == "map" else activation_map.others[projection]


def nearest_examples(cached: CachedMap, projection: str, points: Floats, k: int) -> Ints:
    """Return the ``k`` examples nearest to each point, nearest first.

    Uses a k-d tree, built once for each projection.

    Args:
        cached: The map, which must be there.
        projection: One of ``list_projections``.
        points: float32 (n, 2).
        k: Number of neighbors.

    Returns:
        int64 (n, k) rows of the map's examples; fewer columns where there are fewer examples.
    """

    def build_tree(activation_map: Map) -> Any:
        from scipy.spatial import cKDTree  # lazy: takes a fifth of a second to load

        return cKDTree(example_points(activation_map, projection))

    tree = compute_once(cached, ("tree", projection), build_tree)
    rows = tree.query(np.asarray(points, np.float64), k=range(1, min(k, tree.n) + 1))[1]
    return np.asarray(rows, np.int64)
