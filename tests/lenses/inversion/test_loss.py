"""The formulas of an inversion against NumPy, and the published numbers."""

import math
from itertools import groupby

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.lenses.inversion.loss import LayerCode, code_of, penalty, sigma_for, variation_weight
from dnnvis.lenses.inversion.optimize import Descent
from dnnvis.lenses.inversion.params import InversionParams, count_steps, rate_at, schedule_rates
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

AUTHORS = (3, 227, 227)
SIGMA = 27098.11571533
MAHENDRAN = InversionParams(preset="mahendran")


def pictures(*shape: int, scale: float = 60.0) -> np.ndarray:
    return np.random.default_rng(3).normal(0, scale, shape).astype(np.float32)


def variation_by_hand(x: np.ndarray, beta: float) -> np.ndarray:
    """Sum over pixels that have a right and a lower neighbour."""
    totals = []
    for picture in x.astype(np.float64):
        total = 0.0
        for channel in picture:
            right = np.diff(channel, axis=1)[:-1, :]
            below = np.diff(channel, axis=0)[:, :-1]
            total += (np.hypot(right, below) ** beta).sum()
        totals.append(total)
    return np.array(totals)


def chain(layers: int) -> Network:
    return wrap(nn.Sequential(*(nn.Conv2d(3, 3, 1) for _ in range(layers))), size=6)


def test_the_normalised_error_is_the_squared_distance_over_the_squared_norm() -> None:
    code, others = pictures(1, 4, 3, 5), pictures(7, 4, 3, 5, scale=2.0)
    square = float(np.linalg.norm(code.astype(np.float64)) ** 2)
    made = LayerCode("a", -1, torch.from_numpy(code), square, None)
    wanted = [(np.linalg.norm(other - code[0]) / np.linalg.norm(code)) ** 2 for other in others]
    np.testing.assert_allclose(made.error(torch.from_numpy(others)), wanted, rtol=1e-5)
    assert float(made.error(torch.zeros(1, 4, 3, 5))) == pytest.approx(1.0)
    assert float(made.error(torch.from_numpy(code))) == 0.0


def test_a_code_of_another_shape_has_no_error() -> None:
    made = LayerCode("a", -1, torch.ones(1, 4, 3, 3), 36.0, None)
    with pytest.raises(BadInput, match="a has another shape"):
        made.error(torch.ones(1, 4, 2, 3))


def test_the_code_is_what_the_layer_does_and_its_square_that_of_the_norm() -> None:
    network = chain(2)
    x = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = network.module[0](x).numpy()
    code = code_of(network, x, Objective.of("0[2]"))
    np.testing.assert_allclose(code.values.numpy(), wanted, rtol=1e-6)
    assert code.square == pytest.approx(float((wanted.astype(np.float64) ** 2).sum()))
    assert code.until == ("0", 1)


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.0])
def test_at_the_authors_size_the_penalty_is_their_formula(beta: float) -> None:
    x = pictures(2, *AUTHORS)
    wanted = (
        10 / 2 * variation_by_hand(x, beta) + 8e-10 / 2 * (x.astype(np.float64) ** 6).sum((1, 2, 3))
    ) / SIGMA**2
    paid = penalty(torch.from_numpy(x), 10.0, beta, 8e-10)
    np.testing.assert_allclose(paid, wanted, rtol=1e-4)


def test_each_part_of_the_penalty_can_be_switched_off() -> None:
    x = torch.from_numpy(pictures(1, *AUTHORS))
    both = float(penalty(x, 10.0, 2.0, 8e-10))
    parts = float(penalty(x, 10.0, 2.0, 0.0)), float(penalty(x, 0.0, 2.0, 8e-10))
    assert sum(parts) == pytest.approx(both, rel=1e-5)
    assert min(parts) > 0
    assert float(penalty(x, 0.0, 2.0, 0.0)) == 0.0


def test_a_constant_picture_has_no_variation() -> None:
    assert float(penalty(torch.full((1, 3, 8, 8), 70.0), 100.0, 2.0, 0.0)) == 0.0


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.0])
def test_a_scene_pays_as_much_in_small_as_at_the_authors_size(beta: float) -> None:
    """A ramp of 100 gray levels, and a flat square wave for the sixth power."""

    def ramp(side: int) -> torch.Tensor:
        line = torch.linspace(-50, 50, side)
        return line.expand(1, 3, side, side).contiguous()

    large = float(penalty(ramp(227), 10.0, beta, 0.0))
    assert float(penalty(ramp(57), 10.0, beta, 0.0)) == pytest.approx(large, rel=0.05)
    flat = [float(penalty(torch.full((1, 3, n, n), 90.0), 0.0, 2.0, 8e-10)) for n in (227, 32)]
    assert flat[1] == pytest.approx(flat[0], rel=1e-5)


def test_sigma_is_the_published_norm_and_keeps_its_root_mean_square() -> None:
    assert sigma_for(3 * 227 * 227) == SIGMA
    per_number = SIGMA / np.sqrt(3 * 227 * 227)
    assert per_number == pytest.approx(68.92, abs=0.01)
    for numbers in (784, 3 * 32 * 32, 3 * 224 * 224):
        assert sigma_for(numbers) == pytest.approx(per_number * math.sqrt(numbers))


def test_the_weight_of_the_variation_is_the_authors_for_each_of_their_20_layers() -> None:
    network = chain(20)
    found = [variation_weight(network, str(k)) for k in range(20)]
    assert found == [1.0] * 6 + [10.0] * 6 + [100.0] * 8
    assert variation_weight(network, "output") == 100.0


def test_in_other_depths_the_groups_are_the_same_shares() -> None:
    network = chain(5)
    found = [variation_weight(network, str(k)) for k in range(5)]
    assert found == [1.0, 10.0, 10.0, 100.0, 100.0]


def runs(values: list[float]) -> list[tuple[float, int]]:
    return [(rate, len(list(same))) for rate, same in groupby(values)]


def test_the_schedules_are_the_published_ones() -> None:
    paper = [(0.004, 100), (0.004 * 0.1, 200), (0.004 * 0.01, 100)]
    long = [(1e-3, 800), (1e-4, 500), (1e-5, 500), (1e-6, 200), (1e-7, 100)]
    for schedule, wanted, count in (("paper", paper, 400), ("long", long, 2100)):
        params = InversionParams(preset="mahendran", schedule=schedule)
        assert count_steps(params) == len(schedule_rates(schedule)) == count
        found = runs([rate_at(params, step, count) for step in range(count)])
        assert [n for _, n in found] == [n for _, n in wanted]
        np.testing.assert_allclose([rate for rate, _ in found], [rate for rate, _ in wanted])


def test_a_schedule_is_stretched_to_as_many_steps_as_are_wanted() -> None:
    params = InversionParams(preset="mahendran", steps=40)
    assert count_steps(params) == 40
    found = runs([rate_at(params, step, 40) for step in range(40)])
    assert found == [(0.004, 10), (0.0004, 20), (0.00004, 10)]


def test_fourier_goes_down_by_half_a_cosine_to_a_hundredth() -> None:
    params = InversionParams(rate=0.4)
    assert count_steps(params) == 150
    assert rate_at(params, 0, 100) == pytest.approx(0.4)
    assert rate_at(params, 50, 100) == pytest.approx(0.4 * 0.505)
    assert rate_at(params, 100, 100) == pytest.approx(0.004)


def mahendran(size: int = 6, **changes: object) -> Descent:
    generator = torch.Generator().manual_seed(5)
    seen = nn.Conv2d(3, 12, 3)
    for weight in seen.parameters():
        nn.init.normal_(weight, 0, 0.2, generator=generator)
    network = wrap(nn.Sequential(seen), size=size, mean=(0.4, 0.5, 0.6), std=(1.0,) * 3)
    x = torch.rand(1, 3, size, size, generator=generator)
    params = InversionParams(preset="mahendran", **changes)
    return Descent(network, code_of(network, x, Objective.of("0")), params)


def start_of(descent: Descent) -> np.ndarray:
    """The mean-free start in gray levels."""
    mean = descent.statistics.mean.view(1, -1, 1, 1)
    return 255 * (descent._image.picture(descent._parameters) - mean).numpy()


def test_the_start_has_the_norm_of_a_typical_picture() -> None:
    network = wrap(nn.Sequential(nn.Conv2d(3, 2, 1)), size=227)
    code = code_of(network, torch.full((1, 3, 227, 227), 0.4), Objective.of("0"))
    start = start_of(Descent(network, code, MAHENDRAN)).astype(np.float64)
    assert np.linalg.norm(start) == pytest.approx(27098.1157, rel=1e-5)
    drawn = torch.randn(3, 227, 227, generator=torch.Generator().manual_seed(0)).numpy()
    assert np.corrcoef(start.ravel(), drawn.ravel())[0, 1] == pytest.approx(1.0)


def by_hand(descent: Descent, steps: int) -> np.ndarray:
    """The authors' iteration in NumPy, float64: x <- x + m, m <- .9 m - rate sigma^2 gradient,
    m = 0 whenever the rate changes; x mean-free in gray levels."""
    (seen,) = descent.network.module
    weight, bias = seen.weight.double().numpy(), seen.bias.double().numpy()
    code = descent.code.values[0].double().numpy()
    card, size = descent.network.card, descent.network.card.size[0]
    mean = np.array(card.mean)[:, None, None]
    sigma = SIGMA * math.sqrt(3 * size * size / (3 * 227 * 227))
    share = 3 * size * size / (3 * 227 * 227)
    n = size - 2

    def gradient(x: np.ndarray) -> np.ndarray:
        shown = x / 255  # (pixel - mean) / std, std = 1
        values = np.stack(
            [
                sum(
                    (weight[k, :, i, j, None, None] * shown[:, i : i + n, j : j + n]).sum(0)
                    for i in range(3)
                    for j in range(3)
                )
                + bias[k]
                for k in range(len(weight))
            ]
        )
        back = 2 * (values - code) / (code**2).sum()
        found = np.zeros_like(x)
        for i in range(3):
            for j in range(3):
                found[:, i : i + n, j : j + n] += np.tensordot(weight[:, :, i, j], back, (0, 0))
        found /= 255
        right = x[:, :-1, 1:] - x[:, :-1, :-1]
        below = x[:, 1:, :-1] - x[:, :-1, :-1]
        pull = np.zeros_like(x)  # of the variation with beta 2
        pull[:, :-1, 1:] += 2 * right
        pull[:, 1:, :-1] += 2 * below
        pull[:, :-1, :-1] -= 2 * (right + below)
        pay = descent.variation / 2 * pull + 8e-10 / 2 * 6 * x**5 / share
        return found + pay / SIGMA**2

    x, momentum, before = start_of(descent)[0].astype(np.float64), 0.0, None
    for step in range(steps):
        rate = (0.004, 0.0004, 0.00004)[0 if step < steps / 4 else 1 if step < steps * 3 / 4 else 2]
        momentum = 0.0 if rate != before else momentum
        before = rate
        momentum = 0.9 * momentum - rate * sigma**2 * gradient(x)
        x = x + momentum
    return x / 255 + mean


def test_the_steps_are_the_authors_with_momentum_that_starts_afresh_at_each_rate() -> None:
    descent = mahendran(steps=24)
    wanted = by_hand(descent, 24)
    while not descent.is_finished:
        descent.step()
    found = descent._image.picture(descent._parameters)[0].double().numpy()
    assert descent.slowdown == 1.0
    np.testing.assert_allclose(found, wanted, atol=2e-5)
    moved = np.abs(wanted - start_of(mahendran(steps=24))[0] / 255).max()
    assert moved > 0.1  # else the comparison says nothing


def test_momentum_is_kept_while_the_rate_stays_and_lost_when_it_changes() -> None:
    descent = mahendran(steps=8)  # two steps, four, two
    clocks = []
    for _ in range(8):
        descent.step()
        clocks.append(int(descent._state.clock))
    assert clocks == [1, 2, 1, 2, 3, 4, 1, 2]


@pytest.mark.parametrize(
    ("preset", "step", "after_it", "opened"),
    [
        ("fourier", 0, 0, False),
        ("fourier", 4, 0, False),
        ("fourier", 5, 0, True),
        ("fourier", 0, 5, True),
        ("mahendran", 0, 5, False),
        ("mahendran", 9, 0, False),
    ],
)
def test_fourier_opens_gates_of_early_layers_and_of_late_ones_in_the_second_half(
    preset: str, step: int, after_it: int, opened: bool
) -> None:
    """``after_it``: how many layers follow, which make this one an early one."""
    after = [nn.Identity() for _ in range(after_it)]
    module = nn.Sequential(nn.Conv2d(3, 5, 1), nn.ReLU(), *after)
    for part in module[0].parameters():
        part.data = torch.from_numpy(pictures(*part.shape, scale=1.0))
    network = wrap(module, size=6)
    frame, picture = torch.rand(2, 1, 3, 6, 6, generator=torch.Generator().manual_seed(4))
    goal = Objective.parse("1")
    descent = Descent(
        network, code_of(network, frame, goal), InversionParams(preset=preset, steps=10)
    )
    descent.step_number = step
    errors, signal = descent._backpropagate(picture)
    weight = module[0].weight.detach().double().numpy()[:, :, 0, 0]
    bias = module[0].bias.detach().double().numpy()[:, None]
    before, wanted = (weight @ x[0].flatten(1).double().numpy() + bias for x in (picture, frame))
    code = np.maximum(wanted, 0)
    apart = np.maximum(before, 0) - code
    assert float(errors) == pytest.approx((apart**2).sum() / (code**2).sum(), rel=1e-4)
    at_gate = 2 * apart / (code**2).sum() * (1.0 if opened else before > 0)
    assert ((before <= 0) & (code > 0)).any()  # else both are the same
    np.testing.assert_allclose(signal[0].flatten(1), weight.T @ at_gate, rtol=1e-3, atol=1e-6)


def test_a_picture_from_which_nothing_comes_back_has_its_gates_opened_at_once() -> None:
    network = wrap(nn.ReLU(), size=6, mean=0.5)  # no early layer: its gates are shut at first
    frame = torch.full((1, 3, 6, 6), 0.9)
    descent = Descent(
        network, code_of(network, frame, Objective.parse("output")), InversionParams()
    )
    dark, bright = torch.full((1, 3, 6, 6), 0.2), torch.full((1, 3, 6, 6), 0.6)
    bright[:, :, 0] = 0.2  # one row of it is shut
    _, signal = descent._backpropagate(torch.cat([dark, bright]))
    assert bool((signal[0] != 0).all())
    assert not signal[1, :, 0].any()
    assert bool((signal[1, :, 1:] != 0).all())
