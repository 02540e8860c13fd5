"""Arrange what a lens shows that is no single picture as one sheet of pictures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.cli.analysis.audit_text import audit_values
from dnnvis.cli.strip_sheet import strip_sheet
from dnnvis.core.attribution.audit import AttributionAudit
from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Examples, Kernels, Patterns, Picture, Strip
from dnnvis.imaging.colorize import crop_to_rgb, values_to_rgb
from dnnvis.imaging.contact_sheet import PAPER_GRAY, TILE_GAP_PIXELS, arrange_tiles
from dnnvis.imaging.kernel_tiles import draw_units, undo_scales
from dnnvis.imaging.sheet_labels import TILE_SIDE_PIXELS

Bytes = NDArray[np.uint8]
KERNEL_SIDE_PIXELS = 48


def result_values(result: Any) -> NDArray[Any]:
    """Give the numbers that a lens's result shows.

    A Picture's own values, a Strip's imagination (steps, H, W, C); the curves (5, P) of an
    AttributionAudit, its fractions first; the sheet (H, W, 3) of Examples, Patterns or Kernels.
    Raises BadInput, in its own words, where there is nothing to show.
    """
    if isinstance(result, Picture):
        return result.values
    if isinstance(result, AttributionAudit):
        return audit_values(result)
    if isinstance(result, Strip) and "imagination" in result.rows:
        return result.rows["imagination"]
    if isinstance(result, Examples) and result.items:
        return examples_sheet(result)
    if isinstance(result, Patterns) and result.thumbs:
        return patterns_sheet(result)
    if isinstance(result, Kernels) and result.weights.size:
        return kernels_sheet(result)
    if isinstance(result, Examples | Patterns | Strip | Kernels):
        raise BadInput(result.message or "There is nothing to show.")
    raise BadInput(
        "This lens shows numbers, not a picture: see them in the window, or from Python with "
        "dnnvis.look and dnnvis.library(net).statistics(layer)."
    )


def result_pixels(result: Any) -> Bytes:
    """Draw uint8 (H, W, 3) of what ``result_values`` gives; of a Strip all its rows."""
    values = result_values(result)
    if isinstance(result, Strip):
        return strip_sheet(result)
    return values_to_rgb(values, result.scale)[0] if isinstance(result, Picture) else values


def examples_sheet(examples: Examples) -> Bytes:
    """Arrange a column per example, best first: its crop above, its backward pictures below.

    To the left of all stands what the unit wants to see, where such a picture was kept.
    """
    names = list(dict.fromkeys(name for item in examples.items for name in item.backs))
    rows = [[item.pixels for item in examples.items]]
    for name in names:
        rows.append(
            [
                crop_to_rgb(item.backs[name])
                if name in item.backs
                else np.full_like(item.pixels, PAPER_GRAY)
                for item in examples.items
            ]
        )
    examples_tiles = arrange_tiles(
        [_square_thumbnail(pixels) for row in rows for pixels in row], len(examples.items)
    )
    if examples.synthesis is None:
        return examples_tiles
    side = len(rows) * (TILE_SIDE_PIXELS + TILE_GAP_PIXELS) - TILE_GAP_PIXELS
    return np.concatenate(
        [
            arrange_tiles([_square_thumbnail(examples.synthesis, side)], 1)[:, :-TILE_GAP_PIXELS],
            examples_tiles,
        ],
        1,
    )


def patterns_sheet(patterns: Patterns) -> Bytes:
    """Arrange the kept picture of every unit, row by row from unit 0.

    Units without one stay gray.
    """
    count = max(patterns.thumbs) + 1
    first_thumb = next(iter(patterns.thumbs.values()))
    missing = np.full_like(first_thumb, 128)
    tiles = [patterns.thumbs.get(channel, missing) for channel in range(count)]
    return arrange_tiles(tiles, int(np.ceil(np.sqrt(count))))


def kernels_sheet(kernels: Kernels) -> Bytes:
    """Arrange a tile for each unit of a convolution, row by row from unit 0."""
    tiles = draw_units(undo_scales(kernels.weights, kernels.scales), kernels.colors)
    factor = max(KERNEL_SIDE_PIXELS // max(tiles[0].shape[:2]), 1)
    large = [tile.repeat(factor, 0).repeat(factor, 1) for tile in tiles]
    return arrange_tiles(large, int(np.ceil(np.sqrt(len(tiles)))))


def _square_thumbnail(pixels: Bytes, side: int = TILE_SIDE_PIXELS) -> Bytes:
    from dnnvis.lenses.patterns import make_thumbnail

    return make_thumbnail(pixels, side)
