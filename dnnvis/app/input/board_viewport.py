"""Map cells of a board to the picture that a network sees of it, without any Qt."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from dnnvis.core.life.board import Cell

Shape = tuple[int, int]  # rows, columns


@dataclass(frozen=True)
class BoardViewport:
    """The part of a board that a picture shows: all of it, or a piece of its middle."""

    #: Rows and columns of the whole board.
    board: Shape
    #: Height and width of the picture, in pixels.
    image_size: Shape
    #: The cell at the top left corner of the picture.
    first: Cell
    #: Rows and columns on show.
    size: Shape

    @property
    def cell_size(self) -> tuple[float, float]:
        """Return height and width of a cell, in pixels of the picture."""
        return self.image_size[0] / self.size[0], self.image_size[1] / self.size[1]

    def cell_at(self, y: float, x: float) -> Cell | None:
        """Return the cell under a point of the picture; None outside of it."""
        if not (0 <= y < self.image_size[0] and 0 <= x < self.image_size[1]):
            return None
        height, width = self.cell_size
        return self.first[0] + floor(y / height), self.first[1] + floor(x / width)

    def corner(self, cell: Cell) -> tuple[float, float]:
        """Return (y, x) of the cell's top left corner in the picture."""
        height, width = self.cell_size
        return (cell[0] - self.first[0]) * height, (cell[1] - self.first[1]) * width


def fit_viewport(board: Shape, image_size: Shape, stretched: bool) -> BoardViewport:
    """Return what a network that sees a picture of ``image_size`` sees of a board.

    Args:
        board: Rows and columns of the board.
        image_size: Height and width of the picture, in pixels.
        stretched: Whether all of the board fills the picture.

    Returns:
        All of the board if ``stretched``, else the largest piece of the picture's proportions
        around the middle, as network.encode cuts it out.
    """
    if stretched or board == image_size:
        return BoardViewport(board, image_size, (0, 0), board)
    (height, width), ratio = board, image_size[0] / image_size[1]
    rows = min(height, max(1, round(width * ratio)))
    columns = min(width, max(1, round(height / ratio)))
    return BoardViewport(
        board, image_size, ((height - rows) // 2, (width - columns) // 2), (rows, columns)
    )


def cells_around(middle: Cell, radius: int) -> Iterator[Cell]:
    """Yield the cells of a disk; radius 0 is the middle alone."""
    limit = (radius + 0.4) ** 2  # without the four corners that stick out
    for row in range(-radius, radius + 1):
        for column in range(-radius, radius + 1):
            if row * row + column * column <= limit:
                yield middle[0] + row, middle[1] + column


def cells_on_line(start: Cell, end: Cell) -> Iterator[Cell]:
    """Yield the cells of a line from ``start``, which is left out, to ``end``."""
    n_rows, n_columns = end[0] - start[0], end[1] - start[1]
    steps = max(abs(n_rows), abs(n_columns))
    for k in range(1, steps + 1):
        yield start[0] + round(n_rows * k / steps), start[1] + round(n_columns * k / steps)
