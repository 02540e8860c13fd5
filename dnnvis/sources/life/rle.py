"""Read and write boards as text: the run-length encoding of Game of Life programs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.sources.life.rule import Board, as_boards

MAX_CELLS = 4_000_000
MAX_FILE_BYTES = 20_000_000
MAX_LINE_LENGTH = 70  # characters, as the format requires
CONWAY_NAMES = {"b3/s23", "b3s23", "s23/b3", "23/3", "life", "conway", "conway's life"}

_HEADER = re.compile(r"x\s*=\s*(\d+)\s*,\s*y\s*=\s*(\d+)\s*(?:,\s*rule\s*=\s*(.+))?", re.I)
_BOUND = re.compile(r"([PT])(\d+)(?:,(\d+))?", re.I)
_RUN = re.compile(r"\s*(\d*)\s*([^\s\d])")
_BORDERS = {"P": "dead", "T": "periodic"}  # Golly's plane and torus


@dataclass(frozen=True, eq=False)
class RleBoard:
    """A board from a text."""

    #: Cells uint8 (H, W) of 0 and 1.
    cells: Board
    name: str = ""
    comments: tuple[str, ...] = ()
    #: dead | periodic where the rule names a bounded grid (B3/S23:T60,40), the cells are then the
    #: whole of it; else "".
    border: str = ""


def read_rle_file(path: str | Path) -> RleBoard:
    """Read the board in a file; raise BadInput, which names the file, where it holds none."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadInput(f"it is larger than {MAX_FILE_BYTES // 1_000_000} MB")
        return read_rle(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except BadInput as error:
        raise BadInput(f"{path} is no board that can be opened: {error}") from None


def is_rle(path: str | Path) -> bool:
    """Return whether the file begins as one with a board does."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(4096).decode("utf-8")
    except (OSError, ValueError):
        return False
    return any(_HEADER.match(line.strip()) for line in start.splitlines())


def read_rle(text: str) -> RleBoard:
    """Read the board that ``text`` describes.

    Raises BadInput for what is not of this format, of another rule than Conway's, cut short, too
    large, or past its own size.
    """
    name, comments, lines = "", [], iter(text.splitlines())
    for line in map(str.strip, lines):
        if line.startswith("#"):
            kind, comment = line[1:2], line[2:].strip()
            name = comment if kind == "N" else name
            comments += [comment] if kind in ("C", "c", "O") and comment else []
        elif line:
            return _parse_board(line, "\n".join(lines), name, tuple(comments))
    raise BadInput("it has no line 'x = ..., y = ..., rule = B3/S23'.")


def write_rle(cells: Board, name: str = "", comments: Iterable[str] = ()) -> str:
    """Write a board as text that ``read_rle`` and other programs read.

    Args:
        cells: Board (H, W) of 0 and 1.
        name: Name of the board.
        comments: Lines of comment.

    Returns:
        The text, in lines of at most 70 characters.

    Raises:
        BadInput: ``cells`` is not one board.
    """
    board = as_boards(cells)
    if board.ndim != 2:
        raise BadInput(f"One board (H, W) is written at a time, not {board.shape}.")
    header_lines = [f"#N {' '.join(name.split())}"] if name.strip() else []
    header_lines += [f"#C {' '.join(text.split())}" for text in comments]
    header_lines.append(f"x = {board.shape[1]}, y = {board.shape[0]}, rule = B3/S23")
    return "\n".join([*header_lines, *_wrap_lines(_encode_runs(board))]) + "\n"


def _parse_board(line: str, body: str, name: str, comments: tuple[str, ...]) -> RleBoard:
    match = _HEADER.fullmatch(line)
    if match is None:
        raise BadInput(
            f"'{line[:40]}' stands where 'x = ..., y = ..., rule = B3/S23' is expected; "
            "give a file in RLE format."
        )
    size = _parse_size(match[2], match[1])
    border, board_size = _parse_rule(match[3] or "B3/S23", size)
    return RleBoard(_decode_cells(body, size, board_size), name, comments, border)


def _parse_rule(text: str, size: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """Return (border, size of the whole board) of the rule in a header."""
    rule, _, bound = text.strip().partition(":")
    if rule.strip().lower() not in CONWAY_NAMES:
        raise BadInput(f"its rule is {rule.strip()[:40]}; only Conway's, B3/S23, is known here.")
    if not bound:
        return "", size
    match = _BOUND.fullmatch(bound.strip())
    if match is None:
        raise BadInput(
            f"its board is bounded as '{bound.strip()[:40]}'; a plane (:P60,40) and a torus "
            "(:T60,40) are known here."
        )
    board_size = _parse_size(match[3] or match[2], match[2])
    if board_size[0] < size[0] or board_size[1] < size[1]:
        raise BadInput(
            f"its pattern is larger than its board of {board_size[1]} x {board_size[0]}."
        )
    return _BORDERS[match[1].upper()], board_size


def _parse_size(rows: str, columns: str) -> tuple[int, int]:
    if len(rows) > 9 or len(columns) > 9 or int(rows) * int(columns) > MAX_CELLS:
        raise BadInput(
            f"it is {columns[:12]} x {rows[:12]} cells; the most is {MAX_CELLS:,} in all."
        )
    if int(rows) == 0 or int(columns) == 0:
        raise BadInput("it is empty (a side of 0 cells).")
    return int(rows), int(columns)


def _decode_cells(body: str, size: tuple[int, int], board_size: tuple[int, int]) -> Board:
    """Return the pattern of ``size`` in the middle of a board of ``board_size``."""
    cells = np.zeros(board_size, np.uint8)
    top, left = (board_size[0] - size[0]) // 2, (board_size[1] - size[1]) // 2
    row = column = 0
    for count, tag in _read_runs(body):
        if tag == "$":
            row, column = row + count, 0
            continue
        if column + count > size[1]:
            raise BadInput(f"row {row + 1} runs past its width of x = {size[1]}.")
        if row >= size[0]:
            raise BadInput(f"it has more rows than its y = {size[0]} says.")
        cells[top + row, left + column : left + column + count] = tag == "o"
        column += count
    return cells


def _read_runs(body: str) -> Iterator[tuple[int, str]]:
    """Yield (count, b | o | $) up to the exclamation mark."""
    position = 0
    while (match := _RUN.match(body, position)) is not None:
        position = match.end()
        digits, tag = match.groups()
        if tag == "!":
            return
        tag = {".": "b", "A": "o"}.get(tag, tag)  # as files of two states also have it
        if tag not in "bo$":
            raise BadInput(f"'{tag}' stands among the cells, which are b, o and $.")
        if len(digits) > 9:
            raise BadInput(f"a run of {digits[:12]}... cells is past every width.")
        yield int(digits or 1), tag
    raise BadInput("it is cut short (no ! at its end); get a whole copy of it.")


def _encode_runs(board: Board) -> Iterator[str]:
    """Yield the runs of ``board``, without what is dead at the end of a row or of the board."""
    ends = 0
    for row in board:
        alive = np.flatnonzero(row)
        if len(alive):
            if ends:
                yield _format_run(ends, "$")
            ends = 0
            for cell, run in groupby(row[: alive[-1] + 1].tolist()):
                yield _format_run(len(list(run)), "o" if cell else "b")
        ends += 1
    yield "!"


def _format_run(count: int, tag: str) -> str:
    return tag if count == 1 else f"{count}{tag}"


def _wrap_lines(runs: Iterable[str]) -> Iterator[str]:
    line = ""
    for run in runs:
        if len(line) + len(run) > MAX_LINE_LENGTH:
            yield line
            line = ""
        line += run
    yield line
