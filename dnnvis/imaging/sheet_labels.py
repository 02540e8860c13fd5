"""Write text: below the pictures of a contact sheet, and on patches of a color."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.contact_sheet import PAPER_GRAY, TILE_GAP_PIXELS, arrange_tiles

Bytes = NDArray[np.uint8]
TILE_SIDE_PIXELS = 112  # of a picture on a sheet, at least
FONT_SIZE_PIXELS, LINE_HEIGHT_PIXELS = 11, 14


def labeled_sheet(tiles: Sequence[tuple[Bytes, str]]) -> Bytes:
    """Return pictures (h, w, 3) of one size with up to two lines of text below each.

    They lie row by row in about a square; small ones are enlarged, pixel by pixel.
    """
    labeled_tiles = [label_tile(pixels, label) for pixels, label in tiles]
    return arrange_tiles(labeled_tiles, int(np.ceil(np.sqrt(len(labeled_tiles)))))


def label_tile(pixels: Bytes, label: str, side: int = TILE_SIDE_PIXELS) -> Bytes:
    """Return a picture over two lines of text.

    Args:
        pixels: uint8 (h, w, 3); enlarged pixel by pixel to at least ``side``.
        label: The text; of more than two lines the first two. A line too long loses its beginning.
        side: Least width and height of the picture, in pixels.

    Returns:
        uint8 (H, W, 3), on white.
    """
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


def caption_sheet(sheet: Bytes, text: str) -> Bytes:
    """Return a sheet (h, w, 3) over text in lines as wide as it, broken between words."""
    from PIL import Image, ImageDraw, ImageFont

    font, lines = ImageFont.load_default(FONT_SIZE_PIXELS), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > sheet.shape[1] - 2 * TILE_GAP_PIXELS:
            lines.append(word)
        else:
            lines[-1] = longer
    height, width = sheet.shape[:2]
    image = Image.new(
        "RGB",
        (width, height + len(lines) * LINE_HEIGHT_PIXELS + TILE_GAP_PIXELS),
        (PAPER_GRAY,) * 3,
    )
    image.paste(Image.fromarray(sheet), (0, 0))
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        at = (TILE_GAP_PIXELS, height + number * LINE_HEIGHT_PIXELS)
        draw.text(at, line, (0, 0, 0), font)
    return np.asarray(image)


def render_text(text: str, color: Bytes) -> Bytes:
    """Return a patch (h, w, 3) of a color, just large enough for the text on it in black."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(FONT_SIZE_PIXELS)
    left, top, right, bottom = font.getbbox(text)
    size = (int(right - left) + 4, int(bottom - top) + 4)
    image = Image.new("RGB", size, tuple(int(part) for part in color))
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, (0, 0, 0), font)
    return np.asarray(image)
