"""The frame with noise on it, many times over, on the map.

Source: Pardo et al. 2019, section 3.4 and Figure 5.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from dnnvis.core.activation_map import Backdrop, Constellation
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.constellation import COPIES, constellation
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import opened
from dnnvis.lenses.activation_map.paired_network import sister_of
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.network import Network

CHUNK = 25  # copies in one pass: a slow network shows what it has
THIN = 2000  # examples of the sister's map that are drawn


@dataclass(frozen=True)
class NoiseParams:
    """``sigma`` of the noise, pixels in [0, 1]; how many ``copies``; ``seed`` of the noise;
    another ``version`` opens the map anew."""

    sigma: float = field(default=0.3, metadata={"range": (0.0, 2.0)})
    copies: int = field(default=COPIES, metadata={"range": (1, 5000)})
    seed: int = field(default=0, metadata={"range": (0, 2**31 - 1)})
    version: int = 0


@dataclass(frozen=True)
class NoiseLens(LensDefaults):
    """Yields Constellation: of the network itself with more and more copies, then with the
    sister's beside it. The same noise for both. Without a map its words say why."""

    name: str = "constellation"
    title: str = "noise constellation"
    source: str = "Pardo et al. 2019, section 3.4"
    backward: bool = False
    Params: type[NoiseParams] = NoiseParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: NoiseParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[Constellation]:
        params, frame = scene.params, scene.frame
        if frame is None:
            raise BadInput("Noise needs a picture that it is put on.")
        found = opened(scene.network, params.version)
        made = found.map
        if made is None:
            yield Constellation(
                unit=str(scene.unit), frame=frame.number, network=scene.network.name,
                words=found.why, recipe={"lens": self.name, **asdict(params)},
            )  # fmt: skip
            return
        own = None
        for own in _of(scene.network, made, frame, params):
            yield _said(own, scene, made, own.progress / 2)
        assert own is not None  # there is one copy at least
        sister = sister_of(scene, params.version)
        if sister.network is None or sister.map is None:
            yield _said(own, scene, made, 1.0, sister.words)
            return
        backdrop = thinned(sister.map)
        for its in _of(sister.network, sister.map, frame, params):
            beside = replace(its, cloud=backdrop, frame=frame.number)
            progress = (1 + its.progress) / 2
            yield replace(_said(own, scene, made, progress), sister=beside)


def true_class(made: Map, frame: Frame) -> int:
    """The number of the frame's label among the map's classes; -1 = it is none of them."""
    classes = made.classes
    return classes.index(frame.label) if frame.label in classes else -1


def thinned(made: Map, most: int = THIN) -> Backdrop:
    """At most so many of the map's examples, evenly taken."""
    many = len(made.z)
    rows = np.arange(many)
    if many > most:
        rows = np.linspace(0, many - 1, most).astype(np.int64)
    return Backdrop(made.z[rows], made.labels[rows], made.classes)


def _of(network: Network, made: Map, frame: Frame, params: NoiseParams) -> Iterator[Constellation]:
    return constellation(
        network, made, network.encode(frame.pixels), true_class(made, frame), params.sigma,
        params.copies, params.seed, CHUNK,
    )  # fmt: skip


def _said(
    own: Constellation, scene: Scene, made: Map, progress: float, why: str = ""
) -> Constellation:
    frame = scene.frame
    assert frame is not None
    words = []
    if own.label < 0:
        words.append(f"{scene.network.name} tells no classes: there are no errors to count.")
    elif frame.label not in made.classes:
        what = "it has no label" if not frame.label else f"'{frame.label}' is no class of the map"
        words.append(f"Errors are answers other than that to the clean picture: {what}.")
    recipe = {"lens": "constellation", **asdict(scene.params)}
    return replace(
        own, unit=str(scene.unit), frame=frame.number, network=scene.network.name,
        words=" ".join([*words, why]).strip(), recipe=recipe, progress=progress,
    )  # fmt: skip


NOISE = NoiseLens()
