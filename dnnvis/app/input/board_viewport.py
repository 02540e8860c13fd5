"""Which cell of a board lies where in the picture that a network sees of it, without any Qt."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from dnnvis.core.board import Cell

Shape = tuple[int, int]  # rows, columns


@dataclass(frozen=True)
class Sight:
    """The part of a board that a picture of ``seen`` pixels shows: ``size`` cells from the cell
    ``first`` on, all of the ``board`` or a piece cut out of its middle."""

    board: Shape
    seen: Shape
    first: Cell
    size: Shape

    @property
    def pixels(self) -> tuple[float, float]:
        """How high and wide a cell is, in pixels of the picture."""
        return self.seen[0] / self.size[0], self.seen[1] / self.size[1]

    def cell_at(self, y: float, x: float) -> Cell | None:
        """The cell under a point of the picture; None outside of it."""
        if not (0 <= y < self.seen[0] and 0 <= x < self.seen[1]):
            return None
        high, wide = self.pixels
        return self.first[0] + floor(y / high), self.first[1] + floor(x / wide)

    def corner(self, cell: Cell) -> tuple[float, float]:
        """(y, x) of the cell's top left corner in the picture."""
        high, wide = self.pixels
        return (cell[0] - self.first[0]) * high, (cell[1] - self.first[1]) * wide


def sight(board: Shape, seen: Shape, stretched: bool) -> Sight:
    """What a network that sees a picture of ``seen`` pixels sees of a board: all of it
    (``stretched``), else the largest piece of the picture's proportions around the middle, as
    network.encode cuts it out."""
    if stretched or board == seen:
        return Sight(board, seen, (0, 0), board)
    (height, width), ratio = board, seen[0] / seen[1]
    rows = min(height, max(1, round(width * ratio)))
    columns = min(width, max(1, round(height / ratio)))
    return Sight(board, seen, ((height - rows) // 2, (width - columns) // 2), (rows, columns))


def between(start: Cell, end: Cell) -> Iterator[Cell]:
    """The cells of a line from ``start``, which is left out, to ``end``."""
    down, across = end[0] - start[0], end[1] - start[1]
    steps = max(abs(down), abs(across))
    for k in range(1, steps + 1):
        yield start[0] + round(down * k / steps), start[1] + round(across * k / steps)
