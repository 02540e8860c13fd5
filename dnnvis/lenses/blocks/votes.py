"""Measure what the positions and the groups of a layer add to a class.

By linear approximation (Olah et al. 2018; gradient x input of Shrikumar et al. 2016): with s the
logit, x the map and g = ds/dx on this picture,

    position (y, x):   a_yx = sum_c g_cyx x_cyx
    group j:           a_j  = sum_yx w_jyx (h_j . g_yx)

so that the groups and what they leave unexplained add up to the sum over positions. It would be
s(x) - s(0) exactly if the rest of the network were linear with a bias; how far it is from that is
measured by a pass with the layer set to zero.
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.concepts.blocks import BlockVotes
from dnnvis.core.edit import Edit
from dnnvis.core.errors import LensMissing
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import GROUP_MARK, Unit
from dnnvis.lenses.saliency.unit_score import UnitScore
from dnnvis.network.directions.directions import Directions
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.opening.user_code import NO_BACKWARD, translate_errors
from dnnvis.network.precision import needs_scaling, record_in_float32, send_back
from dnnvis.network.recording import Recording
from dnnvis.network.values import to_float32


def measure_votes(
    network: Network,
    recording: Recording,
    layer: str,
    target: Unit | None = None,
    *,
    call: int = -1,
    check: bool = False,
) -> BlockVotes:
    """Return what positions and groups of a layer add to a unit on one picture.

    Args:
        network: The network; where it has the layer's directions (``conv4~``), these are the
            groups.
        recording: Holds the layer, the output and the target's layer, with gradients.
        layer: The layer.
        target: The unit; a class counts by its logit. None: the class with the greatest output.
        call: Call of the layer.
        check: Whether to measure what really changes when each group is taken out.

    Returns:
        The votes.

    Raises:
        LensMissing: Nothing goes from the layer to the target.
        UnknownUnit: There is no such unit or layer.
    """
    if target is None:
        target = Unit(OUTPUT, int(recording.tensor(OUTPUT)[0].flatten(1).mean(1).argmax()))
    network.check(target)
    score = UnitScore(network, target)
    precise = record_in_float32(network, recording)
    values, gradient, value = _send_back(network, precise, score, layer, call)
    products = (values * gradient).sum(0)  # (H, W)
    directions = network.directions.get(f"{layer}{GROUP_MARK}")
    groups = np.zeros(0)
    if directions is not None and directions.layer == layer:
        groups = _add_groups(values, gradient, directions)
    number = _number_call(network, layer, call)
    baseline = _measure(network, score, precise.x, Edit(layer, call=number))
    drops = np.full(len(groups), np.nan)
    if check:
        name = f"{layer}{GROUP_MARK}"
        edits = [Edit(name, (group,), call=number) for group in range(len(groups))]
        drops = np.array([value - _measure(network, score, precise.x, edit) for edit in edits])
    votes = BlockVotes(
        layer,
        score.title,
        to_float32(products),
        groups,
        drops,
        float(products.double().sum()) - float(groups.sum()),
        value,
        baseline,
        network=network.name,
    )
    return describe_votes(votes)


def _send_back(
    network: Network, recording: Recording, score: UnitScore, layer: str, call: int
) -> tuple[Tensor, Tensor, float]:
    """Return the map (C, H, W), the gradient there, and the score."""
    total = score.read(recording).sum()
    edges = recording.edges(layer)
    index = call % len(edges) if edges else 0
    edge = edges[index] if edges else None
    signal = None
    if total.requires_grad and edge is not None:
        with translate_errors(NO_BACKWARD, LensMissing):
            scaled = needs_scaling(network)
            (signal,) = send_back(total, [edge], scaled=scaled, keep=True)
    if signal is None:
        raise LensMissing(
            tr(
                "{layer} does not lie before {target}: nothing arrives there.",
                layer=layer,
                target=score.unit.layer,
            )
        )
    gradient = recording.arrange_gradient(layer, signal, index)[0].detach().float()
    values = recording.tensor(layer, index)[0].detach().float()
    return values, gradient, float(total.detach())


def _add_groups(values: Tensor, gradient: Tensor, directions: Directions) -> np.ndarray:
    coefficients = directions.project(values[None])[0].double()  # (k, H, W)
    slopes = directions.arrange_gradient(gradient[None])[0].double()  # (k, H, W)
    result: np.ndarray = (coefficients * slopes).sum((1, 2)).cpu().numpy()
    return result


def _number_call(network: Network, layer: str, call: int) -> int | None:
    """Return the call as an edit names it; None where the layer is called once."""
    return None if network.layer(layer).calls == 1 else call


def _measure(network: Network, score: UnitScore, x: Tensor, edit: Edit) -> float:
    """Return the score with an edit on, besides those that are."""
    with torch.no_grad(), network.edited(edit):
        return float(score.values(x.detach())[0])


def describe_votes(votes: BlockVotes) -> BlockVotes:
    """Return votes with their line: what is added up, and how far that is from the truth."""
    caption = tr(
        "{target} by gradient x activation at {layer}: {total:+.3g} in all; truly, without the "
        "layer, it changes by {change:+.3g}",
        target=votes.target,
        layer=votes.layer,
        total=votes.total,
        change=votes.change,
    )
    if np.isfinite(votes.error):
        caption += tr(" (the approximation is {percent:.0f} % off)", percent=100 * votes.error)
    return replace(votes, caption=caption)
