"""Stages that grow, windows, and how large everything is."""

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent.geometry import Sizes, accepts_size, choose_sizes, find_pass_end
from dnnvis.lenses.ascent.presets import octave_sizes
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.ascent_networks import Twice, climbing, recipe, seeded, small


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def test_octaves_of_224_are_the_published_ones() -> None:
    assert octave_sizes(224, 4, 1.4) == [224, 160, 114, 81]
    climb = climbing(small(224), recipe("deepdream"), "0[1]", (0,), torch.rand(1, 3, 224, 224))
    sides = [climb._image_at(k).size[0] for k in range(4)]
    assert sides[3] == 224
    assert np.abs(np.array(sides) - [81, 114, 160, 224]).max() <= 1


def test_pictures_grow_from_stage_to_stage_and_begin_as_the_last_one_ended(
    frame: np.ndarray,
) -> None:
    x = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
    climb = climbing(small(32), recipe("deepdream", steps=8, jitter=0.0), "0[1]", (0,), x)
    sides = []
    for _ in range(8):
        climb.step()
        sides.append(climb._parameters.shape[-1])
    assert sides == [12, 12, 16, 16, 23, 23, 32, 32]
    assert climb.pictures().shape == (1, 3, 32, 32)


def test_a_new_stage_starts_the_optimiser_afresh(frame: np.ndarray) -> None:
    """Adam's first step is the rate whatever the gradient; so is the first one of a stage."""
    x = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
    how = recipe("deepdream", steps=12, jitter=0.0, move="adam", rate=1.0, clip=False)
    climb = climbing(small(32), how, "0[1]", (0,), x)
    for step in range(12):
        climb._enter_stage()
        before = climb._parameters
        climb.step()
        if step % 3 == 0:
            moved = 255 * (climb._parameters - before).abs()
            assert float(moved.median()) == pytest.approx(1.0, abs=0.02)


def test_nobody_joins_pictures_that_go_in_step() -> None:
    climb = climbing(small(), recipe("lapnorm"), "0[1]")
    with pytest.raises(BadInput, match="in step"):
        climb.add([Objective.parse("0[1]")], [1])


def test_the_best_picture_so_far_is_the_result_where_no_chance_is_at_play() -> None:
    """Yosinski's toolbox keeps the best; a rate that overshoots shows it."""
    how = recipe("yosinski3", steps=30, auto=1.0, rate=1e4, blur=3.0)
    climb = climbing(small(seed=5), how, "2[1]")
    for _ in range(30):
        climb.step()
    curve = climb.rows[0].curve
    assert float(climb.evaluate()) == pytest.approx(max(curve), abs=0.02 * abs(max(curve)))
    assert climb.rows[0].best is not None
    assert climb.rows[0].best[0] == max(curve)


def test_a_gain_ends_a_picture_that_has_reached_its_level() -> None:
    net = wrap(nn.Sequential(nn.Identity()), size=8)
    climb = climbing(net, recipe("live", gain=0.01, steps=400, rate=0.5), "0[0]")
    while not climb.finished_rows():
        climb.step()
    assert 48 <= climb.rows[0].step < 200
    with pytest.raises(ValueError, match="zip"):
        climb.add([Objective.parse("0[0]")], [1, 2])


def deep(size: int = 96, flat: bool = False) -> Network:
    """Fields 3, 7, 15, 31; ``flat`` ends in a layer that takes one size only."""
    layers: list[nn.Module] = [nn.Conv2d(3, 2, 3, stride=2, padding=1)]
    layers += [nn.Conv2d(2, 2, 3, stride=2, padding=1) for _ in range(3)]
    if flat:
        layers += [nn.Flatten(), nn.Linear(2 * (size // 16) ** 2, 3)]
    return wrap(nn.Sequential(*layers), size=size)


@pytest.mark.parametrize(
    ("goal", "window", "wanted"),
    [
        ("0[1]", 16, 16),
        ("2[1]", 16, 32),
        ("3[1]", 16, 48),  # 1.3 * 15 = 20, 1.3 * 31 = 41
        ("3[1]", 64, 64),
        ("3[1]", 200, 96),
        ("3[1]", 0, 96),
        ("0[1] + 3[1]", 16, 48),
        ("3[1]@1,1", 16, 96),
        ("output[1]", 16, 48),
    ],
)
def test_a_window_is_one_and_a_third_receptive_fields_wide(
    goal: str, window: int, wanted: int
) -> None:
    net, wish = deep(), Objective.parse(goal)
    sizes = choose_sizes(net, wish, recipe(window=window), find_pass_end(net, wish))
    assert sizes.window == (wanted, wanted)
    assert sizes.picture == (96, 96)


@pytest.mark.parametrize("goal", ["5[1]", "output[2]", "4[3]"])
def test_the_whole_picture_is_shown_where_there_is_no_field(goal: str) -> None:
    net, wish = deep(flat=True), Objective.parse(goal)
    sizes = choose_sizes(net, wish, recipe(window=16, size=64), find_pass_end(net, wish))
    assert sizes == Sizes((96, 96), (96, 96), (96, 96))


def test_early_layers_of_a_network_of_one_size_take_others() -> None:
    net = deep(flat=True)
    until = find_pass_end(net, Objective.parse("3[1]"))
    assert until == ("3", 1)
    assert accepts_size(net, (40, 56), until)
    assert accepts_size(net, (96, 96), None)
    assert not accepts_size(net, (40, 56), None)


def test_pictures_are_no_larger_than_256_unless_asked_and_canvases_no_larger_than_they() -> None:
    net, wish = deep(320), Objective.parse("3[1]")
    until = find_pass_end(net, wish)
    assert choose_sizes(net, wish, recipe(canvas=128), until).picture == (256, 256)
    assert choose_sizes(net, wish, recipe(canvas=128), until).canvas == (128, 128)
    assert choose_sizes(net, wish, recipe(size=320), until).picture == (320, 320)
    assert choose_sizes(net, wish, recipe(size=64, canvas=128), until).canvas == (64, 64)
    wide = wrap(deep().module, size=(48, 96))
    assert choose_sizes(wide, wish, recipe(size=64), until).picture == (32, 64)


def test_a_pass_ends_after_the_last_layer_of_the_goal() -> None:
    net, twice = deep(), wrap(seeded(Twice()), size=8)
    ends = {
        "1[0]": ("1", 1),
        "2[0] + 0[1]": ("2", 1),
        "output[0]": None,
        "0[0] - output[1]": None,
    }
    assert {goal: find_pass_end(net, Objective.parse(goal)) for goal in ends} == ends
    assert find_pass_end(twice, Objective.parse("conv[0]#0")) == ("conv", 1)
    assert find_pass_end(twice, Objective.parse("conv[0]")) == ("conv", 2)
    assert find_pass_end(twice, Objective.parse("conv[0] + head[1]")) is None


def test_a_climb_asked_for_a_frame_says_so() -> None:
    with pytest.raises(BadInput, match="picture"):
        look(small(), "ascent", "2[1]", preset="deepdream", steps=2)
    with pytest.raises(BadInput, match="image="):
        climbing(small(), recipe("deepdream"), "2[1]")


def test_a_window_has_the_shape_of_what_the_units_see() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, (3, 31)), nn.ReLU(), nn.Conv2d(4, 4, (9, 1)))
    net = wrap(seeded(module), size=96)
    assert net.layer("2").field == ((11, 31), (1, 1), (5.0, 15.0))
    wish = Objective.parse("2[1] + 0[1]")
    sizes = choose_sizes(net, wish, recipe(window=16), find_pass_end(net, wish))
    assert sizes.window == (16, 48)  # 1.3 * 11 and 1.3 * 31, to the next multiple of 16
