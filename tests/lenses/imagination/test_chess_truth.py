"""The strip of a chess network: optimal play, and what is said of pictures without any."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dnnvis.core.lens_results import Strip
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.sources.chess.krk import exact_play
from dnnvis.sources.chess.positions import PIECES, draw_boards, parse_position
from dnnvis.zoo.life import LifeNet, LifeSpec
from dnnvis.zoo.life_nets import life_card

SPEC = LifeSpec(steps=4, channels=4, planes=3)
LONG = "8/8/8/3k4/8/8/8/R3K3"  # mate in 15


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(0)
    about = {"pieces": list(PIECES), "autoencoder": True}
    return Network(LifeNet(SPEC), replace(life_card(SPEC, "krk", about), size=(8, 8)))


def imagine(network: Network, pixels: np.ndarray) -> Strip:
    strip = look(network, "imagine", "cell[0]", image=pixels)
    assert isinstance(strip, Strip)
    return strip


def picture(*squares: int) -> np.ndarray:
    return np.ascontiguousarray(draw_boards(np.array(squares)).transpose(1, 2, 0) * np.uint8(255))


def test_the_truth_is_optimal_play(network: Network) -> None:
    position = parse_position(LONG, exact_play())
    strip = imagine(network, picture(*position))
    line = exact_play().line(position[None], 4)[0]
    assert strip.rows["truth"].shape == strip.rows["imagination"].shape == (5, 8, 8, 3)
    assert np.array_equal(strip.rows["truth"], draw_boards(line).transpose(0, 2, 3, 1))
    flat = strip.rows["imagination"].reshape(5, 64, 3).argmax(1)
    true = strip.rows["truth"].reshape(5, 64, 3).argmax(1)
    for mark, count in zip(strip.marks, (flat == true).sum(1), strict=True):
        assert mark.startswith(f"{count} of 3 pieces")
    assert [mark.endswith("trained") for mark in strip.marks] == [True, False, False, False, True]
    assert "positions in between" in strip.message


@pytest.mark.parametrize(
    ("squares", "sentence"),
    [
        ((35, 0, 36), "side by side"),
        ((4, 0, 56), "Black is in check"),
        ((4, 4, 60), "Two pieces stand on one square"),
        ((42, 7, 56), "Mate is 3 plies away here; the network looks 4 plies ahead"),
        ((41, 7, 56), "Mate is 1 ply away here"),
    ],
)
def test_a_position_without_such_a_line_is_told_why(
    network: Network, squares: tuple[int, ...], sentence: str
) -> None:
    strip = imagine(network, picture(*squares))
    assert sentence in strip.message
    assert "truth" not in strip.rows


def test_a_picture_that_is_no_position_keeps_its_imagination(network: Network) -> None:
    strip = imagine(network, np.zeros((8, 8, 3), np.uint8))
    assert "This picture is no position" in strip.message
    assert set(strip.rows) == {"imagination"}
