"""What the ascent moves, and the pictures that this stands for."""

import math

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from dnnvis.lenses.ascent.color_statistics import ImageStatistics, default_statistics, mixing_of
from dnnvis.lenses.ascent.parametrizations import (
    FourierParametrization,
    Parametrization,
    PhaseParametrization,
    PixelParametrization,
    SoftBoard,
    create_parametrization,
    rfft_shape,
    standardize,
)
from helpers.ascent_networks import STILL, climbing, pictures, recipe, small

SIZES = [(8, 8), (9, 12), (12, 7), (11, 13)]


def generators(*seeds: int) -> list[Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("decay", [0.85, 1.0, 1.5])
def test_fourier_is_lucids_image(size: tuple[int, int], decay: float) -> None:
    """lucid/optvis/param/spatial.py and color.py, in numpy: scale by frequency, times
    sqrt(w h), inverse transform, / 4; colours by the matrix's transpose; sigmoid."""
    image = FourierParametrization(size, default_statistics(3), decay=decay)
    parameters = image.start(generators(0, 1)) * 300
    made = image.picture(parameters)
    high, wide = size
    fy, fx = np.fft.fftfreq(high)[:, None], np.fft.rfftfreq(wide)[None]
    scale = 1 / np.maximum(np.sqrt(fx * fx + fy * fy), 1 / max(wide, high)) ** decay
    scale = scale * np.sqrt(wide * high)
    numbers = parameters.double().numpy()
    spectrum = scale * (numbers[..., 0] + 1j * numbers[..., 1])
    planes = np.fft.irfft2(spectrum, s=size) / 4  # irfft2 divides by w h
    matrix = np.array([[0.26, 0.09, 0.02], [0.27, 0, -0.05], [0.27, -0.09, 0.03]])
    matrix = matrix / np.linalg.norm(matrix, axis=0).max()
    flat = planes.transpose(0, 2, 3, 1).reshape(-1, 3) @ matrix.T
    wanted = sigmoid(flat.reshape(2, high, wide, 3)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(made, wanted, atol=1e-5)


def test_fourier_noise_spreads_as_its_coefficients_say() -> None:
    """Parseval: before colours and sigmoid, the variance is the sum of the coefficients'."""
    image = FourierParametrization((32, 32), default_statistics(1), sd=0.01)
    planes = torch.logit(image.picture(image.start(generators(*range(200)))))
    f = np.hypot(np.fft.fftfreq(32)[:, None], np.fft.fftfreq(32)[None])
    energy = 1 / np.maximum(f, 1 / 32) ** 2 * 2 * 0.01**2
    energy[:, [0, 16]] /= 2  # columns that are made symmetric, two draws averaged
    wanted = math.sqrt(energy.sum() / 32**2) / 4
    assert float(planes.square().mean().sqrt()) == pytest.approx(wanted, rel=0.03)


IMAGES = {
    "pixels": lambda size, nature: PixelParametrization(size, nature),
    "fourier": lambda size, nature: FourierParametrization(size, nature),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", IMAGES)
def test_a_start_from_a_frame_is_the_frame(kind: str, channels: int, size: tuple[int, int]) -> None:
    frame = 0.02 + 0.96 * pictures(2, channels, *size)
    image: Parametrization = IMAGES[kind](size, default_statistics(channels, (0.4,)))
    torch.testing.assert_close(image.picture(image.start([], frame)), frame, atol=2e-5, rtol=0)


def test_a_start_from_black_and_white_is_nearly_the_frame_and_can_still_move() -> None:
    frame = (pictures(1, 3, 8, 8) > 0.5).float()
    image = FourierParametrization((8, 8), default_statistics(3))
    parameters = image.start([], frame).requires_grad_()
    made = image.picture(parameters)
    assert float((made.detach() - frame).abs().max()) < 2e-4
    (gradient,) = torch.autograd.grad(made.sum(), parameters)
    assert torch.isfinite(gradient).all()
    assert float(gradient.abs().max()) > 0


@pytest.mark.parametrize("kind", ["pixels", "fourier", "phase", "board"])
def test_a_row_depends_on_its_own_generator_alone(kind: str) -> None:
    image = create_parametrization(
        kind, (9, 10), default_statistics(3), 10.0 if kind == "pixels" else 0.01, 1.0
    )
    three = image.picture(image.start(generators(4, 5, 6)))
    alone = image.picture(image.start(generators(5)))
    torch.testing.assert_close(alone[0], three[1], atol=1e-5, rtol=0)
    assert three.shape == (3, 3, 9, 10)
    assert not torch.equal(three[0], three[1])
    if kind != "pixels":
        assert float(three.min()) >= 0
        assert float(three.max()) <= 1


def test_pixels_begin_as_noise_of_ten_gray_levels_around_the_mean_picture() -> None:
    image = create_parametrization(
        "pixels", (60, 60), default_statistics(3, (0.3, 0.5, 0.7)), 10.0, 1.0
    )
    made = image.picture(image.start(generators(0)))[0]
    assert (255 * made.std((1, 2))).tolist() == pytest.approx([10, 10, 10], rel=0.05)
    assert made.mean((1, 2)).tolist() == pytest.approx([0.3, 0.5, 0.7], abs=0.003)


def amplitudes_in(image: PhaseParametrization, parameters: Tensor) -> np.ndarray:
    """|rfft2| of the standardised picture over the template's amplitudes, in the columns that
    irfft2 does not make symmetric."""
    planes = image.components(parameters).double().numpy()
    found = np.abs(np.fft.rfft2(planes))
    inside = slice(1, (image.size[1] + 1) // 2)
    share: np.ndarray = found[..., inside] / image.amplitudes.double().numpy()[None, ..., inside]
    return share


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_amplitudes_stay_the_templates_for_any_phase(size: tuple[int, int], channels: int) -> None:
    template = 0.2 + pictures(channels, *rfft_shape(size))
    image = PhaseParametrization(
        size, ImageStatistics(torch.eye(channels), torch.zeros(channels), template, size)
    )
    for parameters in (image.start(generators(0, 1)), 5 * pictures(2, channels, *rfft_shape(size))):
        share = amplitudes_in(image, parameters)
        for row in share:  # one factor a picture: its standard deviation
            np.testing.assert_allclose(row, row.mean(), rtol=1e-4)


def test_amplitudes_stay_the_templates_after_ten_steps() -> None:
    climb = climbing(small(24), recipe("maco", nature="published"), "2[1]", (0, 1))
    image = climb._image_at(0)
    assert isinstance(image, PhaseParametrization)
    before = climb._parameters.clone()
    for _ in range(10):
        climb.step()
    assert float((climb._parameters - before).abs().mean()) > 0.05
    for row in amplitudes_in(image, climb._parameters):
        np.testing.assert_allclose(row, row.mean(), rtol=2e-4)


def test_macos_picture_is_standardised_mixed_and_squeezed() -> None:
    """Xplique's maco_image_parametrization, in numpy."""
    covariance = torch.tensor([[0.08, 0.07, 0.05], [0.07, 0.09, 0.06], [0.05, 0.06, 0.07]])
    template = 0.2 + pictures(3, 10, 6)
    image = PhaseParametrization(
        (10, 10), ImageStatistics(mixing_of(covariance), torch.zeros(3), template, (10, 10))
    )
    parameters = image.start(generators(3))
    phase = parameters[0].double().numpy()
    phase = (phase - phase.mean()) / phase.std()
    planes = np.fft.irfft2(template.double().numpy() * np.exp(1j * phase), s=(10, 10))
    planes = (planes - planes.mean()) / planes.std()
    mixing = image.statistics.mixing.double().numpy()
    wanted = sigmoid(np.tensordot(mixing, planes, (1, 0)))
    np.testing.assert_allclose(image.picture(parameters)[0], wanted, atol=1e-4)


def test_phases_are_even_over_the_circle() -> None:
    image = PhaseParametrization((32, 32), default_statistics(3))
    start = image.start(generators(0, 1))
    assert float(start.abs().max()) <= math.pi
    assert float(start.std()) == pytest.approx(math.pi / math.sqrt(3), rel=0.03)


def test_phases_of_a_frame_are_the_frames() -> None:
    """With the frame's own amplitudes, the frame comes back (standardised)."""
    frame = 0.1 + 0.8 * pictures(1, 1, 12, 12)
    logit = np.log(frame[0].double().numpy() / (1 - frame[0].double().numpy()))
    template = torch.from_numpy(np.abs(np.fft.rfft2(logit))).float()
    nature = ImageStatistics(torch.eye(1), torch.zeros(1), template, (12, 12))
    image = create_parametrization("phase", (12, 12), nature, 0.01, 1.0, framed=True)
    wanted = sigmoid((logit - logit.mean()) / logit.std())
    np.testing.assert_allclose(image.picture(image.start([], frame))[0], wanted, atol=1e-4)


def test_a_mean_picture_has_no_phases_so_these_are_drawn() -> None:
    climb = climbing(small(), recipe("maco", start="mean", nature="published"), "0[0]", (0, 1))
    assert not torch.equal(climb._parameters[0], climb._parameters[1])


def test_standardising_gives_mean_0_and_deviation_1_a_row() -> None:
    x = pictures(3, 2, 5, 6) * torch.tensor([1.0, 50.0, 1e-3]).view(3, 1, 1, 1) + 2
    rows = standardize(x).flatten(1).double().numpy()
    np.testing.assert_allclose(rows.mean(1), 0, atol=1e-3)
    np.testing.assert_allclose(rows.std(1), 1, rtol=2e-3)


def test_a_board_is_rounded_and_its_gradient_is_the_sigmoids() -> None:
    image = SoftBoard((6, 7), default_statistics(1))
    parameters = image.start(generators(0)).requires_grad_()
    made = image.picture(parameters)
    wanted = (parameters.detach().numpy() > 0).astype(np.float32)
    np.testing.assert_array_equal(made.detach(), wanted)
    weights = pictures(1, 1, 6, 7)
    (gradient,) = torch.autograd.grad((made * weights).sum(), parameters)
    soft = sigmoid(4 * parameters.detach().double().numpy())
    np.testing.assert_allclose(gradient, weights.numpy() * 4 * soft * (1 - soft), rtol=1e-4)


def test_a_board_from_a_frame_is_that_board() -> None:
    frame = (pictures(1, 1, 6, 6) > 0.5).float()
    image = SoftBoard((6, 6), default_statistics(1))
    assert torch.equal(image.picture(image.start([], frame)), frame)


def test_a_mean_picture_or_a_frame_is_what_the_first_picture_shows() -> None:
    net, frame = small(), 0.1 + 0.8 * pictures(1, 3, 16, 16)
    for preset in ("live", "yosinski3", "mahendran"):
        how = recipe(preset, **STILL, start="mean")
        made = climbing(net, how, "0[0]", (0, 1)).pictures()
        wanted = torch.tensor([0.48, 0.46, 0.41]).view(1, 3, 1, 1).expand(2, 3, 16, 16)
        torch.testing.assert_close(made, wanted, atol=1e-5, rtol=0)
        how = recipe(preset, **STILL, start="frame")
        made = climbing(net, how, "0[0]", (0, 1), frame).pictures()
        torch.testing.assert_close(made, frame.expand(2, -1, -1, -1), atol=1e-4, rtol=0)
