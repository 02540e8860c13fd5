"""Boards of cells: patterns, and what may be done to a board while it runs.

A cell is (row, column), counted from the top left corner.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

Cell = tuple[int, int]
Cells = tuple[Cell, ...]

STARTS = ("half", "mix", "random", "empty")  # how a board begins, besides with a pattern
Border = Literal["dead", "periodic"]
BORDERS: tuple[Border, ...] = get_args(Border)


@dataclass(frozen=True)
class Pattern:
    """Living ``cells`` within ``size`` (rows, columns); ``description`` say what is known of it."""

    name: str
    description: str
    size: tuple[int, int]
    cells: Cells

    def rotate(self, quarters: int = 1) -> "Pattern":
        """The pattern turned by so many quarters, clockwise."""
        rotated = self
        for _ in range(quarters % 4):
            rows, columns = rotated.size
            cells = tuple((column, rows - 1 - row) for row, column in rotated.cells)
            rotated = replace(rotated, size=(columns, rows), cells=cells)
        return rotated

    def at(self, middle: Cell) -> Cells:
        """The cells with the pattern's middle on that cell; some may be negative."""
        top, left = middle[0] - self.size[0] // 2, middle[1] - self.size[1] // 2
        return tuple((row + top, column + left) for row, column in self.cells)


@dataclass(frozen=True)
class Paint:
    """Make ``cells`` alive or dead. What lies outside of a dead border is left out, and comes
    in again on the other side of a periodic one. A ``new_stroke`` stroke can be taken back as a
    whole: others belong to the one before."""

    cells: Cells
    alive: bool = True
    new_stroke: bool = True


@dataclass(frozen=True)
class Fill:
    """A new board: one of STARTS, or a pattern's name. ``random``: each cell is alive with
    probability ``density``."""

    start: str = "random"
    density: float = 0.5


@dataclass(frozen=True)
class Setup:
    """Another size (rows, columns) around the same middle, another border, or other steps a
    second. None: as it is."""

    size: tuple[int, int] | None = None
    border: str | None = None
    rate: float | None = None


Change = Paint | Fill | Setup
