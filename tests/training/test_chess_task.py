"""How a chess network learns: from first and last positions, and the same again after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.network.card import read_card
from dnnvis.sources.chess.krk import exact_play, index_positions
from dnnvis.training.beyond_export import export_chess
from dnnvis.training.chess_task import (
    ChessSetting,
    ChessTask,
    as_chess_input,
    imagine_positions,
    score_chess,
    split_lines,
)
from dnnvis.training.loop import TrainingProgress, train

TINY = ChessSetting(channels=4, cell="lean", batch=8, warm=2, most=4)


class Killed(Exception):
    """The power failed."""


def test_killed_and_resumed_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole = ChessTask(TINY)
    train(whole, tmp_path / "whole", score_every=2)

    def kill(progress: TrainingProgress, steps: int, loss: float) -> None:
        if progress.step == 3:
            raise Killed

    with pytest.raises(Killed):
        train(ChessTask(TINY), tmp_path / "cut", report=kill, save_every=0.0, score_every=2)
    again = ChessTask(TINY)
    train(again, tmp_path / "cut", score_every=2)
    pairs = zip(
        whole.network.state_dict().values(), again.network.state_dict().values(), strict=True
    )
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_loss_is_that_of_the_last_position_and_of_the_first_as_it_was() -> None:
    task = ChessTask(TINY)
    first, last = task.batch(0)
    with torch.no_grad():
        states = task.network.states(first)
        expected = [
            ((task.network.decoder(state) - target) ** 2).mean()
            for state, target in ((states[-1], last), (states[0], first))
        ]
    assert task.train_step(0) == pytest.approx(float(sum(expected)) / 2, rel=1e-5)
    alone = ChessTask(replace(TINY, autoencoder=False))
    assert alone.train_step(0) == pytest.approx(float(expected[0]), rel=1e-5)


def test_it_sees_positions_before_and_after_optimal_play() -> None:
    first, last = ChessTask(TINY).batch(7)
    assert first.shape == last.shape == (8, 3, 8, 8)
    assert (first.sum((2, 3)) == 1).all()
    play = exact_play()
    train_lines, test_lines = split_lines(4)
    for lines in (train_lines[::5000], test_lines[::500]):
        plies = play.white_plies[index_positions(lines[:, 0])]
        assert (plies >= 4).all()
        assert np.array_equal(play.white_plies[index_positions(lines[:, 4])], plies - 4)


def test_every_state_is_decoded() -> None:
    task = ChessTask(TINY)
    positions = task.validation[:3, 0]
    imagined = imagine_positions(task.network, positions, batch=2)
    assert imagined.shape == (3, 5, 3, 8, 8)
    with torch.no_grad():
        final = task.network(as_chess_input(positions)).numpy()
    assert np.allclose(imagined[:, -1], final, atol=1e-6)


def test_the_finished_network_is_written_with_its_card(tmp_path: Path) -> None:
    task = ChessTask(TINY)
    progress = train(task, tmp_path / "work")
    scores = score_chess(task.network, TINY)
    assert scores["positions"] == 2000
    assert scores["exact"] <= min(scores[name] for name in ("white king", "black king"))
    export_chess(task, progress, tmp_path / "out", "", scores)
    card = read_card(tmp_path / "out" / "chess-krk.json")
    assert (card.size, card.channels, card.binary) == ((8, 8), 3, False)
    assert card.about["life"]["planes"] == 3
    assert "game_steps" not in card.about


@pytest.mark.parametrize("change", [{"steps": 31}, {"cell": "deep"}, {"most": 0}])
def test_a_setting_without_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        replace(TINY, **change)
