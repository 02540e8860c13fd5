"""The lens ``map``: where the present frame is on the activation map, and what to expect there.

Source: Pardo et al. 2019, "Coloring the Black Box", sections 2.3 to 2.8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.activation_map import Here
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.frame import Frame
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.error_field import empty_there
from dnnvis.introspect.map import Map
from dnnvis.introspect.network_outputs import bounded, doubt_of_boards, verdicts
from dnnvis.lenses.activation_map.map_cache import Opened, opened
from dnnvis.lenses.activation_map.neighbors import nearest
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

Floats = NDArray[np.float32]
UMAP = "A new picture has no place of its own under UMAP: the cross is at the example next to it."


@dataclass(frozen=True)
class MapParams:
    """``version``: see ``present.map_of``. ``projection``: where an example is put by the map,
    by two principal components, or by UMAP."""

    version: int = 0
    projection: str = choice("map", "pca", "umap")


@dataclass(frozen=True)
class MapLens(LensDefaults):
    """Yields one Here for the frame, out of the one pass that all lenses share. Without a map,
    or where the activations have no place on it, it is empty and its ``words`` say why."""

    name: str = "map"
    title: str = "place on the activation map"
    source: str = "Pardo et al. 2019, sections 2.3 to 2.8"
    backward: bool = False
    reads_recording: bool = True
    Params: type[MapParams] = MapParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: MapParams) -> tuple[str, ...]:
        return ()

    def layers_in(self, network: Network) -> tuple[str, ...]:
        """The layers that make h; none without a map."""
        found = opened(network).map
        return () if found is None else found.columns_.layers

    def look(self, scene: Scene) -> Iterator[Here]:
        yield here(scene)


def here(scene: Scene) -> Here:
    """Where the scene's recording is on the map of its network. Raises BadInput without a
    recording or frame."""
    network, frame, recording = scene.network, scene.frame, scene.recording
    if recording is None or frame is None:
        raise BadInput("map needs a picture to look at; pass image=.")
    found = opened(network, scene.params.version)
    stamp: dict[str, Any] = {
        "unit": str(scene.unit), "frame": frame.number, "network": network.name,
        "version": scene.params.version,
        "recipe": {"lens": MAP.name, "projection": scene.params.projection, "source": MAP.source},
    }  # fmt: skip
    if found.map is None:
        return Here(words=found.why, **stamp)
    try:
        recording = _with_layers(network, found.map, recording, frame)
        h = hidden(found.map, recording)
        return _here(found, scene.params.projection, h, said(network, recording), stamp)
    except DnnvisError as why:
        return Here(words=str(why), **stamp)


def hidden(found: Map, recording: Recording) -> Floats:
    """The hidden vectors of a recording of one picture, float32 (steps, D)."""
    with torch.no_grad():
        rows = found.columns_.rows(recording)[0]  # (steps, D)
    made: Floats = rows.cpu().numpy()
    return made


def said(network: Network, recording: Recording) -> tuple[int, float]:
    """The class that the network predicts (-1: it names none) and its doubt, 1 - max."""
    output = recording.result
    if output is None:
        return -1, float("nan")
    if network.card.binary and network.info.game_steps:
        return -1, float(doubt_of_boards(output.detach().flatten(1).float().cpu().numpy())[0])
    made = verdicts(output, None, bounded(network))
    return int(made.predicted[0]), float(made.doubt[0])


def lines_of(found: Map) -> dict[str, float]:
    """The value of each kind of estimate above which 5 % of the right examples lie; kinds for
    which it is not known are left out."""
    lines = {kind: found.figures.get(f"line {kind}") for kind in (*found.estimators, "1-max")}
    return {kind: float(line) for kind, line in lines.items() if line is not None}


def _with_layers(network: Network, found: Map, recording: Recording, frame: Frame) -> Recording:
    """``recording``, or one of its own where the map was fitted anew, on other layers, since
    the pass was planned."""
    if all(name in recording for name in found.columns_.layers):
        return recording
    return network.run(network.encode(frame.pixels), found.columns_.layers)


def _here(
    known: Opened, projection: str, h: Floats, told: tuple[int, float], stamp: dict[str, Any]
) -> Here:
    found = known.map
    assert found is not None
    z, expected = found.read(h)
    predicted, doubt = told
    last = {**{kind: float(values[-1]) for kind, values in expected.items()}, "1-max": doubt}
    places, projection, words = _placed(known, projection, h, z)
    return Here(
        z=places,
        projection=projection,
        expected=expected,
        doubt=doubt,
        predicted=predicted,
        empty=bool(empty_there(found.empty, found.extent, z[-1:])[0]),
        h=h,
        alarms={
            kind: last[kind] > line
            for kind, line in lines_of(found).items()
            if isfinite(last[kind])
        },
        words=words,
        **stamp,
    )


def _placed(known: Opened, projection: str, h: Floats, z: Floats) -> tuple[Floats, str, str]:
    """The places under the projection, which one that is, and what is to be said of it."""
    found = known.map
    assert found is not None
    if projection == "pca":
        return found.projected(h), projection, ""
    if projection == "umap" and "umap" in found.others:
        return found.others["umap"][nearest(known, "map", z, 1)[:, 0]], projection, UMAP
    return z, "map", ""


MAP = MapLens()
