"""The lens ``map_place``: what lives at one place of the map, and what the decoder says of it.

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

MAX_NEIGHBORS = 9
OTHER_PROJECTION_NOTE = (
    "Only the map itself has a decoder and an expected error for its places, not this projection."
)


@dataclass(frozen=True)
class PointParams:
    """``x``, ``y`` of the place under the ``projection``; ``data``: where the pictures are, ""
    = where they were when the map was fitted; ``side`` of a thumbnail in pixels."""

    version: int = 0
    projection: str = choice("map", "pca", "umap")
    x: float = 0.0
    y: float = 0.0
    data: str = ""
    side: int = field(default=48, metadata={"range": (8, 512)})


@dataclass(frozen=True)
class PointLens(LensDefaults):
    """Yields a PlaceSaid with the pictures of the nearest examples, or with ``message`` that say
    why there are none; before it one without them, where the data must be opened first."""

    name: str = "map_place"
    title: str = "what is at a place of the map"
    source: str = "Pardo et al. 2019, section 2.8"
    backward: bool = False
    Params: type[PointParams] = PointParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: PointParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[PointInfo]:
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
    """What the map says of the place, without pictures. Raises BadInput for a place that is no
    number."""
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
