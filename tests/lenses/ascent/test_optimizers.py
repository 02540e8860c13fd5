"""How gradients become steps, against numpy and torch's own optimisers."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from dnnvis.lenses.ascent.optimizers import EPSILON, OptimizerState, has_plateaued, optimizer_step
from helpers.ascent_networks import pictures

SHAPE, STEPS = (3, 2, 4, 5), 40


def gradients(row: int = 0) -> list[Tensor]:
    """Of changing sign, never near 0, with a scale of its own for each row."""
    drawn = [pictures(*SHAPE, seed=100 * row + k) - 0.4 for k in range(STEPS)]
    made = [g + 0.2 * g.sign() for g in drawn]
    return [g * torch.tensor([1.0, 30.0, 0.02]).view(3, 1, 1, 1) for g in made]


def path(how: str, given: list[Tensor], rate: float, wanted: float = 0.0) -> list[np.ndarray]:
    """Where the parameters are after each step, from 0."""
    x = torch.zeros(SHAPE)
    state, places = OptimizerState.zeros(x), []
    for gradient in given:
        x = x + optimizer_step(state, gradient, how, torch.full((3,), rate), wanted)
        places.append(x.double().numpy())
    return places


def adaptive(given: list[Tensor], rate: float, nesterov: bool) -> list[np.ndarray]:
    """Kingma & Ba, algorithm 1, and Dozat's update; epsilon is a share of the row's
    root mean square."""
    x, m, v, places = np.zeros(SHAPE), np.zeros(SHAPE), np.zeros(SHAPE), []
    for t, tensor in enumerate(given, 1):
        g = tensor.double().numpy()
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        ahead = m / (1 - 0.9**t)
        if nesterov:
            ahead = 0.9 * m / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
        second = np.sqrt(v / (1 - 0.999**t))
        row = np.sqrt((second**2).mean((1, 2, 3), keepdims=True))
        x = x + rate * ahead / (second + 3e-4 * row)
        places.append(x)
    return places


@pytest.mark.parametrize("how", ["adam", "nadam"])
def test_adam_and_nadam_are_the_papers(how: str) -> None:
    assert EPSILON == 3e-4
    wanted = adaptive(gradients(), 0.05, how == "nadam")
    for here, there in zip(path(how, gradients(), 0.05), wanted, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-6)


OPTIMISERS: dict[str, Callable[[list[Tensor]], torch.optim.Optimizer]] = {
    "adam": lambda x: torch.optim.Adam(x, lr=0.05),
    "nadam": lambda x: torch.optim.NAdam(x, lr=0.05, momentum_decay=1e6),  # mu_t = .9
    "momentum": lambda x: torch.optim.SGD(x, lr=0.05, momentum=0.9),
    "constant": lambda x: torch.optim.SGD(x, lr=0.05),
}


@pytest.mark.parametrize("how", OPTIMISERS)
def test_on_well_scaled_gradients_steps_are_torchs(how: str) -> None:
    x = torch.zeros(SHAPE, requires_grad=True)
    theirs = OPTIMISERS[how]([x])
    for here, gradient in zip(path(how, gradients(), 0.05), gradients(), strict=True):
        x.grad = -gradient
        theirs.step()
        there = x.detach().double().numpy()
        tolerance = 1e-3 * np.abs(there).max((1, 2, 3), keepdims=True)
        assert (np.abs(here - there) <= tolerance).all()


def test_progress_wants_so_much_and_no_more_than_the_rate() -> None:
    gradient = torch.zeros(SHAPE)
    gradient[0, 0, 0, 0], gradient[1, 0, 0, 0] = 4.0, 0.01  # squares 16 and .0001
    step = path("progress", [gradient], 100.0, wanted=2.0)[0]
    assert step[0, 0, 0, 0] == pytest.approx(2 / 16 * 4)  # gains exactly 2
    assert step[1, 0, 0, 0] == pytest.approx(100 * 0.01)  # 2 / .0001 is more than 100
    assert not step[2].any()


def test_mean_divides_by_the_mean_absolute_gradient_of_the_row() -> None:
    (gradient,) = gradients()[:1]
    g = gradient.double().numpy()
    wanted = 1.5 / np.abs(g).mean((1, 2, 3), keepdims=True) * g
    np.testing.assert_allclose(path("mean", [gradient], 1.5)[0], wanted, rtol=1e-5)


@pytest.mark.parametrize("how", ["adam", "nadam", "constant", "progress", "mean", "momentum"])
def test_no_gradient_moves_nothing_and_is_no_nan(how: str) -> None:
    assert not path(how, [torch.zeros(SHAPE)] * 3, 0.1, wanted=2.0)[-1].any()


@pytest.mark.parametrize("how", ["adam", "nadam", "momentum", "progress", "mean", "constant"])
def test_rows_that_came_later_have_clocks_of_their_own(how: str) -> None:
    """A row that joins at step 7 does what it would have done alone; so does one that stays
    when its neighbours leave."""
    one, two = gradients(0), gradients(1)
    rate = torch.tensor([0.05])
    alone = path(how, [g[:1].expand(SHAPE) for g in two], 0.05, 2.0)
    x = torch.zeros(1, *SHAPE[1:])
    state = OptimizerState.zeros(x)
    for k in range(7):
        x = x + optimizer_step(state, one[k][:1], how, rate, 2.0)
    fresh = torch.zeros(1, *SHAPE[1:])
    x, state = torch.cat([x, fresh]), state.append(OptimizerState.zeros(fresh))
    for k in range(5):
        given = torch.cat([one[7 + k][:1], two[k][:1]])
        x = x + optimizer_step(state, given, how, rate.expand(2), 2.0)
    assert state.clock.tolist() == [12, 5]
    np.testing.assert_allclose(x[1], alone[4][0], rtol=1e-4, atol=1e-6)
    x, state = x[1:], state.rows(torch.tensor([1]))
    for k in range(5, 9):
        x = x + optimizer_step(state, two[k][:1], how, rate, 2.0)
    np.testing.assert_allclose(x[0], alone[8][0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("how", ["adam", "nadam", "mean"])
def test_a_step_does_not_depend_on_the_gradients_scale(how: str) -> None:
    small, large = ([g * f for g in gradients()] for f in (1e-6, 1e6))
    for a, b in zip(path(how, small, 0.1), path(how, large, 0.1), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_a_coefficient_that_is_rounding_alone_takes_no_full_step() -> None:
    gradient = torch.ones(SHAPE)
    gradient[:, 0, 0, 0] = 1e-7
    step = path("adam", [gradient], 0.1)[0]
    assert step[0, 1, 0, 0] == pytest.approx(0.1, rel=1e-3)
    assert step[0, 0, 0, 0] < 2e-4


def test_gradients_given_are_left_as_they_were() -> None:
    (gradient,) = gradients()[:1]
    for how in ("adam", "nadam", "momentum"):
        path(how, [gradient] * 3, 0.1)
    assert torch.equal(gradient, gradients()[0])


def test_a_curve_is_on_a_plateau_where_it_gains_less_than_its_share() -> None:
    rising = [float(k) for k in range(60)]
    level = [1 - 0.8**k for k in range(100)]
    assert not has_plateaued(rising)
    assert has_plateaued(level)
    assert has_plateaued([1.0] * 48)
    assert not has_plateaued([1.0] * 47)  # too early to tell
    assert not has_plateaued([-100 + k for k in range(60)])  # below zero it may still rise
    assert has_plateaued([-2.0] * 60)
    assert has_plateaued([5.0 - 0.1 * k for k in range(60)])
    steady = [1.0 * 1.001**k for k in range(100)]  # 1.6 % over 16 steps
    assert has_plateaued(steady, gain=0.02)
    assert not has_plateaued(steady, gain=0.012)
