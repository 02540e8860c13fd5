"""Find the maps that the mosaic shows, or say why there are none."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.layers.difference import MapsDifference, explain_no_difference
from dnnvis.app.widgets import messages
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging import mosaic
from dnnvis.session.state import State
from dnnvis.session.unit_concepts import UnitConcepts

#: Maps float32 (N, H, W) and "", or None and the sentence why there are none.
ShownMaps = tuple[NDArray[np.float32] | None, str]


def find_forward_maps(state: State, info: NetworkInfo, live: Live | None) -> ShownMaps:
    """Return the maps of the layer on show in a frame."""
    layer = state.layer
    message = messages.explain_empty_mosaic(info, layer, live)
    if live is not None and layer == "output" and layer not in live.maps:
        return live.output.reshape(-1, 1, 1), ""
    if message or live is None:
        return None, message
    return live.maps[layer], ""


def find_difference(state: State, live: Live | None, found: MapsDifference | None) -> ShownMaps:
    """Return the difference that the edits make; an older one only while these edits are on."""
    subject = (state.layer, live.call, live.edits) if live is not None else ()
    if found is None or not found.edits or (found.layer, found.call, found.edits) != subject:
        return None, explain_no_difference(live)
    return found.maps, ""


def find_backward_maps(
    state: State, info: NetworkInfo | None, picture: Picture | Failure | None
) -> ShownMaps:
    """Return the backward picture of the layer on show, a map for each unit."""
    origin = state.origin
    if origin is not None and origin.layer == state.layer:
        return None, messages.explain_no_backward(origin, state.layer)
    if isinstance(picture, Failure):
        return None, picture.sentence
    row = info.layer(state.layer) if info else None
    if picture is None or row is None or picture.values.shape[2] != row.shape[0]:
        return None, messages.explain_no_backward(origin, state.layer)
    return np.ascontiguousarray(picture.values.transpose(2, 0, 1)), ""


def describe_hovered(
    unit: Unit,
    info: NetworkInfo | None,
    maps: NDArray[np.float32] | None,
    concepts: UnitConcepts,
) -> str:
    """Describe the unit under the mouse in one line.

    Args:
        unit: The unit, with its position where its map has several.
        info: The network.
        maps: The maps on show (N, H, W), which have the unit.
        concepts: Names that a dissection gave to units.
    """
    assert maps is not None  # a unit is under the mouse
    position = unit.position or (0, 0)
    row = info.layer(unit.layer) if info else None
    pixel = mosaic.locate_pixel(row, position) if unit.position is not None else None
    text = messages.describe_hover(unit, float(maps[(unit.channel, *position)]), pixel)
    return " · ".join(part for part in (text, concepts.describe(unit)) if part)
