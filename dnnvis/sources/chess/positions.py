"""Read positions of king and rook against king, draw them as boards, and part them for a test."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.chess.krk import (
    NO_MATE,
    POSITIONS,
    SIDE,
    SQUARES,
    ExactPlay,
    Squares,
    index_positions,
    positions_at,
)

PIECES = ("white king", "white rook", "black king")
PIECE_LETTERS = "KRk"
FILES = "abcdefgh"
_NO_BOARD = (
    "'{board}' is no board of king and rook against king; write eight rows with one K, one R and "
    "one k, such as 8/8/8/3k4/8/8/8/R3K3."
)
TEST_FRACTION = 0.1  # of the positions, rounded to whole groups of mirrored ones

Boards = NDArray[np.uint8]  # (..., 3, 8, 8): a plane for each of PIECES


def draw_boards(positions: Squares) -> Boards:
    """Return positions (..., 3) as boards (..., 3, 8, 8) of 0 and 1, rank 8 in the first row."""
    squares = np.asarray(positions)
    row = SIDE - 1 - squares // SIDE
    flat = row * SIDE + squares % SIDE
    boards: Boards = (np.arange(SQUARES) == flat[..., None]).astype(np.uint8)
    return boards.reshape(*squares.shape, SIDE, SIDE)


def read_boards(values: NDArray[Any]) -> Squares:
    """Return the squares (..., 3) of the largest value in each plane (..., 3, 8, 8)."""
    flat = np.asarray(values).reshape(*values.shape[:-2], SQUARES).argmax(-1)
    squares: Squares = (SIDE - 1 - flat // SIDE) * SIDE + flat % SIDE
    return squares


def parse_position(text: str, play: ExactPlay) -> Squares:
    """Read a position with White to move.

    Args:
        text: The board in FEN (Forsyth-Edwards notation), ``8/8/8/3k4/8/8/8/R3K3``; what follows
            the board may be left out.
        play: Exact play, which knows what is legal.

    Returns:
        Squares (3,) of white king, rook and black king.

    Raises:
        BadInput: It is no such position, or not legal; says why.
    """
    board, *rest = text.split() or [""]
    if rest and rest[0] != "w":
        raise BadInput(f"White is to move in these positions, not '{rest[0]}'.")
    found = _read_pieces(board)
    squares = np.array([found[letter] for letter in PIECE_LETTERS])
    check_position(squares, play)
    return squares


def check_position(squares: Squares, play: ExactPlay) -> None:
    """Raise BadInput where a position (3,) is not legal with White to move; says why."""
    index = index_positions(squares)
    if play.white_legal[index]:
        return
    board = write_position(squares)
    if len(set(map(int, squares))) < len(PIECES):
        raise BadInput("Two pieces stand on one square.")
    if not play.black_legal[index]:
        raise BadInput(f"In {board} the kings stand side by side, which no move leads to.")
    raise BadInput(f"In {board} Black is in check and White to move, which no move leads to.")


def _read_pieces(board: str) -> dict[str, int]:
    """Return letter -> square of a FEN board that holds K, R and k once each."""
    rows = board.split("/")
    if len(rows) != SIDE:
        raise BadInput(_NO_BOARD.format(board=board))
    found: dict[str, int] = {}
    for rank, row in zip(range(SIDE - 1, -1, -1), rows, strict=True):
        file = 0
        for letter in row:
            if letter in "12345678":
                file += int(letter)
                continue
            if letter not in PIECE_LETTERS or letter in found:
                raise BadInput(
                    f"'{board}' holds '{letter}' where only one K, one R and one k can be: "
                    "this is about king and rook against king."
                )
            found[letter] = rank * SIDE + file
            file += 1
        if file != SIDE:
            raise BadInput(f"The row '{row}' of '{board}' has {file} squares, not {SIDE}.")
    if len(found) != len(PIECE_LETTERS):
        raise BadInput(_NO_BOARD.format(board=board))
    return found


def write_position(position: Squares) -> str:
    """Return the board of a position (3,) in FEN."""
    letters = [["1"] * SIDE for _ in range(SIDE)]
    for letter, square in zip(PIECE_LETTERS, position, strict=True):
        letters[SIDE - 1 - square // SIDE][square % SIDE] = letter
    board = "/".join("".join(row) for row in letters)
    for count in range(SIDE, 1, -1):
        board = board.replace("1" * count, str(count))
    return board


def positions_with_line(play: ExactPlay, plies: int) -> Squares:
    """Return all positions (N, 3) with White to move from which mate takes ``plies`` or more."""
    white = play.white_plies
    return positions_at(np.flatnonzero((white >= plies) & (white < NO_MATE)))


def split_positions(
    positions: Squares, seed: int = 0, share: float = TEST_FRACTION
) -> tuple[Squares, Squares]:
    """Part positions in those to train on and those to test on.

    The eight turned and mirrored pictures of a position stay together: else nearly every test
    position would have been learned in a mirror.

    Args:
        positions: Positions (N, 3).
        seed: Seed of the choice.
        share: Fraction of the groups that is for the test.

    Returns:
        Positions to train on and to test on.
    """
    group = mirror_groups()[index_positions(positions)]
    is_test = np.random.default_rng(seed).random(POSITIONS) < share
    chosen = is_test[group]
    return positions[~chosen], positions[chosen]


def mirror_groups() -> NDArray[np.int64]:
    """Return for each index the smallest among those of its eight turned and mirrored pictures."""
    square = np.arange(SQUARES)
    file, rank = square % SIDE, square // SIDE
    last = SIDE - 1
    images = [
        y * SIDE + x
        for a, b in ((file, rank), (rank, file))
        for x in (a, last - a)
        for y in (b, last - b)
    ]
    positions = positions_at(np.arange(POSITIONS))
    mirrored = [index_positions(image[positions]) for image in images]
    smallest: NDArray[np.int64] = np.min(mirrored, 0)
    return smallest


def name_square(square: int) -> str:
    """Return a square as ``e4``."""
    return f"{FILES[square % SIDE]}{square // SIDE + 1}"
