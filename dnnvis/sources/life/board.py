"""What happens to one board: how it begins, what is painted on it, where it was before."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dnnvis.core.board import STARTS, Cells
from dnnvis.core.errors import BadInput
from dnnvis.sources.life.patterns import board_of, pattern
from dnnvis.sources.life.rle import MOST_CELLS
from dnnvis.sources.life.rule import BORDERS, Board, step
from dnnvis.sources.life.starts import random_boards, starts

MEMORY = 64_000_000  # bytes of past boards, eight cells a byte
MOST_PAST, LEAST_PAST = 5000, 16


def begun(
    start: str, size: tuple[int, int], dice: np.random.Generator, density: float, border: str
) -> Board:
    """A board of ``size`` as ``start`` says: one of STARTS, or a pattern's name, which lies in
    the middle. Raises BadInput for another start, a density outside of [0, 1], or a pattern
    that is larger than the board."""
    checked_size(size)
    if start == "empty":
        return np.zeros(size, np.uint8)
    if start == "random":
        if not 0 <= density <= 1:
            raise BadInput(f"A density is a share from 0 to 1, not {density}.")
        return _one_of(random_boards(1, size, dice, density), dice)
    if start in STARTS:
        return _one_of(starts(start, 2, size, dice, border), dice)
    one = pattern(start)
    if one.size[0] > size[0] or one.size[1] > size[1]:
        rows, columns = one.size
        raise BadInput(f"The pattern {start} needs a board of at least {rows} x {columns} cells.")
    return resized(board_of(one), size)


def _one_of(boards: Board, dice: np.random.Generator) -> Board:
    chosen: Board = boards[int(dice.integers(len(boards)))]
    return chosen


def resized(board: Board, size: tuple[int, int]) -> Board:
    """The board cut or filled up to ``size`` around its middle; raises BadInput for no size."""
    rows, columns = checked_size(size)
    height, width = board.shape
    made = np.zeros((rows, columns), np.uint8)
    down, across = (rows - height) // 2, (columns - width) // 2
    part = board[max(-down, 0) : rows - down, max(-across, 0) : columns - across]
    top, left = max(down, 0), max(across, 0)
    made[top : top + part.shape[0], left : left + part.shape[1]] = part
    return made


def painted(board: Board, cells: Cells, alive: bool, border: str) -> Board:
    """A copy of ``board`` with these cells alive or dead."""
    made = board.copy()
    height, width = board.shape
    if border == "periodic":
        cells = tuple((row % height, column % width) for row, column in cells)
    for row, column in cells:
        if 0 <= row < height and 0 <= column < width:
            made[row, column] = alive
    return made


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    """``size``, or BadInput where no board has it."""
    rows, columns = size
    if min(rows, columns) < 1 or rows * columns > MOST_CELLS:
        raise BadInput(
            f"A board has at least 1 x 1 and at most {MOST_CELLS:,} cells, not {rows} x {columns}."
        )
    return rows, columns


def checked_border(border: str) -> str:
    """``border``, or BadInput where it is none."""
    if border not in BORDERS:
        raise BadInput(f"A border is {' or '.join(BORDERS)}, not '{border}'.")
    return border


class Moment(NamedTuple):
    """A board of the past, eight cells a byte."""

    packed: Board
    generation: int


class Past:
    """The board on show, ``board``, and the boards before it; after going back, also those
    that came after it.

    ``board`` is never written to, so that other threads may read it. So many boards are
    remembered as fit into MEMORY, at most MOST_PAST.
    """

    def __init__(self, board: Board, border: str) -> None:
        self.border = border
        self.begin(board)

    def begin(self, board: Board, generation: int = 0) -> None:
        """A board without a past."""
        self._most = min(max(MEMORY * 8 // board.size, LEAST_PAST), MOST_PAST)
        self._moments: deque[Moment] = deque()
        self._at = -1
        self.change(board, generation)

    def change(self, board: Board, generation: int | None = None, *, fresh: bool = True) -> None:
        """Show another board of the same size, from which things go on: after the present one
        (``fresh``), or in its place. Boards that came after it are forgotten."""
        generation = self.generation if generation is None else generation
        self._forget_after(self._at if fresh else self._at - 1)
        self._append(board, generation)
        self._coming: tuple[Board, ...] = ()

    def surround(self, border: str) -> None:
        """Go on with another border."""
        self.border, self._coming = border, ()
        self._forget_after(self._at)

    def go(self, steps: int) -> None:
        """To the board so many steps further; back at most to the first that is remembered."""
        if steps < 0:
            self._show(max(self._at + steps, 0))
        for _ in range(steps):
            self._forward()

    def seek(self, share: float) -> None:
        """To a share in [0, 1] of what is remembered."""
        self._show(round(min(max(share, 0.0), 1.0) * (len(self._moments) - 1)))

    @property
    def position(self) -> float:
        """Where the board lies in what is remembered, in [0, 1]; 1 is the newest."""
        last = len(self._moments) - 1
        return self._at / last if last else 1.0

    @property
    def generation(self) -> int:
        return self._moments[self._at].generation

    def told(self) -> str:
        """Generation and population in words, and whether anything still happens."""
        alive = int(np.count_nonzero(self.board))
        begin = f"generation {self.generation:,}"
        if not alive:
            return f"{begin}, all cells are dead"
        said = f"{begin}, {alive:,} {'cell' if alive == 1 else 'cells'} alive"
        after, second = self._two_more()
        if np.array_equal(after, self.board):
            return f"{said}, a still life"
        return f"{said}, repeats every 2 steps" if np.array_equal(second, self.board) else said

    def _forward(self) -> None:
        if self._at + 1 < len(self._moments):
            self._show(self._at + 1)
            return
        after, *rest = self._coming or (step(self.board, self.border),)
        self._append(after, self.generation + 1)
        self._coming = tuple(rest)

    def _forget_after(self, at: int) -> None:
        while len(self._moments) > at + 1:
            self._moments.pop()

    def _append(self, board: Board, generation: int) -> None:
        self.board = board
        self._moments.append(Moment(np.packbits(board), generation))
        if len(self._moments) > self._most:
            self._moments.popleft()
        self._at = len(self._moments) - 1

    def _show(self, at: int) -> None:
        if at != self._at:
            self._at, self._coming = at, ()
            shape, packed = self.board.shape, self._moments[at].packed
            self.board = np.unpackbits(packed, count=self.board.size).reshape(shape)

    def _two_more(self) -> tuple[Board, Board]:
        """What follows from the board on show; in a run only one of the two is new."""
        coming: Iterable[Board] = self._coming or (step(self.board, self.border),)
        first, *rest = coming
        second = rest[0] if rest else step(first, self.border)
        self._coming = (first, second)
        return first, second
