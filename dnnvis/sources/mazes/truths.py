"""Compute what somebody who solves a maze might know after so many steps.

Each candidate is a picture of squares for every step t and speed v (squares a step): what a
search that spreads, or a hand that fills dead ends, has done by then.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.mazes.maze import NEIGHBORS, Mazes, Positions, Squares

Distances = NDArray[np.int64]  # (N, H, W)
NEVER = np.iinfo(np.int32).max  # the distance of a square that is not reached
#: Candidate -> what it says of a square after t steps of v squares.
CANDIDATES = {
    "wave from the start": "at most v t squares from the start",
    "wave from the goal": "at most v t squares from the goal",
    "both waves": "at most v t squares from start or goal",
    "dead ends filled": "not yet filled when dead ends are filled v t squares deep",
    "path in start's wave": "on the path, at most v t squares from the start",
    "path in both waves": "on the path, at most v t squares from start or goal",
    "whole path": "on the path",
}
SPEEDS = (0.5, 1.0, 2.0)  # squares a step


@dataclass(frozen=True, eq=False)
class MazeTruths:
    """What can be computed of mazes."""

    mazes: Mazes

    @cached_property
    def from_start(self) -> Distances:
        """Return the squares that lie between the start and each square, (N, H, W)."""
        return distances(self.mazes.floor, self.mazes.start)

    @cached_property
    def from_goal(self) -> Distances:
        """Return the squares that lie between the goal and each square, (N, H, W)."""
        return distances(self.mazes.floor, self.mazes.goal)

    @cached_property
    def filled_after(self) -> Distances:
        """Return after how many rounds each square is filled as a dead end, (N, H, W)."""
        return fill_rounds(self.mazes)

    @cached_property
    def length(self) -> NDArray[np.int64]:
        """Return the steps from start to goal, (N,); NEVER where no way leads there."""
        goal = self.mazes.goal
        return self.from_start[np.arange(len(self.mazes)), goal[:, 0], goal[:, 1]]

    @cached_property
    def path(self) -> Squares:
        """Return the squares on a shortest path, (N, H, W), its ends too; none without a way.

        Where a maze has loops and several paths are shortest, the squares of all of them.
        """
        length = self.length[:, None, None]
        path: Squares = (self.from_start + self.from_goal == length) & (length < NEVER)
        return path

    def at(self, candidate: str, step: int, speed: float) -> Squares:
        """Return the squares (N, H, W) that a candidate marks.

        Args:
            candidate: A key of CANDIDATES.
            step: Number of steps done, from 0.
            speed: Squares a step.

        Returns:
            Whether each square is marked; walls never are.
        """
        limit = speed * step
        start, goal = self.from_start <= limit, self.from_goal <= limit
        match candidate:
            case "wave from the start":
                return start
            case "wave from the goal":
                return goal
            case "both waves":
                return start | goal
            case "dead ends filled":
                return self.mazes.floor & (self.filled_after > limit)
            case "path in start's wave":
                return self.path & start
            case "path in both waves":
                return self.path & (start | goal)
        return self.path


def distances(floor: Squares, sources: Positions) -> Distances:
    """Return how many steps each square lies from one square of its maze.

    Args:
        floor: Whether a square is floor, (N, H, W).
        sources: Row and column of a floor square of each maze, (N, 2).

    Returns:
        Steps (N, H, W) over floor to one of the four neighbors at a time; NEVER for walls and
        squares without a way.
    """
    result = np.full(floor.shape, NEVER, np.int64)
    front = np.zeros_like(floor)
    front[np.arange(len(floor)), sources[:, 0], sources[:, 1]] = True
    distance = 0
    while front.any():
        result[front] = distance
        distance += 1
        front = (count_neighbors(front) > 0) & floor & (result == NEVER)
    return result


def fill_rounds(mazes: Mazes) -> Distances:
    """Return the round in which each square is filled, from 1; NEVER for squares that stay.

    In each round every dead end is filled at once: a floor square that is neither start nor goal
    and has at most one neighbor that is floor and not filled. Walls are NEVER too.
    """
    kept = mazes.mark(mazes.start) | mazes.mark(mazes.goal)
    result = np.full(mazes.floor.shape, NEVER, np.int64)
    open_squares = mazes.floor.copy()
    number = 0
    while True:
        number += 1
        dead = open_squares & ~kept & (count_neighbors(open_squares) <= 1)
        if not dead.any():
            return result
        result[dead] = number
        open_squares &= ~dead


def count_neighbors(squares: Squares) -> NDArray[np.uint8]:
    """Return how many of the four neighbors of each square (N, H, W) are True."""
    padded = np.pad(squares, ((0, 0), (1, 1), (1, 1))).astype(np.uint8)
    height, width = squares.shape[1:]
    counts = np.zeros(squares.shape, np.uint8)
    for dy, dx in NEIGHBORS:
        counts += padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
    return counts
