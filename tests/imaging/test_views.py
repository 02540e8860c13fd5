"""What the views of a picture compute."""

import numpy as np
import pytest
from scipy import ndimage

from dnnvis.core.lens_results import VIEWS
from dnnvis.imaging import views
from dnnvis.imaging.views import view_of, with_contrast


@pytest.mark.parametrize("sigma", [0.5, 1.0, 4.0])
def test_blur_equals_scipys_gaussian_filter(sigma: float) -> None:
    image = np.random.default_rng(0).normal(size=(37, 23)).astype(np.float32)
    expected = ndimage.gaussian_filter(image, sigma, mode="nearest", truncate=3.0)
    np.testing.assert_allclose(views.gaussian_blur(image, sigma), expected, atol=2e-5)


def test_blur_of_a_constant_changes_nothing() -> None:
    constant = np.full((5, 9), 0.25, np.float32)
    np.testing.assert_allclose(views.gaussian_blur(constant, 2.0), 0.25, atol=1e-6)


def test_a_faint_picture_is_stretched_about_its_middle_colour() -> None:
    rng = np.random.default_rng(0)
    faint = (0.4 + 0.001 * rng.standard_normal((40, 40, 3))).astype(np.float32)
    shown, factor = with_contrast(faint)
    assert 50 < factor <= 100
    assert shown.dtype == np.float32
    assert abs(float(np.median(shown)) - 0.5) < 0.01
    expected = 0.5 + (faint - np.median(faint.reshape(-1, 3), 0)) * factor
    np.testing.assert_allclose(shown, np.clip(expected, 0, 1), atol=1e-3)
    full = rng.random((40, 40, 3)).astype(np.float32)
    assert with_contrast(full)[1] == 1 or with_contrast(full)[1] < 1.1
    flat = np.full((4, 4, 1), 0.3, np.float32)
    np.testing.assert_array_equal(with_contrast(flat)[0], flat)


def test_the_blurred_norm_is_a_gaussian_over_repeated_edges() -> None:
    values = np.random.default_rng(0).normal(size=(30, 41, 3)).astype(np.float32)
    norm = np.sqrt((values.astype(np.float64) ** 2).sum(2))
    sigma = 4 * 41 / 227
    expected = np.zeros_like(norm)
    reach = max(1, int(3 * sigma + 0.5))
    weights = {d: np.exp(-d * d / (2 * sigma * sigma)) for d in range(-reach, reach + 1)}
    whole = sum(weights.values()) ** 2
    for y in range(30):
        for x in range(41):
            for dy, wy in weights.items():
                for dx, wx in weights.items():
                    here = norm[min(max(y + dy, 0), 29), min(max(x + dx, 0), 40)]
                    expected[y, x] += wy * wx * here / whole
    ours, scale = view_of(values, "normblur")
    assert scale == "positive"
    np.testing.assert_allclose(ours[:, :, 0], expected, rtol=1e-4)


def test_views_of_nothing_and_of_infinity_are_still_pictures() -> None:
    for values in (np.zeros((3, 4, 3)), np.full((3, 4, 3), np.nan), np.full((3, 4, 3), np.inf)):
        for view in VIEWS:
            shown, _ = view_of(values.astype(np.float32), view)
            assert shown.dtype == np.float32
            assert shown.ndim == 3
