"""Pattern mode: the saved synthesis of every unit of a layer, shown where it was active.

Source: Yosinski et al. 2015, section 2 (the toolbox's "pattern mode").
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.lens_results import Patterns, StoredPicture
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.library.store.library import open_library, own_library_path
from dnnvis.sources.opencv import opencv

PADDING_GRAY = 128  # fills a thumbnail beside a picture that is not square
NEWEST_QUERY = (
    "SELECT channel, id, max(made) FROM pictures WHERE layer = ? AND channel IS NOT NULL "
    "GROUP BY channel ORDER BY channel"
)
MAX_OWN_PICTURES = 12  # of one unit
PARTIAL_RESULT_SECONDS = 0.1  # seconds between two partial results


@dataclass(frozen=True)
class PatternsParams:
    """Settings of the lens ``patterns``."""

    #: Largest side of a thumbnail in pixels.
    side: int = field(default=96, metadata={"range": (8, 512)})
    #: File of the library; "" means the network's own.
    library: str = ""
    #: Whether the unit's own pictures are read, all of them in full size, instead of its layer's.
    own: bool = False


@dataclass(frozen=True)
class PatternsLens(LensDefaults):
    """The saved pictures of all units of a layer.

    Yields the Patterns of the unit's layer, in parts where reading takes long. The thumbnails are
    squares of one size.
    """

    name: str = "patterns"
    title: str = "kept pictures of a layer"
    source: str = "Yosinski et al. 2015, section 2"
    backward: bool = False
    Params: type[PatternsParams] = PatternsParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: PatternsParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[Patterns]:
        """Yield the results for ``scene``, see the class."""
        net, layer, params = scene.network, scene.unit.layer, scene.params
        path = params.library or own_library_path(net)
        thumbnails: dict[int, NDArray[np.uint8]] = {}
        if not params.library and not own_library_path(net).is_file():
            yield Patterns(layer, net.name, {}, _count_message(layer, 0, 0))
            return
        if params.own:
            yield _read_own(scene, path)
            return
        units = net.layer(layer).shape[0]
        with open_library(net, path, create=False) as library:
            start_time = time.perf_counter()
            for channel, number, _ in library.rows(NEWEST_QUERY, layer):
                thumbnails[channel] = make_thumbnail(library.picture(number).pixels, params.side)
                if time.perf_counter() - start_time > PARTIAL_RESULT_SECONDS:
                    yield Patterns(
                        layer,
                        net.name,
                        dict(thumbnails),
                        _count_message(layer, len(thumbnails), units),
                    )
                    start_time = time.perf_counter()
        yield Patterns(layer, net.name, thumbnails, _count_message(layer, len(thumbnails), units))


def _read_own(scene: Scene, path: Path) -> Patterns:
    """Read the pictures of the scene's unit."""
    unit = scene.unit.whole()
    with open_library(scene.network, path, create=False) as library:
        saved = library.pictures(unit)[:MAX_OWN_PICTURES]
    own = tuple(
        StoredPicture(p.pixels, p.preset, p.recipe, p.created, p.measures, p.curve) for p in saved
    )
    return Patterns(unit.layer, scene.network.name, {}, "", str(unit), own)


def _count_message(layer: str, saved_count: int, units: int) -> str:
    if not saved_count:
        return tr(
            "No picture of a unit of {layer} was kept yet; press Keep in the synthesis panel, or "
            "run `dnnvis render`.",
            layer=layer,
        )
    return (
        ""
        if saved_count == units
        else tr(
            "{count} of {units} units of {layer} have a kept picture.",
            count=saved_count,
            units=units,
            layer=layer,
        )
    )


def make_thumbnail(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return uint8 (H, W, C) as a square (side, side, 3) with its proportions kept.

    One channel becomes gray; of more than three channels the first three are taken.
    """
    cv2 = opencv()
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    small = cv2.resize(to_rgb(pixels), size, interpolation=interpolation)
    out = np.full((side, side, 3), PADDING_GRAY, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def to_rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 (H, W, C) as (H, W, 3), contiguous."""
    channels = pixels.shape[2]
    if channels == 1:
        pixels = np.repeat(pixels, 3, 2)
    elif channels == 2:
        pixels = np.concatenate([pixels, np.zeros_like(pixels[:, :, :1])], 2)
    return np.ascontiguousarray(pixels[:, :, :3])


PATTERNS = PatternsLens()
