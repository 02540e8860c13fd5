import numpy as np
import pytest
from PyQt6.QtGui import QImage

from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.app.widgets.qt_optional import require


def test_colors_and_packed_pixels_show_the_same_picture():
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    r, g, b = np.moveaxis(rgb.astype(np.uint32), -1, 0)
    packed = (0xFF << 24) | (r << 16) | (g << 8) | b
    packed = np.ascontiguousarray(packed, np.uint32)
    plain = wrap_pixels(rgb, QImage.Format.Format_RGB888)
    direct = wrap_pixels(packed, QImage.Format.Format_RGB32)
    assert (plain.width(), plain.height()) == (direct.width(), direct.height()) == (7, 5)
    for y in range(5):
        for x in range(7):
            color = plain.pixelColor(x, y)
            assert [color.red(), color.green(), color.blue()] == rgb[y, x].tolist()
            assert direct.pixelColor(x, y) == color


def test_the_image_borrows_its_pixels():
    pixels = np.zeros((2, 2, 3), np.uint8)
    image = wrap_pixels(pixels, QImage.Format.Format_RGB888)
    pixels[1, 0] = 9, 8, 7
    color = image.pixelColor(0, 1)
    assert (color.red(), color.green(), color.blue()) == (9, 8, 7)


def test_what_is_required_must_be_there():
    assert require(0) == 0
    with pytest.raises(AssertionError):
        require(None)
