"""What is on show in each situation in which the window's gaps are measured."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
import torch

pytest.importorskip("PyQt6.QtWidgets")

from dnnvis.bench.window import gaps
from dnnvis.bench.window.gaps import MOSAIC_MAPS, MOSAIC_SIDE, Case, GapsBenchConfig, choose_state
from dnnvis.core.objective import Objective

UNIT = "features.12.expand3x3_activation[20]"


@pytest.mark.parametrize("case", get_args(Case))
def test_a_unit_grows_beside_the_jobs_and_nowhere_else(case: Case) -> None:
    state = choose_state(GapsBenchConfig("squeezenet-imagenet", UNIT, (case,)))
    assert bool(state.synthesis.goal) == state.synthesis.shown or case in ("live", "scale")
    assert (state.synthesis.goal == UNIT) == (case == "jobs")
    assert state.layer == ("mix" if case == "mosaic" else UNIT.partition("[")[0])
    if state.synthesis.goal:
        assert str(Objective.parse(state.synthesis.goal)) == UNIT


def test_the_large_mosaic_has_4096_maps_of_56_by_56_that_differ() -> None:
    module = gaps.build_mosaic_network()
    maps = module.mix(torch.rand(1, 3, MOSAIC_SIDE, MOSAIC_SIDE))
    assert maps.shape == (1, MOSAIC_MAPS, MOSAIC_SIDE, MOSAIC_SIDE) == (1, 4096, 56, 56)
    assert len(maps.mean((2, 3)).unique()) > 4000
    again = gaps.build_mosaic_network()
    assert torch.equal(again.mix.weight, module.mix.weight)


def test_an_unknown_situation_is_refused(bench: Callable[..., Any]) -> None:
    result = bench("gaps", "--case", "nowhere")
    assert result.exit_code != 0
    assert "live, jobs, mosaic, scale" in result.output


@pytest.mark.slow
def test_a_situation_is_measured_in_a_process_of_its_own(bench: Callable[..., Any]) -> None:
    words = ("--case", "scale", "--model", "net2-cifar10", "--unit", "conv1[0]", "--seconds", 1)
    result = bench("gaps", *words, "--json", "--despite-load")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout.splitlines()[-1])
    assert figures["scale"] == 1.5
    assert 0 <= figures["share"] <= 1
    assert figures["fps"] > 0
    assert figures["hooks_left"] == figures["threads_left"] == 0
