"""The lens ``map_place``: the examples near a point of the map, and what the decoder gives there.

Source: Pardo et al. 2019, "Coloring the Black Box", section 2.8 (the decoder's activations).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from dnnvis.core.activation_map import PointInfo
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.error_field import look_up_empty
from dnnvis.lenses.activation_map.example_images import (
    is_data_ready,
    make_thumbnails,
    picture_reader,
)
from dnnvis.lenses.activation_map.map_cache import CachedMap, final_network, get_cached_map
from dnnvis.lenses.activation_map.neighbors import list_projections, nearest_examples
from dnnvis.lenses.lens import LensDefaults, Scene, choice

MAX_NEIGHBORS = 10
OTHER_PROJECTION_NOTE = (
    "Only the map itself has a decoder and an expected error for its places, not this projection."
)


@dataclass(frozen=True)
class PointParams:
    """Settings of the lens ``map_place``."""

    #: Version of the fitted map; another value reads the map from disk again.
    version: int = 0
    #: Projection that the point belongs to.
    projection: str = choice("map", "pca", "umap")
    #: First coordinate of the point.
    x: float = 0.0
    #: Second coordinate of the point.
    y: float = 0.0
    #: Path of the pictures; "" means where they were when the map was fitted.
    data: str = ""
    #: Side of a thumbnail in pixels.
    side: int = field(default=48, metadata={"range": (8, 512)})


@dataclass(frozen=True)
class PointLens(LensDefaults):
    """What the activation map tells of one of its points.

    Yields a PointInfo with the pictures of the nearest examples, or with a ``message`` that says
    why there are none; before it one without pictures, where the data must be opened first.
    """

    name: str = "map_place"
    title: str = "what is at a place of the map"
    source: str = "Pardo et al. 2019, section 2.8"
    backward: bool = False
    Params: type[PointParams] = PointParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: PointParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[PointInfo]:
        """Yield the results for ``scene``, see the class."""
        network, params = final_network(scene.network), scene.params
        cached = get_cached_map(network, params.version)
        if cached.map is None:
            no_rows = np.zeros(0, np.int64)
            point = (params.x, params.y)
            yield PointInfo(
                z=point,
                message=cached.reason,
                unit=str(scene.unit),
                network=network.name,
                rows=no_rows,
            )
            return
        result = replace(describe_point(cached, params), unit=str(scene.unit), network=network.name)
        while not is_data_ready(cached, params.data):
            yield replace(result, progress=0.5)
        try:
            read = picture_reader(network, cached, params.data)
            yield replace(result, thumbs=make_thumbnails(read, result.rows, params.side))
        except BadInput as error:
            yield replace(result, message=" ".join(filter(None, (result.message, str(error)))))


def describe_point(cached: CachedMap, params: PointParams) -> PointInfo:
    """Return what the map tells of the point, without pictures.

    Raises BadInput for a point that is not finite.
    """
    activation_map = cached.map
    assert activation_map is not None
    point = np.array([[params.x, params.y]], np.float32)
    if not np.isfinite(point).all():
        raise BadInput(f"A place on the map is two numbers, not {params.x}, {params.y}.")
    recipe = {
        "lens": MAP_POINT.name,
        "projection": params.projection,
        "x": params.x,
        "y": params.y,
        "source": MAP_POINT.source,
    }
    projection = (
        params.projection if params.projection in list_projections(activation_map) else "map"
    )
    z = float(point[0, 0]), float(point[0, 1])
    rows = nearest_examples(cached, projection, point, MAX_NEIGHBORS)[0]
    if projection != "map":
        return PointInfo(z=z, rows=rows, message=OTHER_PROJECTION_NOTE, recipe=recipe)
    return PointInfo(
        z=z,
        expected=float(activation_map.error_at(point)[0])
        if "2d" in activation_map.estimators
        else float("nan"),
        empty=bool(look_up_empty(activation_map.empty, activation_map.extent, point)[0]),
        h=activation_map.decode(point)[0],
        rows=rows,
        recipe=recipe,
    )


MAP_POINT = PointLens()
