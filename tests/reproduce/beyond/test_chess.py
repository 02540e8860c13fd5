"""What is measured of a chess network, against what copies get and what is known."""

import numpy as np
import torch

from dnnvis.reproduce.beyond.chess import _mix, conclude_chess, measure_chess
from dnnvis.sources.chess.positions import PIECES
from dnnvis.training.chess_task import ChessSetting
from dnnvis.zoo.life import LifeNet

CHESS = ChessSetting(channels=3, cell="lean")


def test_an_untrained_chess_network_imagines_nothing_in_between() -> None:
    torch.manual_seed(0)
    scores = measure_chess(LifeNet(CHESS.spec), CHESS, 60)
    assert scores["examples"] == 60
    for reader in ("decoder", "probe", "copy of the first", "probe shuffled"):
        for what in ("position", *PIECES):
            table = np.array(scores[reader][what])
            assert table.shape[1] == 5
            assert ((table >= 0) & (table <= 1)).all()
    first = np.array(scores["copy of the first"]["position"][0])
    assert first.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]  # each ply changes something
    last = np.array(scores["copy of the last"]["position"][0])
    assert last.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]
    assert scores["final"]["position"] == scores["decoder"]["position"][4][4]
    assert scores["final if copied"]["position"] == 0.0
    copies = scores["equation 1"]["copy of the first"]
    assert copies == {"paper": 1.0, "strict": 0.0}  # 95 % of 192 cells say nothing
    assert conclude_chess([scores]).startswith("No: the position after 4 plies")
    mixture = np.array(scores["mixture of the ends"]["position"][0])
    assert (mixture >= np.array(scores["copy of the first"]["position"][0])).all()
    assert np.array(scores["probe of the ends"]["position"]).shape == (1, 5)


def test_a_network_that_shows_what_lies_between_is_told_so() -> None:
    torch.manual_seed(0)
    scores = measure_chess(LifeNet(CHESS.spec), CHESS, 20)
    shown = {**scores["decoder"], "position": np.eye(5).tolist()}
    nothing = {**scores["probe"], "position": np.zeros((5, 5)).tolist()}
    sentence = conclude_chess([{**scores, "decoder": shown, "probe": nothing}])
    assert sentence.startswith("In part: ")
    assert "the decoder shows positions in between: decoded, 100.0% after ply" in sentence


def test_a_mixture_of_the_ends_is_no_imagination() -> None:
    """A white move, a black one, another white one: the ends alone give what lies between."""
    torch.manual_seed(0)
    scores = measure_chess(LifeNet(CHESS.spec), CHESS, 20)
    shown = {**scores["decoder"], "position": np.full((5, 5), 0.4).tolist()}
    mixture = {**scores["mixture of the ends"], "position": [[0.0, 0.35, 0.35, 0.35, 0.0]]}
    nothing = {**scores["probe"], "position": np.zeros((5, 5)).tolist()}
    scores = {**scores, "decoder": shown, "probe": nothing, "mixture of the ends": mixture}
    sentence = conclude_chess([scores])
    assert sentence.startswith("No: ")
    assert "decoded, 40.0% after ply 1 (the best control 35.0%)" in sentence


def test_the_best_mixture_takes_each_piece_from_where_it_is_right() -> None:
    rng = np.random.default_rng(0)
    line = rng.integers(0, 64, (50, 3, 3))  # three positions of three pieces
    line[:, 1, 0], line[:, 1, 1:] = line[:, 0, 0], line[:, 2, 1:]
    table = _mix(line[:, 0], line[:, 2], line)
    assert table["position"] == [[1.0, 1.0, 1.0]]
    assert _mix(line[:, 0], line[::-1, 2], line)["position"][0][1] < 0.2
    assert table["white king"][0][0] == 1.0
