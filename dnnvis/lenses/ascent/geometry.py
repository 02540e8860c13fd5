"""Choose the size of the picture, of its canvas, and of the window that the network is shown."""

import math
from dataclasses import dataclass

import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.core.receptive_field import per_axis
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.network import Network

MAX_SIDE = 256  # longest side of a picture that need not be larger
WINDOW_FIELDS = 1.3  # a window is this many receptive fields wide
Size = tuple[int, int]


@dataclass(frozen=True)
class Sizes:
    """Sizes (H, W) of an ascent in pixels."""

    #: The result.
    picture: Size
    #: What is optimized; the picture is the canvas enlarged.
    canvas: Size
    #: What the network is shown at a step.
    window: Size


def choose_sizes(
    network: Network, objective: Objective, recipe: Recipe, until: tuple[str, int] | None
) -> Sizes:
    """Return the sizes that suit the objective's layers.

    Whole pictures are shown where the layers have no receptive field smaller than the picture, or
    where the network takes one size only.

    Args:
        network: The network.
        objective: What is maximized.
        recipe: Names the sides of picture, canvas and window.
        until: Layer and number of calls after which a pass may stop; None runs to the end.
    """
    card_size = network.card.size
    picture = card_size
    if recipe.size and recipe.size != max(card_size):
        picture = _scale_to(card_size, recipe.size)
    elif not recipe.size and max(card_size) > MAX_SIDE:
        picture = _scale_to(card_size, MAX_SIDE)
    exact = any(
        term.position is not None for term in objective.terms
    )  # a position of the card's own map
    if exact or (picture != card_size and not accepts_size(network, picture, until)):
        picture = card_size
    canvas = picture
    if recipe.canvas and recipe.canvas < max(picture):
        canvas = _scale_to(picture, recipe.canvas)
    window = picture
    if recipe.window and not exact:
        height, width = _window_size(network, objective, recipe)
        smaller = min(height, picture[0]), min(width, picture[1])
        if smaller == picture or accepts_size(network, smaller, until):
            window = smaller
    return Sizes(picture, canvas, window)


def accepts_size(network: Network, size: Size, until: tuple[str, int] | None) -> bool:
    """Return whether the network runs on pictures of that size and has the same units there.

    A flattened map has more units on larger pictures.

    Args:
        network: The network.
        size: (H, W) in pixels.
        until: Layer and number of calls after which the pass stops; None runs to the end.
    """
    if size == network.card.size:
        return True
    x = torch.full((1, network.card.channels, *size), 0.5, device=network.device)
    last = "output" if until is None else until[0]
    try:
        values = network.run(x, (last,), until=until).tensor(last)
    except BadInput:
        return False
    return values.shape[1] == network.layer(last).shape[0]


def find_pass_end(network: Network, objective: Objective) -> tuple[str, int] | None:
    """Return the layer and number of calls after which a pass may stop; None for the end.

    It is the last layer of the objective, where it is certain which one that is.
    """
    rows = {layer.name: k for k, layer in enumerate(network.layers)}
    infos = [network.layer(network.table.base(term.layer)) for term in objective.terms]
    last = max(infos, key=lambda info: rows[info.name])
    if last.name == "output" or last.name.endswith(".cls"):
        return None
    if any(info.calls > 1 for info in infos) and len({info.name for info in infos}) > 1:
        return None
    calls = [t.call if t.call >= 0 else last.calls + t.call for t in objective.terms]
    return last.name, max(calls) + 1


def _window_size(network: Network, objective: Objective, recipe: Recipe) -> Size:
    """Return the least window (H, W) that holds the receptive field of every unit."""
    fields = [network.layer(term.layer).field for term in objective.terms]
    if any(field is None for field in fields):
        longest = max(network.card.size)
        return longest, longest
    sizes = [per_axis(field).size for field in fields if field is not None]
    height, width = (
        max(recipe.window, 16 * math.ceil(WINDOW_FIELDS * max(extents) / 16))
        for extents in zip(*sizes, strict=True)
    )
    return height, width


def _scale_to(size: Size, longest: int) -> Size:
    factor = longest / max(size)
    return max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)
