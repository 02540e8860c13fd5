"""Objectives: one number per picture, from what the network did.

Sources: Erhan et al. 2009 (a unit); Simonyan et al. 2013, section 2 (the class score before the
softmax); Mordvintsev et al. 2015 (a whole layer: DeepDream); Olah et al. 2017 (channel, direction,
interpolation, diversity); Carter et al. 2019 (direction with a power of the cosine).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dnnvis.core.objective import Objective, Term

STATISTICS = ("mean", "max", "neuron", "direction", "probability")


def statistic(values: Tensor, channels: Tensor | None, term: Term, reduction: str) -> Tensor:
    """Return one number per row of a layer's values.

    Args:
        values: (R, C, H, W).
        channels: int64 (R,), channel of each row; None for the whole layer (mean square).
        term: Its position, where it has one, takes precedence over ``reduction``.
        reduction: Over the map: "mean", "max", "neuron" (the middle of the map), or "probability"
            (mean of the log probability).

    Returns:
        (R,).
    """
    if channels is None:
        return values.square().mean((1, 2, 3))
    rows = torch.arange(len(values), device=values.device)
    if reduction == "probability":
        values = log_probability(values)
    maps = values[rows, channels]  # (R, H, W)
    if term.position is not None:
        return maps[:, term.position[0], term.position[1]]
    if reduction == "max":
        return maps.amax((1, 2))
    if reduction == "neuron":
        return maps[:, maps.shape[1] // 2, maps.shape[2] // 2]
    return maps.mean((1, 2))


def log_probability(values: Tensor) -> Tensor:
    """Return the log probabilities of values (R, C, H, W).

    Their logarithm where they are probabilities already (not negative, summing to 1), else their
    log-softmax over channels.
    """
    total = values.detach().sum(1)
    if bool((values.detach() >= 0).all()) and torch.allclose(total, torch.ones_like(total)):
        return values.clamp(min=1e-20).log()
    return values.log_softmax(1)


def direction(values: Tensor, directions: Tensor, power: float) -> Tensor:
    """Return how far values point in given directions.

    The mean over positions of dot * max(.1, cosine) ** power (Lucid's ``direction`` with
    ``cossim_pow``).

    Args:
        values: (R, C, H, W).
        directions: (R, C).
        power: Exponent of the cosine; 0 leaves the dot product.

    Returns:
        (R,).
    """
    dot = torch.einsum("rchw,rc->rhw", values, directions)
    if not power:
        return dot.mean((1, 2))
    length = values.norm(dim=1) * directions.norm(dim=1)[:, None, None]
    cosine = dot / (length + 1e-6)
    weighted: Tensor = dot * cosine.clamp(min=0.1) ** power
    return weighted.mean((1, 2))


def objective_directions(objectives: Sequence[Objective], channels: int) -> Tensor:
    """Return the directions (R, C) of objectives on one layer: the weights of their terms."""
    rows, columns, weights = [], [], []
    for row, objective in enumerate(objectives):
        for term in objective.terms:
            rows.append(row)
            columns.append(term.channel or 0)
            weights.append(term.weight)
    directions = torch.zeros(len(objectives), channels)
    where = (torch.tensor(rows), torch.tensor(columns))
    return directions.index_put_(where, torch.tensor(weights), accumulate=True)


def gram_similarity(values: Tensor) -> Tensor:
    """Return how similar pictures of one objective are, (B,) of values (B, C, H, W).

    The mean cosine of each picture's Gram matrix with the others' (the penalty of Olah et al. 2017,
    "Diversity").
    """
    flat = values.flatten(2)
    gram = torch.einsum("bcn,bdn->bcd", flat, flat).flatten(1)
    gram = gram / (gram.norm(dim=1, keepdim=True) + 1e-8)
    similarity = gram @ gram.T
    others = max(len(values) - 1, 1)
    mean: Tensor = (similarity.sum(1) - similarity.diagonal()) / others
    return mean


def interpolate_objectives(objective: Objective, count: int) -> list[Objective]:
    """Return ``count`` objectives between the first term of an objective and its second.

    Weights (1, 0) ... (0, 1) times the terms' own (Olah et al. 2017, "interpolation").
    """
    first, second = objective.terms[:2]
    steps = [k / max(count - 1, 1) for k in range(count)]
    return [Objective((_scale_term(first, 1 - t), _scale_term(second, t))) for t in steps]


def _scale_term(term: Term, factor: float) -> Term:
    return Term(term.layer, term.channel, term.position, term.call, term.weight * factor)
