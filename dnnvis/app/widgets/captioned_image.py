"""Put a caption and a scale of colors beside a picture that is saved."""

from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter
from PyQt6.QtWidgets import QApplication

from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.formatting import format_number
from dnnvis.imaging import colorize

MIN_PICTURE_PIXELS = 360  # a smaller picture is enlarged by a whole number
MARGIN_PIXELS = 12
BAR_PIXELS = 16
PAPER, TEXT_COLOR, LINE_COLOR = QColor("white"), QColor("black"), QColor(90, 90, 90)
WRAPPED = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignTop)


@dataclass(frozen=True)
class ColorScale:
    """What the colors of a picture mean."""

    #: Lowest and highest value.
    limits: tuple[float, float]
    #: Name of the colormap.
    colormap: str
    #: Exponent of the values.
    gamma: float = 1.0
    #: Whether the exponent holds on both sides of the middle, which is zero.
    signed: bool = False


@dataclass(frozen=True)
class Caption:
    """What is written below a picture."""

    #: What the picture shows: the method and the unit.
    title: str
    #: Network, frame, and what was done to the values; a line each.
    lines: tuple[str, ...] = ()
    #: The colors; None where they are those of the picture itself.
    scale: ColorScale | None = None


def add_caption(image: QImage, caption: Caption) -> QImage:
    """Return a picture on white, with a caption below it and its scale at the right.

    Args:
        image: The picture; the texts in it, such as its recipe, stay.
        caption: The caption.
    """
    image = _enlarge(image)
    font, bold = _fonts(image.width())
    metrics = QFontMetrics(font)
    bar = 0 if caption.scale is None else BAR_PIXELS + metrics.horizontalAdvance("-0.00000") + 8
    width = image.width() + 2 * MARGIN_PIXELS + bar
    parts = [(caption.title, bold), *((line, font) for line in caption.lines if line)]
    heights = [_measure(text, part_font, width - 2 * MARGIN_PIXELS) for text, part_font in parts]
    height = image.height() + 2 * MARGIN_PIXELS + sum(heights) + MARGIN_PIXELS
    sheet = QImage(width, height, QImage.Format.Format_RGB32)
    sheet.fill(PAPER)
    painter = QPainter(sheet)
    painter.drawImage(MARGIN_PIXELS, MARGIN_PIXELS, image)
    if caption.scale is not None:
        x = image.width() + MARGIN_PIXELS + 8
        _paint_scale(
            painter, QRect(x, MARGIN_PIXELS, BAR_PIXELS, image.height()), caption.scale, font
        )
    y = image.height() + 2 * MARGIN_PIXELS
    for (text, part_font), part_height in zip(parts, heights, strict=True):
        painter.setFont(part_font)
        painter.setPen(TEXT_COLOR if part_font is bold else LINE_COLOR)
        box = QRect(MARGIN_PIXELS, y, width - 2 * MARGIN_PIXELS, part_height)
        painter.drawText(box, WRAPPED, text)
        y += part_height
    painter.end()
    for key in image.textKeys():
        sheet.setText(key, image.text(key))
    return sheet


def _enlarge(image: QImage) -> QImage:
    """Return a small picture with each pixel as a square of several, so that letters fit."""
    ratio = image.devicePixelRatio()
    side = max(image.width(), image.height(), 1)
    factor = -(-MIN_PICTURE_PIXELS // side)
    size = image.size() * factor
    scaled = image.scaled(size, transformMode=Qt.TransformationMode.FastTransformation)
    for key in image.textKeys():
        scaled.setText(key, image.text(key))
    if ratio != 1.0:
        scaled.setDevicePixelRatio(1.0)
    return scaled


def _fonts(width: int) -> tuple[QFont, QFont]:
    """Return the font of the lines and that of the title, for a picture of a width."""
    font = QFont(QApplication.font())
    font.setPixelSize(max(13, min(width // 34, 30)))
    bold = QFont(font)
    bold.setBold(True)
    return font, bold


def _measure(text: str, font: QFont, width: int) -> int:
    box = QRect(0, 0, width, 10_000)
    return QFontMetrics(font).boundingRect(box, WRAPPED, text).height() + 2


def _paint_scale(painter: QPainter, box: QRect, scale: ColorScale, font: QFont) -> None:
    """Paint an upright bar of the colors with the values at its ends and its middle."""
    levels = colorize.apply_gamma(np.linspace(1, 0, 256), scale.gamma, scale.signed)
    table = colorize.build_lookup_table(scale.colormap)
    column = table[(levels * colorize.TOP_INDEX + 0.5).astype(np.uint8)]  # (256, 3)
    pixels = np.ascontiguousarray(np.repeat(column[:, None], 4, 1))
    painter.drawImage(box, wrap_pixels(pixels, QImage.Format.Format_RGB888))
    painter.setPen(LINE_COLOR)
    painter.drawRect(box)
    painter.setFont(font)
    painter.setPen(TEXT_COLOR)
    line = painter.fontMetrics().height()
    low, high = scale.limits
    for value, y in ((high, box.top()), ((low + high) / 2, box.center().y() - line // 2)):
        _paint_value(painter, value, box.right() + 6, y)
    _paint_value(painter, low, box.right() + 6, box.bottom() - line)


def _paint_value(painter: QPainter, value: float, x: int, y: int) -> None:
    painter.drawText(x, y + painter.fontMetrics().ascent(), format_number(value))
