"""Draw the maps of two layers side by side, unit beside unit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.colorize import build_lookup_table, mark_nonfinite, quantize
from dnnvis.imaging.colormaps import AUTO
from dnnvis.imaging.maps_summary import summarize_maps
from dnnvis.imaging.mosaic import MosaicGrid, build_grid

MAX_TILES = 144  # units that are drawn: the pairs that correlate most
MAX_SIDE = 64  # values of a map across; of larger ones every second, third ... is drawn
GAMMA = 0.6

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Channels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MatchedMosaic:
    """A mosaic whose tile k shows the unit ``channels[k]``."""

    #: Colors uint8 (H, W, 3).
    pixels: Bytes
    #: Where the tiles lie; its channels are the numbers of the tiles.
    grid: MosaicGrid
    #: The unit of each tile, int64 (N,).
    channels: Channels

    def channel_at(self, y: float, x: float) -> int | None:
        """Return the unit under a point of the picture; None between the tiles."""
        hit = self.grid.unit_at(y, x)
        return None if hit is None else int(self.channels[hit[0]])


def draw_matched(
    maps: Floats, channels: Channels, aspect: float, line: tuple[int, int, int]
) -> MatchedMosaic:
    """Draw units of a layer in a given order, in colors of their own range.

    Args:
        maps: Maps (C, H, W).
        channels: Units, of which the first MAX_TILES are drawn.
        aspect: Width of the mosaic in proportion to its height, about.
        line: Color of the lines between the tiles.

    Returns:
        The mosaic.
    """
    channels = channels[:MAX_TILES]
    step = max(1, -(-max(maps.shape[1:]) // MAX_SIDE))
    shown = np.ascontiguousarray(maps[channels, ::step, ::step])
    summary = summarize_maps(shown)
    name = summary.choose_colormap(AUTO)
    is_signed = name == "signed"
    low, high = (
        _shared_range(shown) if shown.shape[1:] == (1, 1) else summary.clip(signed=is_signed)
    )
    indices = quantize(shown, low, high, gamma=GAMMA, signed=is_signed)
    if not summary.is_finite:
        indices, _ = mark_nonfinite(indices, shown)
    grid = build_grid(len(shown), shown.shape[1], shown.shape[2], aspect)
    table = build_lookup_table(name, line)
    return MatchedMosaic(np.ascontiguousarray(table[grid.render(indices)]), grid, channels)


def _shared_range(maps: Floats) -> tuple[Floats, Floats]:
    """Return the range (1,) and (1,) of maps of one value each: a range of its own shows nothing.

    It holds 0, and is symmetric about it where there are values below.
    """
    finite = maps[np.isfinite(maps)]
    high = float(np.abs(finite).max(initial=0.0))
    low = -high if (finite < 0).any() else 0.0
    return np.array([low], np.float32), np.array([high], np.float32)


def subtract_maps(
    first: Floats, second: Floats, pairs: tuple[Channels, Channels]
) -> tuple[Floats, Channels] | None:
    """Subtract the maps of units from those of their partners.

    Args:
        first: Maps (C, H, W) of the one layer.
        second: Maps of the other.
        pairs: Channels of the one, and those of the other that belong to them.

    Returns:
        Maps (C, H, W) of the second less the first by the first's channels, NaN without a partner,
        and the channels that have one; None where the sizes of the maps differ.
    """
    if first.shape[1:] != second.shape[1:]:
        return None
    result = np.full_like(first, np.nan)
    result[pairs[0]] = second[pairs[1]] - first[pairs[0]]
    return result, pairs[0]
