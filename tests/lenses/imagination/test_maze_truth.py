"""The strip of a maze network: the path, what a search knows, and what is said of both."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.lens_results import Strip
from dnnvis.core.mazes.controls import FollowControl
from dnnvis.core.mazes.maze import Mazes, parse_maze
from dnnvis.lenses.look import look
from dnnvis.network.card import Card
from dnnvis.network.network import Network
from dnnvis.sources.mazes.draw import draw_mazes
from dnnvis.sources.mazes.truths import CANDIDATES, MazeTruths

OPEN = parse_maze("S...G/.###./.....")


class Filling(nn.Module):
    """Fills dead ends one square deep a step: what a network of this kind could do."""

    def forward(self, state: Tensor, mazes: Tensor) -> Tensor:
        ends = (mazes[:, :1] != mazes[:, 1:2]).float()
        padded = nn.functional.pad(state, (1, 1, 1, 1))
        around = padded[:, :, :-2, 1:-1] + padded[:, :, 2:, 1:-1]
        around = around + padded[:, :, 1:-1, :-2] + padded[:, :, 1:-1, 2:]
        return state * torch.maximum((around > 1).float(), ends)


class Encoder(nn.Module):
    def forward(self, mazes: Tensor) -> Tensor:
        return mazes.amax(1, keepdim=True)


class ByHand(nn.Module):
    def __init__(self, steps: int) -> None:
        super().__init__()
        self.encoder, self.cell, self.steps = Encoder(), Filling(), steps
        self.decoder = nn.Sequential(OrderedDict(one=nn.Conv2d(1, 1, 1, bias=False)))
        nn.init.ones_(self.decoder[0].weight)

    def forward(self, mazes: Tensor) -> Tensor:
        state = self.encoder(mazes)
        for _ in range(self.steps):
            state = self.cell(state, mazes)
        return self.decoder(state)


def network(steps: int = 12, **about: Any) -> Network:
    card = Card(
        name="by hand",
        size=(9, 9),
        fit="free",
        states=("encoder", "cell"),
        decoder="decoder",
        about={"maze": {"steps": steps}, **about},
    )
    return Network(ByHand(steps), card)


def imagine(net: Network, maze: Mazes, **params: Any) -> Strip:
    strip = look(net, "imagine", "cell[0]", image=maze.pictures()[0], **params)
    assert isinstance(strip, Strip)
    return strip


@pytest.fixture(scope="module")
def maze() -> Mazes:
    mazes = draw_mazes(40, (9, 9), np.random.default_rng(0))
    rounds = np.where(MazeTruths(mazes).filled_after > 999, 0, MazeTruths(mazes).filled_after)
    which = int(np.flatnonzero((rounds.max((1, 2)) > 4) & (rounds.max((1, 2)) < 10))[0])
    return mazes[which : which + 1]


def test_what_fills_dead_ends_is_told_from_what_does_not(maze: Mazes) -> None:
    strip = imagine(network(setting={"learned_steps": 6}), maze)
    truths = MazeTruths(maze)
    waves = ("wave from the start", "wave from the goal")
    assert set(strip.rows) == {"truth", "imagination", *waves, "dead ends filled"}
    assert np.array_equal(strip.rows["dead ends filled"], strip.rows["imagination"])
    assert (strip.rows["truth"] == truths.path[0][..., None]).all()
    for step in range(13):
        for name, reached in zip(waves, (truths.from_start, truths.from_goal), strict=True):
            assert np.array_equal(strip.rows[name][step, ..., 0], reached[0] <= step)
    assert np.array_equal(strip.walls, ~maze.floor[0])
    assert set(strip.scores) == set(CANDIDATES)
    assert strip.scores["dead ends filled"] == pytest.approx(1.0)
    assert max(v for k, v in strip.scores.items() if k != "dead ends filled") < 0.95


def test_the_speed_is_the_cards(maze: Mazes) -> None:
    scores = {"speeds": {"dead ends filled": 2.0}}
    strip = imagine(network(scores=scores), maze)
    expected = MazeTruths(maze).at("dead ends filled", 3, 2.0)[0]
    assert np.array_equal(strip.rows["dead ends filled"][3, ..., 0], expected)
    assert strip.scores["dead ends filled"] < 1.0
    assert strip.controls == {}


def test_the_controls_are_the_cards(maze: Mazes) -> None:
    follows = {name: {"chance": 0.25, "probe": 0.8} for name in CANDIDATES}
    strip = imagine(network(scores={"follows": follows, "follow_mazes": 40}), maze)
    assert strip.controls["both waves"] == FollowControl(0.25, 0.8, 40)


def test_columns_say_how_much_of_the_floor_is_right_and_which_were_trained(maze: Mazes) -> None:
    strip = imagine(network(setting={"learned_steps": 6}), maze)
    truths, floor = MazeTruths(maze), maze.floor[0]
    last = int(np.where(truths.filled_after > 999, 0, truths.filled_after).max())
    for step, mark in enumerate(strip.marks):
        right = (strip.rows["imagination"][step, ..., 0] >= 0.5) == truths.path[0]
        share = right[floor].mean()
        assert mark.startswith(f"{np.floor(1000 * share) / 10:.1f} %")
        assert ("no match" in mark) == (step < last)
        assert ("trained" in mark) == (step >= 6)
    assert f"is exact from state {last} on" in strip.message


def test_too_few_steps_find_no_path(maze: Mazes) -> None:
    strip = imagine(network(2), maze)
    assert "is not found" in strip.message


def test_without_a_way_it_says_so_where_the_truth_would_be() -> None:
    strip = imagine(network(), parse_maze("S.#.G/..#../..#.."))
    assert "No way leads from start to goal" in strip.message
    assert not strip.rows["truth"].any()
    assert strip.scores["whole path"] == 0.0


def test_a_picture_that_is_no_maze_keeps_its_imagination(maze: Mazes) -> None:
    pixels = np.full((9, 9, 3), 255, np.uint8)
    strip = look(network(), "imagine", "cell[0]", image=pixels)
    assert set(strip.rows) == {"imagination"}
    assert "This picture is no maze: it has 0 green squares" in strip.message
    assert strip.scores == {}
    assert strip.walls is None


def test_a_path_that_is_there_at_once() -> None:
    strip = imagine(network(), parse_maze("S.G"))
    assert "exact from the first state on" in strip.message
