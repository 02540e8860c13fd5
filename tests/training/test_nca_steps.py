"""The fast step of training is the cell's own, with its gradients."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dnnvis.training.nca_steps import find_alive, step_cells
from dnnvis.zoo.beyond.firing import draw_firing_mask
from dnnvis.zoo.beyond.nca import is_alive
from helpers.automata import SMALL, moving, some_state


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_steps_and_gradients_agree_with_the_cell(rate: float) -> None:
    net = moving(replace(SMALL, fire_rate=rate), strength=0.3)
    states = np.stack([some_state(seed=k) for k in (1, 2)])
    x = torch.from_numpy(states).requires_grad_()
    plain, fast = x, x.permute(0, 2, 3, 1)
    for step in range(3):
        mask = torch.from_numpy(draw_firing_mask(0, step, (9, 11), rate).copy())
        plain = net.cell(plain, step)
        fast = step_cells(net.cell, fast, mask.expand(2, 9, 11))
    torch.testing.assert_close(fast.permute(0, 3, 1, 2), plain, atol=1e-5, rtol=1e-5)
    wanted = (x, *net.parameters())
    expected = torch.autograd.grad(plain.square().sum(), wanted, retain_graph=True)
    got = torch.autograd.grad(fast.square().sum(), wanted)
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-4)
        assert other.abs().max() > 0


def test_cells_without_neighbors_that_live_are_empty() -> None:
    state = torch.zeros(1, 7, 7, 6)
    state[0, 1, 1] = 1
    alive = find_alive(state, 0.1)
    assert torch.equal(alive, is_alive(state.permute(0, 3, 1, 2), 0.1)[:, 0])
    assert alive.sum() == 9
    state[0, 5, 5, 0] = 1  # a color without alpha
    after = step_cells(moving().cell, state, torch.ones(1, 7, 7, dtype=torch.bool))
    assert not after[0, 5, 5].any()
