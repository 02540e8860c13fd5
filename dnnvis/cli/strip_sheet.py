"""Arrange a strip of what a network imagines as one sheet of pictures."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.lens_results import Array, Strip
from dnnvis.imaging.colorize import map_to_rgb, values_to_rgb
from dnnvis.imaging.contact_sheet import PAPER_GRAY, arrange_tiles
from dnnvis.imaging.sheet_labels import FONT_SIZE_PIXELS, label_tile

Bytes = NDArray[np.uint8]
WALL_COLOR = (64, 72, 92)  # as in the window
STEP_TILE_PIXELS = 176  # pixels: a mark fits below
SCORES_ROW_PIXELS, MIN_SCORES_WIDTH_PIXELS = (
    15,
    256,
)  # pixels of one step's scores, and of all classes


def strip_sheet(strip: Strip) -> Bytes:
    """Arrange a column per step: truth, imagination and what else there is below each other.

    The sheet is uint8 (H, W, 3). Scores are one picture, a row per step with its best class beside.
    """
    row = strip.rows["imagination"]
    if row.shape[1] == 1:
        return scores_sheet(strip, row)
    names = [f"{layer}#{call}" for layer, call in strip.steps]
    marks = strip.marks or ("",) * len(row)
    labels = {
        "truth": [f"state {k}" for k in range(len(strip.rows.get("truth", ())))],
        "imagination": [f"{name}\n{mark}" for name, mark in zip(names, marks, strict=True)],
    }
    others = [name for name in strip.rows if name not in labels]  # of a maze, and the difference
    labels |= {name: [name] * len(strip.rows[name]) for name in others}
    tile_rows = [
        [
            label_tile(*pair, STEP_TILE_PIXELS)
            for pair in zip(_draw_row(strip, name), labels[name], strict=True)
        ]
        for name in labels
        if name in strip.rows
    ]
    columns = max(len(tile_row) for tile_row in tile_rows)
    blank = np.full_like(tile_rows[0][0], PAPER_GRAY)
    return arrange_tiles(
        [tile for tile_row in tile_rows for tile in tile_row + [blank] * (columns - len(tile_row))],
        columns,
    )


def _draw_row(strip: Strip, name: str) -> list[Bytes]:
    """Draw a row's pictures, all in one scale.

    Boards from 0 to 1, differences in blue and red, others between their least and greatest value
    where they go beyond 0 to 1.
    """
    row = strip.rows[name]
    if name == "difference" and row.shape[3] == 1:
        return [map_to_rgb(values[..., 0], -1, 1, "signed") for values in row]
    if "truth" not in strip.rows:
        row = _stretch_to_unit_range(row)
    return [_draw_walls(values_to_rgb(values, "rgb")[0], strip.walls) for values in row]


def _draw_walls(pixels: Bytes, walls: Array | None) -> Bytes:
    """Return a picture with the walls of its maze drawn dimly; the same one without a maze."""
    if walls is None:
        return pixels
    return np.where(walls[..., None] > 0, np.array(WALL_COLOR, np.uint8), pixels)


def _stretch_to_unit_range(row: Array) -> Array:
    finite = row[np.isfinite(row)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return row if (low >= 0 and high <= 1) or low == high else (row - low) / (high - low)


def scores_sheet(strip: Strip, row: Array) -> Bytes:
    """Draw (steps, 1, classes, 1) as a map, blue below zero and red above; zero is white."""
    from PIL import Image, ImageDraw, ImageFont

    scores = row[:, 0, :, 0]
    finite = np.abs(scores[np.isfinite(scores)])
    max_abs = float(finite.max(initial=0)) or 1.0
    class_width = max(1, -(-MIN_SCORES_WIDTH_PIXELS // scores.shape[1]))
    scores_map = (
        map_to_rgb(scores, -max_abs, max_abs, "signed")
        .repeat(SCORES_ROW_PIXELS, 0)
        .repeat(class_width, 1)
    )
    labels = [
        f"{layer}#{call}  {mark}"
        for (layer, call), mark in zip(strip.steps, strip.marks, strict=True)
    ]
    image = Image.new(
        "RGB", (scores_map.shape[1] + 2 * STEP_TILE_PIXELS, len(scores_map)), (PAPER_GRAY,) * 3
    )
    image.paste(Image.fromarray(scores_map), (0, 0))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(FONT_SIZE_PIXELS)
    for k, line in enumerate(labels):
        draw.text((scores_map.shape[1] + 4, k * SCORES_ROW_PIXELS), line, (0, 0, 0), font)
    return np.asarray(image)
