"""How far a step goes on canvases of several sizes, and what is said where none does."""

import pytest
import torch
from torch import nn

from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.network.opening.wrap import wrap

STILL = {
    "statistic": "neuron",
    "window": 0,
    "jitter": 0.0,
    "jitter_after": 0.0,
    "rotate": 0.0,
    "smallest": 1.0,
    "largest": 1.0,
    "rate": 1e-3,
    "sd": 1e-6,
}


def rise(size: int) -> float:
    """How much brighter (in logits) the pixel in the middle is after one step that wants it
    bright: there all frequencies pull together."""
    seen = nn.Conv2d(3, 1, 1, bias=False)
    nn.init.constant_(seen.weight, 1 / 3)
    unit = Unit("0", 0)
    recipe = PRESETS["live"].with_changes({**STILL, "falloff": 1.0})
    climb = BatchAscent(wrap(nn.Sequential(seen), size=size), recipe, Objective.of(unit))
    climb.add([Objective.of(unit)], [0])
    before = climb.pictures()
    climb.step()
    grown = torch.logit(climb.pictures()) - torch.logit(before)
    return float(grown[0, :, size // 2, size // 2].mean())


@pytest.mark.parametrize("size", [64, 96])
def test_a_step_goes_as_far_on_a_small_canvas_as_on_one_of_128(size: int) -> None:
    assert rise(size) == pytest.approx(rise(128), rel=0.15)


def test_tiny_canvases_take_no_steps_that_would_drive_colours_to_their_ends() -> None:
    assert rise(32) == pytest.approx(rise(128) / 2, rel=0.15)


def test_a_picture_that_has_reached_its_end_is_not_in_trouble() -> None:
    """A pixel driven to exactly 1 has no gradient left, but it has moved."""
    unit = Unit("0", 0)
    recipe = PRESETS["live"].with_changes({**STILL, "rate": 2.0})
    climb = BatchAscent(wrap(nn.Sequential(nn.Identity()), size=16), recipe, Objective.of(unit))
    climb.add([Objective.of(unit)], [0])
    for _ in range(recipe.steps):
        climb.step()
    assert float(climb.evaluate()) == 1.0
    assert climb.rows[0].error == ""


def test_a_picture_that_never_moves_says_why() -> None:
    dead = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU(), nn.Conv2d(2, 2, 1))
    with torch.no_grad():
        dead[0].weight.zero_()
    unit = Unit("2", 0)
    climb = BatchAscent(wrap(dead, size=16), PRESETS["live"], Objective.of(unit))
    climb.add([Objective.of(unit)], [0])
    for _ in range(20):
        climb.step()
        assert climb.rows[0].error.startswith("Nothing moves: the gradient of 2[0]")
