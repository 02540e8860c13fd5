"""Each prior, against scipy and numpy, and the numbers that were published."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from dnnvis.lenses.ascent import regularizers
from dnnvis.network.opening.wrap import wrap
from helpers.ascent_networks import STILL, climbing, pictures, recipe, small


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("shape", [(2, 3, 20, 33), (1, 1, 3, 5)])
def test_blur_is_scipys(sigma: float, shape: tuple[int, ...]) -> None:
    x = pictures(*shape)
    wanted = ndimage.gaussian_filter(x.double().numpy(), (0, 0, sigma, sigma), mode="reflect")
    np.testing.assert_allclose(regularizers.gaussian_blur(x, sigma), wanted, atol=2e-6)


def test_no_blur_is_the_same_picture() -> None:
    x = pictures(1, 3, 4, 4)
    assert regularizers.gaussian_blur(x, 0.0) is x


def yosinski_start() -> torch.Tensor:
    """The start picture of Yosinski et al.'s toolbox, seed 0."""
    start = np.random.RandomState(0).normal(0, 10, (3, 227, 227))
    return torch.from_numpy(start)[None]


def test_the_published_start_and_its_norm_after_the_first_blur() -> None:
    """Log of optimize_image.py: the norm is 3921.5236, then 1118.43 with a first step of the
    gradient; scipy's blur gives 1118.5198 and, decayed, 1118.408."""
    start = yosinski_start()
    assert start[0, 0, 0, :2].tolist() == pytest.approx([17.64052346, 4.00157208], abs=1e-8)
    assert float(start.norm()) == pytest.approx(3921.5236, abs=1e-4)
    gaussian_blur = regularizers.gaussian_blur(start, 1.0)
    assert float(gaussian_blur.norm()) == pytest.approx(1118.5198, abs=1e-3)
    assert float(regularizers.gaussian_blur(start * (1 - 1e-4), 1.0).norm()) == pytest.approx(
        1118.408, abs=1e-3
    )


def test_one_step_of_yosinskis_third_set_gives_the_published_norm() -> None:
    """The whole step, on a network that pulls a millionth of a gray level at most."""
    net = wrap(nn.Sequential(nn.Conv2d(3, 2, 1)), size=227, mean=(0.5,), std=(1.0,))
    climb = climbing(net, recipe("yosinski3", auto=0.0, rate=1e-6), "0[0]")
    climb._parameters = yosinski_start().float() / 255
    climb.step()
    assert 255 * float(climb._parameters.norm()) == pytest.approx(1118.408, abs=2e-3)


@pytest.mark.parametrize("percent", [1.0, 20.0, 50.0, 90.0, 100.0])
def test_pixels_of_small_norm_become_zero(percent: float) -> None:
    x = pictures(3, 3, 9, 7) - 0.5
    got = regularizers.clip_small_norm(x, percent).numpy()
    for row, found in zip(x.numpy(), got, strict=True):
        norms = np.sqrt((row.astype(np.float64) ** 2).sum(0))
        keep = norms >= np.percentile(norms, percent) - 1e-7
        np.testing.assert_array_equal(found, row * keep)


@pytest.mark.parametrize("percent", [30.0, 90.0])
def test_pixels_that_contribute_little_become_zero(percent: float) -> None:
    x, gradient = pictures(2, 3, 8, 8) - 0.5, pictures(2, 3, 8, 8, seed=1) - 0.5
    got = regularizers.clip_small_contribution(x, gradient, percent).numpy()
    for row, slope, found in zip(x.numpy(), gradient.numpy(), got, strict=True):
        paid = np.abs((-slope.astype(np.float64) * row).sum(0))
        np.testing.assert_array_equal(found, row * (paid >= np.percentile(paid, percent) - 1e-8))


def test_a_cut_of_nothing_is_the_same_picture() -> None:
    x = pictures(1, 3, 4, 4)
    assert regularizers.clip_small_norm(x, 0) is x
    assert regularizers.clip_small_contribution(x, x, 0) is x


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0, 3.0])
def test_total_variation_is_equation_4(beta: float) -> None:
    x = pictures(2, 3, 5, 6)
    wanted = np.zeros(2)
    for b, c, i, j in np.ndindex(2, 3, 4, 5):
        here = float(x[b, c, i, j])
        across, down = float(x[b, c, i, j + 1]) - here, float(x[b, c, i + 1, j]) - here
        wanted[b] += (across**2 + down**2) ** (beta / 2)
    np.testing.assert_allclose(regularizers.total_variation(x, beta), wanted, rtol=1e-5)


def test_a_constant_has_no_variation_and_a_finite_slope() -> None:
    x = torch.full((1, 3, 6, 6), 0.7, requires_grad=True)
    paid = regularizers.total_variation(x, 1.0).sum()
    assert paid.item() < 1e-3
    assert regularizers.total_variation(x).item() == 0
    (slope,) = torch.autograd.grad(paid, x)
    assert torch.isfinite(slope).all()


def test_the_alpha_norm_is_equation_3() -> None:
    x = 2 * pictures(2, 3, 4, 5) - 1
    wanted = [math.fsum(abs(v) ** 6 for v in row.flatten().tolist()) for row in x]
    np.testing.assert_allclose(regularizers.alpha_norm(x), wanted, rtol=1e-5)


def test_on_the_ball_each_row_has_that_norm_and_zero_stays() -> None:
    x = torch.cat([pictures(2, 3, 4, 4), torch.zeros(1, 3, 4, 4)])
    got = regularizers.project_to_ball(x, 2.5)
    assert [float(np.linalg.norm(row)) for row in got.numpy()] == pytest.approx([2.5, 2.5, 0])
    cosine = torch.cosine_similarity(got[0].flatten(), x[0].flatten(), dim=0)
    assert float(cosine) == pytest.approx(1, abs=1e-6)


KERNEL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def down(plane: np.ndarray) -> np.ndarray:
    """What lies outside is 0, as in Mordvintsev's graph (padding SAME)."""
    return ndimage.convolve(plane, KERNEL, mode="constant")[::2, ::2]


def up(plane: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    wide = np.zeros(shape)
    wide[::2, ::2] = plane
    return ndimage.convolve(wide, 4 * KERNEL, mode="constant")


@pytest.mark.parametrize("shape", [(16, 16), (21, 14), (5, 9)])
def test_each_level_of_the_laplacian_has_root_mean_square_1(shape: tuple[int, int]) -> None:
    x = (pictures(2, 3, *shape) - 0.5) * torch.tensor([1e-3, 50.0]).view(2, 1, 1, 1)
    got = regularizers.normalize_laplacian(x, 3).numpy()
    for row, found in zip(x.double().numpy(), got, strict=True):
        rest, parts = row, []
        for _ in range(3):
            if min(rest.shape[1:]) < 2:
                break
            low = np.stack([down(plane) for plane in rest])
            parts.append(rest - np.stack([up(plane, rest.shape[1:]) for plane in low]))
            rest = low
        units = [part / np.sqrt((part**2).mean()) for part in (*parts, rest)]
        made = units.pop()
        while units:
            part = units.pop()
            made = np.stack([up(plane, part.shape[1:]) for plane in made]) + part
        np.testing.assert_allclose(found, made, rtol=1e-3, atol=1e-4)


def test_the_levels_of_a_laplacian_add_up_to_what_they_came_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(regularizers, "_unit_rms", lambda x: x)
    x = pictures(1, 3, 19, 22)
    torch.testing.assert_close(regularizers.normalize_laplacian(x, 4), x)


def test_no_levels_divide_the_gradient_by_its_own_root_mean_square() -> None:
    x = pictures(2, 3, 8, 8) - 0.5
    got = regularizers.normalize_laplacian(x, 0)
    assert [float((row**2).mean()) for row in got] == pytest.approx([1, 1])
    assert not regularizers.normalize_laplacian(torch.zeros(1, 3, 8, 8), 3).any()


def test_what_a_picture_pays_is_l2_variation_and_alpha_norm_in_standard_deviations() -> None:
    net = small((6, 8))
    how = recipe("mahendran", **STILL, l2=0.3, tv=2.0, tv_beta=1.5, alpha=0.7)
    climb = climbing(net, how, "0[0]")
    shown = pictures(2, 3, 6, 8).double()
    x = (shown.numpy() - np.array([0.48, 0.46, 0.41]).reshape(3, 1, 1)) / 0.25
    across, along = np.diff(x, axis=3)[:, :, :-1], np.diff(x, axis=2)[..., :-1]
    wanted = 0.3 * (x**2).sum() + 2 * ((across**2 + along**2) ** 0.75).sum() / 48
    wanted += 0.7 * ((x / 3) ** 6).sum() / 48
    paid = climb._penalty(torch.zeros(2), shown.float())
    assert float(paid) == pytest.approx(wanted, rel=1e-5)


def test_a_picture_of_the_norm_ball_stays_on_it() -> None:
    climb = climbing(small(), recipe("erhan", ball=0.15), "0[1]", (0, 5))
    for _ in range(3):
        spread = climb._parameters.square().mean((1, 2, 3)).sqrt()
        assert spread.tolist() == pytest.approx([0.15, 0.15], rel=1e-5)
        climb.step()


def test_decay_comes_before_blur_and_cuts_and_clipping_comes_last() -> None:
    """One step by hand, in the order of Yosinski's toolbox."""
    how = recipe(
        "yosinski3", decay=0.25, blur=0.8, norm_cut=20, contribution_cut=10, rate=3e4, auto=0.0
    )
    net = wrap(nn.Sequential(nn.Conv2d(3, 2, 3, bias=False)), size=12, mean=(0.5,), std=(0.5,))
    climb = climbing(net, how, "0[1]")
    before = climb._parameters.double().numpy()[0]
    kernel = net.module[0].weight.detach().double().numpy()[1]
    inside = np.pad(np.ones((10, 10)), 1)  # where the map's 10 x 10 windows have their middles
    slope = np.stack([ndimage.convolve(inside, k, mode="constant") for k in kernel]) / (0.5 * 100)
    climb.step()
    x = before + 3e4 * slope / 255**2
    x = np.stack([ndimage.gaussian_filter(plane, 0.8) for plane in 0.75 * x])
    norms = np.sqrt((x**2).sum(0))
    x = x * (norms >= np.percentile(norms, 20))
    paid = np.abs((slope * x).sum(0))
    x = x * (paid >= np.percentile(paid, 10))
    np.testing.assert_allclose(climb._parameters[0], np.clip(x, -0.5, 0.5), atol=2e-6)


def test_blur_comes_every_so_many_steps_from_the_first() -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 2, 1)), size=16, mean=(0.5,))
    climb = climbing(net, recipe("yosinski3", decay=0.0, auto=0.0, rate=1e-6), "0[0]")
    norms = [float(climb._parameters.norm())]
    for _ in range(6):
        climb.step()
        norms.append(float(climb._parameters.norm()))
    shrunk = [after < 0.99 * before for before, after in itertools.pairwise(norms)]
    assert shrunk == [True, False, False, False, True, False]
