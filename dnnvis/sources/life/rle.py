"""Read and write boards as text: the run-length encoding of Game of Life programs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import LIFE_RULE, format_rule
from dnnvis.sources.life.record import (
    MAX_COUNT_DIGITS,
    BoardRecord,
    FileHeader,
    Ints,
    build_record,
    check_cells,
    parse_file_rule,
)
from dnnvis.sources.life.rule import Board, as_boards

MAX_LINE_LENGTH = 70  # characters, as the format requires

_HEADER = re.compile(r"x\s*=\s*(\d+)\s*,\s*y\s*=\s*(\d+)\s*(?:,\s*rule\s*=\s*(.+))?", re.I)
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_COMMENT_LINE = re.compile(r"^[ \t]*#[^\r\n]*", re.M)
_POSITION = re.compile(r"Pos\s*=\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})", re.I)
_GENERATION = re.compile(r"Gen\s*=\s*(\d{1,15})", re.I)
_BARE_CELLS = re.compile(r"[\dbo$.A\s]+", re.I)
_NO_CELL = re.compile(r"[^\sA-Za-z0-9.$]")
_DEAD, _USUAL_LIVING = b"bB.", b"oOA"
_HISTORY_DEAD, _HISTORY_WALL = b"bBD.", "F"


def find_rle_header(text: str) -> FileHeader | None:
    """Return what stands before the cells of ``text``; None where it has no line ``x = ...``.

    Raises BadInput for a rule that is unknown or a board that is too large.
    """
    lines = _read_header_lines(text)
    if lines.size_line is None:
        return None
    return _parse_header(lines)


def read_rle(text: str) -> BoardRecord:
    """Read the board that ``text`` describes.

    As Golly does, it takes a text without header or ``!``, comments among the rows, cells past
    the size in the header, and letters other than ``o`` as living cells; a note says so. Raises
    BadInput for what is not of this format, has a rule that is unknown, or is too large.
    """
    lines = _read_header_lines(text)
    if not lines.body.strip() and lines.size_line is None:
        raise BadInput("it has no line 'x = ..., y = ..., rule = B3/S23'.")
    if lines.size_line is None and not is_bare_rle(lines.body):
        first_line = lines.body.split("\n", 1)[0].strip()
        raise BadInput(
            f"'{first_line[:40]}' stands where 'x = ..., y = ..., rule = B3/S23' is expected; "
            "give a file in RLE format."
        )
    header = _parse_header(lines)
    runs = _parse_runs(lines.body, header.file_rule.has_history)
    cells, note = _draw_runs(runs, header.size, lines.size_line is not None)
    return build_record(replace(header, notes=(*header.notes, *note, *runs.notes)), cells)


def is_bare_rle(text: str) -> bool:
    """Return whether ``text`` is RLE without a header: only b, o, $ and numbers, up to its !."""
    cells, end_mark, _ = text.partition("!")
    return bool((end_mark or "$" in cells) and _BARE_CELLS.fullmatch(cells))


def write_rle(
    cells: Board,
    name: str = "",
    comments: Iterable[str] = (),
    *,
    rule: str = LIFE_RULE,
    border: str = "",
    generation: int = 0,
) -> str:
    """Write a board as text that ``read_rle`` and other programs read.

    Args:
        cells: Board (H, W) of 0 and 1.
        name: Name of the board.
        comments: Lines of comment.
        rule: The rule, as ``parse_rule`` reads it.
        border: ``periodic`` is written with the rule, as Golly's torus of the board's size.
        generation: Number of steps that led to the board.

    Returns:
        The text, in lines of at most 70 characters.

    Raises:
        BadInput: ``cells`` is not one board, or the rule is none.
    """
    board = as_boards(cells)
    if board.ndim != 2:
        raise BadInput(f"One board (H, W) is written at a time, not {board.shape}.")
    height, width = board.shape
    header_lines = [f"#N {' '.join(name.split())}"] if name.strip() else []
    header_lines += [f"#C {' '.join(text.split())}" for text in comments]
    if generation:
        header_lines.append(f"#CXRLE Pos={-(width // 2)},{-(height // 2)} Gen={generation}")
    bound = f":T{width},{height}" if border == "periodic" else ""
    header_lines.append(f"x = {width}, y = {height}, rule = {format_rule(rule)}{bound}")
    return "\n".join([*header_lines, *_encode_runs(board)]) + "\n"


@dataclass(frozen=True)
class _HeaderLines:
    """The lines of a text before its cells."""

    name: str
    comments: tuple[str, ...]
    #: The line "x = ..."; None where there is none.
    size_line: re.Match[str] | None
    #: The rule in XLife's line "#r"; "" where there is none.
    rule_line: str
    #: Golly's line "#CXRLE"; "" where there is none.
    golly_line: str
    #: What follows.
    body: str


def _read_header_lines(text: str) -> _HeaderLines:
    name, rule_line, golly_line, comments, start = "", "", "", list[str](), 0
    size_line = None
    for match in _LINE.finditer(text):
        line = match[1].strip()
        if line and not line.startswith("#"):
            size_line = _HEADER.fullmatch(line)
            start = match.start() if size_line is None else match.end()
            break
        start = match.end()
        comment = line[2:].strip()
        if line.startswith("#CXRLE"):
            golly_line = line
        elif line.startswith("#N"):
            name = comment
        elif line.startswith("#r"):
            rule_line = comment
        elif line.startswith(("#C", "#c", "#O")) and comment:
            comments.append(comment)
    return _HeaderLines(name, tuple(comments), size_line, rule_line, golly_line, text[start:])


def _parse_header(lines: _HeaderLines) -> FileHeader:
    size, notes = (0, 0), list[str]()
    rule_text = lines.rule_line
    if lines.size_line is None:
        notes.append("It has no line 'x = ..., y = ...': the board is as large as its cells.")
    else:
        columns, rows, in_size_line = lines.size_line.groups()
        if max(len(rows), len(columns)) > MAX_COUNT_DIGITS:
            raise BadInput(f"it is {columns[:12]} x {rows[:12]} cells; the most is far less.")
        size = int(rows), int(columns)
        check_cells(*size)
        rule_text = in_size_line or rule_text
    if not rule_text:
        notes.append(f"It names no rule: {LIFE_RULE} is assumed.")
    file_rule = parse_file_rule(rule_text or LIFE_RULE)
    if file_rule.has_history:
        notes.append("Its cells carry marks and a past, which are left out.")
    position = _POSITION.search(lines.golly_line)
    generation = _GENERATION.search(lines.golly_line)
    return FileHeader(
        lines.name,
        lines.comments,
        file_rule,
        int(generation[1]) if generation else 0,
        size,
        (int(position[1]), int(position[2])) if position else None,
        tuple(notes),
    )


@dataclass(frozen=True)
class _Runs:
    """The runs of living cells of a text."""

    #: Row, first column and length of each run (N,).
    rows: Ints
    columns: Ints
    lengths: Ints
    notes: tuple[str, ...]


def _parse_runs(body: str, has_history: bool) -> _Runs:
    """Return the runs up to the exclamation mark; time and memory grow with ``body``."""
    body = _COMMENT_LINE.sub("", body) if "#" in body else body
    body, end_mark, _ = body.partition("!")
    if match := _NO_CELL.search(body):
        raise BadInput(f"'{match[0]}' stands among the cells, which are b, o and $.")
    if has_history and _HISTORY_WALL in body:
        raise BadInput("it has cells that stop others (state F), which are unknown here.")
    codes = np.frombuffer("".join(body.split()).encode("ascii"), np.uint8)
    at = np.flatnonzero((codes < ord("0")) | (codes > ord("9")))  # of each letter
    tags, counts = codes[at], _parse_counts(codes, at)
    is_row_end = tags == ord("$")
    dead = np.frombuffer(_HISTORY_DEAD if has_history else _DEAD, np.uint8)
    is_alive = ~np.isin(tags, dead) & ~is_row_end
    ends = np.cumsum(np.where(is_row_end, 0, counts))
    row_starts = np.maximum.accumulate(np.where(is_row_end, ends, 0)) if len(ends) else ends
    rows = np.cumsum(np.where(is_row_end, counts, 0))
    notes = list[str]()
    if not end_mark:
        notes.append("It has no ! at its end: it may be cut short.")
    usual = np.frombuffer(_USUAL_LIVING, np.uint8)
    if not has_history and not np.isin(tags[is_alive], usual).all():
        notes.append("Letters other than b and o are read as living cells.")
    return _Runs(
        rows[is_alive],
        (ends - counts - row_starts)[is_alive],
        counts[is_alive],
        tuple(notes),
    )


def _parse_counts(codes: NDArray[np.uint8], at: NDArray[np.int64]) -> Ints:
    """Return the number before each letter, 1 where there is none.

    Args:
        codes: ASCII codes of digits and letters (N,).
        at: Indices of the letters (M,).

    Returns:
        Counts (M,).

    Raises:
        BadInput: A number has too many digits.
    """
    n_digits = np.diff(at, prepend=-1) - 1
    if n_digits.max(initial=0) > MAX_COUNT_DIGITS:
        raise BadInput("a run of cells has a number that is past every width.")
    counts = np.zeros(len(at), np.int64)
    for digit in range(int(n_digits.max(initial=0))):
        has_digit = n_digits > digit
        digits = codes[at[has_digit] - 1 - digit].astype(np.int64) - ord("0")
        counts[has_digit] += digits * 10**digit
    return np.maximum(counts, 1)


def _draw_runs(runs: _Runs, size: tuple[int, int], has_size: bool) -> tuple[Board, tuple[str, ...]]:
    """Return the cells, and a note where they do not fit into ``size`` (rows, columns)."""
    rows = max(size[0], int(runs.rows.max(initial=-1)) + 1)
    columns = max(size[1], int((runs.columns + runs.lengths).max(initial=0)))
    if not rows or not columns:
        raise BadInput("it is empty (a side of 0 cells).")
    check_cells(rows, columns)
    notes: tuple[str, ...] = ()
    if has_size and (rows, columns) != size:
        notes = (
            f"Its header says {size[1]} x {size[0]}, but its cells need {columns} x {rows}: the "
            "board is that large.",
        )
    first = np.repeat(runs.rows * columns + runs.columns, runs.lengths)
    offsets = np.arange(len(first)) - np.repeat(
        np.cumsum(runs.lengths) - runs.lengths, runs.lengths
    )
    cells = np.zeros(rows * columns, np.uint8)
    cells[first + offsets] = 1
    return cells.reshape(rows, columns), notes


def _encode_runs(board: Board) -> list[str]:
    """Return the runs of ``board`` in lines, without what is dead at the end of a row or board.

    All runs at once: a board of 2,000 x 2,000 cells has a million.
    """
    height, width = board.shape
    padded = np.zeros((height, width + 2), bool)
    padded[:, 1:-1] = board
    cells, stride = padded.ravel(), width + 2
    edges = np.flatnonzero(cells[1:] != cells[:-1]).astype(np.int32).reshape(-1, 2)
    starts, stops = edges[:, 0], edges[:, 1]  # of living runs, as column + stride * row
    rows = starts // stride
    counts = np.empty((len(rows), 3), np.int32)  # line ends, dead cells, living cells
    counts[:1, 0], counts[:1, 1] = rows[:1], 0
    np.subtract(rows[1:], rows[:-1], out=counts[1:, 0])
    np.subtract(starts[1:], stops[:-1], out=counts[1:, 1])
    first = np.flatnonzero(counts[:, 0])  # of each row; the first row of all begins with 0 above
    first = np.union1d(first, [0]) if len(rows) else first
    counts[first, 1] = starts[first] - rows[first] * stride
    np.subtract(stops, starts, out=counts[:, 2])
    exists = np.flatnonzero(counts)
    tags = np.frombuffer(b"$bo", np.uint8)[exists % 3]
    return _write_lines(
        np.append(counts.ravel()[exists], np.int32(1)), np.append(tags, np.uint8(ord("!")))
    )


def _write_lines(counts: NDArray[np.int32], tags: NDArray[np.uint8]) -> list[str]:
    """Return runs as text, as many a line as MAX_LINE_LENGTH allows.

    Args:
        counts: Number of each run (N,); 1 is not written.
        tags: ASCII code of each run's letter (N,).

    Returns:
        The lines.
    """
    digit_counts = (counts > 1).astype(np.uint8)
    for digits in range(1, len(str(counts.max()))):
        digit_counts += counts >= 10**digits
    ends = np.cumsum(digit_counts + 1, dtype=np.int32)  # of each run, in letters
    text = np.empty(int(ends[-1]), np.uint8)
    text[ends - 1] = tags
    for digit in range(int(digit_counts.max())):
        run = np.flatnonzero(digit_counts > digit)
        text[ends[run] - (2 + digit)] = counts[run] // 10**digit % 10 + ord("0")
    is_end = np.zeros(len(text) + 1, bool)
    is_end[ends] = True
    indices = np.arange(len(is_end), dtype=np.int32)
    latest_ends = np.maximum.accumulate(np.where(is_end, indices, 0))
    borders = [0]
    while borders[-1] < len(text):
        borders.append(int(latest_ends[min(borders[-1] + MAX_LINE_LENGTH, len(text))]))
    content = text.tobytes().decode("ascii")
    return [content[start:end] for start, end in pairwise(borders)]
