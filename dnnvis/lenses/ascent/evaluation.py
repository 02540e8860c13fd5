"""Evaluate objectives on pictures, and tell what objectives of one batch share."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent import objectives
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.network import Network

GetValues = Callable[[str, int], Tensor]


def evaluate(
    network: Network,
    targets: Sequence[Objective],
    x: Tensor,
    recipe: Recipe,
    until: tuple[str, int] | None = None,
) -> Tensor:
    """Return the objectives reached on pictures, each picture on its own.

    Terms that push several pictures of a batch apart (diversity) are left out.

    Args:
        network: The network.
        targets: B objectives that differ only in channels and weights.
        x: Pictures (B, C, H, W) in [0, 1], one for each objective.
        recipe: Names the statistic.
        until: Layer and number of calls after which a pass may stop; None runs to the end.

    Returns:
        float32 (B,) on the CPU.
    """
    layers = tuple(dict.fromkeys(term.layer for term in targets[0].terms))
    recording = network.run(x.to(network.device), layers, until=until)
    independent = recipe.with_changes({"diversity": 0.0})
    return compute_objectives(targets, recording.tensor, independent, 1).float().cpu()


def compute_objectives(
    targets: Sequence[Objective], get_values: GetValues, recipe: Recipe, views: int
) -> Tensor:
    """Return the objectives of what the network did, with their gradient where values have one.

    Args:
        targets: B objectives that differ only in channels and weights.
        get_values: Returns the values (B * views, ...) of a layer and call.
        recipe: Names the statistic and the weight of diversity.
        views: Number of windows of each picture, in adjacent rows.

    Returns:
        (B * views,).
    """
    first = targets[0]
    statistic = recipe.statistic
    if statistic == "direction":
        values = get_values(first.layer, first.terms[0].call).float()
        _check_bounds(values, targets, 0)
        if first.terms[0].position is not None:
            y, x = first.terms[0].position
            values = values[:, :, y : y + 1, x : x + 1]
        directions = objectives.objective_directions(targets, values.shape[1]).repeat_interleave(
            views, 0
        )
        return objectives.direction(values, directions.to(values.device), recipe.power)
    total: Tensor | None = None
    for number, term in enumerate(first.terms):
        values = get_values(term.layer, term.call).float()
        _check_bounds(values, targets, number)
        channels = None
        if term.channel is not None:
            indices = [target.terms[number].channel or 0 for target in targets]
            channels = torch.tensor(indices, device=values.device).repeat_interleave(views)
        weights = torch.tensor(
            [target.terms[number].weight for target in targets], device=values.device
        )
        part = objectives.statistic(values, channels, term, statistic) * weights.repeat_interleave(
            views
        )
        total = part if total is None else total + part
        if number == 0 and recipe.diversity and len(values) > 1:
            total = total - recipe.diversity * objectives.gram_similarity(values)
    assert total is not None
    return total


def _check_bounds(values: Tensor, targets: Sequence[Objective], number: int) -> None:
    """Raise LensMissing where a layer gives less on this picture than the layer table says.

    A detector has other rows for every picture.

    Args:
        values: What the layer gave (B, C, H, W).
        targets: The objectives.
        number: Which of their terms it is.
    """
    term = targets[0].terms[number]
    channels, height, width = values.shape[1:]
    highest = max(target.terms[number].channel or 0 for target in targets)
    y, x = term.position or (0, 0)
    if highest >= channels or y >= height or x >= width:
        raise LensMissing(
            f"{term.layer} gives {channels} maps of {height} x {width} on the present picture: "
            f"{term.target} is not there; choose a place or layer that every picture has."
        )


def check_objective(target: Objective, statistic: str) -> None:
    """Raise BadInput where an objective does not fit a statistic."""
    if statistic != "direction":
        return
    positions = {(term.layer, term.call, term.position) for term in target.terms}
    if len(positions) > 1 or any(term.channel is None for term in target.terms):
        raise BadInput(
            f"{target} is no direction: name channels of one layer, such as conv5[1] + conv5[2]."
        )


def check_heads(network: Network, target: Objective, statistic: str) -> None:
    """Raise BadInput for the mean of attention that nothing can raise: all weights sum to 1."""
    for term in target.terms:
        heads = network.table.heads.get(term.layer)
        if heads is None or term.channel is None or term.position or statistic != "mean":
            continue
        if heads.layouts[term.call].has_constant_mean:
            raise BadInput(
                f"The mean of {term.target} is the same for every picture, since a head's weights "
                f"sum to 1; choose a position, such as {term.layer}[{term.channel}]@0,0, or aim at "
                "the maximum."
            )


def batch_template(target: Objective) -> Objective:
    """Return the objective without channels and weights: what objectives of one batch share."""
    return Objective(
        tuple(
            replace(term, channel=None if term.channel is None else 0, weight=1.0)
            for term in target.terms
        )
    )


def resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (B, C, H, W) at another size, bilinear, antialiased where it shrinks."""
    if tuple(x.shape[2:]) == tuple(size):
        return x
    return F.interpolate(x, size, mode="bilinear", antialias=x.shape[2] > size[0])
