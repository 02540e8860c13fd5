"""Growing directions: the objective by hand, many as one, stopped in the middle of a batch."""

import threading

import numpy as np
import pytest
import torch

from dnnvis.core.errors import Cancelled
from dnnvis.lenses.ascent.evaluation import evaluate
from dnnvis.lenses.ascent.objectives import objective_directions
from dnnvis.lenses.atlas.growing import (
    PictureGrowth,
    atlas_recipe,
    direction_objective,
    mean_inner_vectors,
)
from helpers.atlas_networks import LAYER, color_network, color_pictures

DIRECTIONS = np.array([[1, -0.2, 0.1, 0], [-0.3, 1, 0.2, 0], [0.2, 0.1, 1, 0.5]], np.float32)


def test_the_objective_is_dot_times_a_power_of_the_cosine() -> None:
    net = color_network()
    x = net.encode(color_pictures(3)[0])
    recipe = atlas_recipe(net, LAYER, power=4)
    objectives = [direction_objective(LAYER, direction) for direction in DIRECTIONS]
    np.testing.assert_allclose(objective_directions(objectives, 4).numpy(), DIRECTIONS)
    values = net.run(x, (LAYER,)).tensor(LAYER).numpy()
    for row, reached in enumerate(evaluate(net, objectives, x, recipe).tolist()):
        total = 0.0
        for y in range(12):
            for at in range(12):
                vector, direction = values[row, :, y, at], DIRECTIONS[row]
                dot = float(vector @ direction)
                cosine = dot / (np.linalg.norm(vector) * np.linalg.norm(direction))
                total += dot * max(0.1, cosine) ** 4 / 144
        assert reached == pytest.approx(total, rel=1e-4)


def test_a_batch_gives_what_single_pictures_give_and_pictures_show_their_direction() -> None:
    net = color_network()
    growth = PictureGrowth(net, LAYER, DIRECTIONS, atlas_recipe(net, LAYER, steps=24))
    together = np.concatenate(list(growth([np.arange(3)])))
    alone = np.concatenate(list(growth([np.array([k]) for k in range(3)])))
    difference = together["picture"].astype(int) - alone["picture"].astype(int)
    assert np.abs(difference).max() <= 1
    red, blue = together["picture"][0], together["picture"][1]
    assert red[..., 0].mean() > red[..., 2].mean() + 30
    assert blue[..., 2].mean() > blue[..., 0].mean() + 30
    shown = torch.from_numpy(together["picture"].transpose(0, 3, 1, 2).copy()).float() / 255
    values = net.run(shown, (LAYER,)).tensor(LAYER).numpy()
    np.testing.assert_allclose(
        together["activation"], values[:, :, 1:-1, 1:-1].mean((2, 3)), rtol=1e-4
    )
    assert together.dtype == growth.dtype


def test_a_stopped_growth_ends_in_the_middle_of_a_batch() -> None:
    net, stop = color_network(), threading.Event()
    growth = PictureGrowth(net, LAYER, DIRECTIONS, atlas_recipe(net, LAYER), stop=stop)
    stop.set()
    with pytest.raises(Cancelled):
        list(growth([np.arange(3)]))


def test_the_inner_mean_leaves_the_border_out_where_there_is_one() -> None:
    values = torch.arange(18.0).view(1, 2, 3, 3)
    assert mean_inner_vectors(values).tolist() == [[4.0, 13.0]]
    assert mean_inner_vectors(values[:, :, :2, :1]).tolist() == [[1.5, 10.5]]
