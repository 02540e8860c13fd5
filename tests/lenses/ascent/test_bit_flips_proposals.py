"""Which boards a search proposes, and for which goals and networks it works."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent import bit_flips
from dnnvis.lenses.ascent.bit_flips import copy_parts, propose_boards, random_boards, trial_count
from dnnvis.lenses.ascent.lens import ASCENT
from dnnvis.lenses.ascent.params import recipe_for
from dnnvis.lenses.ascent.render import RenderedPicture, render
from dnnvis.lenses.ascent.render_resume import RenderConfig
from dnnvis.lenses.lens import params_for
from dnnvis.lenses.look import look
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.life import LifeNet
from helpers.ascent_networks import climbing, recipe
from helpers.board_networks import (  # noqa: F401 (fixtures)
    binary,
    cells,
    drawn,
    net_fixture,
    run,
)
from helpers.imagination_networks import life


def test_so_many_boards_are_tried_as_their_size_allows() -> None:
    assert [trial_count(n) for n in (16, 400, 1600, 4096, 10**6)] == [64, 64, 16, 8, 8]


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
    assert sum(ran) == 3 * (1 + 16)
    assert max(ran) * 1600 <= 4800


def differences(boards: Tensor, now: Tensor) -> Tensor:
    return (boards != now).flatten(1).sum(1)


def test_proposals_are_boards_near_this_one_and_the_greatest_gains_come_first() -> None:
    now, gain = cells(1, 9, 9), torch.randn((1, 9, 9), generator=drawn(2))
    made = propose_boards(now, gain, drawn(), 50)
    assert made.shape == (50, 1, 9, 9)
    assert set(made.unique().tolist()) == {0.0, 1.0}
    assert differences(made, now)[:10].tolist() == [1] * 10
    first = [int((one != now).flatten().nonzero()) for one in made[:10]]
    assert first == np.argsort(-gain.flatten().numpy(), kind="stable")[:10].tolist()
    several = differences(made[10:25], now)
    assert several.min() >= 1
    assert several.max() <= int((gain > 0).sum())
    assert several.max() > 8
    chance = differences(made[25:40], now)
    assert chance.min() >= 1
    assert chance.max() <= bit_flips.MAX_CHANCE_FLIPS


def test_chance_flips_only_cells_that_matter_where_any_do() -> None:
    now, gain = cells(1, 9, 9), torch.zeros(1, 9, 9)
    gain[0, 2, 3:6] = -1.0
    near = propose_boards(now, gain, drawn(), 50)[25:40]
    assert {tuple(p) for p in (near != now).nonzero()[:, 2:].tolist()} == {(2, 3), (2, 4), (2, 5)}
    still = propose_boards(now, torch.zeros(1, 9, 9), drawn(), 50)[25:40]
    assert len((still != now).flatten(1).any(0).nonzero()) > 20


def test_greater_gains_are_drawn_more_often_as_the_exponential_says() -> None:
    """Against Gumbel's own theorem: one cell is drawn with probability softmax(gain / heat)."""
    gain = torch.tensor([1.0, 0.5, 0.0, -0.5]).view(1, 2, 2)
    heat = bit_flips.TEMPERATURE * float(gain.std(correction=0))
    wanted = np.exp(gain.flatten().numpy() / heat)
    wanted /= wanted.sum()
    now, counts = torch.zeros(1, 2, 2), Counter[int]()
    generator = drawn(3)
    for _ in range(60):
        made = propose_boards(now, gain, generator, 200)[4:64]  # four cells: four single flips
        alone = made[differences(made, now) == 1]
        counts.update(alone.flatten(1).argmax(1).tolist())
    total = sum(counts.values())
    assert total > 1000
    found = [counts[k] / total for k in range(4)]
    np.testing.assert_allclose(found, wanted, atol=4 * 0.5 / np.sqrt(total))


def test_a_copy_holds_a_part_of_the_board_somewhere_else() -> None:
    now = torch.zeros(1, 12, 12)
    now[0, 2, 3] = 1
    made = copy_parts(now, 40, drawn())
    counts = made.flatten(1).sum(1)
    assert set(counts.tolist()) <= {0.0, 1.0, 2.0}
    assert 2.0 in counts.tolist()
    changed = [(one != now).nonzero()[:, 1:] for one in made if bool((one != now).any())]
    spans = [int((where.amax(0) - where.amin(0)).max()) for where in changed]
    assert max(spans) <= 12
    assert any(len(where) == 1 for where in changed)


def test_fresh_boards_are_of_all_densities_and_every_second_one_repeats() -> None:
    made = random_boards((2, 20, 21), 40, drawn())
    assert made.shape == (40, 2, 20, 21)
    assert set(made.unique().tolist()) == {0.0, 1.0}
    dense = made.mean((1, 2, 3))[::2]
    assert float(dense.min()) < 0.2
    assert float(dense.max()) > 0.6
    repeats = [period(one[0].numpy()) for one in made[1::2]]
    assert all(h <= bit_flips.MAX_TILE_SIDE and w <= bit_flips.MAX_TILE_SIDE for h, w in repeats)


def period(map_: np.ndarray) -> tuple[int, int]:
    """The least shift down, and right, after which the map is itself where both are."""
    down = (k for k in range(1, len(map_)) if np.array_equal(map_[k:], map_[:-k]))
    right = (k for k in range(1, map_.shape[1]) if np.array_equal(map_[:, k:], map_[:, :-k]))
    return next(down, 99), next(right, 99)


GOALS = ["cell[1]#0", "cell", "cell[1]#0 - 0.5*output[0]@2,3", "encoder[2]", "-output[0]"]


@pytest.mark.parametrize("goal", GOALS)
def test_every_kind_of_goal_finds_better_than_random_boards(goal: str, net: Network) -> None:
    climb = climbing(net, recipe("live"), goal)
    rates = 0.1 + 0.5 * torch.rand(200, 1, 1, 1, generator=drawn(8))
    random = (torch.rand(200, 1, 10, 10, generator=drawn(9)) < rates).float()
    best = float(climb._signals.evaluate(random, Objective.parse(goal)).max())
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
    assert grown.values[:, :, 0].min() == 1
    assert grown.values[:, :, 1].max() == 0


def test_a_unit_that_nothing_moves_says_so() -> None:
    dead = nn.Conv2d(1, 2, 3, padding=1)
    with torch.no_grad():
        dead.weight.zero_()
    grown = look(binary(dead), "ascent", "0[1]", steps=7)
    assert "exactly zero" in grown.error


def test_a_board_that_was_the_best_from_the_start_says_that_nothing_was_gained() -> None:
    likes = nn.Conv2d(1, 1, 1, bias=False)
    with torch.no_grad():
        likes.weight.fill_(1.0)
    alive = np.full((8, 8, 1), 255, np.uint8)
    grown = look(binary(likes), "ascent", "0[0]", image=alive, start="frame", steps=7)
    assert "never rose" in grown.error
    assert grown.values.min() == 1


def test_flips_are_no_move_of_pictures() -> None:
    with pytest.raises(BadInput, match="board"):
        look(wrap(nn.Sequential(nn.Conv2d(3, 2, 3)), size=16), "ascent", "0[0]", move="flips")


def test_what_makes_no_sense_on_boards_is_left_out_and_the_caption_says_so(net: Network) -> None:
    grown = look(net, "ascent", "cell[1]", preset="yosinski3", steps=3, jitter=4.0, tv=1.0)
    assert (grown.recipe["jitter"], grown.recipe["tv"], grown.recipe["blur"]) == (0, 0, 0)
    assert grown.recipe["move"] == "flips"
    assert grown.steps == 3
    assert "a board takes steps, start and aim only" in grown.caption
    assert "takes" not in look(net, "ascent", "cell[1]", preset="board", steps=3).caption
    params = params_for(ASCENT, {"preset": "olah2017"})
    assert recipe_for(params, net.card).title == "Binary board"
    assert recipe_for(params, replace(net.card, binary=False)).title == "Feature Visualization"


def rendered(net: Network, place: Path, report: Callable[..., None], **settings: Any) -> Any:
    goals = tuple(Objective.parse(f"cell[{k}]#1") for k in range(4))
    return render(net, RenderConfig(goals, params_for(ASCENT, settings)), place, report=report)


def test_a_render_keeps_boards_with_the_recipe_that_made_them(net: Network, tmp_path: Path) -> None:
    made: list[RenderedPicture] = []

    def heard(standing: Any, one: RenderedPicture | None) -> None:
        if one is not None:
            made.append(one)

    place = tmp_path / "life.sqlite"
    result = rendered(net, place, heard, preset="yosinski3", steps=12)
    assert (result.rendered, result.failed) == (4, {})
    assert len(made) == 4
    for one in made:
        assert set(np.unique(one.values)) <= {0.0, 1.0}
        assert "contrast" not in one.recipe
        assert one.recipe["move"] == "flips"
        assert one.recipe["parametrisation"] == "board"
        alone = look(net, "ascent", str(one.objective), preset="yosinski3", steps=12)
        np.testing.assert_array_equal(one.values, alone.values)
    again = rendered(net, place, heard, preset="yosinski3", steps=12)
    assert again.rendered == 0
    assert len(again.known) == 4
    with Library(place, net.fingerprint, net.name, card=net.card) as library:
        assert len(library.rows("SELECT id FROM pictures")) == 4


@pytest.mark.parametrize("unit", ["cell[3]#1", "cell[7]#1", "cell[12]#2", "output[0]@10,10"])
def test_a_trained_networks_units_end_above_400_random_boards(unit: str) -> None:
    net = open_network("life-3")
    generator = np.random.default_rng(0)
    dense = generator.uniform(0.1, 0.6, (400, 1, 1, 1))
    boards = (generator.random((400, 20, 20, 1)) < dense).astype(np.uint8) * 255
    goal = Objective.parse(unit)
    term = goal.terms[0]
    made = net.record(boards, [term.layer])[term.layer]  # (B, calls, C, H, W)
    maps = made.reshape(400, -1, *made.shape[-3:])[:, term.call, term.channel]
    best = maps.mean((1, 2)).max() if term.position is None else maps[:, 10, 10].max()
    grown = look(net, "ascent", unit, preset="live")
    assert grown.recipe["objective"] >= best
    assert grown.error == ""
