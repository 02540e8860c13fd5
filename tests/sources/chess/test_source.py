"""Positions as a source."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.chess.krk import exact_play
from dnnvis.sources.chess.positions import (
    parse_position,
    positions_with_line,
    read_boards,
    split_positions,
)
from dnnvis.sources.chess.source import ChessSource
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.source import Movable

FEN = "8/8/8/3k4/8/8/8/R3K3"


def position_in(pixels: np.ndarray) -> np.ndarray:
    return read_boards(pixels.transpose(2, 0, 1))


def test_positions_are_those_of_the_test_share() -> None:
    test = split_positions(positions_with_line(exact_play(), 4))[1]
    known = {tuple(position) for position in test}
    with ChessSource() as source:
        assert isinstance(source, Movable)
        frames = [source.read() for _ in range(5)]
        assert {tuple(position_in(frame.pixels)) for frame in frames} <= known
        assert len({frame.label for frame in frames}) == 5
        source.move(-2)
        assert source.read().label == frames[2].label
        source.seek(0.0)
        assert source.read().label == frames[0].label
        assert source.position == 0.0
        source.move(-1)  # round to the last
        assert source.read() is not None
        assert source.position == 1.0


def test_one_position_stays() -> None:
    with ChessSource(FEN) as source:
        assert source.rate == 0.0
        frame = source.read()
    position = position_in(frame.pixels)
    assert np.array_equal(position, parse_position(FEN, exact_play()))
    assert frame.label.startswith(f"{FEN}, mate in ")
    with pytest.raises(BadInput, match="closed"):
        source.read()


def test_texts_that_name_positions() -> None:
    assert choice_from_text("chess") == {"kind": "chess", "path": "", "camera": 0}
    assert choice_from_text(f"chess:{FEN}")["path"] == FEN
    with pytest.raises(BadInput, match="side by side"):
        choice_from_text("chess:8/8/8/3k4/3K4/8/8/R7")
