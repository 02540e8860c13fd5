"""Draw a circuit: the picture of each unit, joined by lines to what it feeds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.formatting import format_number
from dnnvis.core.weights.circuit import CircuitUnit
from dnnvis.imaging.contact_sheet import PAPER_GRAY
from dnnvis.imaging.sheet_labels import label_tile

Bytes = NDArray[np.uint8]
TILE_PIXELS = 96
ROW_GAP_PIXELS, COLUMN_GAP_PIXELS, MARGIN_PIXELS = 10, 110, 12
POSITIVE_RGB, NEGATIVE_RGB = (178, 24, 43), (33, 102, 172)
MAX_LINE_PIXELS = 9
EMPTY_GRAY = 225  # of a unit without any picture


@dataclass(frozen=True, eq=False)
class _Spot:
    """A unit on the sheet."""

    unit: CircuitUnit
    tile: Bytes
    left: int
    top: int


def draw_circuit(circuit: CircuitUnit) -> Bytes:
    """Draw a circuit from left to right: the picture's side first, the unit that it ends in last.

    A line is red where the unit at its left adds to the one at its right, blue where it takes away;
    its width is proportional to that, the strongest line to each unit being the widest.

    Args:
        circuit: The unit that it ends in.

    Returns:
        uint8 (H, W, 3), on white.
    """
    depth = _measure_depth(circuit)
    spots: dict[int, _Spot] = {}
    tile_height, tile_width = _draw_tile(circuit).shape[:2]
    bottom = _arrange(circuit, depth, MARGIN_PIXELS, (tile_height, tile_width), spots)
    width = 2 * MARGIN_PIXELS + (depth + 1) * tile_width + depth * COLUMN_GAP_PIXELS
    shape = (bottom - ROW_GAP_PIXELS + MARGIN_PIXELS, width, 3)
    sheet = np.full(shape, PAPER_GRAY, np.uint8)
    for spot in spots.values():
        values = [abs(each.value) for each in spot.unit.feeders if np.isfinite(each.value)]
        for each in spot.unit.feeders:
            other = spots[id(each)]
            start = (other.left + tile_width, other.top + TILE_PIXELS // 2)
            end = (spot.left, spot.top + TILE_PIXELS // 2)
            strength = min(abs(each.value) / (max(values, default=0.0) or 1.0), 1.0)
            color = NEGATIVE_RGB if each.value < 0 else POSITIVE_RGB
            _draw_line(sheet, start, end, color, max(1, round(MAX_LINE_PIXELS * strength)))
    for spot in spots.values():
        height, width = spot.tile.shape[:2]
        sheet[spot.top : spot.top + height, spot.left : spot.left + width] = spot.tile
    return sheet


def _draw_line(
    sheet: Bytes,
    start: tuple[int, int],
    end: tuple[int, int],
    color: tuple[int, int, int],
    thickness: int,
) -> None:
    """Draw a line (x, y) to (x, y) onto the sheet, so thick across."""
    (x0, y0), (x1, y1) = start, end
    columns = np.arange(x0, x1)
    middle = y0 + (columns - x0) * (y1 - y0) / max(x1 - x0, 1)
    slope = (y1 - y0) / max(x1 - x0, 1)
    half = thickness * (1 + slope**2) ** 0.5 / 2  # of a slanting line, straight down
    rows = np.arange(len(sheet))[:, None]
    inside = np.abs(rows + 0.5 - middle) <= half
    sheet[:, x0:x1][inside] = color


def _measure_depth(circuit: CircuitUnit) -> int:
    return max((1 + _measure_depth(each) for each in circuit.feeders), default=0)


def _arrange(
    circuit: CircuitUnit, column: int, top: int, tile: tuple[int, int], spots: dict[int, _Spot]
) -> int:
    """Put a unit and what feeds it on the sheet; return where the next one begins."""
    height, width = tile
    left = MARGIN_PIXELS + column * (width + COLUMN_GAP_PIXELS)
    bottom = top
    for each in circuit.feeders:
        bottom = _arrange(each, column - 1, bottom, tile, spots)
    bottom = max(bottom, top + height + ROW_GAP_PIXELS)
    if circuit.feeders:
        first, last = spots[id(circuit.feeders[0])].top, spots[id(circuit.feeders[-1])].top
        top = (first + last) // 2
    spots[id(circuit)] = _Spot(circuit, _draw_tile(circuit), left, top)
    return bottom


def _draw_tile(circuit: CircuitUnit) -> Bytes:
    """Return a unit's picture of TILE_PIXELS with its name and value below."""
    square = np.full((TILE_PIXELS, TILE_PIXELS, 3), EMPTY_GRAY, np.uint8)
    picture = circuit.picture
    if picture is not None:
        height, width = picture.shape[:2]
        side = max(height, width)
        rows = np.minimum(np.arange(TILE_PIXELS) * side // TILE_PIXELS, height - 1)
        columns = np.minimum(np.arange(TILE_PIXELS) * side // TILE_PIXELS, width - 1)
        square = picture[rows][:, columns]
    value = "" if np.isnan(circuit.value) else format_number(circuit.value)
    return label_tile(square, f"{circuit.name}\n{value}", TILE_PIXELS)
