"""Read boards that are drawn in characters: ``.cells``, and Life 1.05 and 1.06 of ``.lif``."""

import re
from collections.abc import Iterator

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import LIFE_RULE
from dnnvis.sources.life.record import (
    MAX_CELLS,
    BoardRecord,
    FileHeader,
    FileRule,
    board_from_points,
    build_record,
    check_cells,
    parse_file_rule,
)

MAX_LIF_LINES = 1_000_000
LIVING, DEAD = "O*oX@#1", ". _0-"
_LIVING_RUN = re.compile(f"[{re.escape(LIVING)}]+")
_NO_CELL = re.compile(f"[^{re.escape(LIVING + DEAD)}]")
_RULE_LINE = re.compile(r"rule\s*[:=]\s*(\S.*)", re.I)
_BLOCK = re.compile(r"#P\s*(-?\d{1,9})\s+(-?\d{1,9})", re.I)
_POINT = re.compile(r"(-?\d{1,9})\s+(-?\d{1,9})")


def read_plain_text(text: str) -> BoardRecord:
    """Read the format ``.cells``: ``.`` is dead, ``O`` alive, comments begin with ``!``.

    Raises BadInput for other characters, a rule in the comments that is unknown, or a board that
    is too large.
    """
    lines = list(iter_lines(text))
    comments = [line[1:].strip() for line in lines if line.startswith("!")]
    names = [text[5:].strip() for text in comments if text.lower().startswith("name:")]
    rule_lines = [match[1] for match in map(_RULE_LINE.match, comments) if match]
    file_rule, notes = _choose_rule(rule_lines[0] if rule_lines else "")
    rows = [line.rstrip() for line in lines if not line.startswith("!")]
    while rows and not rows[-1]:
        rows.pop()
    width = max(map(len, rows), default=0)
    if not width:
        raise BadInput("it has no rows of cells (. and O).")
    check_cells(len(rows), width)
    cells = np.zeros((len(rows), width), np.uint8)
    for number, row in enumerate(rows):
        for start, end in _find_living(row):
            cells[number, start:end] = 1
    header = FileHeader(
        names[0] if names else "",
        tuple(text for text in comments if text and not text.lower().startswith("name:")),
        file_rule,
        notes=notes,
    )
    return build_record(header, cells)


def read_life_105(text: str) -> BoardRecord:
    """Read Life 1.05: blocks of ``.`` and ``*``, each after the position of its corner (``#P``).

    Raises BadInput for other characters, a rule (``#R``) that is unknown, or a board that is too
    large.
    """
    row = column = 0
    rule_text, comments, rows, columns = "", list[str](), list[int](), list[int]()
    for line in _iter_lif_lines(text):
        if line.startswith("#P"):
            column, row = _parse_corner(line)
        elif line.startswith("#"):
            kind, comment = line[1:2].upper(), line[2:].strip()
            rule_text = {"R": comment, "N": LIFE_RULE}.get(kind, rule_text)
            comments += [comment] if kind in "DC" and comment else []
        else:
            for start, end in _find_living(line.rstrip()):
                columns.extend(range(column + start, column + end))
                rows.extend([row] * (end - start))
            row += 1
        if len(rows) > MAX_CELLS:
            raise BadInput(f"it has more than {MAX_CELLS:,} living cells.")
    file_rule, notes = _choose_rule(rule_text)
    board, _ = board_from_points(np.array(rows, np.int64), np.array(columns, np.int64))
    return build_record(FileHeader("", tuple(comments), file_rule, notes=notes), board)


def _parse_corner(line: str) -> tuple[int, int]:
    match = _BLOCK.match(line if line[2:].strip() else "#P 0 0")
    if match is None:
        raise BadInput(f"'{line[:40]}' is no position of a block (#P -4 2).")
    return int(match[1]), int(match[2])


def read_life_106(text: str) -> BoardRecord:
    """Read Life 1.06: the column and row of each living cell; raise BadInput for anything else."""
    points = list[tuple[int, int]]()
    for line in map(str.strip, _iter_lif_lines(text)):
        if not line or line.startswith("#"):
            continue
        match = _POINT.fullmatch(line)
        if match is None:
            raise BadInput(f"'{line[:40]}' is no cell (a column and a row).")
        points.append((int(match[1]), int(match[2])))
    columns, rows = np.array(points, np.int64).reshape(-1, 2).T
    file_rule, notes = _choose_rule("")
    board, _ = board_from_points(rows, columns)
    return build_record(FileHeader(file_rule=file_rule, notes=notes), board)


def is_plain_text(text: str) -> bool:
    """Return whether the text looks like ``.cells``: rows of ``.`` and ``O``, comments with !."""
    rows = [line.strip() for line in iter_lines(text) if line.strip() and not line.startswith("!")]
    return bool(rows) and all(re.fullmatch(r"[.O*]+", row) for row in rows)


def iter_lines(text: str) -> Iterator[str]:
    """Yield the lines, whichever of the three line ends they have."""
    return iter(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def _iter_lif_lines(text: str) -> Iterator[str]:
    if text.count("\n") + text.count("\r") > MAX_LIF_LINES:
        raise BadInput(f"it has more than {MAX_LIF_LINES:,} lines.")
    return iter_lines(text)


def _find_living(row: str) -> Iterator[tuple[int, int]]:
    """Yield (first column, last + 1) of the runs of living cells; raise BadInput for other text."""
    if match := _NO_CELL.search(row):
        raise BadInput(f"'{match[0]}' stands among the cells, which are . and O (or *).")
    for run in _LIVING_RUN.finditer(row):
        yield run.span()


def _choose_rule(text: str) -> tuple[FileRule, tuple[str, ...]]:
    if text:
        return parse_file_rule(text), ()
    return FileRule(), (f"It names no rule: {LIFE_RULE} is assumed.",)
