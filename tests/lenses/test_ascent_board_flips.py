"""Boards that climb by flips: against every board there is, every flip, and plain counting."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ascent_nets import climbing, recipe, seeded
from imagining_nets import board, life
from torch import Generator, Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.core.goal import Goal
from dnnvis.core.picture import Grown
from dnnvis.lenses.ascent import flips
from dnnvis.lenses.ascent.flips import Hunt, copies, fresh, gains, proposals, tried
from dnnvis.lenses.ascent.lens import ASCENT
from dnnvis.lenses.ascent.params import recipe_for
from dnnvis.lenses.ascent.render import Made, render
from dnnvis.lenses.ascent.render_known import Order
from dnnvis.lenses.lens import params_for
from dnnvis.lenses.look import look, looks
from dnnvis.library.store import Library
from dnnvis.network.network import Network, wrap
from dnnvis.network.taps import hooks_on
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.life import LifeNet, LifeSpec


def drawn(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def cells(*shape: int, seed: int = 0) -> Tensor:
    return (torch.rand(shape, generator=drawn(seed)) < 0.4).float()


def binary(module: nn.Module, size: int = 8, channels: int = 1) -> Network:
    network = wrap(nn.Sequential(module), size=size, channels=channels)
    network.card = replace(network.card, binary=True)
    return network


@pytest.fixture(scope="module")
def net() -> Network:
    return life(size=10)


# ---- the estimate --------------------------------------------------------------------------


def test_on_a_linear_network_the_estimate_is_what_each_flip_gains() -> None:
    linear = nn.Conv2d(1, 3, 3, padding=1, bias=False).requires_grad_(False)
    with torch.no_grad():
        linear.weight.copy_(torch.randint(-8, 9, linear.weight.shape, generator=drawn()))
    net = binary(linear)
    climb = climbing(net, recipe("board", start="frame"), "0[2]@3,4", pixels=cells(1, 1, 8, 8))
    now = climb.pictures()[0]
    with torch.enable_grad():
        _, gradient = climb._signals.sent_back_alone(now[None], [climb.rows[0].goal], [False])
    estimated = gains(now, gradient[0])
    for y, x in product(range(8), range(8)):
        flipped = now.clone()
        flipped[0, y, x] = 1 - flipped[0, y, x]
        gained = linear(flipped[None]) - linear(now[None])
        assert float(estimated[0, y, x]) == float(gained[0, 2, 3, 4])
    assert 0 < int((estimated != 0).sum()) <= 9


def test_worth_is_the_objective_however_the_boards_are_divided(net: Network) -> None:
    climb = climbing(net, recipe("board"), "cell[2]#1 - 0.5*cell[1]@3,4#1")
    boards = cells(150, 1, 10, 10)
    found = climb._signals.worth(boards, climb.rows[0].goal)
    states = net.module.states(boards)[2]
    wanted = states[:, 2].mean((1, 2)) - 0.5 * states[:, 1, 3, 4]
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)


# ---- every board there is --------------------------------------------------------------------


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
    assert min(reached) >= 0.95 and max(reached) == pytest.approx(1, abs=1e-4)


# ---- what is kept and shown --------------------------------------------------------------------


def run(net: Network, unit: str, **settings: Any) -> list[Grown]:
    return list(looks(net, "ascent", unit, **settings))


@pytest.mark.parametrize("unit", ["cell[3]#2", "output[0]@4,4", "-cell[0]@0,9#1"])
def test_what_is_shown_is_the_best_board_seen_and_never_gets_worse(net: Network, unit: str) -> None:
    shown = run(net, unit, preset="live", seed=1)
    values = [grown.measures[0].value for grown in shown]
    assert all(after >= before - 1e-6 for before, after in zip(values, values[1:], strict=False))
    assert values[-1] >= float(shown[-1].curve.max()) - 1e-6 and values[-1] > values[0]
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
    assert shown[-1].recipe["move"] == "adam" and "Bengio" in shown[-1].caption
    assert shown[-1].recipe["objective"] == pytest.approx(float(shown[-1].curve.max()), abs=1e-5)


def test_cells_that_the_unit_does_not_see_are_dead_in_the_end(net: Network) -> None:
    values = look(net, "ascent", "cell[1]@5,5#0", preset="live").values[:, :, 0]
    alive = np.argwhere(values > 0)
    assert len(alive) and np.abs(alive - 5).max() <= 2  # encoder and cell: 5 x 5 cells


def test_from_a_frame_the_first_board_is_the_frame_and_a_better_one_is_found(net: Network) -> None:
    frame = board(10, seed=4)
    shown = run(net, "cell[2]#1", image=frame, start="frame", steps=6)
    np.testing.assert_array_equal(shown[0].values, frame / 255)
    assert shown[-1].measures[0].value > shown[0].measures[0].value
    assert float(shown[-1].curve[0, 0]) == pytest.approx(shown[0].measures[0].value, abs=1e-6)


def test_from_a_frame_a_standstill_goes_on_near_the_best() -> None:
    start = cells(1, 12, 12)
    hunt, generator = Hunt(framed=True), drawn()

    def nothing(boards: Tensor) -> Tensor:
        return torch.zeros(len(boards))

    now = start
    for _ in range(flips.PATIENCE):
        _, now = hunt.step(now, torch.ones_like(now), nothing, generator)
        assert torch.equal(now, start)
    _, now = hunt.step(now, torch.ones_like(now), nothing, generator)
    assert 0 < float((now != start).float().mean()) < 0.3


# ---- repeatable, alone, without traces -----------------------------------------------------------


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
    assert grown.sheet.shape == (3, 10, 10, 1) and grown.curve.shape == (12, 3)
    assert not np.array_equal(grown.sheet[0], grown.sheet[1])
    left = looks(net, "ascent", "cell[1]#1", preset="live")
    for _ in range(4):
        next(left)
    left.close()  # type: ignore[attr-defined]
    assert hooks_on(net.module) == 0
    assert all(p.grad is None for p in net.module.parameters())


# ---- what is proposed --------------------------------------------------------------------------


def test_so_many_boards_are_tried_as_their_size_allows() -> None:
    assert [tried(n) for n in (16, 400, 1600, 4096, 10**6)] == [64, 64, 16, 8, 8]


def test_a_step_runs_no_more_boards_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    net = life(size=40)
    climb = climbing(net, recipe("board"), "cell[1]#1")
    ran: list[int] = []
    forward = LifeNet.forward

    def counted(self: LifeNet, boards: Tensor) -> Tensor:
        ran.append(len(boards))
        return forward(self, boards)

    monkeypatch.setattr(LifeNet, "forward", counted)
    for _ in range(3):
        climb.step()
    assert sum(ran) == 3 * (1 + 16) and max(ran) * 1600 <= 4800


def differences(boards: Tensor, now: Tensor) -> Tensor:
    return (boards != now).flatten(1).sum(1)


def test_proposals_are_boards_near_this_one_and_the_greatest_gains_come_first() -> None:
    now, gain = cells(1, 9, 9), torch.randn((1, 9, 9), generator=drawn(2))
    made = proposals(now, gain, drawn(), 50)
    assert made.shape == (50, 1, 9, 9) and set(made.unique().tolist()) == {0.0, 1.0}
    assert differences(made, now)[:10].tolist() == [1] * 10
    first = [int((one != now).flatten().nonzero()) for one in made[:10]]
    assert first == np.argsort(-gain.flatten().numpy(), kind="stable")[:10].tolist()
    several = differences(made[10:25], now)
    assert several.min() >= 1 and several.max() <= int((gain > 0).sum()) and several.max() > 8
    chance = differences(made[25:40], now)
    assert chance.min() >= 1 and chance.max() <= flips.FEW


def test_chance_flips_only_cells_that_matter_where_any_do() -> None:
    now, gain = cells(1, 9, 9), torch.zeros(1, 9, 9)
    gain[0, 2, 3:6] = -1.0
    near = proposals(now, gain, drawn(), 50)[25:40]
    assert {tuple(p) for p in (near != now).nonzero()[:, 2:].tolist()} == {(2, 3), (2, 4), (2, 5)}
    still = proposals(now, torch.zeros(1, 9, 9), drawn(), 50)[25:40]
    assert len((still != now).flatten(1).any(0).nonzero()) > 20


def test_greater_gains_are_drawn_more_often_as_the_exponential_says() -> None:
    """Against Gumbel's own theorem: one cell is drawn with probability softmax(gain / heat)."""
    gain = torch.tensor([1.0, 0.5, 0.0, -0.5]).view(1, 2, 2)
    heat = flips.HEAT * float(gain.std(correction=0))
    wanted = np.exp(gain.flatten().numpy() / heat)
    wanted /= wanted.sum()
    now, counts = torch.zeros(1, 2, 2), Counter[int]()
    generator = drawn(3)
    for _ in range(60):
        made = proposals(now, gain, generator, 200)[4:64]  # four cells: four single flips
        alone = made[differences(made, now) == 1]
        counts.update(alone.flatten(1).argmax(1).tolist())
    total = sum(counts.values())
    assert total > 1000
    found = [counts[k] / total for k in range(4)]
    np.testing.assert_allclose(found, wanted, atol=4 * 0.5 / np.sqrt(total))


def test_a_copy_holds_a_part_of_the_board_somewhere_else() -> None:
    now = torch.zeros(1, 12, 12)
    now[0, 2, 3] = 1
    made = copies(now, 40, drawn())
    counts = made.flatten(1).sum(1)
    assert set(counts.tolist()) <= {0.0, 1.0, 2.0} and 2.0 in counts.tolist()
    changed = [(one != now).nonzero()[:, 1:] for one in made if bool((one != now).any())]
    spans = [int((where.amax(0) - where.amin(0)).max()) for where in changed]
    assert max(spans) <= 12 and any(len(where) == 1 for where in changed)


def test_fresh_boards_are_of_all_densities_and_every_second_one_repeats() -> None:
    made = fresh((2, 20, 21), 40, drawn())
    assert made.shape == (40, 2, 20, 21) and set(made.unique().tolist()) == {0.0, 1.0}
    dense = made.mean((1, 2, 3))[::2]
    assert float(dense.min()) < 0.2 and float(dense.max()) > 0.6
    repeats = [period(one[0].numpy()) for one in made[1::2]]
    assert all(h <= flips.TILE and w <= flips.TILE for h, w in repeats)


def period(map_: np.ndarray) -> tuple[int, int]:
    """The least shift down, and right, after which the map is itself where both are."""
    down = (k for k in range(1, len(map_)) if np.array_equal(map_[k:], map_[:-k]))
    right = (k for k in range(1, map_.shape[1]) if np.array_equal(map_[:, k:], map_[:, :-k]))
    return next(down, 99), next(right, 99)


# ---- goals, networks, settings -------------------------------------------------------------------

GOALS = ["cell[1]#0", "cell", "cell[1]#0 - 0.5*output[0]@2,3", "encoder[2]", "-output[0]"]


@pytest.mark.parametrize("goal", GOALS)
def test_every_kind_of_goal_finds_better_than_random_boards(goal: str, net: Network) -> None:
    climb = climbing(net, recipe("live"), goal)
    rates = 0.1 + 0.5 * torch.rand(200, 1, 1, 1, generator=drawn(8))
    random = (torch.rand(200, 1, 10, 10, generator=drawn(9)) < rates).float()
    best = float(climb._signals.worth(random, Goal.parse(goal)).max())
    assert look(net, "ascent", goal, preset="live").recipe["objective"] > best


@pytest.mark.parametrize("how", ["mean", "max", "neuron", "direction"])
def test_every_statistic_rises_on_boards(how: str, net: Network) -> None:
    shown = run(net, "cell[2]#1", statistic=how, steps=8)
    assert shown[-1].measures[0].value > shown[0].measures[0].value


def test_cells_of_several_channels_are_flipped_each_alone() -> None:
    likes = nn.Conv2d(2, 1, 1, bias=False)
    with torch.no_grad():
        likes.weight.copy_(torch.tensor([1.0, -1.0]).view(1, 2, 1, 1))
    grown = look(binary(likes, channels=2), "ascent", "0[0]", preset="live")
    assert grown.values[:, :, 0].min() == 1 and grown.values[:, :, 1].max() == 0


def test_a_unit_that_nothing_moves_says_so() -> None:
    dead = nn.Conv2d(1, 2, 3, padding=1)
    with torch.no_grad():
        dead.weight.zero_()
    grown = look(binary(dead), "ascent", "0[1]", steps=7)
    assert "exactly zero" in grown.trouble


def test_a_board_that_was_the_best_from_the_start_says_that_nothing_was_gained() -> None:
    likes = nn.Conv2d(1, 1, 1, bias=False)
    with torch.no_grad():
        likes.weight.fill_(1.0)
    alive = np.full((8, 8, 1), 255, np.uint8)
    grown = look(binary(likes), "ascent", "0[0]", image=alive, start="frame", steps=7)
    assert "never rose" in grown.trouble and grown.values.min() == 1


def test_flips_are_no_move_of_pictures() -> None:
    with pytest.raises(BadInput, match="board"):
        look(wrap(nn.Sequential(nn.Conv2d(3, 2, 3)), size=16), "ascent", "0[0]", move="flips")


def test_what_makes_no_sense_on_boards_is_left_out_and_the_caption_says_so(net: Network) -> None:
    grown = look(net, "ascent", "cell[1]", preset="yosinski3", steps=3, jitter=4.0, tv=1.0)
    assert (grown.recipe["jitter"], grown.recipe["tv"], grown.recipe["blur"]) == (0, 0, 0)
    assert grown.recipe["move"] == "flips" and grown.steps == 3
    assert "a board takes steps, start and aim only" in grown.caption
    assert "takes" not in look(net, "ascent", "cell[1]", preset="board", steps=3).caption
    params = params_for(ASCENT, {"preset": "olah2017"})
    assert recipe_for(params, net.card).title == "Binary board"
    assert recipe_for(params, replace(net.card, binary=False)).title == "Feature Visualization"


# ---- many units ------------------------------------------------------------------------------


def rendered(net: Network, place: Path, report: Callable[..., None], **settings: Any) -> Any:
    goals = tuple(Goal.parse(f"cell[{k}]#1") for k in range(4))
    return render(net, Order(goals, params_for(ASCENT, settings)), place, report=report)


def test_a_render_keeps_boards_with_the_recipe_that_made_them(net: Network, tmp_path: Path) -> None:
    made: list[Made] = []

    def heard(standing: Any, one: Made | None) -> None:
        if one is not None:
            made.append(one)

    place = tmp_path / "life.sqlite"
    result = rendered(net, place, heard, preset="yosinski3", steps=12)
    assert (result.made, result.failed) == (4, {}) and len(made) == 4
    for one in made:
        assert set(np.unique(one.values)) <= {0.0, 1.0} and "contrast" not in one.recipe
        assert one.recipe["move"] == "flips" and one.recipe["parametrisation"] == "board"
        alone = look(net, "ascent", str(one.goal), preset="yosinski3", steps=12)
        np.testing.assert_array_equal(one.values, alone.values)
    again = rendered(net, place, heard, preset="yosinski3", steps=12)
    assert again.made == 0 and len(again.known) == 4
    with Library(place, net.fingerprint, net.name, card=net.card) as library:
        assert len(library.rows("SELECT id FROM pictures")) == 4


# ---- a trained network ---------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["cell[3]#1", "cell[7]#1", "cell[12]#2", "output[0]@10,10"])
def test_a_trained_networks_units_end_above_400_random_boards(unit: str) -> None:
    net = open_network("life-3")
    generator = np.random.default_rng(0)
    dense = generator.uniform(0.1, 0.6, (400, 1, 1, 1))
    boards = (generator.random((400, 20, 20, 1)) < dense).astype(np.uint8) * 255
    goal = Goal.parse(unit)
    term = goal.terms[0]
    made = net.record(boards, [term.layer])[term.layer]  # (B, calls, C, H, W)
    maps = made.reshape(400, -1, *made.shape[-3:])[:, term.call, term.channel]
    best = maps.mean((1, 2)).max() if term.place is None else maps[:, 10, 10].max()
    grown = look(net, "ascent", unit, preset="live")
    assert grown.recipe["objective"] >= best and grown.trouble == ""
