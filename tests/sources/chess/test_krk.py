"""Exact play of king and rook against king, against python-chess's rules and what is known."""

import chess
import numpy as np
import pytest

from dnnvis.sources.chess.krk import (
    NO_MATE,
    POSITIONS,
    ExactPlay,
    exact_play,
    index_positions,
    positions_at,
)
from dnnvis.sources.chess.positions import mirror_groups, positions_with_line


@pytest.fixture(scope="module")
def play() -> ExactPlay:
    return exact_play()


def board_of(squares: np.ndarray, white: bool) -> chess.Board:
    board = chess.Board(None)
    pieces = (chess.Piece(chess.KING, True), chess.Piece(chess.ROOK, True))
    for square, piece in zip(squares, (*pieces, chess.Piece(chess.KING, False)), strict=True):
        board.set_piece_at(int(square), piece)
    board.turn = white
    return board


def squares_of(board: chess.Board) -> np.ndarray | None:
    """The three squares; None where the rook is gone."""
    rooks = list(board.pieces(chess.ROOK, True))
    return np.array([board.king(True), rooks[0], board.king(False)]) if rooks else None


def plies_after(play: ExactPlay, board: chess.Board, move: chess.Move) -> int:
    board.push(move)
    squares = squares_of(board)
    table = play.white_plies if board.turn else play.black_plies
    board.pop()
    return NO_MATE if squares is None else int(table[index_positions(squares)])


def drawn(count: int, seed: int) -> np.ndarray:
    positions = positions_at(np.random.default_rng(seed).integers(0, POSITIONS, count))
    different = [len(set(map(int, squares))) == 3 for squares in positions]
    return positions[np.array(different)]


def test_an_index_is_a_position() -> None:
    index = np.arange(0, POSITIONS, 77)
    assert np.array_equal(index_positions(positions_at(index)), index)


@pytest.mark.parametrize("white", [True, False])
def test_the_same_positions_are_legal(play: ExactPlay, white: bool) -> None:
    legal = play.white_legal if white else play.black_legal
    for squares in drawn(300, 0):
        assert legal[index_positions(squares)] == board_of(squares, white).is_valid()


@pytest.mark.parametrize("white", [True, False])
def test_each_value_follows_from_those_after_the_legal_moves(play: ExactPlay, white: bool) -> None:
    """Zermelo's rule, on the moves of python-chess."""
    choose = min if white else max
    table = play.white_plies if white else play.black_plies
    for squares in drawn(200, 1):
        board = board_of(squares, white)
        if not board.is_valid():
            continue
        values = [plies_after(play, board, move) for move in board.legal_moves]
        if not values:
            expected = 0 if board.is_checkmate() else NO_MATE
        else:
            best = choose(values)
            expected = best + 1 if best < NO_MATE else NO_MATE
        assert table[index_positions(squares)] == expected


def test_of_equal_moves_the_kings_and_then_the_first_square_is_made(play: ExactPlay) -> None:
    for squares in drawn(150, 2):
        for white in (True, False):
            board = board_of(squares, white)
            index = index_positions(squares)
            table = play.white_plies if white else play.black_plies
            if not board.is_valid() or table[index] in (0, NO_MATE):
                continue
            best = [
                move
                for move in board.legal_moves
                if plies_after(play, board, move) == table[index] - 1
            ]
            of_king = [m for m in best if board.piece_type_at(m.from_square) == chess.KING]
            move = min(of_king or best, key=lambda m: m.to_square)
            board.push(move)
            after = (play.white_next if white else play.black_next)[index]
            assert np.array_equal(positions_at(after), squares_of(board))


def test_the_longest_mates_are_those_that_are_known(play: ExactPlay) -> None:
    """16 moves: 31 plies with White to move, 32 with Black; White wins whenever it is to move."""
    white = play.white_plies[play.white_legal]
    black = play.black_plies[play.black_plies < NO_MATE]
    assert (white.min(), white.max(), black.max()) == (1, 31, 32)
    assert (white % 2 == 1).all()
    assert (black % 2 == 0).all()


def test_as_many_positions_are_so_many_moves_from_mate_as_in_the_published_table(
    play: ExactPlay,
) -> None:
    """Bain & Hoff 1994, King-Rook against King of the UCI repository, Black to move."""
    published = [27, 78, 246, 81, 198, 471, 592, 683, 1433, 1712, 1985, 2854, 3597, 4194]
    published += [4553, 2166, 390]
    legal = np.flatnonzero(play.black_legal)
    _, first = np.unique(mirror_groups()[legal], return_index=True)
    plies = play.black_plies[legal[first]]
    assert len(plies) == 28_056
    assert (plies == NO_MATE).sum() == 2796
    assert [int((plies == 2 * moves).sum()) for moves in range(17)] == published


def test_a_line_is_played_by_the_rules_and_mates_in_time(play: ExactPlay) -> None:
    positions = positions_with_line(play, 4)
    chosen = positions[:: len(positions) // 40]
    lines = play.line(chosen, 4)
    assert lines.shape == (len(chosen), 5, 3)
    for line in lines:
        board = board_of(line[0], True)
        for after in line[1:]:
            moves = [m for m in board.legal_moves if np.array_equal(_after(board, m), after)]
            assert len(moves) == 1
            board.push(moves[0])
    start = play.white_plies[index_positions(lines[:, 0])]
    end = play.white_plies[index_positions(lines[:, 4])]
    assert np.array_equal(start - 4, end)


def _after(board: chess.Board, move: chess.Move) -> np.ndarray | None:
    board.push(move)
    squares = squares_of(board)
    board.pop()
    return squares
