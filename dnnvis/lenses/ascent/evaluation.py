"""What a picture is worth: the objective on it, and what goals of one batch share."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Goal
from dnnvis.lenses.ascent import objectives
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.network import Network

ValuesOf = Callable[[str, int], Tensor]


def judged(
    network: Network, goals: Sequence[Goal], x: Tensor, recipe: Recipe,
    until: tuple[str, int] | None = None,
) -> Tensor:  # fmt: skip
    """The objectives (B,) of goals of one shape on pictures ``x`` (B, C, H, W), one each, and
    of each picture alone: what keeps several apart is left out."""
    layers = tuple(dict.fromkeys(term.layer for term in goals[0].terms))
    recording = network.run(x.to(network.device), layers, until=until)
    alone = recipe.with_changes({"diversity": 0.0})
    return valued(goals, recording.tensor, alone, 1).float().cpu()


def valued(goals: Sequence[Goal], values_of: ValuesOf, recipe: Recipe, views: int) -> Tensor:
    """(B * views,) of goals of one shape; ``values_of(layer, call)`` gives (B * views, ...)."""
    first = goals[0]
    how = recipe.statistic
    if how == "direction":
        values = values_of(first.layer, first.terms[0].call).float()
        if first.terms[0].place is not None:
            y, x = first.terms[0].place
            values = values[:, :, y : y + 1, x : x + 1]
        wanted = objectives.towards(goals, values.shape[1]).repeat_interleave(views, 0)
        return objectives.direction(values, wanted.to(values.device), recipe.power)
    total: Tensor | None = None
    for number, term in enumerate(first.terms):
        values = values_of(term.layer, term.call).float()
        channels = None
        if term.channel is not None:
            own = [goal.terms[number].channel or 0 for goal in goals]
            channels = torch.tensor(own, device=values.device).repeat_interleave(views)
        weights = torch.tensor([goal.terms[number].weight for goal in goals], device=values.device)
        part = objectives.statistic(values, channels, term, how) * weights.repeat_interleave(views)
        total = part if total is None else total + part
        if number == 0 and recipe.diversity and len(values) > 1:
            total = total - recipe.diversity * objectives.likeness(values)
    assert total is not None
    return total


def check(goal: Goal, how: str) -> None:
    """Raises BadInput where a goal makes no sense for a statistic."""
    if how != "direction":
        return
    places = {(term.layer, term.call, term.place) for term in goal.terms}
    if len(places) > 1 or any(term.channel is None for term in goal.terms):
        raise BadInput(
            f"{goal} is no direction: name channels of one layer, such as conv5[1] + conv5[2]."
        )


def shape_of(goal: Goal) -> Goal:
    """The goal with channels and weights forgotten: what goals of one batch share."""
    return Goal(tuple(
        replace(term, channel=None if term.channel is None else 0, weight=1.0)
        for term in goal.terms
    ))  # fmt: skip


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, H, W) at another size, bilinear, antialiased where it shrinks."""
    if tuple(x.shape[2:]) == tuple(size):
        return x
    return F.interpolate(x, size, mode="bilinear", antialias=x.shape[2] > size[0])
