"""Evaluate objectives on pictures, and tell what objectives of one batch share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent import objectives
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.directions.directions import Directions
from dnnvis.network.network import Network

GetValues = Callable[[str, int], Tensor]
DIRECTION_POWER = 2.0  # of the cosine, in the objective of a direction


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
    values = compute_objectives(
        targets, recording.tensor, independent, 1, derived=recording.directions
    )
    return values.float().cpu()


def adapt_to_directions(network: Network, recipe: Recipe, objective: Objective) -> Recipe:
    """Return the recipe for an objective of directions (``conv4~[2]``), others as they are.

    Instead of the mean of coefficients, which have no slope where they are zero, it aims at how far
    the layer's values point in the direction: the dot product times the cosine to the power
    ``DIRECTION_POWER``, or the recipe's own (Olah et al. 2018; Carter et al. 2019).
    """
    layers = {network.layer(term.layer).name for term in objective.terms}
    is_direction = len(layers) == 1 and layers <= set(network.table.derived)
    is_sum = all(term.channel is not None for term in objective.terms)
    is_here = len({(term.call, term.position) for term in objective.terms}) == 1
    if recipe.statistic != "mean" or not (is_direction and is_sum and is_here):
        return recipe
    power = recipe.power or DIRECTION_POWER
    return recipe.with_changes({"statistic": "direction", "power": power})


def compute_objectives(
    targets: Sequence[Objective],
    get_values: GetValues,
    recipe: Recipe,
    views: int,
    derived: Mapping[str, Directions] | None = None,
) -> Tensor:
    """Return the objectives of what the network did, with their gradient where values have one.

    Args:
        targets: B objectives that differ only in channels and weights.
        get_values: Returns the values (B * views, ...) of a layer and call.
        recipe: Names the statistic and the weight of diversity.
        views: Number of windows of each picture, in adjacent rows.
        derived: Layers of directions: a statistic "direction" of these is of the layer below.

    Returns:
        (B * views,).
    """
    first = targets[0]
    statistic = recipe.statistic
    if statistic == "direction":
        own = (derived or {}).get(first.layer)
        layer = first.layer if own is None else own.layer
        values = get_values(layer, first.terms[0].call).float()
        _check_bounds(values, targets, 0, 0 if own is None else len(own))
        if first.terms[0].position is not None:
            y, x = first.terms[0].position
            values = values[:, :, y : y + 1, x : x + 1]
        if own is None:
            directions = objectives.objective_directions(targets, values.shape[1])
        else:
            weights = objectives.objective_directions(targets, len(own))
            directions = weights @ own.vectors.to(weights)
        directions = directions.repeat_interleave(views, 0)
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


def _check_bounds(
    values: Tensor, targets: Sequence[Objective], number: int, units: int = 0
) -> None:
    """Raise LensMissing where a layer gives less on this picture than the layer table says.

    A detector has other rows for every picture.

    Args:
        values: What the layer gave (B, C, H, W).
        targets: The objectives.
        number: Which of their terms it is.
        units: How many units there are; 0: as many as channels.
    """
    term = targets[0].terms[number]
    channels, height, width = values.shape[1:]
    channels = units or channels
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
