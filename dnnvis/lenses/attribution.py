"""Attribution: which units of the last hidden layer speak for a class on this frame.

Sources: Shrikumar et al. 2016, "Not Just a Black Box" (gradient x input); Olah et al. 2018, "The
Building Blocks of Interpretability", channel attribution. We send back the logit, which no softmax
squashes, and stop at the layer before the classes' own: where only a linear layer, pooling and
rectifiers that are open lie between, the contributions and the bias add up to the logit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from dnnvis.core.errors import LensMissing
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Ranking
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.backward import backpropagate, compute_gradients
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.network import Network
from dnnvis.network.precision import needs_scaling, record_in_float32
from dnnvis.network.values import to_float32

MAX_UNITS = 20  # units of a ranking


@dataclass(frozen=True)
class AttributionParams:
    """No settings: the layer is the network's last one before its classes."""


@dataclass(frozen=True)
class AttributionLens(LensDefaults):
    """Yield one Ranking: activation x gradient of the unit, summed over each map, best first.

    Its unit is a class's logit (``NetworkInfo.logits``), or any unit behind
    ``NetworkInfo.penultimate``.
    """

    name: str = "attribution"
    title: str = "why this class"
    source: str = "Shrikumar et al. 2016; Olah et al. 2018"
    backward: bool = True
    Params: type[AttributionParams] = AttributionParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why no units can be named; None where they can."""
        if NO_GRADIENTS_NOTE in info.notes:
            return NO_GRADIENTS_NOTE
        return (
            None
            if info.penultimate
            else tr("{name} has no layer before its classes' own.", name=info.name)
        )

    def layers_of(self, params: AttributionParams) -> tuple[str, ...]:
        """Return no further layer, see ``layers_in``."""
        return ()

    def layers_in(self, network: Network) -> tuple[str, ...]:
        """Return the layer whose units are ranked."""
        name = network.info.penultimate
        return (name,) if name else ()

    def look(self, scene: Scene) -> Iterator[Ranking]:
        """Yield the ranking for ``scene``."""
        with autograd_mode(gradients=True):
            ranking = self._rank(scene)
        yield ranking

    def _rank(self, scene: Scene) -> Ranking:
        assert scene.recording is not None
        unit, layer = scene.unit, scene.network.info.penultimate
        recording = record_in_float32(scene.network, scene.recording)
        target = recording.tensor(unit.layer, unit.call)  # (1, C, H, W)
        if target.grad_fn is None:
            raise LensMissing(
                tr(
                    "{layer} has no gradient, so nothing speaks for {unit}.",
                    layer=unit.layer,
                    unit=unit,
                )
            )
        start = torch.zeros_like(target)
        start[0, unit.channel] = 1
        send_back = partial(compute_gradients, target, start, needs_scaling(scene.network))
        gradient = backpropagate(send_back, layer, recording)
        if gradient is None:
            raise LensMissing(
                tr(
                    "{layer} does not lie before {target}: nothing arrives there.",
                    layer=layer,
                    target=unit.layer,
                )
            )
        products = recording.tensor(layer).detach() * gradient
        contributions = to_float32(products[0].sum((1, 2)))  # (C,)
        order = np.argsort(-contributions, kind="stable")[:MAX_UNITS]
        total = format_number(float(contributions.sum()))
        logit = format_number(float(target.detach()[0, unit.channel].sum()))
        return Ranking(
            tuple(str(Unit(layer, int(channel))) for channel in order),
            contributions[order],
            tr(
                "activation x gradient of {unit}, summed over each map of {layer}: {total} in "
                "all, of {logit}",
                unit=unit,
                layer=layer,
                total=total,
                logit=logit,
            ),
            recipe={"lens": self.name, "unit": str(unit)},
            unit=str(unit),
            frame=-1 if scene.frame is None else scene.frame.number,
            network=scene.network.name,
        )


ATTRIBUTION = AttributionLens()
