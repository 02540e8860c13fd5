"""Which way is up: gates next to the target, dead starts, and what cannot be climbed."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import DnnvisError, LensMissing
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent.gradients import ObjectiveGradients
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.lenses.look import look
from dnnvis.network.backward_rules import straight_through
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.ascent_networks import STILL, climbing, pictures, recipe, seeded, small


class Joined(nn.Module):
    """Two branches, each with a gate of its own, put together."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 2, 3, bias=True), nn.Conv2d(3, 3, 3)
        self.all = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.all(torch.cat([self.one(x).relu(), self.two(x).clamp(0, 6)], 1))


def slope(net: Network, how: Recipe, goal: str, x: Tensor, help_dead: bool = False) -> Tensor:
    wish = Objective.parse(goal)
    signals = ObjectiveGradients(net, how, wish, None)
    return signals.backpropagate(x, [wish] * len(x), [help_dead] * len(x))[1]


PLAIN = recipe(statistic="neuron")
GATES = [
    nn.ReLU(),
    nn.ReLU(inplace=True),
    nn.ReLU6(),
    nn.Sigmoid(),
    nn.Hardsigmoid(),
    nn.Tanh(),
    nn.Softmax(1),
    nn.LeakyReLU(),
    nn.ELU(),
    nn.Softplus(),
    nn.Hardswish(),
]


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: type(gate).__name__)
def test_at_a_gate_the_gradient_is_that_of_the_value_before_it(gate: nn.Module) -> None:
    convs = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 3, 3))
    module = seeded(convs)
    with torch.no_grad():
        module[2].bias.fill_(-5.0)  # a rectifier is closed, a sigmoid is saturated
    x = pictures(2, 3, 9, 9)
    whole = wrap(nn.Sequential(*module, gate), size=9)
    got = slope(whole, PLAIN, "3[1]", x)
    wanted = slope(wrap(module, size=9), PLAIN, "2[1]", x)
    assert torch.equal(got, wanted)
    assert bool(wanted.any())


@pytest.mark.parametrize("channel", range(5))
def test_at_a_concatenation_of_gates_too(channel: int) -> None:
    module = seeded(Joined())
    with torch.no_grad():
        module.one.bias.fill_(-50.0)
        module.two.bias.fill_(50.0)  # beyond 6
    x = pictures(2, 3, 8, 8)
    net = wrap(module, size=8)
    source, number = ("one", channel) if channel < 2 else ("two", channel - 2)
    got, wanted = (
        slope(net, PLAIN, text, x) for text in (f"all[{channel}]", f"{source}[{number}]")
    )
    assert torch.equal(got, wanted)
    assert bool(wanted.any())


def test_gates_elsewhere_keep_their_gradient_and_hooks_go() -> None:
    """By hand: conv, ReLU, conv, ReLU; the last is the identity, the first one is not."""
    module = seeded(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3), nn.ReLU()))
    x = pictures(1, 3, 7, 7).requires_grad_()
    hidden = nn.functional.conv2d(x, module[0].weight, module[0].bias)
    before = nn.functional.conv2d(hidden.clamp(min=0), module[2].weight, module[2].bias)
    (wanted,) = torch.autograd.grad(before[0, 1, 1, 1], x)
    got = slope(wrap(module, size=7), PLAIN, "3[1]", x.detach())
    torch.testing.assert_close(got, wanted, atol=1e-7, rtol=0)
    target = module(x)
    with straight_through(target) as count:
        assert count == 1
    plain = torch.autograd.grad(target.sum(), x, retain_graph=True)[0]
    again = torch.autograd.grad(module(x).sum(), x)[0]
    assert torch.equal(plain, again)


def test_a_probability_keeps_the_softmaxs_own_gradient() -> None:
    net, x = small(), pictures(2, 3, 16, 16)
    how = recipe(statistic="probability")
    leaf = net.run(x, ["6"], gradients=True)
    scores = leaf.tensor("6")[:, :, 0, 0]
    rest = scores.softmax(1).detach()
    by_hand = (scores[:, 2] - (rest * scores).sum(1)).sum()  # d log p_2 = d s_2 - sum p ds
    (wanted,) = torch.autograd.grad(by_hand, leaf.x)
    torch.testing.assert_close(slope(net, how, "6[2]", x), wanted, atol=1e-6, rtol=1e-4)


def asleep(bias: float = -40.0) -> Network:
    """conv - ReLU - conv: the rectifier is closed for noise, and would like to open; a white
    picture opens it."""
    module = seeded(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3)))
    with torch.no_grad():
        module[0].weight.copy_(module[0].weight.abs() * 20)
        module[0].bias.fill_(bias)
        module[2].weight.copy_(module[2].weight.abs())
    return wrap(module, size=12, mean=(0.5,))


def test_where_nothing_comes_back_signals_are_redirected_by_hand() -> None:
    net, x = asleep(), pictures(2, 3, 12, 12)
    assert not slope(net, PLAIN, "2[0]", x).any()
    helped = slope(net, PLAIN, "2[0]", x, help_dead=True)
    first, last = net.module[0], net.module[2]
    at = torch.zeros(2, 2, 8, 8)
    at[:, 0, 4, 4] = 1
    arriving = nn.functional.conv_transpose2d(at, last.weight).clamp(min=0)
    wanted = nn.functional.conv_transpose2d(arriving, first.weight)
    torch.testing.assert_close(helped, wanted, atol=1e-5, rtol=1e-4)


def test_help_leaves_living_rows_and_old_rows_alone() -> None:
    net = asleep()
    x = torch.cat([pictures(1, 3, 12, 12), torch.ones(1, 3, 12, 12), pictures(1, 3, 12, 12)])
    wish = Objective.parse("2[0]")
    signals = ObjectiveGradients(net, PLAIN, wish, None)
    _, plain = signals.backpropagate(x, [wish] * 3, [False] * 3)
    _, helped = signals.backpropagate(x, [wish] * 3, [True, True, False])
    assert not plain[0].any()
    assert plain[1].any()
    assert not plain[2].any()
    assert helped[0].any()
    assert torch.equal(helped[1], plain[1])
    assert not helped[2].any()


@pytest.mark.parametrize("preset", ["live", "lucid", "yosinski3"])
def test_a_dead_start_moves_and_does_not_end_gray(preset: str) -> None:
    net = asleep(-8.0)
    made = look(net, "ascent", "2[0]", preset=preset, steps=60, auto=0.2)
    assert made.curve[0, 0] == pytest.approx(float(net.module[2].bias[0]))  # it was dead
    assert made.error == ""
    assert float(made.values.std()) > 0.02
    assert made.measures[0].value > float(made.curve[0, 0])  # the rectifier has opened


def test_nothing_that_moves_is_said_in_words_and_the_picture_is_the_start() -> None:
    net = asleep()
    with torch.no_grad():
        net.module[0].weight.zero_()
    made = look(net, "ascent", "2[0]", steps=20)
    assert "Nothing moves: the gradient of 2[0]" in made.error
    assert "seed" in made.error


def test_a_unit_that_is_off_names_the_edits_that_are_on() -> None:
    net = asleep(1.0)
    with net.edited("2[0] = 0"):
        made = look(net, "ascent", "2[0]", steps=3)
    assert made.error.endswith("exactly zero while these edits are on: 2[0] off.")
    assert look(net, "ascent", "2[0]", steps=3).error == ""


def test_values_that_are_not_finite_are_said_in_words() -> None:
    class Overflowing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            return (100 * self.conv(x)).exp() * torch.tensor(float("inf"))

    made = look(wrap(seeded(Overflowing()), size=8), "ascent", "output[0]", steps=3)
    assert "not finite" in made.error
    assert np.isfinite(made.values).all()


def test_the_automatic_rate_waits_for_the_first_gradient() -> None:
    net = asleep()
    with torch.no_grad():
        net.module[2].weight.mul_(-1)  # nothing wants the rectifier open: no redirect helps
    climb = climbing(net, recipe("yosinski3", decay=0.0, blur=0.0, clip=False), "2[0]")
    before = climb._parameters
    climb.step()
    assert torch.equal(climb._parameters, before)
    climb._parameters = torch.ones_like(before)  # awake
    climb.step()
    reach = 0.05 * 10 / 255 * (3 * 12 * 12) ** 0.5  # a share of the start's norm
    assert float((climb._parameters - 1).norm()) == pytest.approx(reach, rel=1e-4)


class Aside(nn.Module):
    """``flat`` sees nothing of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.flat = nn.Conv2d(3, 2, 3), nn.Conv2d(1, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).mean((2, 3)) + self.flat(torch.zeros(1, 1, 1, 1)).sum()


class Rounded(nn.Module):
    """Whole numbers all the way, as in a quantised network."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv((x * 255).to(torch.int32).float()).to(torch.int32)


class Sealed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return self.conv(x)


class NumpyInside(nn.Module):
    """Works only without gradients: leaving torch is refused with them."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy(x.numpy() * 2.0)


@pytest.mark.parametrize(
    ("module", "goal"),
    [
        (Aside(), "flat[0]"),
        (Rounded(), "output[0]"),
        (Rounded(), "conv[0]"),
        (Sealed(), "conv[1]"),
        (NumpyInside(), "output[0]"),
    ],
    ids=["aside", "integers", "from-integers", "no-grad", "numpy"],
)
def test_what_has_no_gradient_is_refused_in_a_sentence(module: nn.Module, goal: str) -> None:
    net = wrap(module, size=8)
    with pytest.raises(LensMissing) as caught:
        look(net, "ascent", goal, steps=2)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert "gradient" in text or "picture" in text


def test_a_quantised_network_is_refused_in_a_sentence() -> None:
    class Quantised(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(3 * 36, 4)

        def forward(self, x: Tensor) -> Tensor:
            q = torch.quantize_per_tensor(x.flatten(1), 1 / 255, 0, torch.quint8)
            return self.head(q.dequantize())

    with pytest.raises(DnnvisError) as caught:
        look(wrap(Quantised(), size=6), "ascent", "head[0]", steps=2)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("live", {}),
        ("live", {"jitter": 3.0, "rotate": 10.0, "largest": 1.2, "views": 2}),
        ("maco", {"nature": "published"}),
        ("mahendran", {"l2": 0.01, "tv_beta": 1.5, "jitter": 2.0, "rotate": 5.0}),
        ("live", {"statistic": "direction", "power": 2.0}),
        ("live", {"statistic": "probability"}),
        ("live", {"diversity": 3.0}),
    ],
    ids=["fourier", "shaken", "phase", "penalties", "direction", "probability", "diversity"],
)
def test_the_whole_steps_gradient_is_that_of_finite_differences(
    preset: str, changes: dict[str, Any]
) -> None:
    """Of a smooth network, the transforms drawn again alike."""
    module = seeded(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 3, 3), nn.Conv2d(3, 3, 1))
    )
    net = wrap(module, size=9, mean=(0.5,), std=(0.25,))
    how = recipe(preset, **{**STILL, **changes})
    climb = climbing(net, how, "3[1]", (0, 1))
    generator = torch.Generator().manual_seed(3)
    start = climb._parameters + 0.1 * torch.randn(climb._parameters.shape, generator=generator)

    def total(parameters: Tensor) -> tuple[float, Tensor]:
        for seed, row in enumerate(climb.rows):
            row.generator.manual_seed(seed)
        climb._parameters = parameters
        values, gradient = climb._compute_gradient()
        picture = climb._image_at(0).picture(parameters)
        return float(values.double().sum() - climb._penalty(parameters, picture)), gradient

    _, gradient = total(start)
    for _ in range(4):
        along = torch.randn(start.shape, generator=generator)
        ends = [total(start + sign * 3e-3 * along)[0] for sign in (1, -1)]
        wanted = (ends[0] - ends[1]) / 6e-3
        got = float((gradient * along).sum())
        scale = float(gradient.norm() * along.norm()) / along.numel() ** 0.5
        assert got == pytest.approx(wanted, abs=0.02 * scale)
