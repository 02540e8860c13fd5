"""The lenses of the window's atlas: all of it, where the frame lies on it, what a cell saw."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.atlas_view import AtlasCellExamples, AtlasPoint, AtlasView, AtlasViewLevel
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.introspect.features import longest_vectors
from dnnvis.lenses.activation_map.example_images import open_cached_data
from dnnvis.lenses.activation_map.map_cache import final_network
from dnnvis.lenses.atlas.atlas_file import open_atlas
from dnnvis.lenses.atlas.examples import iter_crops
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.lenses.patterns import make_thumbnail
from dnnvis.library.pages.images import to_three_channels
from dnnvis.network.cache import NetworkCache
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

NO_WAY_TO_POINT = "UMAP gives no point to a new picture: the atlas follows no frame."


@dataclass(frozen=True)
class CachedAtlas:
    """A network's newest atlas as read from disk, or the reason why there is none."""

    #: Version that was asked for.
    version: int
    #: The atlas; None where there is none.
    atlas: Atlas | None
    #: Why there is none; "" where there is one.
    reason: str = ""


_CACHED = NetworkCache[Literal["atlas"], CachedAtlas]()


def get_cached_atlas(network: Network, version: int) -> CachedAtlas:
    """Return the network's newest atlas, read once for each ``version``; never raises."""
    cached: CachedAtlas | None = _CACHED.of(network).get("atlas")
    if cached is not None and cached.version == version:
        return cached
    try:
        cached = CachedAtlas(version, open_atlas(network))
    except DnnvisError as error:
        cached = CachedAtlas(version, None, str(error))
    _CACHED.of(network)["atlas"] = cached
    return cached


@dataclass(frozen=True)
class AtlasParams:
    """Settings of the lenses ``atlas`` and ``atlas_point``."""

    #: Another value reads the atlas from disk again.
    version: int = 0


@dataclass(frozen=True)
class AtlasCellParams:
    """Settings of the lens ``atlas_cell``."""

    #: Another value reads the atlas from disk again.
    version: int = 0
    #: The zoom level, and the cell in it.
    grid: int = 0
    row: int = 0
    column: int = 0
    #: Side of a thumbnail in pixels.
    side: int = field(default=96, metadata={"range": (8, 512)})


@dataclass(frozen=True)
class AtlasLensDefaults(LensDefaults):
    """What the lenses of an atlas share: they suit every unit and need no layer."""

    source: str = "Carter et al. 2019"
    backward: bool = False

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: Any) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()


@dataclass(frozen=True)
class AtlasLens(AtlasLensDefaults):
    """Yield the network's newest atlas as one AtlasView."""

    name: str = "atlas"
    title: str = "activation atlas"
    Params: type[AtlasParams] = AtlasParams

    def look(self, scene: Scene) -> Iterator[AtlasView]:
        """Yield the results for ``scene``, see the class."""
        network = final_network(scene.network)
        cached = get_cached_atlas(network, scene.params.version)
        header = result_header(scene, self.name)
        atlas = cached.atlas
        if atlas is None:
            yield AtlasView(message=cached.reason, version=scene.params.version, **header)
            return
        levels = tuple(
            AtlasViewLevel(
                level.grid,
                level.cells,
                level.counts,
                level.attribution,
                np.stack([to_three_channels(picture) for picture in level.pictures]),
            )
            for level in atlas.levels
        )
        yield AtlasView(
            layer=atlas.layer,
            layout=atlas.layout,
            levels=levels,
            classes=atlas.classes,
            notes=atlas.notes,
            version=scene.params.version,
            **header,
        )


@dataclass(frozen=True)
class AtlasPointLens(AtlasLensDefaults):
    """Yield where the frame lies on the atlas: the point of its longest inner vector."""

    name: str = "atlas_point"
    title: str = "place on the activation atlas"
    reads_recording: bool = True
    Params: type[AtlasParams] = AtlasParams

    def layers_in(self, network: Network) -> tuple[str, ...]:
        """Return the atlas's layer; none without an atlas."""
        cached: CachedAtlas | None = _CACHED.of(network).get("atlas")
        atlas = None if cached is None else cached.atlas
        return () if atlas is None else (atlas.layer,)

    def look(self, scene: Scene) -> Iterator[AtlasPoint]:
        """Yield the results for ``scene``, see the class."""
        if scene.recording is None or scene.frame is None:
            raise BadInput("atlas_point needs a picture to look at; pass image=.")
        cached = get_cached_atlas(scene.network, scene.params.version)
        header = result_header(scene, self.name) | {"frame": scene.frame.number}
        version = scene.params.version
        if cached.atlas is None:
            yield AtlasPoint(message=cached.reason, version=version, **header)
            return
        try:
            recording = scene.recording
            if cached.atlas.layer not in recording:
                recording = scene.network.record(scene.frame.pixels, [cached.atlas.layer])
            points = locate_recording(cached.atlas, recording)
        except DnnvisError as error:
            yield AtlasPoint(message=str(error), version=version, **header)
            return
        yield AtlasPoint(points=points, version=version, **header)


def locate_recording(atlas: Atlas, recording: Recording) -> NDArray[np.float32]:
    """Return the point of a recorded picture in the unit square, float32 (1, 2).

    Raises BadInput for UMAP, and where activations are not finite.
    """
    with torch.no_grad():
        vector = longest_vectors(recording.tensor(atlas.layer).detach()).float().cpu().numpy()
    if atlas.map is not None:
        return atlas.scale.apply(atlas.map.encode(vector[:1]))
    if atlas.basis is not None:
        scores = atlas.basis.scores(vector[:1])
        both = np.zeros((1, 2), np.float32)
        both[:, : scores.shape[1]] = scores
        return atlas.scale.apply(both)
    raise BadInput(NO_WAY_TO_POINT)


@dataclass(frozen=True)
class AtlasCellLens(AtlasLensDefaults):
    """Yield what the activations nearest to a cell's mean saw, cut from their pictures."""

    name: str = "atlas_cell"
    title: str = "examples of a cell of the atlas"
    Params: type[AtlasCellParams] = AtlasCellParams

    def look(self, scene: Scene) -> Iterator[AtlasCellExamples]:
        """Yield the results for ``scene``, see the class."""
        network, params = final_network(scene.network), scene.params
        cached, header = get_cached_atlas(network, params.version), result_header(scene, self.name)
        if cached.atlas is None:
            yield AtlasCellExamples(message=cached.reason, **header)
            return
        where = (params.grid, params.row, params.column)
        try:
            level = cached.atlas.level(params.grid)
            cell = level.number(params.row, params.column)
            data = open_cached_data(cached.atlas.data)
        except BadInput as error:
            yield AtlasCellExamples(message=str(error), cell=where, **header)
            return
        count = level.examples.shape[1]
        crops = list(iter_crops(network, cached.atlas.layer, data, level, cell, count))
        thumbs = [make_thumbnail(to_three_channels(crop), params.side) for crop in crops]
        if not thumbs:
            message = f"The pictures of this atlas are not here ({cached.atlas.data})."
            yield AtlasCellExamples(message=message, cell=where, **header)
            return
        index = level.examples[cell, : len(thumbs), 0]
        yield AtlasCellExamples(cell=where, thumbs=np.stack(thumbs), index=index, **header)


def result_header(scene: Scene, name: str) -> dict[str, Any]:
    """Return what every result of a lens of the atlas says of where it comes from."""
    recipe = {"lens": name, "source": "Carter et al. 2019"}
    return {"unit": str(scene.unit), "network": scene.network.name, "recipe": recipe}


ATLAS, ATLAS_POINT, ATLAS_CELL = AtlasLens(), AtlasPointLens(), AtlasCellLens()
