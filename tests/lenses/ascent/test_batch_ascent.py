"""Pictures on their way: every preset rises, nobody is disturbed, nothing is left behind."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent import batch_ascent as climbs
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.look import look, looks
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.zoo.catalog import open_network
from helpers.ascent_networks import STILL, Twice, climbing, recipe, seeded, small


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def board_net() -> Network:
    net = small(12, channels=1, seed=3)
    net.card = replace(net.card, binary=True)
    return net


@pytest.mark.parametrize("preset", PRESETS)
def test_five_steps_raise_the_unit(preset: str, frame: np.ndarray) -> None:
    net = board_net() if preset == "board" else small(32, seed=1)
    image = frame if PRESETS[preset].start == "frame" else None
    shown = list(looks(net, "ascent", "2[1]", image=image, preset=preset, steps=5))
    assert [picture.step for picture in shown] == list(range(6))
    first, last = shown[0].measures[0].value, shown[-1].measures[0].value
    assert last > first + 1e-4
    assert shown[-1].progress == 1
    assert shown[-1].error == ""
    assert shown[-1].curve.shape == (5, 1)
    values = shown[-1].values
    assert values.dtype == np.float32
    assert values.min() >= 0
    assert values.max() <= 1


@pytest.fixture(scope="module")
def trained() -> Network:
    return open_network("net2-cifar10")


@pytest.mark.parametrize("goal", ["conv4[5]", "output[3]"])
@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "board"])
def test_five_steps_raise_a_trained_unit(
    preset: str, goal: str, trained: Network, frame: np.ndarray
) -> None:
    shown = list(looks(trained, "ascent", goal, image=frame, preset=preset, steps=5, seed=1))
    assert shown[-1].measures[0].value > shown[0].measures[0].value
    assert not shown[-1].error


@pytest.mark.parametrize("preset", PRESETS)
def test_what_a_unit_dislikes_lowers_it(preset: str, frame: np.ndarray) -> None:
    net = board_net() if preset == "board" else small(32, seed=1)
    image = frame if PRESETS[preset].start == "frame" else None
    shown = list(looks(net, "ascent", "-2[1]", image=image, preset=preset, steps=5))
    assert shown[-1].measures[0].value > shown[0].measures[0].value


GOALS = ["2[1]@4,5", "0[1] + 0.5*2[3]", "2", "6[2]", "output[1] - output[2]", "2[1] - 0[2]@3,3"]


@pytest.mark.parametrize("goal", GOALS)
def test_every_kind_of_goal_rises(goal: str) -> None:
    shown = list(looks(small(), "ascent", goal, preset="live", steps=8))
    assert shown[-1].measures[0].value > shown[0].measures[0].value


@pytest.mark.parametrize("how", ["mean", "max", "neuron", "direction", "probability"])
def test_every_statistic_rises(how: str) -> None:
    shown = list(looks(small(), "ascent", "2[1]", statistic=how, steps=8))
    assert shown[-1].measures[0].value > shown[0].measures[0].value


@pytest.mark.parametrize("goal", ["conv[1]#0", "conv[1]#1", "conv[1]#0 - conv[2]#1"])
def test_any_recurrent_call_rises(goal: str) -> None:
    net = wrap(seeded(Twice()), size=12, mean=(0.5,))
    shown = list(looks(net, "ascent", goal, steps=8))
    assert shown[-1].measures[0].value > shown[0].measures[0].value


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("preset", ["live", "maco", "yosinski3", "lapnorm"])
def test_networks_of_other_channels_rise_too(preset: str, channels: int) -> None:
    net = small((20, 24), channels=channels)
    shown = list(looks(net, "ascent", "2[1]", preset=preset, steps=5))
    assert shown[-1].values.shape == (20, 24, channels)
    assert shown[-1].measures[0].value > shown[0].measures[0].value


@pytest.mark.parametrize("preset", ["default", "maco", "yosinski3", "mahendran", "lapnorm"])
def test_a_picture_does_not_depend_on_its_neighbours(preset: str) -> None:
    net = small(24, seed=4)
    how = recipe(preset, steps=12)
    together = climbing(net, how, ["2[1]", "2[3]", "2[0]"], (7, 8, 9))
    alone = climbing(net, how, ["2[3]"], (8,))
    for _ in range(12):
        together.step()
        alone.step()
    apart = (together.pictures()[1] - alone.pictures()[0]).abs().max()
    assert float(apart) < 2e-3
    values = together.rows[1].curve, alone.rows[0].curve
    np.testing.assert_allclose(*values, rtol=1e-4, atol=1e-5)


def test_pictures_come_and_go_and_the_others_do_not_notice() -> None:
    net, how = small(20), recipe("live", steps=9)
    alone = climbing(net, how, ["2[3]"], (8,))
    for _ in range(9):
        alone.step()
    moving = climbing(net, how, ["2[1]"], (7,))
    for _ in range(5):
        moving.step()
    moving.add([Objective.parse("2[3]")], [8])
    for _ in range(4):
        moving.step()
    assert moving.finished_rows() == [0]
    moving.drop([0])
    for _ in range(5):
        moving.step()
    assert moving.finished_rows() == [0]
    assert moving.rows[0].step == 9
    np.testing.assert_allclose(moving.rows[0].curve, alone.rows[0].curve, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(moving.pictures(), alone.pictures(), atol=1e-3, rtol=0)


def test_a_young_neighbour_does_not_wake_an_old_picture() -> None:
    module = seeded(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3)))
    with torch.no_grad():
        module[0].bias.fill_(-100.0)
        module[2].weight.copy_(module[2].weight.abs())
    climb = climbing(wrap(module, size=8, mean=(0.5,)), recipe("live"), ["2[0]"], (0,))
    climb.rows[0].step = climbs.REDIRECTED_STEPS
    climb.add([Objective.parse("2[0]")], [1])
    before = climb._parameters
    climb.step()
    assert torch.equal(climb._parameters[0], before[0])
    assert not torch.equal(climb._parameters[1], before[1])


@pytest.mark.parametrize("preset", ["default", "maco", "deepdream"])
def test_the_same_seed_gives_the_same_picture(preset: str, frame: np.ndarray) -> None:
    image = frame if preset == "deepdream" else None
    one, two, other = (
        look(small(24), "ascent", "2[1]", image=image, preset=preset, steps=4, seed=seed).values
        for seed in (3, 3, 4)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_several_seeds_are_the_pictures_of_each(frame: np.ndarray) -> None:
    net = small(20)
    three = look(net, "ascent", "2[1]", steps=6, seed=5, seeds=3)
    for k in range(3):
        alone = look(net, "ascent", "2[1]", steps=6, seed=5 + k)
        np.testing.assert_allclose(three.sheet[k], alone.values, atol=2e-3)
    best = int(np.argmax([measures.value for measures in three.measures]))
    np.testing.assert_array_equal(three.values, three.sheet[best])
    assert three.recipe["best_seed"] == 5 + best


def state_of(net: Network) -> tuple[object, ...]:
    module = net.module
    tensors = {name: value.clone() for name, value in module.state_dict().items()}
    flags = [part.training for part in module.modules()]
    return repr(module), flags, [p.requires_grad for p in module.parameters()], tensors


def same(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    ours, theirs = a[3], b[3]
    assert isinstance(ours, dict)
    assert isinstance(theirs, dict)
    alike = all(torch.equal(ours[name], theirs[name]) for name in ours)
    return a[:3] == b[:3] and ours.keys() == theirs.keys() and alike


class Moody(nn.Module):
    """Fails from its n-th pass with gradients on; has a batch norm to fold."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.relu, self.last = nn.ReLU(), nn.Conv2d(4, 2, 1)
        self.left = [100]

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            self.left[0] -= 1
            if self.left[0] < 0:
                raise ValueError("no more")
        return self.last(self.relu(self.norm(self.conv(x))))


def run_to_the_end(net: Network) -> None:
    look(net, "ascent", "last[1]", steps=3)


def close_on_the_way(net: Network) -> None:
    generator = looks(net, "ascent", "last[1]", steps=30)
    for _ in range(4):
        next(generator)
    generator.close()  # type: ignore[attr-defined]


def fail_on_the_way(net: Network) -> None:
    with pytest.raises(BadInput, match="no more"):
        look(net, "ascent", "last[1]", steps=200)


def wait_between_steps(net: Network) -> None:
    generator = looks(net, "ascent", "last[1]", steps=30)
    for _ in range(4):
        next(generator)
        assert count_hooks(net.module) == 0
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    generator.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "act", [run_to_the_end, close_on_the_way, fail_on_the_way, wait_between_steps]
)
def test_the_network_is_left_as_it_was(act: Callable[[Network], None]) -> None:
    net = wrap(seeded(Moody()), size=10, mean=(0.5,))
    net.layers  # noqa: B018 - the dry run
    before = state_of(net)
    act(net)
    assert same(state_of(net), before)
    assert count_hooks(net.module) == 0
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_it_climbs_inside_a_callers_no_grad_and_inference_mode() -> None:
    net = small()
    for mode in (torch.no_grad(), torch.inference_mode()):
        with mode:
            made = look(net, "ascent", "2[1]", steps=3)
        assert made.curve[-1, 0] > made.curve[0, 0]


@pytest.mark.parametrize(
    "changes",
    [
        {"preset": "lucent"},
        {"steps": 0},
        {"steps": 2.5},
        {"colour": 3},
        {"rate": "fast"},
        {"seeds": 10},
        {"statistic": "median"},
        {"rate": float("nan")},
    ],
)
def test_settings_that_make_no_sense_are_refused_in_a_sentence(changes: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        look(small(), "ascent", "2[1]", **changes)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("unit", ["9[0]", "2[5]", "2[0]@99,0", "2[0]#4", "0.5*", "2[1] + 9[3]"])
def test_units_that_are_not_there_are_refused_in_a_sentence(unit: str) -> None:
    with pytest.raises(DnnvisError) as caught:
        look(small(), "ascent", unit, steps=1)
    assert str(caught.value).endswith(".")


def test_a_still_climb_is_plain_gradient_ascent() -> None:
    """Constant steps on a linear unit, by hand: x + n * rate * weights."""
    net = wrap(nn.Sequential(nn.Conv2d(3, 2, 5, bias=False)), size=5, mean=(0.5,), std=(0.25,))
    how = recipe("simonyan", **STILL, rate=300.0, auto=0.0, l2=0.0, steps=4)
    climb = climbing(net, how, "0[1]")
    for _ in range(4):
        climb.step()
    wanted = 0.5 + 4 * 300 / 255**2 * net.module[0].weight[1].detach() / 0.25
    torch.testing.assert_close(climb.pictures()[0], wanted.clamp(0, 1), atol=1e-6, rtol=1e-5)


GROWING_PROGRAM = """
import sys
from torch import nn
from dnnvis.lenses.look import looks
from dnnvis.network.opening.wrap import wrap

net = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), size=16)
for preset in sys.argv[1:]:
    list(looks(net, "ascent", "0[1]", preset=preset, steps=2))
print("sympy" in sys.modules)
"""


@pytest.mark.slow
def test_growing_a_picture_imports_no_sympy() -> None:
    assert PRESETS["simonyan"].is_penalized  # a second summand
    command = [sys.executable, "-c", GROWING_PROGRAM, "default", "simonyan"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["False"]
