import numpy as np

from dnnvis.core.learning.plane import PLANE_LIMIT, PLANE_SIDE, plane_pixels


def test_pixels_are_coordinates_to_the_last_bit() -> None:
    pixels = plane_pixels()
    assert pixels.shape == (PLANE_SIDE, PLANE_SIDE, 2)
    places = pixels / 255 * 2 * PLANE_LIMIT - PLANE_LIMIT
    line = [-PLANE_LIMIT + 2 * PLANE_LIMIT * k / (PLANE_SIDE - 1) for k in range(PLANE_SIDE)]
    np.testing.assert_allclose(places[0, :, 0], line, atol=1e-12)
    np.testing.assert_allclose(places[:, 0, 1], line[::-1], atol=1e-12)  # upwards
    assert (pixels[:, :, 0] == pixels[:1, :, 0]).all()
    assert (pixels[:, :, 1] == pixels[:, :1, 1]).all()
