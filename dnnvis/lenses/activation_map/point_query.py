"""The lens ``map_place``: what lives at one place of the map, and what the decoder says of it.

Source: Pardo et al. 2019, "Coloring the Black Box", section 2.8 (the decoder's activations).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from dnnvis.core.activation_map import PlaceSaid
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.error_field import empty_there
from dnnvis.lenses.activation_map.example_images import at_hand, reader, thumbs
from dnnvis.lenses.activation_map.map_cache import Opened, opened, whole
from dnnvis.lenses.activation_map.neighbors import nearest, projections
from dnnvis.lenses.lens import LensDefaults, Scene, choice

NEAREST = 9
UNDER_OTHERS = (
    "Only the map itself has a decoder and an expected error for its places, not this projection."
)


@dataclass(frozen=True)
class PlaceParams:
    """``x``, ``y`` of the place under the ``projection``; ``data``: where the pictures are, ""
    = where they were when the map was fitted; ``side`` of a thumbnail in pixels."""

    version: int = 0
    projection: str = choice("map", "pca", "umap")
    x: float = 0.0
    y: float = 0.0
    data: str = ""
    side: int = field(default=48, metadata={"range": (8, 512)})


@dataclass(frozen=True)
class PlaceLens(LensDefaults):
    """Yields a PlaceSaid with the pictures of the nearest examples, or with ``words`` that say
    why there are none; before it one without them, where the data must be opened first."""

    name: str = "map_place"
    title: str = "what is at a place of the map"
    source: str = "Pardo et al. 2019, section 2.8"
    backward: bool = False
    Params: type[PlaceParams] = PlaceParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: PlaceParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[PlaceSaid]:
        network, params = whole(scene.network), scene.params
        known = opened(network, params.version)
        if known.map is None:
            nothing = np.zeros(0, np.int64)
            at = (params.x, params.y)
            yield PlaceSaid(
                z=at, words=known.why, unit=str(scene.unit), network=network.name, rows=nothing
            )
            return
        bare = replace(said_of(known, params), unit=str(scene.unit), network=network.name)
        while not at_hand(known, params.data):
            yield replace(bare, progress=0.5)
        try:
            read = reader(network, known, params.data)
            yield replace(bare, thumbs=thumbs(read, bare.rows, params.side))
        except BadInput as why:
            yield replace(bare, words=" ".join(filter(None, (bare.words, str(why)))))


def said_of(known: Opened, params: PlaceParams) -> PlaceSaid:
    """What the map says of the place, without pictures. Raises BadInput for a place that is no
    number."""
    found = known.map
    assert found is not None
    at = np.array([[params.x, params.y]], np.float32)
    if not np.isfinite(at).all():
        raise BadInput(f"A place on the map is two numbers, not {params.x}, {params.y}.")
    recipe = {
        "lens": PLACE.name, "projection": params.projection, "x": params.x, "y": params.y,
        "source": PLACE.source,
    }  # fmt: skip
    projection = params.projection if params.projection in projections(found) else "map"
    z = float(at[0, 0]), float(at[0, 1])
    rows = nearest(known, projection, at, NEAREST)[0]
    if projection != "map":
        return PlaceSaid(z=z, rows=rows, words=UNDER_OTHERS, recipe=recipe)
    return PlaceSaid(
        z=z,
        expected=float(found.error_at(at)[0]) if "2d" in found.estimators else float("nan"),
        empty=bool(empty_there(found.empty, found.extent, at)[0]),
        h=found.decode(at)[0],
        rows=rows,
        recipe=recipe,
    )


PLACE = PlaceLens()
