"""Define what a file says of a board, and put its pattern on the board that it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import LIFE_RULE, format_rule
from dnnvis.sources.life.rule import Board

MAX_CELLS = 4_000_000
MAX_COUNT_DIGITS = 9  # of a number in a file
ENDLESS_SIDE_CELLS = 40  # cells, at least, that stand for a side without an end
BORDER_LETTERS: Mapping[str, Literal["dead", "periodic"]] = {"P": "dead", "T": "periodic"}

_BOUND = re.compile(r"([PT])(\d+)(?:,(\d+))?", re.I)
_HISTORY = re.compile(r"(.*)history", re.I | re.S)

Ints = NDArray[np.int64]


class Bound(NamedTuple):
    """A bounded grid: a plane or a torus, as Golly writes it after a rule (``:T60,40``)."""

    border: Literal["dead", "periodic"]
    #: Rows; 0 for a side without an end.
    rows: int
    #: Columns; 0 for a side without an end.
    columns: int


@dataclass(frozen=True)
class FileRule:
    """The rule in a file, with what may stand after it."""

    #: In B/S notation.
    rule: str = LIFE_RULE
    bound: Bound | None = None
    #: Whether cells also have marks and a past, as of ``LifeHistory``; odd states are alive then.
    has_history: bool = False


@dataclass(frozen=True, eq=False)
class BoardRecord:
    """A board from a file or a text."""

    #: Cells uint8 (H, W) of 0 and 1.
    cells: Board
    name: str = ""
    comments: tuple[str, ...] = ()
    #: dead | periodic where the file names a bounded grid (B3/S23:T60,40), the cells are then the
    #: whole of it; else "".
    border: str = ""
    #: The rule in B/S notation.
    rule: str = LIFE_RULE
    #: Number of steps that led to it.
    generation: int = 0
    #: Sentences on what was assumed or left out.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileHeader:
    """What a file says before its cells."""

    name: str = ""
    comments: tuple[str, ...] = ()
    file_rule: FileRule = field(default_factory=FileRule)
    generation: int = 0
    #: Rows and columns, as far as the file names them.
    size: tuple[int, int] = (0, 0)
    #: Golly's coordinates (x, y) of the upper left cell, where (0, 0) is the middle.
    position: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()


def parse_file_rule(text: str) -> FileRule:
    """Parse a rule as files have it, ``B36/S23:T60,40``; raise BadInput for one that is unknown."""
    rule, _, bound = text.strip().partition(":")
    history = _HISTORY.fullmatch(rule.strip())
    try:
        return FileRule(
            format_rule(history[1] if history else rule),
            _parse_bound(bound.strip()) if bound else None,
            history is not None,
        )
    except BadInput as error:
        raise BadInput(f"its rule {error}") from None


def _parse_bound(text: str) -> Bound | None:
    match = _BOUND.fullmatch(text)
    if match is None or max(len(match[2]), len(match[3] or "")) > MAX_COUNT_DIGITS:
        raise BadInput(
            f"bounds its board as '{text[:40]}'; a plane (:P60,40) and a torus (:T60,40) are "
            "known here."
        )
    columns, rows = int(match[2]), int(match[3] or match[2])
    check_cells(rows, columns)
    return Bound(BORDER_LETTERS[match[1].upper()], rows, columns) if rows or columns else None


def check_cells(rows: int, columns: int) -> None:
    """Raise BadInput where a board of so many rows and columns would be too large."""
    if rows * columns > MAX_CELLS or max(rows, columns) > MAX_CELLS:
        raise BadInput(
            f"it is {_shorten(columns)} x {_shorten(rows)} cells; the most is {MAX_CELLS:,} in all."
        )


def _shorten(number: int) -> str:
    return str(number) if number < 10**12 else f"10^{len(str(number)) - 1}"


def build_record(header: FileHeader, cells: Board) -> BoardRecord:
    """Return the record of a pattern, on the bounded grid where the file names one.

    Args:
        header: What the file says.
        cells: The pattern, uint8 (H, W) of 0 and 1.

    Returns:
        The record.

    Raises:
        BadInput: Living cells lie outside of the grid, or the grid is too large.
    """
    record = BoardRecord(
        cells,
        header.name,
        header.comments,
        rule=header.file_rule.rule,
        generation=header.generation,
        notes=header.notes,
    )
    bound = header.file_rule.bound
    if bound is None:
        return record
    height, width = cells.shape
    rows, columns = complete_size(bound, (height, width))
    notes = record.notes
    if not (bound.rows and bound.columns):
        notes += (
            f"One side of its grid has no end; here the board is {rows} x {columns} cells "
            f"(rows x columns) with a {bound.border} border.",
        )
    board = _put_on_board(cells, (rows, columns), header.position)
    return replace(record, cells=board, border=bound.border, notes=notes)


def complete_size(bound: Bound, size: tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of a grid, with room for a pattern of ``size`` on endless sides."""
    rows = bound.rows or max(ENDLESS_SIDE_CELLS, 2 * size[0])
    columns = bound.columns or max(ENDLESS_SIDE_CELLS, 2 * size[1])
    check_cells(rows, columns)
    return rows, columns


def _put_on_board(cells: Board, size: tuple[int, int], position: tuple[int, int] | None) -> Board:
    """Return a board of ``size`` with the pattern in its middle or at Golly's (x, y).

    Golly's cell (0, 0) is row ``rows // 2`` and column ``columns // 2`` of its grid.
    """
    board = np.zeros(size, np.uint8)
    alive = np.argwhere(cells)
    left, top = position or (-(cells.shape[1] // 2), -(cells.shape[0] // 2))
    corner = size[0] // 2 + top, size[1] // 2 + left
    if not len(alive):
        return board
    first = [int(alive[:, axis].min()) + corner[axis] for axis in (0, 1)]
    last = [int(alive[:, axis].max()) + corner[axis] for axis in (0, 1)]
    if min(first) < 0 or last[0] >= size[0] or last[1] >= size[1]:
        raise BadInput(
            f"living cells lie outside of its board of {size[1]} x {size[0]}; give it a larger one."
        )
    board[alive[:, 0] + corner[0], alive[:, 1] + corner[1]] = 1
    return board


def board_from_points(rows: Ints, columns: Ints) -> tuple[Board, tuple[int, int]]:
    """Return the smallest board that holds living cells, and the (x, y) of its upper left cell.

    Args:
        rows: Row of each cell (N,), may be negative.
        columns: Column of each cell (N,), may be negative.

    Returns:
        (board uint8 (H, W) of 0 and 1, (x, y)); one dead cell where there are none.

    Raises:
        BadInput: The board would be too large.
    """
    if not len(rows):
        return np.zeros((1, 1), np.uint8), (0, 0)
    top, left = int(rows.min()), int(columns.min())
    size = int(rows.max()) - top + 1, int(columns.max()) - left + 1
    check_cells(*size)
    board = np.zeros(size, np.uint8)
    board[rows - top, columns - left] = 1
    return board, (left, top)
