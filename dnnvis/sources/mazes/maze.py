"""Draw mazes, as pictures and as arrays.

The squares are those of Schwarzschild et al. 2021, "Can You Learn an Algorithm?": a maze of 9 x 9
squares has 5 x 5 rooms on the even rows and columns, and a wall or a door between two of them.
Outside of the picture everything is wall. Every maze drawn here is a tree of rooms, so that one
way leads from any room to any other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

Squares = NDArray[np.bool_]  # (N, H, W)
Places = NDArray[np.int64]  # (N, 2), row and column
Pixels = NDArray[np.uint8]  # (N, H, W, 3)

MAX_MAZE_SIDE = 201  # squares; more can be neither seen nor thought about in a window
NEIGHBORS = ((-1, 0), (0, -1), (0, 1), (1, 0))
FLOOR, START, GOAL = (255, 255, 255), (0, 255, 0), (255, 0, 0)  # colors; a wall is black


@dataclass(frozen=True, eq=False)
class Mazes:
    """Mazes of one size."""

    #: Whether a square is floor, (N, H, W); start and goal are floor too.
    floor: Squares
    #: Row and column of each start, (N, 2).
    start: Places
    #: Row and column of each goal, (N, 2).
    goal: Places

    def __len__(self) -> int:
        return len(self.floor)

    def __getitem__(self, which: Any) -> "Mazes":
        return Mazes(self.floor[which], self.start[which], self.goal[which])

    def mark(self, places: Places) -> Squares:
        """Return squares (N, H, W) that are True at one place of each maze, (N, 2)."""
        marked = np.zeros_like(self.floor)
        marked[np.arange(len(self)), places[:, 0], places[:, 1]] = True
        return marked

    def pictures(self) -> Pixels:
        """Return the mazes as pictures: walls black, floor white, start green, goal red."""
        pixels = np.zeros((*self.floor.shape, 3), np.uint8)
        pixels[self.floor] = FLOOR
        pixels[self.mark(self.start)] = START
        pixels[self.mark(self.goal)] = GOAL
        return pixels


def validate_maze_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of a maze; raise BadInput where none can be drawn."""
    rows, columns = size
    if not all(side % 2 and 1 <= side <= MAX_MAZE_SIDE for side in size) or max(size) < 3:
        raise BadInput(
            f"A maze has an odd number of rows and columns, up to {MAX_MAZE_SIDE} (rooms lie on "
            f"every other square: 9x9, 13x13, 21x21), not {rows} x {columns}."
        )
    return size


def draw_mazes(count: int, size: tuple[int, int], rng: np.random.Generator) -> Mazes:
    """Draw mazes by a random depth-first walk through the rooms, all of them at once.

    Args:
        count: Number of mazes.
        size: Rows and columns in squares, odd.
        rng: Source of random numbers.

    Returns:
        The mazes; start and goal are two different rooms.

    Raises:
        BadInput: Another size.
    """
    rows, columns = (side // 2 + 1 for side in validate_maze_size(size))
    floor = np.zeros((count, *size), np.bool_)
    floor[:, ::2, ::2] = True
    rooms = rows * columns
    beside = _neighboring_rooms(rows, columns)
    each = np.arange(count)
    first = rng.integers(0, rooms, count)
    stack = np.zeros((count, rooms), np.int64)
    stack[:, 0] = first
    depth = np.zeros(count, np.int64)
    visited = np.zeros((count, rooms + 1), np.bool_)
    visited[:, rooms] = True  # the room outside
    visited[each, first] = True
    for _ in range(2 * (rooms - 1)):  # every door is passed twice: there and back
        room = stack[each, depth]
        closed = visited[each[:, None], beside[room]]  # (N, 4)
        order = rng.random((count, 4))
        order[closed] = -1.0
        following = beside[room, order.argmax(1)]
        goes_on = ~closed.all(1)
        walkers = np.flatnonzero(goes_on)
        here, there = room[walkers], following[walkers]
        door = (
            here // columns + there // columns,
            here % columns + there % columns,
        )  # twice the mean
        floor[walkers, door[0], door[1]] = True
        visited[walkers, there] = True
        depth += np.where(goes_on, 1, -(depth > 0).astype(np.int64))
        stack[walkers, depth[walkers]] = there
    return _place_ends(floor, (rows, columns), rng)


def redraw_ends(mazes: Mazes, rng: np.random.Generator) -> Mazes:
    """Return the same mazes with other starts and goals: two different rooms each."""
    rows, columns = (side // 2 + 1 for side in mazes.floor.shape[1:])
    return _place_ends(mazes.floor, (rows, columns), rng)


def _place_ends(floor: Squares, rooms: tuple[int, int], rng: np.random.Generator) -> Mazes:
    rows, columns = rooms
    count = len(floor)
    start = rng.integers(0, rows * columns, count)
    goal = (start + rng.integers(1, rows * columns, count)) % (rows * columns)
    places = [np.stack([2 * (room // columns), 2 * (room % columns)], 1) for room in (start, goal)]
    return Mazes(floor, places[0], places[1])


def _neighboring_rooms(rows: int, columns: int) -> NDArray[np.int64]:
    """Return the four neighbors (rooms, 4) of each room; ``rows * columns`` is outside."""
    numbers = np.full((rows + 2, columns + 2), rows * columns)
    numbers[1:-1, 1:-1] = np.arange(rows * columns).reshape(rows, columns)
    shifted = [
        numbers[1 + dy : rows + 1 + dy, 1 + dx : columns + 1 + dx].ravel() for dy, dx in NEIGHBORS
    ]
    return np.stack(shifted, 1)
