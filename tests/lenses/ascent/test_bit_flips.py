"""Boards that climb by flips: against every board there is, every flip, and plain counting."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.lenses.ascent import bit_flips
from dnnvis.lenses.ascent.bit_flips import FlipSearch, estimate_gains
from dnnvis.lenses.ascent.lens import ASCENT
from dnnvis.lenses.look import look, looks
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.zoo.life import LifeSpec
from helpers.ascent_networks import climbing, recipe, seeded
from helpers.board_networks import (  # noqa: F401 (fixtures)
    binary,
    cells,
    drawn,
    net_fixture,
    run,
)
from helpers.imagination_networks import board, life


def test_on_a_linear_network_the_estimate_is_what_each_flip_gains() -> None:
    linear = nn.Conv2d(1, 3, 3, padding=1, bias=False).requires_grad_(False)
    with torch.no_grad():
        linear.weight.copy_(torch.randint(-8, 9, linear.weight.shape, generator=drawn()))
    net = binary(linear)
    climb = climbing(net, recipe("board", start="frame"), "0[2]@3,4", pixels=cells(1, 1, 8, 8))
    now = climb.pictures()[0]
    with torch.enable_grad():
        _, gradient = climb._signals.backpropagate_each(
            now[None], [climb.rows[0].objective], [False]
        )
    estimated = estimate_gains(now, gradient[0])
    for y, x in product(range(8), range(8)):
        flipped = now.clone()
        flipped[0, y, x] = 1 - flipped[0, y, x]
        gained = linear(flipped[None]) - linear(now[None])
        assert float(estimated[0, y, x]) == float(gained[0, 2, 3, 4])
    assert 0 < int((estimated != 0).sum()) <= 9


def test_worth_is_the_objective_however_the_boards_are_divided(net: Network) -> None:
    climb = climbing(net, recipe("board"), "cell[2]#1 - 0.5*cell[1]@3,4#1")
    boards = cells(150, 1, 10, 10)
    found = climb._signals.evaluate(boards, climb.rows[0].objective)
    states = net.module.states(boards)[2]
    wanted = states[:, 2].mean((1, 2)) - 0.5 * states[:, 1, 3, 4]
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)


@pytest.fixture(scope="module")
def tiny() -> tuple[Network, list[Tensor]]:
    """A small life network on 4 x 4, and its hidden states on all 65,536 boards."""
    net = life(LifeSpec(steps=2, channels=4), size=4)
    seeded(net.module, 5)
    numbers = torch.arange(2**16)[:, None]
    boards = (numbers >> torch.arange(16)) & 1
    with torch.no_grad():
        return net, list(net.module.states(boards.view(-1, 1, 4, 4).float()))


@pytest.mark.parametrize("at", [None, (0, 0), (1, 2)])
@pytest.mark.parametrize("call", [0, 1])
def test_on_a_tiny_board_the_search_ends_at_the_best_board_of_all(
    call: int, at: tuple[int, int] | None, tiny: tuple[Network, list[Tensor]]
) -> None:
    net, states = tiny
    reached = []
    for channel in range(4):
        maps = states[1 + call][:, channel]
        every = maps.mean((1, 2)) if at is None else maps[:, at[0], at[1]]
        most, usual = float(every.max()), float(every.mean())
        place = "" if at is None else f"@{at[0]},{at[1]}"
        picture = look(net, "ascent", f"cell[{channel}]{place}#{call}", preset="live")
        reached.append((picture.recipe["objective"] - usual) / (most - usual))
    assert min(reached) >= 0.95
    assert max(reached) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("unit", ["cell[3]#2", "output[0]@4,4", "-cell[0]@0,9#1"])
def test_what_is_shown_is_the_best_board_seen_and_never_gets_worse(net: Network, unit: str) -> None:
    shown = run(net, unit, preset="live", seed=1)
    values = [grown.measures[0].value for grown in shown]
    assert all(after >= before - 1e-6 for before, after in pairwise(values))
    assert values[-1] >= float(shown[-1].curve.max()) - 1e-6
    assert values[-1] > values[0]
    assert set(np.unique(shown[-1].values)) <= {0.0, 1.0}


def test_the_curve_is_of_the_boards_that_were_gone_through(net: Network) -> None:
    """It falls where a search begins anew; the start is its first value."""
    climb = climbing(net, recipe("live"), "cell[1]@5,5#0")
    walked = []
    for _ in range(30):
        states = net.module.states(climb._parameters)[1]
        walked.append(float(states[0, 1, 5, 5]))
        climb.step()
    np.testing.assert_allclose(climb.rows[0].curve, walked, atol=1e-6)
    assert (np.diff(walked) < -1e-4).any()
    assert climb.rows[0].best is not None
    assert climb.rows[0].best[0] >= max(walked) - 1e-6


def test_a_rounded_board_is_the_best_seen_too(net: Network) -> None:
    shown = run(net, "cell[2]#1", preset="board", move="adam", steps=40, rate=0.2)
    assert shown[-1].recipe["move"] == "adam"
    assert "Bengio" in shown[-1].caption
    assert shown[-1].recipe["objective"] == pytest.approx(float(shown[-1].curve.max()), abs=1e-5)


def test_cells_that_the_unit_does_not_see_are_dead_in_the_end(net: Network) -> None:
    values = look(net, "ascent", "cell[1]@5,5#0", preset="live").values[:, :, 0]
    alive = np.argwhere(values > 0)
    assert len(alive)
    assert np.abs(alive - 5).max() <= 2


def test_from_a_frame_the_first_board_is_the_frame_and_a_better_one_is_found(net: Network) -> None:
    frame = board(10, seed=4)
    shown = run(net, "cell[2]#1", image=frame, start="frame", steps=6)
    np.testing.assert_array_equal(shown[0].values, frame / 255)
    assert shown[-1].measures[0].value > shown[0].measures[0].value
    assert float(shown[-1].curve[0, 0]) == pytest.approx(shown[0].measures[0].value, abs=1e-6)


def test_from_a_frame_a_standstill_goes_on_near_the_best() -> None:
    start = cells(1, 12, 12)
    hunt, generator = FlipSearch(framed=True), drawn()

    def nothing(boards: Tensor) -> Tensor:
        return torch.zeros(len(boards))

    now = start
    for _ in range(bit_flips.MAX_STEPS_WITHOUT_GAIN):
        _, now = hunt.step(now, torch.ones_like(now), nothing, generator)
        assert torch.equal(now, start)
    _, now = hunt.step(now, torch.ones_like(now), nothing, generator)
    assert 0 < float((now != start).float().mean()) < 0.3


def test_the_recipe_makes_the_same_board_again_bit_for_bit(net: Network) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = look(net, "ascent", "cell[3]#1 + cell[4]#1", preset="live", seed=5)
    assert torch.equal(torch.get_rng_state(), before)
    settings = {name: first.recipe[name] for name in vars(ASCENT.Params())}
    again = look(net, "ascent", first.recipe["unit"], **settings)
    np.testing.assert_array_equal(again.values, first.values)
    np.testing.assert_array_equal(again.curve, first.curve)
    assert again.recipe == first.recipe
    assert again.caption.startswith(first.caption.split("; of the preset")[0])


def test_a_board_does_not_depend_on_its_neighbours(net: Network) -> None:
    together = climbing(net, recipe("board"), ["cell[1]", "cell[3]", "cell[0]"], (7, 8, 9))
    alone = climbing(net, recipe("board"), ["cell[3]"], (8,))
    for step in range(14):
        together.step()
        alone.step()
        if step == 6:
            together.drop([0])
    assert torch.equal(together.pictures()[0], alone.pictures()[0])
    assert together.rows[0].curve == alone.rows[0].curve


def test_other_seeds_make_other_boards_and_a_search_left_early_leaves_nothing(
    net: Network,
) -> None:
    grown = look(net, "ascent", "cell[1]#1", preset="live", seeds=3, steps=12)
    assert grown.sheet.shape == (3, 10, 10, 1)
    assert grown.curve.shape == (12, 3)
    assert not np.array_equal(grown.sheet[0], grown.sheet[1])
    left = looks(net, "ascent", "cell[1]#1", preset="live")
    for _ in range(4):
        next(left)
    left.close()  # type: ignore[attr-defined]
    assert count_hooks(net.module) == 0
    assert all(p.grad is None for p in net.module.parameters())
