"""What a lens shows that is no single picture, as one sheet of pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Examples, Patterns, Picture, Strip

Bytes = NDArray[np.uint8]
SIDE, GAP, PAPER = 112, 4, 255
LETTER, LINE = 11, 14  # pixels: the height of letters, and of a line of them


def values_of(shown: Any) -> NDArray[Any]:
    """A Picture's own values, a Strip's imagination (steps, H, W, C); the sheet (H, W, 3) of
    Examples or Patterns. Raises BadInput, in its own words, where there is nothing to show."""
    if isinstance(shown, Picture):
        return shown.values
    if isinstance(shown, Strip) and "imagination" in shown.rows:
        return shown.rows["imagination"]
    if isinstance(shown, Examples) and shown.items:
        return examples_sheet(shown)
    if isinstance(shown, Patterns) and shown.thumbs:
        return patterns_sheet(shown)
    if isinstance(shown, Examples | Patterns | Strip):
        raise BadInput(shown.words or "There is nothing to show.")
    raise BadInput(
        "This lens shows numbers, not a picture: see them in the window, or with "
        "dnnvis.library(net).statistics(layer)."
    )


def pixels_of(shown: Any) -> Bytes:
    """uint8 (H, W, 3) of what ``values_of`` gives; of a Strip all its rows."""
    from dnnvis.imaging.colorize import picture_rgb  # Qt-free

    values = values_of(shown)
    if isinstance(shown, Strip):
        from dnnvis.cli.strip_sheet import strip_sheet  # it builds on this file

        return strip_sheet(shown)
    return picture_rgb(values, shown.scale)[0] if isinstance(shown, Picture) else values


def examples_sheet(examples: Examples) -> Bytes:
    """A column per example, best first: its crop above, its backward pictures below; to the
    left of all, what the unit wants to see, where such a picture was kept."""
    from dnnvis.imaging.colorize import crop_rgb

    names = list(dict.fromkeys(name for item in examples.items for name in item.backs))
    rows = [[item.pixels for item in examples.items]]
    for name in names:
        rows.append([
            crop_rgb(item.backs[name]) if name in item.backs
            else np.full_like(item.pixels, PAPER)
            for item in examples.items
        ])  # fmt: skip
    fired = laid([_square(pixels) for row in rows for pixels in row], len(examples.items))
    if examples.wanted is None:
        return fired
    side = len(rows) * (SIDE + GAP) - GAP
    return np.concatenate([laid([_square(examples.wanted, side)], 1)[:, :-GAP], fired], 1)


def patterns_sheet(patterns: Patterns) -> Bytes:
    """The kept picture of every unit, row by row from unit 0; units without one stay gray."""
    count = max(patterns.thumbs) + 1
    some = next(iter(patterns.thumbs.values()))
    missing = np.full_like(some, 128)
    tiles = [patterns.thumbs.get(channel, missing) for channel in range(count)]
    return laid(tiles, int(np.ceil(np.sqrt(count))))


def laid(tiles: Sequence[Bytes], columns: int) -> Bytes:
    """Tiles (h, w, 3) of one size, row by row, on white."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    sheet = np.full(
        (rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), PAPER, np.uint8
    )
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def labelled_sheet(tiles: Sequence[tuple[Bytes, str]]) -> Bytes:
    """Pictures (h, w, 3) of one size with up to two lines of text below each, row by row in
    about a square; small ones are enlarged, pixel by pixel."""
    drawn = [labelled(pixels, words) for pixels, words in tiles]
    return laid(drawn, int(np.ceil(np.sqrt(len(drawn)))))


def labelled(pixels: Bytes, words: str, side: int = SIDE) -> Bytes:
    """A picture (h, w, 3), enlarged pixel by pixel to at least ``side``, over two lines of
    text."""
    from PIL import Image, ImageDraw, ImageFont

    factor = max(1, -(-side // max(pixels.shape[:2])))
    large = pixels.repeat(factor, 0).repeat(factor, 1)
    height, width = large.shape[:2]
    made = Image.new("RGB", (max(width, side), height + 2 * LINE), (PAPER,) * 3)
    made.paste(Image.fromarray(large), (0, 0))
    pen, font = ImageDraw.Draw(made), ImageFont.load_default(LETTER)
    for number, line in enumerate(words.split("\n")[:2]):
        while len(line) > 2 and pen.textlength(line, font) > made.width:
            line = "…" + line[2:]  # the end of a layer's name says more than its beginning
        pen.text((0, height + 1 + number * LINE), line, (0, 0, 0), font)
    return np.asarray(made)


def _square(pixels: Bytes, side: int = SIDE) -> Bytes:
    from dnnvis.lenses.patterns import thumb

    return thumb(pixels, side)
