"""Synthesis for networks whose pixels are cells: the board itself is moved."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from dnnvis.lenses.ascent.presets import PRESETS, adapt_to_board
from dnnvis.lenses.look import look, looks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


def counting(kernel: list[list[float]]) -> Network:
    """One convolution that likes cells under positive weights, and no others."""
    net = nn.Conv2d(1, 2, 3, padding=1, bias=False)
    with torch.no_grad():
        net.weight.zero_()
        net.weight[0, 0] = torch.tensor(kernel)
        net.weight[1, 0] = -torch.tensor(kernel)
    network = wrap(nn.Sequential(net), size=8, channels=1)
    network.card = replace(network.card, binary=True)
    return network


def test_every_preset_gives_a_board_of_cells() -> None:
    net = counting([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    for preset in ("default", "yosinski3", "maco", "board"):
        picture = look(net, "ascent", "0[0]", preset=preset, steps=5)
        assert picture.values.shape == (8, 8, 1)
        assert set(np.unique(picture.values)) <= {0.0, 1.0}, preset


def test_cells_that_the_unit_likes_come_alive_and_others_die() -> None:
    net = counting([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert look(net, "ascent", "0[0]", steps=60).values.min() == 1
    assert look(net, "ascent", "0[1]", steps=60).values.max() == 0


def test_a_place_alone_gets_the_pattern_that_it_wants() -> None:
    cross = [[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]
    net = counting(cross)
    picture = look(net, "ascent", "0[0]@4,4", steps=60)
    np.testing.assert_array_equal(picture.values[3:6, 3:6, 0], (np.array(cross) > 0))
    assert picture.recipe["objective"] == 4  # four cells that count, none against


def test_the_objective_rises_on_the_way() -> None:
    net = counting([[1, -1, 1], [-1, 1, -1], [1, -1, 1]])
    shown = list(looks(net, "ascent", "0[0]", steps=40, seed=3))
    assert shown[-1].measures[0].value > shown[0].measures[0].value


def test_what_is_aimed_at_stays_what_the_recipe_says() -> None:
    recipe = PRESETS["default"].with_changes({"steps": 7, "statistic": "max"})
    board = adapt_to_board(recipe)
    assert (board.parametrisation, board.steps, board.statistic) == ("board", 7, "max")
    assert adapt_to_board(PRESETS["board"]) is PRESETS["board"]
