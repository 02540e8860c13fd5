"""Read macrocells: a board as a tree of squares, equal ones stored once (Golly's ``.mc``)."""

from dataclasses import dataclass, field, replace

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import LIFE_RULE
from dnnvis.sources.life.plain_text import iter_lines
from dnnvis.sources.life.record import (
    MAX_COUNT_DIGITS,
    BoardRecord,
    FileHeader,
    build_record,
    check_cells,
    parse_file_rule,
)
from dnnvis.sources.life.rule import Board

LEAF_LEVEL = 3  # a leaf is 8 x 8 cells
MAX_SQUARES = 500_000  # in a file
MAX_LEVEL = 256  # of the root; its side is 2**level cells
Box = tuple[int, int, int, int]  # top, left, bottom, right (excluded) of the living cells


@dataclass(frozen=True, slots=True)
class _Node:
    """A square of 2**level cells a side."""

    level: int
    #: Numbers of the nodes northwest, northeast, southwest, southeast; () for a leaf.
    children: tuple[int, ...]
    #: Positions (row, column) of the living cells, of a leaf.
    points: tuple[tuple[int, int], ...]
    #: Box around the living cells; None where there are none.
    box: Box | None


@dataclass
class _Tree:
    """The nodes read so far; node 0 is an empty square of any level."""

    has_history: bool = False
    nodes: list[_Node | None] = field(default_factory=lambda: [None])

    def add_leaf(self, line: str) -> None:
        """Add the square of 8 x 8 cells that a line of ``.``, ``*`` and ``$`` describes."""
        points = list[tuple[int, int]]()
        row = column = 0
        for letter in line:
            if letter == "$":
                row, column = row + 1, 0
            elif letter in ".*" and column < 8 and row < 8:
                if letter == "*":
                    points.append((row, column))
                column += 1
            else:
                raise BadInput(f"'{line[:40]}' is no square of 8 x 8 cells.")
        self._add_points(LEAF_LEVEL, points)

    def add_square(self, line: str) -> None:
        """Add the square of four others that a line ``level nw ne sw se`` describes."""
        numbers = line.split()
        if len(numbers) != 5 or not all(
            number.isascii() and number.isdecimal() and len(number) <= MAX_COUNT_DIGITS
            for number in numbers
        ):
            raise BadInput(f"'{line[:40]}' is no square (a level and four numbers).")
        level, *children = map(int, numbers)
        if not 1 <= level <= MAX_LEVEL:
            raise BadInput(f"it has a square of level {level}; the most is {MAX_LEVEL}.")
        if level == 1:
            self._add_points(1, self._living_states(children))
            return
        half = 2 ** (level - 1)
        boxes = [
            _shift_box(self._box(child, level - 1), (quarter // 2) * half, (quarter % 2) * half)
            for quarter, child in enumerate(children)
        ]
        self.nodes.append(_Node(level, tuple(children), (), _join_boxes(boxes)))

    def _living_states(self, states: list[int]) -> list[tuple[int, int]]:
        if max(states) > 1 and not self.has_history:
            raise BadInput(f"it has a cell in state {max(states)}; boards have two, 0 and 1.")
        if self.has_history and 6 in states:
            raise BadInput("it has cells that stop others (state 6), which are unknown here.")
        return [divmod(quarter, 2) for quarter, state in enumerate(states) if state % 2]

    def _add_points(self, level: int, points: list[tuple[int, int]]) -> None:
        boxes = [(row, column, row + 1, column + 1) for row, column in points]
        self.nodes.append(_Node(level, (), tuple(points), _join_boxes(boxes)))

    def _box(self, number: int, level: int) -> Box | None:
        if number >= len(self.nodes):
            raise BadInput(f"it names a square {number} that does not come earlier.")
        node = self.nodes[number]
        if node is not None and node.level != level:
            raise BadInput(f"it has a square of level {node.level} where {level} is due.")
        return None if node is None else node.box

    def draw(self) -> tuple[Board, tuple[int, int]]:
        """Return the smallest board of all living cells, and the (x, y) of its corner.

        (0, 0) is in the middle of the root, the last square: Golly's tree counts rows upwards, so
        that of the two middle rows it is the upper one. Raises BadInput where it is too large.
        """
        root = self.nodes[-1]
        if root is None or root.box is None:
            return np.zeros((1, 1), np.uint8), (0, 0)
        top, left, bottom, right = root.box
        check_cells(bottom - top, right - left)
        board = np.zeros((bottom - top, right - left), np.uint8)
        pending = [(root, -top, -left)]
        while pending:
            node, row, column = pending.pop()
            for point_row, point_column in node.points:
                board[row + point_row, column + point_column] = 1
            half = 2 ** (node.level - 1)
            for quarter, number in enumerate(node.children):
                child = self.nodes[number]
                if child is not None and child.box is not None:
                    pending.append(
                        (child, row + (quarter // 2) * half, column + (quarter % 2) * half)
                    )
        middle = 2 ** (root.level - 1)
        return board, (left - middle, top - middle + 1)


def read_macrocell(text: str) -> BoardRecord:
    """Read a board of Golly's format ``[M2]``.

    Raises BadInput for damaged squares, a rule that is unknown, or a board whose living cells span
    too many; that is known before the board is drawn.
    """
    first_line, *lines = map(str.strip, iter_lines(text))
    if not first_line.startswith("[M2]"):
        raise BadInput("it does not begin with [M2].")
    header = _parse_header([line for line in lines if line.startswith("#")])
    tree = _Tree(header.file_rule.has_history)
    for line in lines:
        if len(tree.nodes) > MAX_SQUARES:
            raise BadInput(f"it has more than {MAX_SQUARES:,} squares.")
        if line[:1] in (".", "*", "$"):
            tree.add_leaf(line)
        elif line and not line.startswith("#"):
            tree.add_square(line)
    if len(tree.nodes) == 1:
        raise BadInput("it has no squares.")
    board, position = tree.draw()
    return build_record(replace(header, position=position), board)


def _parse_header(lines: list[str]) -> FileHeader:
    parts = {line[:2]: line[2:].strip() for line in lines}
    comments = tuple(line[2:].strip() for line in lines if line.startswith("#C"))
    rule_text, generation = parts.get("#R", ""), parts.get("#G", "")
    is_number = generation.isascii() and generation.isdecimal() and len(generation) < 16
    file_rule = parse_file_rule(rule_text or LIFE_RULE)
    notes = [] if rule_text else [f"It names no rule: {LIFE_RULE} is assumed."]
    if file_rule.has_history:
        notes.append("Its cells carry marks and a past, which are left out.")
    return FileHeader(
        "", comments, file_rule, int(generation) if is_number else 0, notes=tuple(notes)
    )


def _shift_box(box: Box | None, down: int, right: int) -> Box | None:
    return None if box is None else (box[0] + down, box[1] + right, box[2] + down, box[3] + right)


def _join_boxes(boxes: "list[Box] | list[Box | None]") -> Box | None:
    present = [box for box in boxes if box is not None]
    if not present:
        return None
    tops, lefts, bottoms, rights = zip(*present, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)
