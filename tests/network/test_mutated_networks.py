"""Networks with an odd module in them open and are right, or are refused in words that fit."""

import numpy as np
import pytest
import torch

from helpers.mutated_networks import BASES, build, mutate, pixels
from helpers.mutation_checks import problems_of
from helpers.odd_modules import ODDS
from helpers.plain_passes import run_plainly

SEEDS = range(30)
MORE_SEEDS = range(30, 300)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_network_is_right_or_refused_in_words(seed: int) -> None:
    assert problems_of(seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_another_mutated_network_is_right_or_refused_in_words(seed: int) -> None:
    assert problems_of(seed) == []


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
