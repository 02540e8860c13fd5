"""What the library knows of natural pictures, as a synthesis needs it."""

from dataclasses import replace

import numpy as np
import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Goal
from dnnvis.lenses.ascent.color_statistics import Nature, default_nature, mixing_of
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.library.store.library import Library, open_library
from dnnvis.network.network import Network

ENOUGH = 50  # natural pictures from which colours and a spectrum are learnt


def known_for(net: Network, goal: Goal, recipe: Recipe) -> tuple[float | None, Nature]:
    """``natural_in`` and ``nature_in`` of the network's own library; what is published where
    there is none, or it cannot be read."""
    try:
        with open_library(net, create=False) as library:
            return natural_in(library, net, goal, recipe), nature_in(library, net, recipe)
    except BadInput:
        return None, default_nature(net.card.channels, net.card.mean)


def natural_in(library: Library, net: Network, goal: Goal, recipe: Recipe) -> float | None:
    """The best value of the goal's own statistic among the pictures that the library knows;
    None where the goal is no whole channel, or nothing was scanned."""
    unit = goal.unit
    if unit is None or unit.place is not None or recipe.statistic not in ("mean", "max", "neuron"):
        return None
    calls = net.layer(unit.layer).calls
    if unit.call % calls != calls - 1:
        return None
    return library.best(unit, "mean" if recipe.statistic == "mean" else "max")


def nature_in(library: Library, net: Network, recipe: Recipe) -> Nature:
    """Colours and spectrum of the library's scanned pictures, where the recipe wants them and
    enough were scanned; else the published ones."""
    plain = default_nature(net.card.channels, net.card.mean)
    found = library.natural() if recipe.nature == "library" else None
    if found is None or found.images < ENOUGH:
        return plain
    covariance = torch.from_numpy(np.asarray(found.covariance, np.float32))
    return replace(
        plain,
        mixing=mixing_of(covariance) if len(covariance) > 1 else plain.mixing,
        mean=torch.from_numpy(np.asarray(found.mean, np.float32)),
        spectrum=torch.from_numpy(np.asarray(found.spectrum, np.float32)),
        spectrum_size=net.card.size,
        source=f"{found.images} scanned pictures",
    )
