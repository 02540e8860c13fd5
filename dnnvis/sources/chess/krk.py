"""Compute exact play of king and rook against king, backward from the mates.

Source: retrograde analysis as in Thompson 1986, "Retrograde Analysis of Certain Endgames", here as
an iteration over all 2 x 64^3 positions at once. Squares are numbered a1 = 0, b1 = 1 ... h8 = 63.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE, SQUARES = 8, 64
POSITIONS = SQUARES**3  # of three pieces with one side to move, legal or not
NO_MATE = 127  # plies: nobody can force a mate, or the position is not legal
#: Steps by file and rank of a king, in the order of the squares they lead to.
KING_STEPS = ((-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1))
#: The same of a rook: down from far to near, left from far to near, right, up.
ROOK_STEPS = (
    *((0, -k) for k in range(7, 0, -1)),
    *((-k, 0) for k in range(7, 0, -1)),
    *((k, 0) for k in range(1, 8)),
    *((0, k) for k in range(1, 8)),
)

Squares = NDArray[np.int64]  # (N, 3): squares of the white king, the rook and the black king
Table = NDArray[Any]  # (POSITIONS,): see ``index_positions``


@dataclass(frozen=True, eq=False)
class ExactPlay:
    """The value of all positions of king and rook against king, and what is played in them.

    Each table is indexed by ``index_positions``. Of moves that are equally good, White makes one of
    the king before one of the rook, and both sides the one to the square that comes first in the
    order a1, b1, ... h8.
    """

    #: Plies until mate with White to move, int8; NO_MATE where there is none.
    white_plies: Table
    #: Plies until mate with Black to move, int8; NO_MATE where there is none.
    black_plies: Table
    #: Whether the position is legal with White to move: Black is not in check.
    white_legal: Table
    #: Whether the position is legal with Black to move.
    black_legal: Table
    #: Index of the position after White's best move; meaningless where there is no mate.
    white_next: Table
    #: Index of the position after Black's best move; meaningless where there is no mate or now.
    black_next: Table

    def line(self, positions: Squares, plies: int) -> Squares:
        """Return optimal play from positions with White to move.

        Args:
            positions: Squares of the pieces (N, 3), from each of which there are as many plies.
            plies: How many plies are played.

        Returns:
            Squares (N, plies + 1, 3) of the first position and of those after each ply.
        """
        index = index_positions(positions)
        line = [index]
        for ply in range(plies):
            index = (self.black_next if ply % 2 else self.white_next)[index]
            line.append(index)
        return positions_at(np.stack(line, 1))


def index_positions(positions: Squares) -> Table:
    """Return the indices (...) of positions (..., 3) in a table."""
    return (positions[..., 0] * SQUARES + positions[..., 1]) * SQUARES + positions[..., 2]


def positions_at(index: Table) -> Squares:
    """Return the positions (..., 3) at indices (...) of a table."""
    index = np.asarray(index, np.int64)
    rest, black_king = np.divmod(index, SQUARES)
    return np.stack([rest // SQUARES, rest % SQUARES, black_king], -1)


@lru_cache(maxsize=1)
def exact_play() -> ExactPlay:
    """Return exact play of all positions; computed once, in about a second of one core."""
    white_legal, black_legal, in_check = _legal_positions()
    white_moves, black_moves = _white_moves(white_legal), _black_moves(black_legal)
    stuck = np.where(in_check, 0, NO_MATE).astype(np.int8)  # mate, or stalemate
    white = np.full(POSITIONS, NO_MATE, np.int8)
    black = white
    while True:
        black_new = _value_black(white, black_moves, stuck, black_legal)
        white_new = _value_white(black_new, white_moves)
        if np.array_equal(black_new, black) and np.array_equal(white_new, white):
            break
        white, black = white_new, black_new
    best_white = np.argmin(_extend(black, NO_MATE)[white_moves], 0)
    best_black = np.argmax(_extend(white, -1, NO_MATE)[black_moves], 0)
    return ExactPlay(
        white,
        black,
        white_legal,
        black_legal,
        np.take_along_axis(white_moves, best_white[None], 0)[0],
        np.take_along_axis(black_moves, best_black[None], 0)[0],
    )


def _extend(values: Table, *more: int) -> Table:
    """Return a table with entries for the indices POSITIONS, POSITIONS + 1 ..."""
    return np.concatenate([values, np.array(more, values.dtype)])


def _value_white(black: Table, moves: Table) -> Table:
    """Return White's plies until mate: one more than after the shortest move."""
    values = _extend(black, NO_MATE)
    best = np.full(POSITIONS, NO_MATE, np.int8)
    for targets in moves:
        np.minimum(best, values[targets], out=best)
    best[best < NO_MATE] += 1
    return best


def _value_black(white: Table, moves: Table, stuck: Table, legal: Table) -> Table:
    """Return Black's plies until mate: one more than after the longest move."""
    values = _extend(white, -1, NO_MATE)
    worst = np.full(POSITIONS, -1, np.int8)
    for targets in moves:
        np.maximum(worst, values[targets], out=worst)
    result = np.where(worst < 0, stuck, np.where(worst < NO_MATE, worst + 1, NO_MATE))
    return np.where(legal, result, NO_MATE).astype(np.int8)


def _white_moves(legal: Table) -> Table:
    """Return the positions after each of White's moves, int32 (36, POSITIONS).

    A move that is not legal leads to POSITIONS. A rook cannot pass the black king: where that one
    stands in a line with it, White would not be to move.
    """
    king, rook, other = positions_at(np.arange(POSITIONS)).T
    adjacent = king_adjacency()
    moves = []
    for target in _targets(king, KING_STEPS):
        allowed = legal & (target >= 0) & (target != rook) & ~adjacent[target, other]
        moves.append(np.where(allowed, (target * SQUARES + rook) * SQUARES + other, POSITIONS))
    attacked = rook_attacks()
    for target in _targets(rook, ROOK_STEPS):
        allowed = legal & (target >= 0) & (target != king) & attacked[king, rook, target]
        moves.append(np.where(allowed, (king * SQUARES + target) * SQUARES + other, POSITIONS))
    return np.stack(moves).astype(np.int32)


def _black_moves(legal: Table) -> Table:
    """Return the positions after each of Black's moves, int32 (8, POSITIONS).

    A move that is not legal leads to POSITIONS, one that takes the rook to POSITIONS + 1.
    """
    king, rook, other = positions_at(np.arange(POSITIONS)).T
    adjacent, attacked = king_adjacency(), rook_attacks()
    moves = []
    for target in _targets(other, KING_STEPS):
        allowed = legal & (target >= 0) & ~adjacent[king, target] & ~attacked[king, rook, target]
        after = (king * SQUARES + rook) * SQUARES + target
        moves.append(np.where(allowed, np.where(target == rook, POSITIONS + 1, after), POSITIONS))
    return np.stack(moves).astype(np.int32)


def _legal_positions() -> tuple[Table, Table, Table]:
    """Return which positions are legal with White and with Black to move, and which are check."""
    king, rook, other = positions_at(np.arange(POSITIONS)).T
    apart = (king != rook) & (rook != other) & ~king_adjacency()[king, other]
    check = apart & rook_attacks()[king, rook, other]
    return apart & ~check, apart, check


def king_adjacency() -> NDArray[np.bool_]:
    """Return which squares (64, 64) are the same or a king's step apart."""
    file, rank = np.arange(SQUARES) % SIDE, np.arange(SQUARES) // SIDE
    near: NDArray[np.bool_] = (np.abs(file[:, None] - file) <= 1) & (
        np.abs(rank[:, None] - rank) <= 1
    )
    return near


@lru_cache(maxsize=1)
def rook_attacks() -> NDArray[np.bool_]:
    """Return which squares a rook attacks: (white king, rook, square), the king in its way."""
    attacked = np.zeros((SQUARES,) * 3, np.bool_)
    for rook in range(SQUARES):
        for step in ((0, -1), (-1, 0), (1, 0), (0, 1)):
            open_for = np.ones(SQUARES, np.bool_)  # for which squares of the king
            file, rank = rook % SIDE + step[0], rook // SIDE + step[1]
            while 0 <= file < SIDE and 0 <= rank < SIDE:
                attacked[open_for, rook, rank * SIDE + file] = True
                open_for[rank * SIDE + file] = False
                file, rank = file + step[0], rank + step[1]
    return attacked


def _targets(square: Table, steps: tuple[tuple[int, int], ...]) -> list[Table]:
    """Return where each step leads from squares; -1 beside the board."""
    file, rank = square % SIDE, square // SIDE
    targets = []
    for right, up in steps:
        there, row = file + right, rank + up
        inside = (there >= 0) & (there < SIDE) & (row >= 0) & (row < SIDE)
        targets.append(np.where(inside, square + right + SIDE * up, -1))
    return targets
