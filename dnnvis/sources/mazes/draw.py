"""Draw mazes at random: trees of rooms, in which one way leads from any room to any other."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.mazes.maze import NEIGHBORS, Mazes, Squares, validate_maze_size


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
        door = here // columns + there // columns, here % columns + there % columns
        floor[(walkers, *door)] = True
        visited[walkers, there] = True
        depth += np.where(goes_on, 1, -(depth > 0).astype(np.int64))
        stack[walkers, depth[walkers]] = there
    return _draw_ends(floor, (rows, columns), rng)


def redraw_ends(mazes: Mazes, rng: np.random.Generator) -> Mazes:
    """Return the same mazes with other starts and goals: two different rooms each."""
    rows, columns = (side // 2 + 1 for side in mazes.floor.shape[1:])
    return _draw_ends(mazes.floor, (rows, columns), rng)


def _draw_ends(floor: Squares, rooms: tuple[int, int], rng: np.random.Generator) -> Mazes:
    rows, columns = rooms
    count = len(floor)
    start = rng.integers(0, rows * columns, count)
    goal = (start + rng.integers(1, rows * columns, count)) % (rows * columns)
    ends = [np.stack([2 * (room // columns), 2 * (room % columns)], 1) for room in (start, goal)]
    return Mazes(floor, ends[0], ends[1])


def _neighboring_rooms(rows: int, columns: int) -> NDArray[np.int64]:
    """Return the four neighbors (rooms, 4) of each room; ``rows * columns`` is outside."""
    numbers = np.full((rows + 2, columns + 2), rows * columns)
    numbers[1:-1, 1:-1] = np.arange(rows * columns).reshape(rows, columns)
    shifted = [
        numbers[1 + dy : rows + 1 + dy, 1 + dx : columns + 1 + dx].ravel() for dy, dx in NEIGHBORS
    ]
    return np.stack(shifted, 1)
