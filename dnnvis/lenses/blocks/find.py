"""Find the building blocks of a layer in what was recorded of one picture."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.concepts.blocks import MAX_GROUPS, Array, BuildingBlocks
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import GROUP_MARK
from dnnvis.lenses.blocks.factorize import apply_directions, factorize, flatten_positive
from dnnvis.network.directions.directions import Directions, build_directions, put_directions
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

#: new: from the picture alone; warm: from the directions before, in their order; held: these stay.
Fit = Literal["new", "warm", "held"]
MAX_ROWS = 4096  # positions that are factored; of larger maps every so many rows and columns


def find_blocks(
    network: Network,
    recording: Recording,
    layer: str,
    count: int,
    *,
    call: int = -1,
    fit: Fit = "new",
) -> BuildingBlocks:
    """Factor a layer's map, and make its groups units of the network.

    Args:
        network: The network; ``conv4~`` is a layer of it from now on.
        recording: Holds the layer, of one picture.
        layer: The layer.
        count: Number of groups, 1 to 16.
        call: Number of the call.
        fit: Where the directions come from.

    Returns:
        The groups; a ``message`` instead of these where there can be none.

    Raises:
        UnknownUnit: There is no such layer or call.
        BadInput: ``count`` is none.
    """
    if not 1 <= count <= MAX_GROUPS:
        raise BadInput(f"A map has 1 to {MAX_GROUPS} groups, not {count}.")
    name = f"{layer}{GROUP_MARK}"
    blocks = BuildingBlocks(layer, name, network=network.name)
    try:
        _check_positions(network, layer)
        maps = recording.tensor(layer, call).detach()
        return _factor(network, blocks, maps, count, fit)
    except BadInput as error:
        return replace(blocks, message=str(error))


def _check_positions(network: Network, layer: str) -> None:
    row = network.layer(layer)
    if row.shape[1] * row.shape[2] == 1:
        raise BadInput(
            tr(
                "{layer} has no positions that could form groups; choose a layer with maps.",
                layer=layer,
            )
        )


def _factor(
    network: Network, blocks: BuildingBlocks, maps: Tensor, count: int, fit: Fit
) -> BuildingBlocks:
    if not bool(torch.isfinite(maps).all()):
        raise BadInput(tr("{layer} has values that are not finite: no groups.", layer=blocks.layer))
    step = math.ceil(math.sqrt(maps.shape[2] * maps.shape[3] / MAX_ROWS))
    rows, negative = flatten_positive(maps, step)
    known = network.directions.get(blocks.name)
    fits = known is not None and known.layer == blocks.layer and len(known) == count
    previous = known.vectors.cpu().numpy() if known is not None and fits else None
    if fit == "held" and previous is not None and known is not None:
        directions, factors = known, apply_directions(rows, previous)
    else:
        factors = factorize(rows, count, None if fit == "new" else previous)
        directions = _name_directions(network, blocks, factors.directions, negative)
    height, width = (len(range(0, side, step)) for side in maps.shape[2:])
    groups = factors.coefficients.T.reshape(count, height, width)
    found = replace(
        blocks,
        groups=np.ascontiguousarray(groups),
        directions=directions.vectors.cpu().numpy(),
        shares=factors.shares,
        negative=negative,
        step=step,
        is_held=fit == "held",
        digest=directions.digest,
    )
    return replace(found, caption=describe_blocks(found))


def _name_directions(
    network: Network, blocks: BuildingBlocks, vectors: Array, negative: float
) -> Directions:
    caption = f"{len(vectors)} groups of {blocks.layer} on one picture"
    directions = build_directions(
        network, blocks.layer, vectors, blocks.name, caption, positive=negative > 0
    )
    put_directions(network, directions)
    return directions


def describe_blocks(blocks: BuildingBlocks) -> str:
    """Return how much of the map the groups hold, and what they leave out, in one line."""
    text = tr(
        "{count} groups hold {percent:.0f} % of the energy of {layer} (sum of squares)",
        count=blocks.count,
        percent=100 * blocks.explained,
        layer=blocks.layer,
    )
    if blocks.negative > 0:
        text += tr(
            "; negative values are left out, {percent:.0f} % of the map's energy",
            percent=100 * blocks.negative,
        )
    if blocks.step > 1:
        text += tr("; every {step}th row and column was factored", step=blocks.step)
    return text


def describe_failure_to_keep(error: DnnvisError) -> str:
    """Return in one line that directions were not kept."""
    return tr("not kept: {error}", error=error)
