"""A map of importance over its picture."""

import numpy as np
import pytest

from dnnvis.imaging.overlay import ABOVE, BASE_FRACTION, BELOW, MAX_OPACITY, overlay


def test_colors_say_the_sign_and_opacity_the_magnitude() -> None:
    values = np.array([[0.0, 2.0, -1.0, np.nan]])
    picture = np.full((1, 4, 3), 200, np.uint8)
    result = overlay(values, picture)[0].astype(float)
    base = BASE_FRACTION * 200
    np.testing.assert_allclose(result[0], base, atol=1)
    np.testing.assert_allclose(result[3], base, atol=1)
    strongest = [(1 - MAX_OPACITY) * base + MAX_OPACITY * c for c in ABOVE]
    np.testing.assert_allclose(result[1], strongest, atol=1)
    half = [(1 - MAX_OPACITY / 2) * base + MAX_OPACITY / 2 * c for c in BELOW]
    np.testing.assert_allclose(result[2], half, atol=1)


def test_gray_pictures_and_maps_of_zeros_are_drawn() -> None:
    picture = np.array([[[10], [250]]], np.uint8)
    result = overlay(np.zeros((1, 2)), picture)
    assert result.shape == (1, 2, 3)
    np.testing.assert_allclose(result[0, :, 0], [7, 175], atol=1)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        overlay(np.zeros((2, 2)), np.zeros((3, 2, 3), np.uint8))
