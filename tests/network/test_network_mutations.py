"""Networks with an odd module in them open and are right, or are refused in words that fit."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dnnvis.lenses import backward
from dnnvis.network import network
from dnnvis.network.hooks import ActivationHook, edge_of
from dnnvis.network.outputs import first_tensor
from dnnvis.network.recording import Recording
from dnnvis.network.state import pass_guard
from helpers.mutated_networks import BASES, build, mutate, pixels
from helpers.mutation_checks import problems_of
from helpers.odd_modules import ODDS
from helpers.plain_passes import run_plainly, torch_settings_kept

SEEDS = range(30)
MORE_SEEDS = range(30, 300)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_network_is_right_or_refused_in_words(seed: int) -> None:
    assert problems_of(seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_another_mutated_network_is_right_or_refused_in_words(seed: int) -> None:
    assert problems_of(seed) == []


def seed_of(name: str) -> int:
    return next(number for number, odd in enumerate(ODDS) if odd.name == name)


def run_together(
    run: Callable[..., Recording], x: Tensor, layers: Sequence[str], gradients: bool
) -> Recording:
    return run(x, batched=True)


def record_double(hook: ActivationHook, module: Any, inputs: Any, output: Any) -> None:
    value = first_tensor(output)
    assert value is not None
    hook.values.append(value * 2)
    hook.edges.append(edge_of(value))


def start_everywhere(target: Tensor, unit: Any, seed: str) -> Tensor:
    return target.detach().clone()


@pytest.mark.parametrize(
    ("name", "place", "replacement", "expected"),
    [
        ("functional dropout", (pass_guard, "fixed_draw"), lambda seed: nullcontext(), "random"),
        ("global settings", (pass_guard, "keep_torch_state"), nullcontext, "dtype"),
        ("list inside", (network, "record_one_by_one"), run_together, "of the second of a batch"),
        ("view", (ActivationHook, "__call__"), record_double, "rows are wrong"),
        ("counter that scales", (backward, "initial_gradient"), start_everywhere, "gradient of"),
    ],
)
def test_the_checks_see_what_a_missing_care_does(
    name: str, place: Any, replacement: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*place, replacement)
    with torch_settings_kept(0):
        problems = problems_of(seed_of(name))
    assert any(expected in problem for problem in problems)


def test_there_are_twenty_networks_and_forty_odd_modules() -> None:
    assert len({base.name for base in BASES}) == 20
    assert len({odd.name for odd in ODDS}) == 40


def test_all_seeds_together_take_every_odd_module_and_every_network() -> None:
    taken = [mutate(seed) for seed in range(120)]
    assert {mutation.odd.name for mutation in taken} == {odd.name for odd in ODDS}
    assert {mutation.base.name for mutation in taken} == {base.name for base in BASES}


@pytest.mark.parametrize("seed", [0, 7, 40])
def test_a_seed_gives_the_same_network_each_time(seed: int) -> None:
    first, second = mutate(seed), mutate(seed)
    assert first.description == second.description
    weights = second.module.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in first.module.state_dict().items())


def test_a_base_answers_otherwise_for_another_picture() -> None:
    for base in BASES:
        module = build(base, 0)
        a, b = (run_plainly(module, pixels(base, seed=seed)).output for seed in (1, 2))
        assert not np.allclose(a, b, rtol=1e-3), base.name
