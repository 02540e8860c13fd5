"""Pictures at another size: means of what each pixel covers."""

import numpy as np
import pytest

from dnnvis.imaging.shrink_pixels import build_cover, resize_pixels


def test_whole_factors_are_means_and_repeats() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    small = resize_pixels(pixels, 3, 2)
    expected = pixels.reshape(3, 2, 2, 4, 3).astype(float).mean((1, 3))
    np.testing.assert_allclose(small, expected, atol=0.51)
    np.testing.assert_array_equal(resize_pixels(pixels, 12, 16), pixels.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(resize_pixels(pixels, 6, 8), pixels)


@pytest.mark.parametrize(("size", "target"), [(5, 3), (3, 5), (1, 4), (7, 1)])
def test_each_pixel_is_covered_by_as_much_as_the_others(size: int, target: int) -> None:
    cover = build_cover(size, target)
    np.testing.assert_allclose(cover.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(cover.sum(0), target / size, rtol=1e-6)
