"""The ascent as a lens: which of its pictures are made, and that nobody's looking changes none."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

import dnnvis
from dnnvis.core.lens_results import SKIPPED, SynthesisResult
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.lens import ASCENT, MEASURE_INTERVAL_STEPS
from dnnvis.lenses.lens import Scene, params_for

UNIT = Unit("0", 1)
STEPS = 2 * MEASURE_INTERVAL_STEPS + 4


@pytest.fixture
def net(as_trained: Callable[..., Any]) -> dnnvis.Network:
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(576, 3)
    )
    return dnnvis.wrap(as_trained(module), size=12)


def results(net: dnnvis.Network, **fields: Any) -> list[Any]:
    params = params_for(ASCENT, {"steps": STEPS})
    scene = Scene(net, UNIT, params, objective=Objective.of(UNIT), **fields)
    return list(ASCENT.look(scene))


def count_passes(net: dnnvis.Network, ask: Callable[[], Any]) -> tuple[int, Any]:
    """Return how often the first convolution ran, and what ``ask`` returned.

    The network that grows a picture is a copy, with another first convolution where one is folded.
    """
    passes = 0
    forward = nn.Conv2d.forward

    def counting(self: nn.Conv2d, x: Tensor) -> Tensor:
        nonlocal passes
        passes += 1
        return forward(self, x)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.Conv2d, "forward", counting)
        answer = ask()
    return passes, answer


def test_the_last_picture_is_the_same_whoever_looks(net: dnnvis.Network) -> None:
    every = list(dnnvis.looks(net, "ascent", UNIT, steps=STEPS))
    last = dnnvis.look(net, "ascent", UNIT, steps=STEPS)
    assert len(every) == STEPS + 1
    assert all(isinstance(result, SynthesisResult) for result in every)
    for name in ("values", "sheet", "curve"):
        np.testing.assert_array_equal(getattr(last, name), getattr(every[-1], name))
    assert last.measures == every[-1].measures
    assert last.recipe == every[-1].recipe
    assert (last.step, last.progress) == (STEPS, 1.0)


def test_a_picture_that_nobody_looks_at_costs_one_pass_a_step(net: dnnvis.Network) -> None:
    dnnvis.look(net, "ascent", UNIT, steps=1)  # what a network's first ascent finds out
    short, _ = count_passes(net, lambda: dnnvis.look(net, "ascent", UNIT, steps=4))
    long, _ = count_passes(net, lambda: dnnvis.look(net, "ascent", UNIT, steps=4 + STEPS))
    assert long - short == STEPS
    watched, _ = count_passes(net, lambda: list(dnnvis.looks(net, "ascent", UNIT, steps=STEPS)))
    assert watched > 2 * STEPS  # each of its pictures is measured


def test_steps_without_a_picture_are_skipped_but_the_last(net: dnnvis.Network) -> None:
    *steps, last = results(net, is_watched=lambda: False)
    assert steps == [SKIPPED] * STEPS
    assert last.step == STEPS
    assert last.measured_at == STEPS


def test_while_frames_wait_a_picture_is_measured_now_and_then(net: dnnvis.Network) -> None:
    turns = iter(range(STEPS + 1))
    shown = [
        result
        for result in results(net, is_watched=lambda: next(turns) % 3 == 0, frames_waiting=True)
        if result is not SKIPPED
    ]
    assert [result.step for result in shown] == [*range(0, STEPS, 3), STEPS]
    measured = sorted({result.measured_at for result in shown})
    assert measured[0] == 0
    assert measured[-1] == STEPS
    gaps = np.diff(measured[:-1])
    assert (gaps >= MEASURE_INTERVAL_STEPS).all()
    assert (gaps < MEASURE_INTERVAL_STEPS + 3).all()
