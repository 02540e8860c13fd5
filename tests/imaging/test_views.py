"""What the views of a picture compute."""

import numpy as np
import pytest
from scipy import ndimage

from dnnvis.core.lens_results import VIEWS
from dnnvis.imaging import views
from dnnvis.imaging.views import (
    clear_view,
    find_strong_box,
    upper_quantile,
    view_of,
    with_contrast,
)


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


def strong_square(seed: int = 0, noise: float = 0.0) -> np.ndarray:
    """Return a picture (64, 64, 3), strong in rows 20 to 29 and columns 40 to 51."""
    rng = np.random.default_rng(seed)
    values = noise * rng.normal(size=(64, 64, 3))
    values[20:30, 40:52] += rng.normal(size=(10, 12, 3))
    return values.astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_the_cut_out_is_a_square_that_holds_nearly_all_strength(seed: int) -> None:
    strength = np.abs(strong_square(seed, 0.0001)).sum(2, dtype=np.float64)
    y, x, height, width = find_strong_box(strength)
    assert height == width <= 16
    assert strength[y : y + height, x : x + width].sum() >= 0.98 * strength.sum()
    strength = np.random.default_rng(seed).random((30 + seed, 64)) ** 9
    y, x, height, width = find_strong_box(strength)
    assert strength[y : y + height, x : x + width].sum() >= 0.98 * strength.sum()
    assert y + height <= 30 + seed
    assert x + width <= 64


def test_the_cut_out_of_one_pixel_keeps_some_surroundings_and_of_none_all() -> None:
    strength = np.zeros((64, 64))
    assert find_strong_box(strength) == (0, 0, 64, 64)
    strength[63, 0] = 1
    assert find_strong_box(strength) == (56, 0, 8, 8)
    assert find_strong_box(np.ones((1, 1))) == (0, 0, 1, 1)


def test_a_clear_view_keeps_sign_and_order_and_clips_one_value_in_two_hundred() -> None:
    values = strong_square(noise=0.0001)
    clear = clear_view(values)
    y, x, height, width = clear.box
    part = values[y : y + height, x : x + width]
    assert clear.values.shape == part.shape
    assert np.mean(np.abs(part) > clear.limit) <= 0.005
    assert (np.sign(clear.values) == np.sign(part)).all()
    expected = np.sign(part) * np.minimum(np.abs(part) / clear.limit, 1) ** clear.exponent
    np.testing.assert_allclose(clear.values, expected, rtol=1e-4)
    assert (view_of(values, "clear")[0] == clear.values).all()


def test_weak_values_are_raised_until_enough_pixels_show_at_most_to_the_root() -> None:
    rng = np.random.default_rng(1)
    even = rng.uniform(-1, 1, (40, 40, 3)).astype(np.float32)
    assert clear_view(even).exponent == 1
    for power, rooted in ((20, False), (61, True)):
        clear = clear_view(even**power)
        strongest = np.abs(clear.values).max(2)
        assert (clear.exponent == 0.5) == rooted
        if not rooted:
            assert np.quantile(strongest, 0.6) == pytest.approx(0.08, abs=0.005)
    assert clear_view(np.zeros((5, 5, 3), np.float32)).limit == 0


def test_a_quantile_of_zeros_nearly_all_is_the_greatest() -> None:
    values = np.zeros(1000)
    values[7] = 3
    assert upper_quantile(values, 0.9) == 3
    assert upper_quantile(np.arange(1000.0), 0.995) == 995
    assert upper_quantile(np.zeros(0), 0.5) == 0
