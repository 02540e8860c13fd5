"""Positions as boards and text, and what is kept for the test."""

import chess
import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.chess.krk import exact_play, index_positions
from dnnvis.sources.chess.positions import (
    draw_boards,
    mirror_groups,
    name_square,
    parse_position,
    positions_with_line,
    read_boards,
    split_positions,
    write_position,
)

POSITION = np.array([4, 0, 35])  # Ke1, Ra1, kd5
FEN = "8/8/8/3k4/8/8/8/R3K3"


def test_a_board_is_drawn_as_a_diagram_with_rank_8_on_top() -> None:
    boards = draw_boards(POSITION)
    assert boards.shape == (3, 8, 8)
    rows = str(chess.Board(f"{FEN} w - - 0 1")).splitlines()
    for plane, letter in zip(boards, "KRk", strict=True):
        expected = [[int(cell == letter) for cell in row.split()] for row in rows]
        assert plane.tolist() == expected


def test_squares_are_read_where_a_plane_is_largest() -> None:
    positions = positions_with_line(exact_play(), 4)[::997]
    noise = np.random.default_rng(0).random((len(positions), 3, 8, 8)) * 0.9
    assert np.array_equal(read_boards(draw_boards(positions) + noise), positions)


def test_a_position_is_written_and_read() -> None:
    assert write_position(POSITION) == FEN
    assert np.array_equal(parse_position(f"{FEN} w - - 0 1", exact_play()), POSITION)
    for position in positions_with_line(exact_play(), 4)[::4999]:
        assert np.array_equal(parse_position(write_position(position), exact_play()), position)
    assert [name_square(k) for k in (0, 7, 35, 63)] == ["a1", "h1", "d5", "h8"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("8/8/8/3k4/3K4/8/8/R7", "the kings stand side by side"),
        ("8/8/8/3k4/8/8/8/3RK3", "Black is in check and White to move"),
        ("8/8/8/3k4/8/8/8/4K3", "one K, one R and one k"),
        ("8/8/8/3k4/8/8/8/R3K2Q", "holds 'Q'"),
        ("8/8/8/3k4/8/8/8/RR2K3", "holds 'R'"),
        ("8/8/8/3k4/8/8/8/R3K2", "has 7 squares, not 8"),
        ("8/8/3k4/8/8/8/R3K3", "eight rows"),
        ("", "no board of king and rook"),
        ("k", "no board of king and rook"),
        (f"{FEN} b", "White is to move"),
    ],
)
def test_an_illegal_position_is_told_why(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        parse_position(text, exact_play())


def test_mirrored_positions_are_one_group() -> None:
    groups = mirror_groups()
    squares = POSITION
    for flip in (squares ^ 7, squares ^ 56, (squares % 8) * 8 + squares // 8):
        assert groups[index_positions(flip)] == groups[index_positions(squares)]
    assert groups[index_positions(np.array([4, 0, 34]))] != groups[index_positions(squares)]


def test_no_test_position_is_learned_in_a_mirror() -> None:
    positions = positions_with_line(exact_play(), 4)
    train, test = split_positions(positions)
    assert len(train) + len(test) == len(positions)
    assert 0.08 < len(test) / len(positions) < 0.12
    groups = mirror_groups()
    shared = np.intersect1d(groups[index_positions(train)], groups[index_positions(test)])
    assert not len(shared)
    assert np.array_equal(split_positions(positions)[1], test)  # the same each time
