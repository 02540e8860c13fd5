"""Define mazes of squares: as arrays, as pictures and as text.

The squares are those of Schwarzschild et al. 2021, "Can You Learn an Algorithm?": a maze of 9 x 9
squares has 5 x 5 rooms on the even rows and columns, and a wall or a door between two of them.
Outside of the picture everything is wall. A square is (row, column), from the top left corner.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

Squares = NDArray[np.bool_]  # (N, H, W)
Positions = NDArray[np.int64]  # (N, 2), row and column
Pixels = NDArray[np.uint8]  # (N, H, W, 3)
End = Literal["start", "goal"]

MIN_MAZE_SIDE, MAX_MAZE_SIDE = 3, 201  # squares; larger ones fit no window
NEIGHBORS = ((-1, 0), (0, -1), (0, 1), (1, 0))
FLOOR, START, GOAL = (255, 255, 255), (0, 255, 0), (255, 0, 0)  # colors; a wall is black
WALL_LETTER, FLOOR_LETTER, START_LETTER, GOAL_LETTER = "#.SG"
HALF = 128  # a color is on from here


@dataclass(frozen=True, eq=False)
class Mazes:
    """Mazes of one size."""

    #: Whether a square is floor, (N, H, W); start and goal are floor too.
    floor: Squares
    #: Row and column of each start, (N, 2).
    start: Positions
    #: Row and column of each goal, (N, 2).
    goal: Positions

    def __len__(self) -> int:
        return len(self.floor)

    def __getitem__(self, which: Any) -> "Mazes":
        return Mazes(self.floor[which], self.start[which], self.goal[which])

    def mark(self, positions: Positions) -> Squares:
        """Return squares (N, H, W) that are True at one position of each maze, (N, 2)."""
        marked = np.zeros_like(self.floor)
        marked[np.arange(len(self)), positions[:, 0], positions[:, 1]] = True
        return marked

    def pictures(self) -> Pixels:
        """Return the mazes as pictures: walls black, floor white, start green, goal red."""
        pixels = np.zeros((*self.floor.shape, 3), np.uint8)
        pixels[self.floor] = FLOOR
        pixels[self.mark(self.start)] = START
        pixels[self.mark(self.goal)] = GOAL
        return pixels

    def text(self) -> str:
        """Return the first maze as text: rows of ``#``, ``.``, ``S`` and ``G``, with / between."""
        letters = np.where(self.floor[0], FLOOR_LETTER, WALL_LETTER)
        letters[tuple(self.start[0])], letters[tuple(self.goal[0])] = START_LETTER, GOAL_LETTER
        return "/".join("".join(row) for row in letters)

    def paint(self, squares: tuple[tuple[int, int], ...], wall: bool) -> "Mazes":
        """Return the first maze with squares made wall or floor; start and goal stay floor."""
        floor = self.floor[:1].copy()
        height, width = floor.shape[1:]
        ends = {tuple(self.start[0]), tuple(self.goal[0])}
        for row, column in squares:
            if 0 <= row < height and 0 <= column < width and (row, column) not in ends:
                floor[0, row, column] = not wall
        return Mazes(floor, self.start[:1], self.goal[:1])

    def move_end(self, end: End, square: tuple[int, int]) -> "Mazes":
        """Return the first maze with its start or goal on another square, which becomes floor.

        On a square outside, or on the other end, nothing changes.
        """
        height, width = self.floor.shape[1:]
        other = self.goal if end == "start" else self.start
        inside = 0 <= square[0] < height and 0 <= square[1] < width
        if not inside or tuple(other[0]) == square:
            return self
        floor, position = self.floor[:1].copy(), np.array([square])
        floor[0, square[0], square[1]] = True
        start, goal = (position, self.goal) if end == "start" else (self.start, position)
        return Mazes(floor, start[:1], goal[:1])


@dataclass(frozen=True)
class MoveEnd:
    """Move start or goal of a maze to another square."""

    end: End
    square: tuple[int, int]
    #: The first square of a drag can be undone; otherwise the change belongs to the one before.
    new_stroke: bool = True


def open_floor(maze: Mazes) -> Mazes:
    """Return a maze without any wall."""
    return Mazes(np.ones_like(maze.floor), maze.start, maze.goal)


def validate_maze_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of a maze; raise BadInput where none can be drawn."""
    rows, columns = size
    if not all(side % 2 and MIN_MAZE_SIDE <= side <= MAX_MAZE_SIDE for side in size):
        raise BadInput(
            f"A maze has an odd number of rows and columns, up to {MAX_MAZE_SIDE} (rooms lie on "
            f"every other square: 9x9, 13x13, 21x21), not {rows} x {columns}."
        )
    return size


def read_mazes(pixels: NDArray[Any]) -> Mazes:
    """Read mazes from their pictures.

    Args:
        pixels: Colors (N, H, W, 3) from 0 to 255: walls dark, start green, goal red.

    Returns:
        The mazes.

    Raises:
        BadInput: A picture has not exactly one start and one goal.
    """
    if pixels.ndim != 4 or pixels.shape[3] != 3:
        raise BadInput(
            "A maze is a colored picture: walls black, floor white, start green, goal red."
        )
    red, green = pixels[..., 0] >= HALF, pixels[..., 1] >= HALF
    start, goal = green & ~red, red & ~green
    for name, color, marked in (("start", "green", start), ("goal", "red", goal)):
        counts = marked.sum((1, 2))
        if (counts != 1).any():
            raise BadInput(
                f"This picture is no maze: it has {counts[counts != 1][0]} {color} squares where "
                f"one {name} should be."
            )
    ends = [np.argwhere(marked)[:, 1:] for marked in (start, goal)]
    return Mazes(red | green | (pixels[..., 2] >= HALF), ends[0], ends[1])


def parse_maze(text: str) -> Mazes:
    """Return the one maze of a text, as ``Mazes.text`` writes it; raise BadInput for another."""
    rows = text.split("/")
    letters = set(text) - set(f"/{WALL_LETTER}{FLOOR_LETTER}{START_LETTER}{GOAL_LETTER}")
    is_square = len({len(row) for row in rows}) == 1
    sides = (len(rows), len(rows[0]))
    if letters or not is_square or not all(1 <= side <= MAX_MAZE_SIDE for side in sides):
        raise BadInput(
            f"A maze is rows of #, ., S and G of one length, with / between; '{text[:60]}' is none."
        )
    grid = np.array([list(row) for row in rows])
    for name, letter in (("start", START_LETTER), ("goal", GOAL_LETTER)):
        if (count := int((grid == letter).sum())) != 1:
            raise BadInput(f"A maze has one {name} ({letter}), not {count}.")
    ends = [np.argwhere(grid == letter) for letter in (START_LETTER, GOAL_LETTER)]
    return Mazes((grid != WALL_LETTER)[None], ends[0], ends[1])
