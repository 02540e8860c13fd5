"""Define boards of cells: patterns, and the changes of a board that runs.

A cell is (row, column), counted from the top left corner.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from dnnvis.core.mazes.maze import MoveEnd
from dnnvis.core.translation.catalog import tr

Cell = tuple[int, int]
Cells = tuple[Cell, ...]

STARTS = ("half", "mix", "random", "empty")  # how a board begins, besides with a pattern
Border = Literal["dead", "periodic"]
BORDERS: tuple[Border, ...] = get_args(Border)


@dataclass(frozen=True)
class Pattern:
    """A named pattern of living cells."""

    name: str
    #: What is known of it.
    description: str
    #: Rows and columns.
    size: tuple[int, int]
    #: The living cells, within ``size``.
    cells: Cells

    def rotate(self, quarters: int = 1) -> "Pattern":
        """Return the pattern turned clockwise by so many quarters."""
        rotated = self
        for _ in range(quarters % 4):
            rows, columns = rotated.size
            cells = tuple((column, rows - 1 - row) for row, column in rotated.cells)
            rotated = replace(rotated, size=(columns, rows), cells=cells)
        return rotated

    def at(self, middle: Cell) -> Cells:
        """Return the cells with the pattern's middle on that cell; some may be negative."""
        top, left = middle[0] - self.size[0] // 2, middle[1] - self.size[1] // 2
        return tuple((row + top, column + left) for row, column in self.cells)


@dataclass(frozen=True)
class Paint:
    """Make cells alive or dead.

    Cells outside of a dead border are left out; on a periodic one they enter from the other side.
    """

    cells: Cells
    alive: bool = True
    #: A new stroke can be undone as a whole; otherwise the change belongs to the previous stroke.
    new_stroke: bool = True


@dataclass(frozen=True)
class Fill:
    """Start with a new board."""

    #: One of STARTS, or a pattern's name.
    start: str = "random"
    #: Probability that a cell is alive, for ``random``.
    density: float = 0.5


@dataclass(frozen=True)
class Setup:
    """Change size, border, speed or rule; None leaves a setting as it is."""

    #: Another size (rows, columns) around the same middle.
    size: tuple[int, int] | None = None
    border: str | None = None
    #: Steps per second.
    rate: float | None = None
    #: The rule, as ``life_rule.parse_rule`` reads it.
    rule: str | None = None


@dataclass(frozen=True)
class Put:
    """Put back a board that was there."""

    #: The board as RLE text, with its rule and generation.
    board: str
    #: Its border.
    border: str


Change = Paint | Fill | Setup | Put | MoveEnd


def describe_change(change: Change | None, of_canvas: bool = False) -> str:
    """Describe what a change does to the cells of a board.

    Args:
        change: The change; None for none.
        of_canvas: Whether an automaton grows on the board.

    Returns:
        A few words; "" for what leaves the cells as they are, and for the rest of a stroke.
    """
    if isinstance(change, Paint):
        text = tr("draw on the canvas") if of_canvas else tr("draw on the board")
        return text if change.new_stroke else ""
    if isinstance(change, MoveEnd):
        text = (
            tr("draw the start elsewhere")
            if change.end == "start"
            else tr("draw the goal elsewhere")
        )
        return text if change.new_stroke else ""
    if isinstance(change, Fill):
        return _describe_fill(change.start == "empty", of_canvas)
    if isinstance(change, Setup):
        if change.size is not None:
            return tr("size of the canvas") if of_canvas else tr("size of the board")
        if change.border is not None:
            return tr("border of the board")
        return "" if change.rule is None else tr("rule of the board")
    return ""


def _describe_fill(is_empty: bool, of_canvas: bool) -> str:
    if of_canvas:
        return tr("clear the canvas") if is_empty else tr("one seed on the canvas")
    return tr("clear the board") if is_empty else tr("new board")
