"""Truths of mazes, against walks and fillings of one square at a time."""

from collections import deque

import numpy as np
import pytest

from dnnvis.core.mazes.maze import Mazes, parse_maze
from dnnvis.sources.mazes.draw import draw_mazes
from dnnvis.sources.mazes.truths import CANDIDATES, NEVER, MazeTruths

Square = tuple[int, int]


def beside(floor: np.ndarray, square: Square) -> list[Square]:
    y, x = square
    around = ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
    return [
        (v, u) for v, u in around if 0 <= v < len(floor) and 0 <= u < len(floor[0]) and floor[v, u]
    ]


def walk(floor: np.ndarray, first: Square) -> dict[Square, int]:
    """Distances by a queue."""
    found, queue = {first: 0}, deque([first])
    while queue:
        square = queue.popleft()
        for there in beside(floor, square):
            if there not in found:
                found[there] = found[square] + 1
                queue.append(there)
    return found


def find_way(floor: np.ndarray, start: Square, goal: Square) -> set[Square]:
    """The one way of a tree, by going deeper and coming back."""
    way: list[Square] = []

    def go(square: Square, came_from: Square | None) -> bool:
        way.append(square)
        if square == goal:
            return True
        for there in beside(floor, square):
            if there != came_from and go(there, square):
                return True
        way.pop()
        return False

    assert go(start, None)
    return set(way)


@pytest.fixture(scope="module")
def mazes() -> Mazes:
    return draw_mazes(12, (9, 9), np.random.default_rng(5))


@pytest.fixture(scope="module")
def truths(mazes: Mazes) -> MazeTruths:
    return MazeTruths(mazes)


def each(mazes: Mazes) -> list[tuple[np.ndarray, Square, Square]]:
    ends = zip(mazes.floor, mazes.start, mazes.goal, strict=True)
    return [(floor, tuple(map(int, a)), tuple(map(int, b))) for floor, a, b in ends]


def test_distances_are_those_of_a_walk(mazes: Mazes, truths: MazeTruths) -> None:
    for k, (floor, start, goal) in enumerate(each(mazes)):
        for first, distances in ((start, truths.from_start[k]), (goal, truths.from_goal[k])):
            expected = np.full(floor.shape, NEVER)
            for square, distance in walk(floor, first).items():
                expected[square] = distance
            assert np.array_equal(distances, expected)
        assert truths.length[k] == walk(floor, start)[goal]


def test_the_path_is_the_one_way(mazes: Mazes, truths: MazeTruths) -> None:
    for k, (floor, start, goal) in enumerate(each(mazes)):
        assert set(map(tuple, np.argwhere(truths.path[k]))) == find_way(floor, start, goal)


def test_dead_ends_are_filled_round_by_round(mazes: Mazes, truths: MazeTruths) -> None:
    for k, (floor, start, goal) in enumerate(each(mazes)):
        left = {tuple(square) for square in np.argwhere(floor)}
        for number in range(1, 60):
            open_floor = np.zeros_like(floor)
            open_floor[tuple(np.array(sorted(left)).T)] = True
            dead = {
                square
                for square in left
                if square not in (start, goal) and len(beside(open_floor, square)) <= 1
            }
            assert set(map(tuple, np.argwhere(truths.filled_after[k] == number))) == dead
            left -= dead
        assert left == find_way(floor, start, goal)


def test_the_candidates_at_a_step_and_a_speed(truths: MazeTruths) -> None:
    start, goal, path = truths.from_start, truths.from_goal, truths.path
    for step, speed, reach in ((3, 0.5, 1), (3, 1.0, 3), (4, 2.0, 8)):
        at = {name: truths.at(name, step, speed) for name in CANDIDATES}
        assert np.array_equal(at["wave from the start"], start <= reach)
        assert np.array_equal(at["wave from the goal"], goal <= reach)
        assert np.array_equal(at["both waves"], np.minimum(start, goal) <= reach)
        filled = truths.filled_after <= reach
        assert np.array_equal(at["dead ends filled"], truths.mazes.floor & ~filled)
        assert np.array_equal(at["path in start's wave"], path & (start <= reach))
        assert np.array_equal(at["path in both waves"], path & (np.minimum(start, goal) <= reach))
        assert np.array_equal(at["whole path"], path)


def test_without_a_way_there_is_no_path() -> None:
    truths = MazeTruths(parse_maze("S#G/.#./.#."))
    assert truths.length[0] == NEVER
    assert not truths.path.any()
    assert truths.at("both waves", 2, 1.0).sum() == 6
    assert truths.at("dead ends filled", 9, 1.0).sum() == 2  # start and goal stay


def test_with_a_loop_all_shortest_paths_count() -> None:
    truths = MazeTruths(parse_maze("S../.#./..G"))
    assert truths.length[0] == 4
    assert truths.path.sum() == 8
    longer = MazeTruths(parse_maze("S...G/.###./....."))
    assert longer.path[0].sum() == 5  # the way around is no shortest one
