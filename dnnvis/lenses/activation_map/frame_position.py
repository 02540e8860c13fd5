"""The lens ``map``: where the current frame lies on the activation map, and its expected error.

Source: Pardo et al. 2019, "Coloring the Black Box", sections 2.3 to 2.8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.activation_map import FramePosition
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.frame import Frame
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.error_field import look_up_empty
from dnnvis.introspect.map import Map
from dnnvis.introspect.network_outputs import board_doubt, evaluate_outputs, is_bounded
from dnnvis.lenses.activation_map.map_cache import CachedMap, get_cached_map
from dnnvis.lenses.activation_map.neighbors import nearest_examples
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

Floats = NDArray[np.float32]
UMAP_NOTE = (
    "A new picture has no place of its own under UMAP: the cross is at the example next to it."
)


@dataclass(frozen=True)
class MapParams:
    """Settings of the lenses ``map`` and ``cloud``."""

    #: Version of the fitted map, see ``map_cache.get_cached_map``.
    version: int = 0
    #: How examples get their points: by the map, two principal components, or UMAP.
    projection: str = choice("map", "pca", "umap")


@dataclass(frozen=True)
class MapLens(LensDefaults):
    """The position of the frame on the activation map.

    Yields one FramePosition for the frame, from the one pass that all lenses share. Without a map,
    or where the activations have no point on it, it is empty and its ``message`` says why.
    """

    name: str = "map"
    title: str = "place on the activation map"
    source: str = "Pardo et al. 2019, sections 2.3 to 2.8"
    backward: bool = False
    reads_recording: bool = True
    Params: type[MapParams] = MapParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: MapParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def layers_in(self, network: Network) -> tuple[str, ...]:
        """Return the layers that make up the hidden vector; none without a map."""
        activation_map = get_cached_map(network).map
        return () if activation_map is None else activation_map.columns_.layers

    def look(self, scene: Scene) -> Iterator[FramePosition]:
        """Yield the results for ``scene``, see the class."""
        yield locate_frame(scene)


def locate_frame(scene: Scene) -> FramePosition:
    """Return where the scene's recording lies on the map of its network.

    Raises BadInput without a recording or frame.
    """
    network, frame, recording = scene.network, scene.frame, scene.recording
    if recording is None or frame is None:
        raise BadInput("map needs a picture to look at; pass image=.")
    cached = get_cached_map(network, scene.params.version)
    header: dict[str, Any] = {
        "unit": str(scene.unit),
        "frame": frame.number,
        "network": network.name,
        "version": scene.params.version,
        "recipe": {"lens": MAP.name, "projection": scene.params.projection, "source": MAP.source},
    }
    if cached.map is None:
        return FramePosition(message=cached.reason, **header)
    try:
        recording = _ensure_layers(network, cached.map, recording, frame)
        h = hidden_vectors(cached.map, recording)
        return locate_vectors(
            cached, scene.params.projection, h, read_prediction(network, recording), header
        )
    except DnnvisError as error:
        return FramePosition(message=str(error), **header)


def hidden_vectors(activation_map: Map, recording: Recording) -> Floats:
    """Return the hidden vectors of a recording of one picture, float32 (steps, D)."""
    with torch.no_grad():
        rows = activation_map.columns_.rows(recording)[0]  # (steps, D)
    vectors: Floats = rows.cpu().numpy()
    return vectors


def read_prediction(network: Network, recording: Recording) -> tuple[int, float]:
    """Return the predicted class (-1: none) and the uncertainty, 1 - max probability."""
    output = recording.result
    if output is None:
        return -1, float("nan")
    if network.card.binary and network.info.game_steps:
        return -1, float(board_doubt(output.detach().flatten(1).float().cpu().numpy())[0])
    result = evaluate_outputs(output, None, is_bounded(network))
    return int(result.predicted[0]), float(result.doubt[0])


def alarm_lines(activation_map: Map) -> dict[str, float]:
    """Return for each error estimator the value that 5 % of the right examples exceed.

    Estimators for which it is unknown are left out.
    """
    lines = {
        kind: activation_map.figures.get(f"line {kind}")
        for kind in (*activation_map.estimators, "1-max")
    }
    return {kind: float(line) for kind, line in lines.items() if line is not None}


def _ensure_layers(
    network: Network, activation_map: Map, recording: Recording, frame: Frame
) -> Recording:
    """Return ``recording``, or a new one if the map was refitted on other layers meanwhile."""
    if all(name in recording for name in activation_map.columns_.layers):
        return recording
    return network.run(network.encode(frame.pixels), activation_map.columns_.layers)


def locate_vectors(
    cached: CachedMap,
    projection: str,
    h: Floats,
    prediction: tuple[int, float],
    header: dict[str, Any],
) -> FramePosition:
    """Return where hidden vectors lie on a map.

    Args:
        cached: The map, which must be there.
        projection: map | pca | umap; the map's own points where it has no such projection.
        h: Hidden vectors (steps, D).
        prediction: See ``read_prediction``.
        header: What the position belongs to.

    Raises:
        BadInput: The vectors are not of the map's width, or not finite.
    """
    activation_map = cached.map
    assert activation_map is not None
    z, expected = activation_map.read(h)
    predicted, doubt = prediction
    last = {**{kind: float(values[-1]) for kind, values in expected.items()}, "1-max": doubt}
    points, projection, message = _project(cached, projection, h, z)
    return FramePosition(
        z=points,
        projection=projection,
        expected=expected,
        doubt=doubt,
        predicted=predicted,
        empty=bool(look_up_empty(activation_map.empty, activation_map.extent, z[-1:])[0]),
        h=h,
        alarms={
            kind: last[kind] > line
            for kind, line in alarm_lines(activation_map).items()
            if isfinite(last[kind])
        },
        message=message,
        **header,
    )


def _project(cached: CachedMap, projection: str, h: Floats, z: Floats) -> tuple[Floats, str, str]:
    """Return the points under the projection, the projection used, and a note on it."""
    activation_map = cached.map
    assert activation_map is not None
    if projection == "pca":
        return activation_map.project(h), projection, ""
    if projection == "umap" and "umap" in activation_map.others:
        return (
            activation_map.others["umap"][nearest_examples(cached, "map", z, 1)[:, 0]],
            projection,
            UMAP_NOTE,
        )
    return z, "map", ""


MAP = MapLens()
