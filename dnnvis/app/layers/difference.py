"""The difference that edits make to the maps of the layer on show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import Live
from dnnvis.core.translation.catalog import tr

DIFFERENCE = "difference"  # the mode of the mosaic that shows it


@dataclass(frozen=True, eq=False)
class MapsDifference:
    """Edited minus unedited maps of one frame."""

    layer: str
    call: int
    #: The edits that were on.
    edits: tuple[str, ...]
    #: Number of the frame.
    frame: int
    #: float32 (C, H, W).
    maps: NDArray[np.float32]


def compute_difference(live: Live, layer: str) -> MapsDifference | None:
    """Return the difference in a frame; None where the network was not run without edits."""
    unedited, maps = live.unedited, live.maps.get(layer)
    if unedited is None or unedited.frame != live.frame.number:
        return None
    plain = unedited.maps.get(layer)
    if layer == "output" and maps is None:
        maps, plain = live.output.reshape(-1, 1, 1), unedited.output.reshape(-1, 1, 1)
    if maps is None or plain is None or maps.shape != plain.shape:
        return None
    return MapsDifference(layer, live.call, live.edits, live.frame.number, maps - plain)


def explain_no_difference(live: Live | None) -> str:
    """Return why there is no difference to show."""
    if live is None or not live.edits:
        return tr("No edit is on: there is no difference to the network as it is.")
    return tr("The network as it is has not been run on a frame yet; the difference follows.")


def describe_difference(difference: MapsDifference) -> str:
    """Return what the colors mean, and of which frame they are."""
    return tr("edited minus unedited, frame {number}: red more, blue less", number=difference.frame)
