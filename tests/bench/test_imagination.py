"""The benches of the life networks: what they count, and beside what."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from dnnvis.bench import imagination
from dnnvis.network.card import write_card
from dnnvis.training.life_task import LifeSetting, LifeTask
from dnnvis.zoo.life import LifeNet, LifeSpec
from dnnvis.zoo.life_nets import life_card

pytest.importorskip("PyQt6.QtWidgets")


def test_the_bare_step_does_the_trainings_own_work() -> None:
    """From the same weights and boards, one bare step and one of the course end alike."""
    course = LifeTask(LifeSetting(warm=1), keep_snapshots=False)
    bare = imagination._BaselineSteps(course)
    before = {name: value.clone() for name, value in bare.net.state_dict().items()}
    bare.steps(1)
    course.train_step(0)
    learned = course.module.state_dict()
    assert len(bare.times) == 1
    for name, value in bare.net.state_dict().items():
        assert not torch.equal(value, before[name])
        assert torch.allclose(value, learned[name], atol=1e-6)


def test_the_figures_count_steps_boards_and_ratios(bench: Callable[..., Any]) -> None:
    done = bench("imagination", "--most", 50, "--boards", 100, "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["training_steps"] == 50
    assert figures["training_reached"] is False
    assert figures["evaluation_boards"] == "100 of 20 x 20"
    for name in ("training", "evaluation"):
        assert figures[f"{name}_ratio"] > 0.5
        assert figures[f"{name}_asked"] == "<= 1.15"
        assert figures[f"{name}_cpu_s"] > 0 < figures[f"{name}_bare_cpu_s"]
    assert figures["generator_step_ratio"]["asked"] == ">= 10"
    assert figures["load"] == 0.25


def test_boards_go_through_the_window_and_every_strip_is_counted(
    bench: Callable[..., Any], tmp_path: Path
) -> None:
    spec = LifeSpec(steps=2, channels=4)
    place = tmp_path / "life-own.safetensors"
    save_file(LifeNet(spec).state_dict(), place)
    write_card(life_card(spec, "life-own"), place.with_suffix(".json"))
    done = bench("live", "--model", place, "--pairs", 1, "--seconds", 0.5, "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["board"] == "64 x 64"
    assert figures["bare_per_s"] > 0
    assert 0 < figures["shown_per_s"] < 40
    assert figures["live_ratio"]["asked"] == ">= 0.85"
    assert figures["hooks_left"] == 0
    assert figures["threads_left"] == 0


def test_a_network_that_imagines_nothing_is_told_of(bench: Callable[..., Any]) -> None:
    from dnnvis.bench import live_life
    from dnnvis.core.errors import BadInput

    with pytest.raises(BadInput, match="imagines no boards"):
        live_life.measure(live_life.LiveLifeBenchConfig("net1-mnist"), 0.0, print)
