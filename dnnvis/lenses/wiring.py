"""How a network is wired: its graph, the kernels of a layer, and the sum behind one value.

The idea of showing a convolution's products at one place is CNN Explainer's (Wang et al. 2020);
here they are those of the network and the picture that run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dnnvis.core.errors import LensMissing
from dnnvis.core.lens_results import Kernels, NetworkGraph, PatchSum
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.cache import NetworkCache
from dnnvis.network.connections.first_layer import read_picture_weights
from dnnvis.network.connections.matrices import find_weights
from dnnvis.network.connections.summary import MAX_WEIGHTS
from dnnvis.network.convolution.kernels import (
    LayerConvolution,
    color_inputs,
    describe_geometry,
    find_convolution,
    input_scales,
    read_weights,
)
from dnnvis.network.convolution.patch import capture_call, cut_patch
from dnnvis.network.dataflow.trace import trace_dataflow
from dnnvis.network.network import Network
from dnnvis.network.values import to_float32

_GRAPHS: NetworkCache[Any, NetworkGraph] = NetworkCache()


@dataclass(frozen=True)
class WiringParams:
    """No settings."""


@dataclass(frozen=True)
class WiringLens(LensDefaults):
    """What the three lenses of this file have in common."""

    name: str = "graph"
    title: str = "graph of the network"
    source: str = "none; the recorded data flow"
    backward: bool = False
    Params: type[WiringParams] = WiringParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: what a layer lacks is said in the result."""
        return None

    def layers_of(self, params: WiringParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()


class GraphLens(WiringLens):
    """Yield the NetworkGraph, whatever the unit is."""

    def look(self, scene: Scene) -> Iterator[NetworkGraph]:
        """Yield the graph."""
        yield graph_of(scene)


class KernelsLens(WiringLens):
    """Yield the Kernels of the convolution that computes the unit's layer."""

    def look(self, scene: Scene) -> Iterator[Kernels]:
        """Yield the kernels, or why there are none."""
        network, layer = scene.network, scene.unit.layer
        recipe = {"lens": self.name, "unit": str(scene.unit.whole())}
        try:
            convolution = _find(scene)
        except LensMissing as error:
            yield _read_dense(scene, str(error), recipe)
            return
        if convolution.module.weight.numel() > MAX_WEIGHTS:
            reason = tr(
                "{layer} has more than {count:,} weights, too many for tiles; see them as a "
                "Hinton diagram.",
                layer=layer,
                count=MAX_WEIGHTS,
            )
            yield Kernels(layer, message=reason, recipe=recipe, network=network.name)
            return
        yield Kernels(
            layer,
            convolution.name,
            read_weights(convolution.module),
            convolution.module.groups,
            describe_geometry(convolution.module),
            convolution.after,
            color_inputs(network, convolution),
            input_scales(network, convolution),
            recipe=recipe,
            network=network.name,
        )


class ArithmeticLens(WiringLens):
    """Yield the PatchSum of a unit at its position."""

    reads_recording: bool = True

    def look(self, scene: Scene) -> Iterator[PatchSum]:
        """Yield the sum, or why there is none."""
        recipe = {"lens": self.name, "unit": str(scene.unit)}
        number = -1 if scene.frame is None else scene.frame.number
        try:
            yield _sum_patch(scene, recipe, number)
        except LensMissing as error:
            unit, name = str(scene.unit), scene.network.name
            yield PatchSum(unit, message=str(error), recipe=recipe, frame=number, network=name)


def graph_of(scene: Scene) -> NetworkGraph:
    """Return the graph of the scene's network, traced once for each size of picture."""
    return trace_graph(scene.network, _pixels(scene))


def trace_graph(network: Network, x: Tensor | None = None) -> NetworkGraph:
    """Return the graph of a network, traced once for each size of picture.

    Args:
        network: The network.
        x: Pixels (1, C, H, W) to trace it with; None: a gray picture.

    Returns:
        The graph.
    """
    pixels = network.probe() if x is None else x
    return _GRAPHS.get_or_compute(
        network, network.card.size, lambda: trace_dataflow(network, pixels)
    )


def _pixels(scene: Scene) -> Tensor:
    frame, network = scene.frame, scene.network
    return network.probe() if frame is None else network.encode(frame.pixels)


def _find(scene: Scene) -> LayerConvolution:
    network, unit = scene.network, scene.unit
    return find_convolution(network, graph_of(scene), network.layer(unit.layer), unit.call)


def _read_dense(scene: Scene, reason: str, recipe: dict[str, Any]) -> Kernels:
    """Return the weights of a dense layer that sees the picture; else why there are no kernels."""
    network, unit = scene.network, scene.unit
    dense = read_picture_weights(network, graph_of(scene), network.layer(unit.layer), unit.call)
    if dense is None:
        if _has_matrix(scene):
            reason += tr(" Its weights are a matrix: see them as a Hinton diagram.")
        return Kernels(unit.layer, message=reason, recipe=recipe, network=network.name)
    card = network.card
    size = " x ".join(map(str, dense.weights.shape[2:]))
    scales = tuple(card.std) if len(card.std) > 1 else tuple(card.std) * card.channels
    return Kernels(
        unit.layer,
        dense.owner,
        dense.weights,
        geometry=tr("dense: a weight for each of {size} pixels", size=size),
        after=dense.after,
        colors=(0, 1, 2) if card.channels == 3 else (),
        scales=scales,  # the channels of these weights are the picture's, in its order
        recipe=recipe,
        network=network.name,
    )


def _has_matrix(scene: Scene) -> bool:
    network, unit = scene.network, scene.unit
    try:
        find_weights(network, graph_of(scene), network.layer(unit.layer), unit.call)
    except LensMissing:
        return False
    return True


def _sum_patch(scene: Scene, recipe: dict[str, Any], frame: int) -> PatchSum:
    network, unit = scene.network, scene.unit
    if unit.position is None:
        raise LensMissing(tr("Click a place of the unit's map to see what its value is made of."))
    feeding = _find(scene)
    module = feeding.module
    owner = network.table.modules[feeding.name]
    given, returned = capture_call(network, _pixels(scene), owner, feeding.call)
    _check_maps(network, unit, given, returned)
    patch = cut_patch(module, given, unit.channel, unit.position)
    computed = to_float32(returned[0, unit.channel])[unit.position]
    bias = module.bias
    return PatchSum(
        str(unit),
        feeding.name,
        patch.values,
        to_float32(module.weight.detach()[unit.channel]),
        patch.outside,
        patch.first_input,
        None if bias is None else float(bias.detach()[unit.channel]),
        float(computed),
        _read_value(scene, float(computed)),
        feeding.after,
        describe_geometry(module),
        module.padding_mode,
        recipe=recipe,
        frame=frame,
        network=network.name,
    )


def _check_maps(network: Network, unit: Unit, given: Tensor, returned: Tensor) -> None:
    """Raise LensMissing where the unit's map is not one of what the convolution returned."""
    if given.dim() != 4 or len(given) != 1:
        raise LensMissing(
            tr(
                "The convolution sees {count} pieces of the picture at once, so that no place of "
                "its map stands for one of them.",
                count=len(given),
            )
        )
    if tuple(returned.shape[1:]) != network.layer(unit.layer).shape:
        raise LensMissing(
            tr("The maps of {layer} are not those that the convolution computed.", layer=unit.layer)
        )


def _read_value(scene: Scene, computed: float) -> float:
    """Return the unit's own value as recorded; without a recording that of the convolution."""
    unit, recording = scene.unit, scene.recording
    if recording is None or unit.position is None or unit.layer not in recording:
        return computed
    y, x = unit.position
    with torch.no_grad():
        return float(recording.tensor(unit.layer, unit.call)[0, unit.channel, y, x])


GRAPH = GraphLens()
KERNELS = KernelsLens(name="kernels", title="kernels of a layer", source="none; the weights")
ARITHMETIC = ArithmeticLens(
    name="arithmetic", title="the sum behind one value", source="Wang et al. 2020, CNN Explainer"
)
