"""Turn the maps of a layer into the picture of a mosaic, on any thread."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import Live
from dnnvis.imaging import colorize
from dnnvis.imaging.colormaps import AUTO
from dnnvis.imaging.maps_summary import MapsSummary, summarize_maps
from dnnvis.imaging.mosaic import MosaicGrid
from dnnvis.imaging.shrink import shrink_to

MAX_PROMPT_VALUES = 1_000_000  # of maps that are drawn by the window itself, in a few milliseconds


@dataclass(frozen=True, eq=False)
class MosaicRequest:
    """What is to be drawn, and how."""

    #: float32 (N, H, W).
    maps: NDArray[np.float32]
    #: Where they lie.
    grid: MosaicGrid
    #: Values of the lowest and the highest color, one number or (N,).
    low: Any
    high: Any
    gamma: float
    #: Whether zero is the middle of the range.
    signed: bool
    #: Whether all values are finite.
    finite: bool
    #: Colors uint8 (256, 3).
    table: NDArray[np.uint8]
    #: Pixels of the screen per cell of the mosaic; None where that is not known yet.
    scale: float | None = None
    #: What the picture belongs to: of another subject it is not shown.
    subject: object = None
    #: The frame that it is the first picture of, or None.
    tag: Any = None


@dataclass(frozen=True, eq=False)
class PreparedFrame:
    """A frame of a large mosaic, and the ranges of its maps."""

    #: The frame.
    live: Live
    #: The ranges, which are computed.
    summary: MapsSummary


@dataclass(frozen=True, eq=False)
class DrawnMosaic:
    """A mosaic ready for the screen."""

    request: MosaicRequest
    #: Color indices of the whole mosaic, uint8 (H', W').
    indices: NDArray[np.uint8]
    #: Number of values that are not finite.
    bad: int
    #: Colors 0xFFRRGGBB at the size of the screen; None where that is not known yet.
    pixels: NDArray[np.uint32] | None


def is_large(maps: NDArray[np.float32]) -> bool:
    """Return whether drawing these maps (N, H, W) would hold up the window."""
    return maps.size > MAX_PROMPT_VALUES


def prepare_frame(live: Live, maps: NDArray[np.float32]) -> PreparedFrame:
    """Compute the ranges of the maps (N, H, W) that are on show of a frame."""
    summary = summarize_maps(maps)
    summary.clip(signed=summary.choose_colormap(AUTO) == "signed")
    _ = summary.low
    return PreparedFrame(live, summary)


def draw_mosaic(request: MosaicRequest) -> DrawnMosaic:
    """Draw a mosaic, at the size that it has on the screen too where that is known."""
    indices = colorize.quantize(
        request.maps, request.low, request.high, gamma=request.gamma, signed=request.signed
    )
    bad = 0
    if not request.finite:
        indices, bad = colorize.mark_nonfinite(indices, request.maps)
    mosaic = request.grid.render(indices)
    pixels = None
    if request.scale is not None:
        colors = colorize.pack_rgb(request.table)
        pixels = color_pixels(mosaic, colors, request.scale, request.signed)
    return DrawnMosaic(request, mosaic, bad, pixels)


def scaled_size(shape: tuple[int, ...], scale: float) -> tuple[int, int]:
    """Return how many pixels (H, W) a mosaic has on screen, at most one a cell."""
    height, width = (max(1, int(side * min(scale, 1))) for side in shape[:2])
    return height, width


def color_pixels(
    indices: NDArray[np.uint8], colors: NDArray[np.uint32], scale: float, signed: bool
) -> NDArray[np.uint32]:
    """Return the colors of a mosaic at its size on screen.

    Args:
        indices: Rows of ``colors`` (H, W).
        colors: Colors 0xFFRRGGBB (256,).
        scale: Pixels of the screen per cell.
        signed: Whether the strongest of the cells that share a pixel are those farthest from zero.

    Returns:
        Colors (H', W').
    """
    if scale < 1:
        indices = shrink_to(indices, scaled_size(indices.shape, scale), signed)
    return colors.take(indices, mode="clip")
