"""Read from the library what a synthesis needs to know of natural pictures."""

from dataclasses import replace

import numpy as np
import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent.color_statistics import ImageStatistics, default_statistics, mixing_of
from dnnvis.lenses.ascent.evaluation import adapt_to_directions
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.library.store.library import Library, open_library
from dnnvis.library.store.preprocessing import describe_other_preprocessing, find_scan_library
from dnnvis.network.network import Network

MIN_SCANNED_PICTURES = 50  # fewer natural pictures give no colors and spectrum


def load_reference(
    net: Network, objective: Objective, recipe: Recipe
) -> tuple[float | None, ImageStatistics]:
    """Return ``best_natural_value`` and ``load_statistics`` of the network's own library.

    Published statistics, and no value, where there is no library or it cannot be read; no value
    either where the pictures went to the network in another way than now.

    Args:
        net: The network.
        objective: What is maximized.
        recipe: Names the statistic and the source of the colors.
    """
    try:
        with open_library(net, find_scan_library(net), create=False) as library:
            is_comparable = not describe_other_preprocessing(library, net)
            best = best_natural_value(library, net, objective, recipe) if is_comparable else None
            return best, load_statistics(library, net, recipe)
    except BadInput:
        return None, default_statistics(net.card.channels, net.card.mean)


def best_natural_value(
    library: Library, net: Network, objective: Objective, recipe: Recipe
) -> float | None:
    """Return the best value of the objective's statistic among the pictures scanned.

    Args:
        library: The network's library.
        net: The network.
        objective: What is maximized.
        recipe: Names the statistic.

    Returns:
        The value; None where the objective is no whole channel, or nothing was scanned.
    """
    recipe = adapt_to_directions(net, recipe, objective)
    unit = objective.unit
    if (
        unit is None
        or unit.position is not None
        or recipe.statistic not in ("mean", "max", "neuron")
    ):
        return None
    calls = net.layer(unit.layer).calls
    if unit.call % calls != calls - 1:
        return None
    return library.best(unit, "mean" if recipe.statistic == "mean" else "max")


def load_statistics(library: Library, net: Network, recipe: Recipe) -> ImageStatistics:
    """Return colors and spectrum of the pictures scanned, else the published ones.

    Args:
        library: The network's library.
        net: The network.
        recipe: Its ``nature`` says which statistics to use.

    Returns:
        Those of the library where the recipe asks for them and enough pictures were scanned.
    """
    published = default_statistics(net.card.channels, net.card.mean)
    scanned = library.natural() if recipe.nature == "library" else None
    if scanned is None or scanned.images < MIN_SCANNED_PICTURES:
        return published
    covariance = torch.from_numpy(np.asarray(scanned.covariance, np.float32))
    return replace(
        published,
        mixing=mixing_of(covariance) if len(covariance) > 1 else published.mixing,
        mean=torch.from_numpy(np.asarray(scanned.mean, np.float32)),
        spectrum=torch.from_numpy(np.asarray(scanned.spectrum, np.float32)),
        spectrum_size=net.card.size,
        source=f"{scanned.images} scanned pictures",
    )
