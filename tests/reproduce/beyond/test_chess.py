"""What is measured of a chess network, against what copies get and what is known."""

import numpy as np
import torch

from dnnvis.reproduce.beyond.chess import conclude_chess, measure_chess
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


def test_a_network_that_shows_what_lies_between_is_told_so() -> None:
    torch.manual_seed(0)
    scores = measure_chess(LifeNet(CHESS.spec), CHESS, 20)
    shown = np.eye(5).tolist()
    scores = {**scores, "decoder": {**scores["decoder"], "position": shown}}
    sentence = conclude_chess([scores])
    assert sentence.startswith("In part: ")
    assert "decoded states show positions in between" in sentence
    assert "right in 100.0%" in sentence
