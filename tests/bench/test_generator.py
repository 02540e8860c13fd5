"""The bench of the boards' generator: its reference follows the rule, its figures are ratios."""

import json

import numpy as np
import pytest
import torch

from dnnvis.bench.generator import GeneratorBenchConfig, conv2d_step, measure
from dnnvis.sources.life.rule import step
from dnnvis.sources.life.starts import random_boards


@pytest.mark.parametrize("border", ["dead", "periodic"])
def test_the_reference_makes_the_same_boards(border: str) -> None:
    boards = random_boards(64, (20, 20), np.random.default_rng(1))
    made = conv2d_step(torch.from_numpy(boards).float()[:, None], border)
    np.testing.assert_array_equal(made[:, 0].numpy(), step(boards, border))


def test_the_bench_gives_rates_and_ratios_and_says_each_turn() -> None:
    said: list[str] = []
    threads = torch.get_num_threads()
    figures = measure(GeneratorBenchConfig(pairs=3, seconds=0.02, batch=512), said.append)
    assert torch.get_num_threads() == threads
    assert len(said) == 4
    assert figures["boards"] == "512 of 20 x 20, dead border"
    for name in ("step", "step_packed"):
        ratio = figures[f"{name}_ratio"]
        assert ratio["median"] >= ratio["worst"] > 0  # a bench judges speed, and no test
        assert ratio["asked"] == ">= 10"
        portions = figures[f"{name}_ratio_portions"]
        assert portions["median"] >= portions["worst"] > 0
    json.dumps(figures)
