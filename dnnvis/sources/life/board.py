"""Start, paint and rewind one board."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import STARTS, Cells
from dnnvis.core.life.life_rule import LIFE_RULE, describe_rule, format_rule, parse_rule
from dnnvis.sources.life.patterns import pattern, pattern_board
from dnnvis.sources.life.record import MAX_CELLS
from dnnvis.sources.life.rule import BORDERS, Board, step
from dnnvis.sources.life.starts import draw_boards, random_boards

PAST_BYTES = 64_000_000  # bytes of past boards, eight cells a byte
MAX_PAST_BOARDS, MIN_PAST_BOARDS = 5000, 16


def create_board(
    start: str,
    size: tuple[int, int],
    rng: np.random.Generator,
    density: float,
    border: str,
    rule: str = LIFE_RULE,
) -> Board:
    """Create a board.

    Args:
        start: One of STARTS, or the name of a pattern, which lies in the middle.
        size: Rows and columns.
        rng: Source of random numbers.
        density: Probability that a cell is alive, for a random start.
        border: dead | periodic.
        rule: The rule by which older boards of ``mix`` and ``chain`` have run.

    Returns:
        The board, uint8 (H, W) of 0 and 1.

    Raises:
        BadInput: Another start, a density outside of [0, 1], or a pattern that is larger than the
            board.
    """
    validate_size(size)
    if start == "empty":
        return np.zeros(size, np.uint8)
    if start == "random":
        if not 0 <= density <= 1:
            raise BadInput(f"A density is a share from 0 to 1, not {density}.")
        return _choose_board(random_boards(1, size, rng, density), rng)
    if start in STARTS:
        return _choose_board(draw_boards(start, 2, size, rng, border, rule), rng)
    start_pattern = pattern(start)
    if start_pattern.size[0] > size[0] or start_pattern.size[1] > size[1]:
        rows, columns = start_pattern.size
        raise BadInput(f"The pattern {start} needs a board of at least {rows} x {columns} cells.")
    return resize_board(pattern_board(start_pattern), size)


def _choose_board(boards: Board, rng: np.random.Generator) -> Board:
    chosen: Board = boards[int(rng.integers(len(boards)))]
    return chosen


def resize_board(board: Board, size: tuple[int, int]) -> Board:
    """Cut or fill up the board to ``size`` around its middle; raise BadInput for no size."""
    rows, columns = validate_size(size)
    height, width = board.shape
    result = np.zeros((rows, columns), np.uint8)
    down, across = (rows - height) // 2, (columns - width) // 2
    part = board[max(-down, 0) : rows - down, max(-across, 0) : columns - across]
    top, left = max(down, 0), max(across, 0)
    result[top : top + part.shape[0], left : left + part.shape[1]] = part
    return result


def paint_cells(board: Board, cells: Cells, alive: bool, border: str) -> Board:
    """Return a copy of a board with some cells alive or dead.

    Args:
        board: The board, uint8 (H, W) of 0 and 1.
        cells: Positions (row, column).
        alive: Their new value.
        border: On a periodic one cells outside enter from the other side; else they are left out.

    Returns:
        The changed copy.
    """
    result = board.copy()
    height, width = board.shape
    if border == "periodic":
        cells = tuple((row % height, column % width) for row, column in cells)
    for row, column in cells:
        if 0 <= row < height and 0 <= column < width:
            result[row, column] = alive
    return result


def validate_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return ``size``; raise BadInput where no board has it."""
    rows, columns = size
    if min(rows, columns) < 1 or rows * columns > MAX_CELLS:
        raise BadInput(
            f"A board has at least 1 x 1 and at most {MAX_CELLS:,} cells, not {rows} x {columns}."
        )
    return rows, columns


def validate_border(border: str) -> str:
    """Return ``border``; raise BadInput where it is none."""
    if border not in BORDERS:
        raise BadInput(f"A border is {' or '.join(BORDERS)}, not '{border}'.")
    return border


class PastBoard(NamedTuple):
    """A past board."""

    #: Its cells, eight a byte.
    packed: Board
    generation: int


class BoardHistory:
    """The board on show, ``board``, and the boards before it.

    After going back, it also has those that came after it. ``board`` is never written to, so that
    other threads may read it. As many boards are stored as fit into PAST_BYTES, at most
    MAX_PAST_BOARDS.
    """

    def __init__(
        self, board: Board, border: str, rule: str = LIFE_RULE, generation: int = 0
    ) -> None:
        self.border = border
        self.rule = format_rule(rule)
        self.restart(board, generation)

    def restart(self, board: Board, generation: int = 0) -> None:
        """Start with a board without a past."""
        self._max_boards = min(max(PAST_BYTES * 8 // board.size, MIN_PAST_BOARDS), MAX_PAST_BOARDS)
        self._past_boards: deque[PastBoard] = deque()
        self._index = -1
        self.change(board, generation)

    def change(
        self, board: Board, generation: int | None = None, *, as_new_step: bool = True
    ) -> None:
        """Show another board of the same size, from which things go on.

        Boards that came after the current one are dropped.

        Args:
            board: The board, uint8 (H, W) of 0 and 1.
            generation: Its generation; None: that of the current one.
            as_new_step: Whether it comes after the current one, or in its place.
        """
        generation = self.generation if generation is None else generation
        self._drop_after(self._index if as_new_step else self._index - 1)
        self._append(board, generation)
        self._next_boards: tuple[Board, ...] = ()

    def set_border(self, border: str) -> None:
        """Go on with another border."""
        self.border, self._next_boards = border, ()
        self._drop_after(self._index)

    def set_rule(self, rule: str) -> None:
        """Go on by another rule; raise BadInput where it is none."""
        self.rule, self._next_boards = format_rule(rule), ()
        self._drop_after(self._index)

    def move(self, steps: int) -> None:
        """Move to the board so many steps further; back at most to the first that is stored."""
        if steps < 0:
            self._show(max(self._index + steps, 0))
        for _ in range(steps):
            self._forward()

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of what is stored."""
        self._show(round(min(max(fraction, 0.0), 1.0) * (len(self._past_boards) - 1)))

    @property
    def position(self) -> float:
        """Return the position of the board in what is stored, in [0, 1]; 1 is the newest."""
        last = len(self._past_boards) - 1
        return self._index / last if last else 1.0

    @property
    def generation(self) -> int:
        """Return the generation of the board on show."""
        return self._past_boards[self._index].generation

    def describe(self) -> str:
        """Describe generation and population, whether anything still happens, and the rule.

        Conway's rule goes without saying.
        """
        text = self._describe_cells()
        return text if self.rule == LIFE_RULE else f"{text}, {describe_rule(self.rule)}"

    def _describe_cells(self) -> str:
        alive = int(np.count_nonzero(self.board))
        generation_text = f"generation {self.generation:,}"
        if not alive and 0 not in parse_rule(self.rule).born:
            return f"{generation_text}, all cells are dead"
        text = f"{generation_text}, {alive:,} {'cell' if alive == 1 else 'cells'} alive"
        first, second = self._next_two()
        if np.array_equal(first, self.board):
            return f"{text}, a still life"
        return f"{text}, repeats every 2 steps" if np.array_equal(second, self.board) else text

    def _forward(self) -> None:
        if self._index + 1 < len(self._past_boards):
            self._show(self._index + 1)
            return
        next_board, *rest = self._next_boards or (self._step(self.board),)
        self._append(next_board, self.generation + 1)
        self._next_boards = tuple(rest)

    def _step(self, board: Board) -> Board:
        return step(board, self.border, self.rule)

    def _drop_after(self, index: int) -> None:
        while len(self._past_boards) > index + 1:
            self._past_boards.pop()

    def _append(self, board: Board, generation: int) -> None:
        self.board = board
        self._past_boards.append(PastBoard(np.packbits(board), generation))
        if len(self._past_boards) > self._max_boards:
            self._past_boards.popleft()
        self._index = len(self._past_boards) - 1

    def _show(self, index: int) -> None:
        if index != self._index:
            self._index, self._next_boards = index, ()
            shape, packed = self.board.shape, self._past_boards[index].packed
            self.board = np.unpackbits(packed, count=self.board.size).reshape(shape)

    def _next_two(self) -> tuple[Board, Board]:
        """Return what follows from the board on show; in a run only one of the two is new."""
        next_boards: Iterable[Board] = self._next_boards or (self._step(self.board),)
        first, *rest = next_boards
        second = rest[0] if rest else self._step(first)
        self._next_boards = (first, second)
        return first, second
