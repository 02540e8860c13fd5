"""The difference that edits make to the maps of the layer on show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import Live
from dnnvis.core.translation.catalog import tr

DIFFERENCE = "difference"  # the mode of the mosaic that shows it
ROUNDING = 1e-5  # of a layer's largest value: two fused passes may differ by so much, unedited


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
    #: Whether passes were fused, so that what may be rounding was set to 0.
    is_rounded: bool = False


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
    difference = maps - plain
    is_rounded = live.fused.startswith("fused")
    if is_rounded:
        difference[np.abs(difference) <= ROUNDING * np.abs(plain).max(initial=0)] = 0
    return MapsDifference(
        layer, live.call, live.edits, live.frame.number, difference, is_rounded=is_rounded
    )


def explain_no_difference(live: Live | None) -> str:
    """Return why there is no difference to show."""
    if live is None or not live.edits:
        return tr("No edit is on: there is no difference to the network as it is.")
    return tr("The network as it is has not been run on a frame yet; the difference follows.")


def describe_difference(difference: MapsDifference) -> str:
    """Return what the colors mean, and of which frame they are."""
    number = difference.frame
    if difference.is_rounded:
        return tr(
            "edited minus unedited, frame {number}: red more, blue less; rounding left out",
            number=number,
        )
    return tr("edited minus unedited, frame {number}: red more, blue less", number=number)
