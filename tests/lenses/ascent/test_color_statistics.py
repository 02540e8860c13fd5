"""Colours and spectra of natural pictures."""

import numpy as np
import pytest
import torch

from dnnvis.lenses.ascent.color_statistics import (
    IMAGENET,
    default_statistics,
    frequencies,
    mix_colors,
    mixing_of,
    normalize_mixing,
    power_law,
    resample_spectrum,
    unmix_colors,
)
from helpers.ascent_networks import pictures


def test_the_published_colour_matrix_has_a_largest_column_of_norm_1() -> None:
    mixing = default_statistics(3).mixing.double().numpy()
    columns = np.sqrt((mixing**2).sum(0))
    assert columns.max() == pytest.approx(1)
    assert columns.argmax() == 0
    # Lucid: color_correlation_svd_sqrt / max(norm(color_correlation_svd_sqrt, axis=0))
    np.testing.assert_allclose(mixing / mixing[0, 0], np.array(IMAGENET) / 0.26, rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_other_numbers_of_channels_are_independent(channels: int) -> None:
    nature = default_statistics(channels)
    np.testing.assert_array_equal(nature.mixing, np.eye(channels))
    assert nature.mean.tolist() == [0.5] * channels


def test_the_mean_is_the_cards_where_it_says_something() -> None:
    assert default_statistics(3, (0.0,)).mean.tolist() == [0.5] * 3
    assert default_statistics(3, (0.25,)).mean.tolist() == [0.25] * 3
    assert default_statistics(3, (0.5, 0.25, 0.125)).mean.tolist() == [0.5, 0.25, 0.125]


@pytest.mark.parametrize("channels", [2, 3, 5])
def test_a_mixing_squared_is_the_covariance_that_it_came_from(channels: int) -> None:
    root = pictures(channels, channels, seed=channels).double().numpy()
    covariance = root @ root.T
    mixing = mixing_of(torch.from_numpy(covariance)).double().numpy()
    again = mixing @ mixing.T
    np.testing.assert_allclose(again / again[0, 0], covariance / covariance[0, 0], rtol=1e-4)
    columns = np.linalg.norm(mixing, axis=0)
    assert columns[0] == pytest.approx(1)
    assert list(columns) == sorted(columns, reverse=True)
    assert (mixing.sum(0) >= 0).all()  # each component makes pictures brighter


def test_colours_that_never_vary_are_left_alone() -> None:
    np.testing.assert_array_equal(mixing_of(torch.zeros(3, 3)), np.eye(3))


def test_mixing_is_a_matrix_at_each_pixel_and_can_be_undone() -> None:
    x, mixing = pictures(2, 3, 4, 5) - 0.5, default_statistics(3).mixing
    colours = mix_colors(x, mixing)
    for b, i, j in np.ndindex(2, 4, 5):
        wanted = mixing.numpy() @ x[b, :, i, j].numpy()
        np.testing.assert_allclose(colours[b, :, i, j], wanted, rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(unmix_colors(colours, mixing), x, atol=1e-5, rtol=0)


def test_gray_pictures_alone_leave_colours_that_only_gray_can_be_given() -> None:
    mixing = mixing_of(torch.full((3, 3), 0.05))
    gray, colour = torch.full((1, 3, 2, 2), 0.7), pictures(1, 3, 2, 2)
    torch.testing.assert_close(mix_colors(unmix_colors(gray, mixing), mixing), gray)
    nearest = mix_colors(unmix_colors(colour, mixing), mixing)
    torch.testing.assert_close(nearest, colour.mean(1, keepdim=True).expand_as(colour))


def test_normalising_twice_changes_nothing() -> None:
    once = normalize_mixing(pictures(3, 3))
    torch.testing.assert_close(normalize_mixing(once), once)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (10, 5)])
def test_frequencies_are_numpys(size: tuple[int, int]) -> None:
    wanted = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None])
    np.testing.assert_allclose(frequencies(size), wanted, atol=1e-7)


@pytest.mark.parametrize(
    ("low", "high", "slope"), [(0.01, 0.09, -1.3), (0.11, 0.29, -2.2), (0.31, 0.49, -6.7)]
)
def test_the_power_law_falls_piece_by_piece(low: float, high: float, slope: float) -> None:
    """Of log amplitude over log frequency, along one axis."""
    line = power_law((512, 512), 1)[0, 0].double().numpy()
    f = np.arange(257) / 512
    inside = (f >= low) & (f <= high)
    found = np.polyfit(np.log(f[inside]), np.log(line[inside]), 1)[0]
    assert found == pytest.approx(slope, abs=0.02)


def test_the_power_law_is_finite_at_no_frequency_and_alike_in_all_channels() -> None:
    law = power_law((20, 31), 3)
    assert law.shape == (3, 20, 16)
    assert torch.isfinite(law).all()
    assert torch.equal(law[0], law[2])
    assert float(law[0, 0, 0]) == float(law[0].max())


def test_a_spectrum_of_the_same_size_is_the_same() -> None:
    law = power_law((20, 20), 3)
    assert resample_spectrum(law, (20, 20), (20, 20)) is law


@pytest.mark.parametrize("size", [(32, 32), (64, 48), (100, 140)])
def test_a_resampled_spectrum_is_the_law_by_cycles_per_pixel(size: tuple[int, int]) -> None:
    own = (96, 96)
    factor = torch.tensor([1.0, 2.0, 5.0]).view(3, 1, 1)
    made = resample_spectrum(factor * frequencies(own).clamp(min=0.02).pow(-1.2), own, size)
    assert made.shape == (3, size[0], size[1] // 2 + 1)
    f = frequencies(size)
    inside = (f > 0.05) & (f < 0.45)
    wanted = factor.view(3, 1) * f[inside] ** -1.2
    np.testing.assert_allclose(made[:, inside], wanted, rtol=0.06)


def test_a_resampled_spectrum_of_one_value_is_that_value() -> None:
    made = resample_spectrum(torch.full((1, 11, 6), 3.0), (11, 11), (16, 24))
    np.testing.assert_allclose(made, 3.0, rtol=1e-5)
