"""What a lens shows that is no single picture, as one sheet of pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Examples, Patterns, Picture, Strip

Bytes = NDArray[np.uint8]
TILE_SIDE_PIXELS, TILE_GAP_PIXELS, PAPER_GRAY = 112, 4, 255
FONT_SIZE_PIXELS, LINE_HEIGHT_PIXELS = (
    11,
    14,
)  # pixels: the height of letters, and of a line of them


def result_values(result: Any) -> NDArray[Any]:
    """A Picture's own values, a Strip's imagination (steps, H, W, C); the sheet (H, W, 3) of
    Examples or Patterns. Raises BadInput, in its own words, where there is nothing to show."""
    if isinstance(result, Picture):
        return result.values
    if isinstance(result, Strip) and "imagination" in result.rows:
        return result.rows["imagination"]
    if isinstance(result, Examples) and result.items:
        return examples_sheet(result)
    if isinstance(result, Patterns) and result.thumbs:
        return patterns_sheet(result)
    if isinstance(result, Examples | Patterns | Strip):
        raise BadInput(result.message or "There is nothing to show.")
    raise BadInput(
        "This lens shows numbers, not a picture: see them in the window, or with "
        "dnnvis.library(net).statistics(layer)."
    )


def result_pixels(result: Any) -> Bytes:
    """uint8 (H, W, 3) of what ``result_values`` gives; of a Strip all its rows."""
    from dnnvis.imaging.colorize import values_to_rgb  # Qt-free

    values = result_values(result)
    if isinstance(result, Strip):
        from dnnvis.cli.strip_sheet import strip_sheet  # it builds on this file

        return strip_sheet(result)
    return values_to_rgb(values, result.scale)[0] if isinstance(result, Picture) else values


def examples_sheet(examples: Examples) -> Bytes:
    """A column per example, best first: its crop above, its backward pictures below; to the
    left of all, what the unit wants to see, where such a picture was kept."""
    from dnnvis.imaging.colorize import crop_to_rgb

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
    """The kept picture of every unit, row by row from unit 0; units without one stay gray."""
    count = max(patterns.thumbs) + 1
    first_thumb = next(iter(patterns.thumbs.values()))
    missing = np.full_like(first_thumb, 128)
    tiles = [patterns.thumbs.get(channel, missing) for channel in range(count)]
    return arrange_tiles(tiles, int(np.ceil(np.sqrt(count))))


def arrange_tiles(tiles: Sequence[Bytes], columns: int) -> Bytes:
    """Tiles (h, w, 3) of one size, row by row, on white."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    sheet = np.full(
        (
            rows * (height + TILE_GAP_PIXELS) + TILE_GAP_PIXELS,
            columns * (width + TILE_GAP_PIXELS) + TILE_GAP_PIXELS,
            3,
        ),
        PAPER_GRAY,
        np.uint8,
    )
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = (
            TILE_GAP_PIXELS + row * (height + TILE_GAP_PIXELS),
            TILE_GAP_PIXELS + column * (width + TILE_GAP_PIXELS),
        )
        sheet[top : top + height, left : left + width] = tile
    return sheet


def labeled_sheet(tiles: Sequence[tuple[Bytes, str]]) -> Bytes:
    """Pictures (h, w, 3) of one size with up to two lines of text below each, row by row in
    about a square; small ones are enlarged, pixel by pixel."""
    labeled_tiles = [label_tile(pixels, label) for pixels, label in tiles]
    return arrange_tiles(labeled_tiles, int(np.ceil(np.sqrt(len(labeled_tiles)))))


def label_tile(pixels: Bytes, label: str, side: int = TILE_SIDE_PIXELS) -> Bytes:
    """A picture (h, w, 3), enlarged pixel by pixel to at least ``side``, over two lines of
    text."""
    from PIL import Image, ImageDraw, ImageFont

    factor = max(1, -(-side // max(pixels.shape[:2])))
    enlarged = pixels.repeat(factor, 0).repeat(factor, 1)
    height, width = enlarged.shape[:2]
    image = Image.new("RGB", (max(width, side), height + 2 * LINE_HEIGHT_PIXELS), (PAPER_GRAY,) * 3)
    image.paste(Image.fromarray(enlarged), (0, 0))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(FONT_SIZE_PIXELS)
    for number, line in enumerate(label.split("\n")[:2]):
        while len(line) > 2 and draw.textlength(line, font) > image.width:
            line = "…" + line[2:]  # the end of a layer's name says more than its beginning
        draw.text((0, height + 1 + number * LINE_HEIGHT_PIXELS), line, (0, 0, 0), font)
    return np.asarray(image)


def _square_thumbnail(pixels: Bytes, side: int = TILE_SIDE_PIXELS) -> Bytes:
    from dnnvis.lenses.patterns import make_thumbnail

    return make_thumbnail(pixels, side)
