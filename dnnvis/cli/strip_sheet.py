"""A strip of what a network imagines, as one sheet of pictures."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.cli.contact_sheet import PAPER, labelled, laid
from dnnvis.core.lens_results import Array, Strip

Bytes = NDArray[np.uint8]
SIDE = 176  # pixels: a mark fits below
ROW, LEAST = 15, 256  # pixels of one step's scores, and of all classes


def strip_sheet(strip: Strip) -> Bytes:
    """uint8 (H, W, 3): a column per step; truth, imagination and difference one below the other.
    Scores are one picture, a row per step with its best class beside."""
    row = strip.rows["imagination"]
    if row.shape[1] == 1:
        return scores_sheet(strip, row)
    names = [f"{layer}#{call}" for layer, call in strip.steps]
    marks = strip.marks or ("",) * len(row)
    words = {
        "truth": [f"state {k}" for k in range(len(strip.rows.get("truth", ())))],
        "imagination": [f"{name}\n{mark}" for name, mark in zip(names, marks, strict=True)],
        "difference": ["difference"] * len(row),
    }
    lines = [
        [labelled(*pair, SIDE) for pair in zip(_drawn(strip, name), words[name], strict=True)]
        for name in words
        if name in strip.rows
    ]
    columns = max(len(line) for line in lines)
    blank = np.full_like(lines[0][0], PAPER)
    return laid(
        [tile for line in lines for tile in line + [blank] * (columns - len(line))], columns
    )


def _drawn(strip: Strip, name: str) -> list[Bytes]:
    """A row's pictures, all in one scale: boards from 0 to 1, differences in blue and red, others
    between their least and greatest value where they go beyond 0 to 1."""
    from dnnvis.imaging.colorize import map_rgb, picture_rgb  # Qt-free

    row = strip.rows[name]
    if name == "difference" and row.shape[3] == 1:
        return [map_rgb(values[..., 0], -1, 1, "signed") for values in row]
    if "truth" not in strip.rows:
        row = _stretched(row)
    return [picture_rgb(values, "rgb")[0] for values in row]


def _stretched(row: Array) -> Array:
    finite = row[np.isfinite(row)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return row if low >= 0 and high <= 1 or low == high else (row - low) / (high - low)


def scores_sheet(strip: Strip, row: Array) -> Bytes:
    """(steps, 1, classes, 1) as a map, blue below zero and red above; zero is white."""
    from PIL import Image, ImageDraw, ImageFont

    from dnnvis.imaging.colorize import map_rgb

    scores = row[:, 0, :, 0]
    finite = np.abs(scores[np.isfinite(scores)])
    reach = float(finite.max(initial=0)) or 1.0
    wide = max(1, -(-LEAST // scores.shape[1]))
    drawn = map_rgb(scores, -reach, reach, "signed").repeat(ROW, 0).repeat(wide, 1)
    words = [
        f"{layer}#{call}  {mark}"
        for (layer, call), mark in zip(strip.steps, strip.marks, strict=True)
    ]
    made = Image.new("RGB", (drawn.shape[1] + 2 * SIDE, len(drawn)), (PAPER,) * 3)
    made.paste(Image.fromarray(drawn), (0, 0))
    pen, font = ImageDraw.Draw(made), ImageFont.load_default(11)
    for k, line in enumerate(words):
        pen.text((drawn.shape[1] + 4, k * ROW), line, (0, 0, 0), font)
    return np.asarray(made)
