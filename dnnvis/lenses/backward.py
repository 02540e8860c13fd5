"""Gradient, guided backprop and deconvnet: which pixels made this unit fire.

Sources: Simonyan, Vedaldi & Zisserman 2013, section 3 (gradient); Springenberg et al. 2015, section
3.4 (guided backprop); Zeiler & Fergus 2014, section 2.1 (deconvnet).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import LensMissing, UnknownUnit
from dnnvis.core.lens_results import VIEWS, Array, Picture
from dnnvis.core.messages import DIRECTIONS, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging.views import view_of
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.network.backward_rules import (
    UNCHANGED_NAMES,
    BackwardGraph,
    Rule,
    is_extension,
    kind_of,
    override_rectifiers,
)
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.opening.user_code import NO_BACKWARD, translate_errors
from dnnvis.network.precision import (
    describe_precision,
    explain_no_gradient,
    needs_scaling,
    record_in_float32,
    send_back,
)
from dnnvis.network.recording import Recording
from dnnvis.network.values import to_float32


@dataclass(frozen=True)
class BackwardParams:
    """Settings of the backward lenses."""

    #: ``input``, or an earlier layer whose gradient is shown instead.
    to: str = field(default="input", metadata={"layer": True})
    #: Where the pass starts. ``activation``: the unit's own activation (its whole map, or the one
    #: value at its position); ``one``: 1 at the position, or at the map's maximum.
    seed: str = choice("activation", "one")
    #: How the gradient is reduced for display, see ``lens_results.view_of``.
    view: str = choice(*VIEWS)


@dataclass(frozen=True)
class BackwardLens(LensDefaults):
    """One backward pass under one rule; yields one Picture (H, W, C).

    Derivatives are with respect to pixels in [0, 1]: the input normalization belongs to the
    network. Raises LensMissing where ``to`` does not lie before the unit, or the network gives no
    gradient at all.
    """

    name: Rule
    title: str
    source: str
    backward: bool = True
    Params: type[BackwardParams] = BackwardParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the network gives no gradients; None where it does."""
        return NO_GRADIENTS_NOTE if NO_GRADIENTS_NOTE in info.notes else None

    def layers_of(self, params: BackwardParams) -> tuple[str, ...]:
        """Return the layer whose gradient is shown, unless it is the input's."""
        return () if params.to == "input" else (params.to,)

    def look(self, scene: Scene) -> Iterator[Picture]:
        """Yield the results for ``scene``, see the class."""
        with autograd_mode(gradients=True):
            picture = self._picture(scene)
        yield picture

    def _picture(self, scene: Scene) -> Picture:
        assert scene.recording is not None
        recording, params = record_in_float32(scene.network, scene.recording), scene.params
        target = recording.tensor(scene.unit.layer, scene.unit.call)  # (1, C, H, W)
        check_bounds(target, scene.unit)
        graph = recording.backward_graph(target)
        self._check_gradient_path(target, scene.unit, graph)
        start = initial_gradient(target, scene.unit, params.seed)
        with override_rectifiers(target, self.name, graph.rectifiers) as rectifiers:
            back = partial(compute_gradients, target, start, needs_scaling(scene.network))
            signal = backpropagate(back, params.to, recording)
        unchanged = {} if self.name == "gradient" else graph.unchanged
        if signal is None:
            raise LensMissing(_no_signal_reason(params.to, scene))
        if params.to == "input":
            signal = signal[:, : scene.network.card.channels]  # of a state its colors
        values = to_float32(signal[0].permute(1, 2, 0))  # (H, W, C)
        view, scale = view_of(values, params.view)
        sentences = (
            *self._caption(scene, rectifiers, unchanged),
            *self._warnings(values, start[:, scene.unit.channel], graph),
        )
        return Picture(
            values=view,
            scale=scale,
            caption="; ".join(sentences),
            recipe={
                "lens": self.name,
                "unit": str(scene.unit),
                "to": params.to,
                "seed": params.seed,
                "view": params.view,
            },
            rectifiers=rectifiers,
            unit=str(scene.unit),
            frame=-1 if scene.frame is None else scene.frame.number,
            network=scene.network.name,
        )

    def _check_gradient_path(self, target: Tensor, unit: Unit, graph: BackwardGraph) -> None:
        if target.grad_fn is None:
            raise LensMissing(
                tr(
                    "{layer} does not depend on the picture in a way that has a gradient (it was "
                    "computed on constants, or detached), so nothing can be sent back from it.",
                    layer=unit.layer,
                )
            )
        if graph.opaque_names and self.name != "gradient":
            raise LensMissing(
                tr(
                    "A part of this network is closed ({part}): its rectifiers cannot be reached, "
                    "so this view is not to be had.",
                    part=graph.opaque_names[0],
                )
            )

    def _caption(
        self, scene: Scene, rectifiers: dict[str, int], unchanged: dict[str, int]
    ) -> Iterator[str]:
        params = scene.params
        start = tr("its own activation") if params.seed == "activation" else "1"
        at = "" if params.to == "input" else tr(", at {to}", to=params.to)
        yield tr(
            "{title} of {unit}, from {start}{at}",
            title=self.title,
            unit=scene.unit,
            start=start,
            at=at,
        )
        if self.name != "gradient":
            yield _coverage(rectifiers)
        if unchanged:
            yield _list_unchanged(unchanged)
        values = (
            scene.network.table.values.get(name, "") for name in (scene.unit.layer, params.to)
        )
        yield from filter(None, dict.fromkeys(values))
        precision = describe_precision(scene.network)
        if precision:
            yield precision

    def _warnings(self, values: Array, start: Tensor, graph: BackwardGraph) -> Iterator[str]:
        """Yield what is unusual; ``start`` is what the pass started from, of the unit alone."""
        if self.name != "gradient" and graph.has_partial_write:
            yield tr("a part of a map was changed in place; a rectifier hidden there was not bent")
        if graph.has_closed_part:
            yield tr("a part on the way passes no gradient (a quantized one, say) and is left out")
        if not start.any():
            yield tr("exactly zero everywhere, since the unit's own activation is zero")
        elif not values.any():
            yield tr(
                "exactly zero everywhere: nothing of the signal passes the layers on the way back"
            )
        if not np.isfinite(values).all():
            yield tr("not finite: the network's weights or activations hold NaN or infinity")


def backpropagate(
    gradients: Callable[[Any], Sequence[Tensor | None]], to: str, recording: Recording
) -> Tensor | None:
    """Return the gradient that arrives at ``to``, as (1, C, H, W); None where none can.

    ``gradients`` returns those that arrive at given leaves or edges.

    Where that layer was called several times, at the last call before the unit (of a recurrent
    module's time steps, which all come from one node of the graph: the last one that gets any).
    """
    if to == "input":
        (signal,) = gradients([recording.x])
        return signal
    edges = {call: edge for call, edge in enumerate(recording.edges(to)) if edge is not None}
    signals = gradients(list(edges.values())) if edges else ()
    arrived = list(zip(edges, signals, strict=True))
    fallback: Tensor | None = None
    for call, signal in reversed(arrived):
        if signal is None:
            continue
        gradient = recording.arrange_gradient(to, signal, call)
        if gradient.any() or list(edges.values()).count(edges[call]) == 1:
            return gradient
        fallback = gradient if fallback is None else fallback
    return fallback


def _no_signal_reason(to: str, scene: Scene) -> str:
    """Return why no gradient arrives at the layer ``to``."""
    layer = scene.unit.layer
    if to == "input":
        return explain_no_gradient(layer)
    row = scene.network.layer(to)
    owner = row.part_of
    if not owner or row.kind == DIRECTIONS:
        return tr(
            "{layer} does not lie before {target}: nothing arrives there.", layer=to, target=layer
        )
    return tr(
        "{to} is worked out beside the network's own pass, so no signal of {layer} goes through "
        "it; choose {owner}.",
        to=to,
        layer=layer,
        owner=owner,
    )


def compute_gradients(
    target: Tensor, start: Tensor, scaled: bool, sources: Any
) -> Sequence[Tensor | None]:
    """Return the gradients of ``start`` sent back from ``target``, as those of their product.

    Passing ``start`` to torch as a gradient would import sympy the first time, for seconds.

    Args:
        target: Activations (1, C, H, W) with a graph.
        start: What is sent back, (1, C, H, W).
        scaled: Whether to scale it up on the way, see ``precision.send_back``.
        sources: Leaves or edges of the graph.
    """
    with translate_errors(NO_BACKWARD, LensMissing):
        with torch.enable_grad():
            total = (target * start).sum()
        return send_back(total, sources, scaled=scaled, keep=True)


def check_bounds(target: Tensor, unit: Unit) -> None:
    """Raise UnknownUnit where this call of the layer is too small for the unit."""
    channels, height, width = target.shape[1:]
    y, x = unit.position or (0, 0)
    if unit.channel >= channels or y >= height or x >= width:
        raise UnknownUnit(
            tr(
                "{unit} lies outside: that call gave {channels} maps of {height} x {width}.",
                unit=unit,
                channels=channels,
                height=height,
                width=width,
            )
        )


def initial_gradient(target: Tensor, unit: Unit, seed: str) -> Tensor:
    """Return the gradient that the backward pass starts from.

    Args:
        target: Activations (1, C, H, W) of the unit's layer.
        unit: A channel, or one position (y, x) of its map.
        seed: "activation" or "one", see ``BackwardParams.seed``.

    Returns:
        Zeros like ``target`` except for the unit, (1, C, H, W).
    """
    start = torch.zeros_like(target)
    activation = target.detach()[0, unit.channel]  # (H, W)
    if seed == "activation":
        where = slice(None) if unit.position is None else unit.position
        start[0, unit.channel][where] = activation[where]
        return start
    width = activation.shape[1]
    y, x = unit.position or divmod(int(activation.argmax()), width)
    start[0, unit.channel, y, x] = 1
    return start


def _list_unchanged(unchanged: dict[str, int]) -> str:
    """Return what was not bent in words: ``1 clamp and 2 masked fills passed unchanged``."""
    parts = [f"{n} {UNCHANGED_NAMES[kind][n > 1]}" for kind, n in unchanged.items()]
    listed = tr(" and ").join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
    return tr("{listed} passed unchanged", listed=listed)


def _coverage(rectifiers: dict[str, int]) -> str:
    if not rectifiers:
        return tr("no rectifier was found on the way back, so this equals the plain gradient")
    count = sum(rectifiers.values())
    kinds = ", ".join(dict.fromkeys(kind_of(name) for name in rectifiers))
    text = tr(
        "{count} rectifiers ({kinds})" if count > 1 else "1 rectifier ({kinds})",
        count=count,
        kinds=kinds,
    )
    if any(is_extension(name) for name in rectifiers):
        text += tr(", extension of the rule beyond ReLU")
    return text


GRADIENT = BackwardLens("gradient", "gradient", "Simonyan et al. 2013, section 3")
GUIDED = BackwardLens("guided", "guided backprop", "Springenberg et al. 2015, section 3.4")
DECONVNET = BackwardLens("deconvnet", "deconvnet", "Zeiler & Fergus 2014, section 2.1")
