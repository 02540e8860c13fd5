"""The lens ``constellation``: noisy copies of the frame on the map.

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
from dnnvis.lenses.activation_map.map_cache import get_cached_map
from dnnvis.lenses.activation_map.paired_network import open_paired
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.network import Network

BATCH_COPIES = 25  # copies in one pass, so that a slow network shows partial results
MAX_BACKDROP_EXAMPLES = 2000  # examples of the paired network's map that are drawn


@dataclass(frozen=True)
class NoiseParams:
    """Settings of the lens ``constellation``."""

    #: Standard deviation of the noise; pixels are in [0, 1].
    sigma: float = field(default=0.3, metadata={"range": (0.0, 2.0)})
    #: Number of noisy copies.
    copies: int = field(default=COPIES, metadata={"range": (1, 5000)})
    #: Seed of the noise.
    seed: int = field(default=0, metadata={"range": (0, 2**31 - 1)})
    #: Version of the fitted map; another value reads the map from disk again.
    version: int = 0


@dataclass(frozen=True)
class NoiseLens(LensDefaults):
    """Noisy copies of the frame on the map of the network and of its paired network.

    Yields Constellation: of the network itself with more and more copies, then with the paired
    network's beside it, under the same noise. Without a map ``message`` says why.
    """

    name: str = "constellation"
    title: str = "noise constellation"
    source: str = "Pardo et al. 2019, section 3.4"
    backward: bool = False
    Params: type[NoiseParams] = NoiseParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: NoiseParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[Constellation]:
        """Yield the results for ``scene``, see the class."""
        params, frame = scene.params, scene.frame
        if frame is None:
            raise BadInput("Noise needs a picture that it is put on.")
        cached = get_cached_map(scene.network, params.version)
        activation_map = cached.map
        if activation_map is None:
            yield Constellation(
                unit=str(scene.unit),
                frame=frame.number,
                network=scene.network.name,
                message=cached.reason,
                recipe={"lens": self.name, **asdict(params)},
            )
            return
        result = None
        for result in _run_constellation(scene.network, activation_map, frame, params):
            yield _add_message(result, scene, activation_map, result.progress / 2)
        assert result is not None  # there is at least one copy
        paired = open_paired(scene, params.version)
        if paired.network is None or paired.map is None:
            yield _add_message(result, scene, activation_map, 1.0, paired.message)
            return
        backdrop = build_backdrop(paired.map)
        for paired_result in _run_constellation(paired.network, paired.map, frame, params):
            shown = replace(paired_result, map_data=backdrop, frame=frame.number)
            progress = (1 + paired_result.progress) / 2
            yield replace(_add_message(result, scene, activation_map, progress), paired=shown)


def true_class(activation_map: Map, frame: Frame) -> int:
    """Return the index of the frame's label among the map's classes; -1 if it is none of them."""
    classes = activation_map.classes
    return classes.index(frame.label) if frame.label in classes else -1


def build_backdrop(activation_map: Map, limit: int = MAX_BACKDROP_EXAMPLES) -> Backdrop:
    """Return at most ``limit`` of the map's examples, taken evenly."""
    count = len(activation_map.z)
    rows = np.arange(count)
    if count > limit:
        rows = np.linspace(0, count - 1, limit).astype(np.int64)
    return Backdrop(activation_map.z[rows], activation_map.labels[rows], activation_map.classes)


def _run_constellation(
    network: Network, activation_map: Map, frame: Frame, params: NoiseParams
) -> Iterator[Constellation]:
    return constellation(
        network,
        activation_map,
        network.encode(frame.pixels),
        true_class(activation_map, frame),
        params.sigma,
        params.copies,
        params.seed,
        BATCH_COPIES,
    )


def _add_message(
    result: Constellation, scene: Scene, activation_map: Map, progress: float, reason: str = ""
) -> Constellation:
    frame = scene.frame
    assert frame is not None
    sentences = []
    if result.label < 0:
        sentences.append(f"{scene.network.name} tells no classes: there are no errors to count.")
    elif frame.label not in activation_map.classes:
        what = "it has no label" if not frame.label else f"'{frame.label}' is no class of the map"
        sentences.append(f"Errors are answers other than that to the clean picture: {what}.")
    recipe = {"lens": "constellation", **asdict(scene.params)}
    return replace(
        result,
        unit=str(scene.unit),
        frame=frame.number,
        network=scene.network.name,
        message=" ".join([*sentences, reason]).strip(),
        recipe=recipe,
        progress=progress,
    )


NOISE = NoiseLens()
