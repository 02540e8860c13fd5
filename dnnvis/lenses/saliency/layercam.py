"""The lens ``layercam``: where the maps of a layer speak for a unit.

Source: Jiang et al. 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for
Localization", equations 5 to 8 without their scaling by tanh.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import LensMissing
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import ATTENTION_HEADS, LayerInfo, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.lenses.saliency.unit_score import UnitScore, find_logit
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.network import Network
from dnnvis.network.opening.user_code import NO_BACKWARD, translate_errors
from dnnvis.network.precision import (
    describe_precision,
    needs_scaling,
    record_in_float32,
    send_back,
)
from dnnvis.network.recording import Recording
from dnnvis.network.values import to_float32

AUTO = "input"  # the setting that leaves the layer to the lens
MAX_CANDIDATES = 16  # layers before a unit that are asked which one lies on its way
Arrived = tuple[Tensor, Tensor]  # activations and their gradient, (1, C, H, W)


@dataclass(frozen=True)
class LayerCamParams:
    """Settings of the lens ``layercam``."""

    #: The layer with positions whose maps are added; ``input``: the last one before the unit.
    to: str = field(default=AUTO, metadata={"layer": True})


@dataclass(frozen=True)
class LayerCamLens(LensDefaults):
    """Yield one Picture (H, W, 1), positive, of the size of the input.

    ReLU(sum over channels of ReLU(gradient) x activation) at one layer, stretched linearly to the
    picture. Where the layer was called several times, that of the last call before the unit.
    Raises LensMissing where the layer has no positions or does not lie before the unit.
    """

    name: str = "layercam"
    title: str = "LayerCAM"
    source: str = "Jiang et al. 2021"
    backward: bool = True
    Params: type[LayerCamParams] = LayerCamParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the lens cannot be used on the unit; None where it can."""
        if NO_GRADIENTS_NOTE in info.notes:
            return NO_GRADIENTS_NOTE
        if not list_candidates(info, find_logit(info, unit)):
            return tr("No layer with positions lies before {layer}.", layer=unit.layer)
        return None

    def layers_of(self, params: LayerCamParams) -> tuple[str, ...]:
        """Return the layer whose maps are added, where it is named."""
        return () if params.to == AUTO else (params.to,)

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        """Return the layers that may be the one that nobody named, and that of a class's logit."""
        logit = find_logit(info, unit)
        return (logit.layer, *list_candidates(info, logit))

    def look(self, scene: Scene) -> Iterator[Picture]:
        """Yield the result for ``scene``, see the class."""
        with autograd_mode(gradients=True):
            picture = self._picture(scene)
        yield picture

    def _picture(self, scene: Scene) -> Picture:
        assert scene.recording is not None
        network = scene.network
        recording = record_in_float32(network, scene.recording)
        score = UnitScore(network, scene.unit)
        layer, (values, gradient) = self._find_layer(scene, recording, score)
        weighted = (gradient.clamp(min=0) * values.detach()).sum(1, keepdim=True).clamp(min=0)
        size = recording.x.shape[2:]
        stretched = F.interpolate(weighted.float(), size, mode="bilinear", align_corners=False)
        cam = to_float32(stretched[0].permute(1, 2, 0))  # (H, W, 1)
        grid = " x ".join(map(str, values.shape[2:]))
        caption = tr(
            "LayerCAM of {unit} at {layer}: positive gradients x activations, added over its "
            "{count} maps of {grid}, stretched to the picture",
            unit=score.title,
            layer=layer,
            count=values.shape[1],
            grid=grid,
        )
        if not cam.any():
            caption += tr("; exactly zero everywhere: no map of that layer speaks for the unit")
        if not np.isfinite(cam).all():
            caption += tr("; not finite: the network's weights or activations hold NaN or infinity")
        for clause in (network.table.values.get(layer, ""), describe_precision(network)):
            caption += f"; {clause}" if clause else ""
        return Picture(
            values=cam,
            scale="positive",
            caption=caption,
            recipe={"lens": self.name, "unit": str(scene.unit), "to": layer},
            unit=str(scene.unit),
            frame=-1 if scene.frame is None else scene.frame.number,
            network=network.name,
        )

    def _find_layer(
        self, scene: Scene, recording: Recording, score: UnitScore
    ) -> tuple[str, Arrived]:
        """Return the layer whose maps are added, with its activations and their gradient."""
        network, named = scene.network, scene.params.to
        if named != AUTO and not _has_positions(network.layer(named)):
            raise LensMissing(
                tr("{layer} has no positions: choose a layer with maps.", layer=named)
            )
        candidates = list_candidates(network.info, score.unit) if named == AUTO else (named,)
        total = score.read(recording).sum()
        if total.requires_grad:
            arrived = find_gradients(network, recording, total, candidates)
            for name in reversed(candidates):
                if name in arrived and (named != AUTO or bool(arrived[name][1].any())):
                    return name, arrived[name]
            if arrived:  # nothing but zeros arrives anywhere
                last = next(name for name in reversed(candidates) if name in arrived)
                return last, arrived[last]
        if named != AUTO:
            raise LensMissing(
                tr(
                    "{layer} does not lie before {target}: nothing arrives there.",
                    layer=named,
                    target=score.unit.layer,
                )
            )
        raise LensMissing(
            tr(
                "Nothing of {unit} arrives at the layers before it: name one of its own way.",
                unit=scene.unit,
            )
        )


def find_gradients(
    network: Network, recording: Recording, total: Tensor, names: tuple[str, ...]
) -> dict[str, Arrived]:
    """Return what arrives at layers when a number is sent back.

    Args:
        network: The network, which says whether its signals must be scaled.
        recording: Holds the layers, with gradients.
        total: The number, part of the recording's graph.
        names: The layers.

    Returns:
        Layer -> activations and gradient (1, C, H, W) of its last call at which anything arrives;
        without layers at which nothing can.
    """
    edges = [
        (name, call, edge)
        for name in names
        if name in recording and recording.hooks[name].values
        for call, edge in enumerate(recording.edges(name))
        if edge is not None
    ]
    if not edges:
        return {}
    with translate_errors(NO_BACKWARD, LensMissing):
        scaled = needs_scaling(network)
        signals = send_back(total, [edge for *_, edge in edges], scaled=scaled, keep=True)
    arrived: dict[str, Arrived] = {}
    for (name, call, _), signal in zip(edges, signals, strict=True):
        if signal is None:
            continue
        gradient = recording.arrange_gradient(name, signal, call)
        if name not in arrived or bool(torch.any(gradient)):
            arrived[name] = recording.tensor(name, call), gradient.to(torch.float32)
    return arrived


def list_candidates(info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
    """Return the last layers with positions that ran before a unit's layer, in their order."""
    names = [layer.name for layer in info.layers]
    if unit.layer not in names:
        return ()
    earlier = info.layers[: names.index(unit.layer)]
    parents = {name[:k] for name in names for k, letter in enumerate(name) if letter == "."}
    fitting = [
        layer.name
        for layer in earlier
        if _has_positions(layer) and layer.name not in parents and not layer.part_of
    ]
    return tuple(fitting[-MAX_CANDIDATES:])


def _has_positions(layer: LayerInfo) -> bool:
    _, height, width = layer.shape
    return height * width > 1 and layer.kind != ATTENTION_HEADS


LAYERCAM = LayerCamLens()
