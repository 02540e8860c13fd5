"""Mazes drawn at random are trees of rooms."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.mazes.draw import draw_mazes, redraw_ends


def reached(floor: np.ndarray) -> set[tuple[int, int]]:
    """All squares that a walk from one floor square comes to."""
    found = {tuple(map(int, np.argwhere(floor)[0]))}
    waiting = list(found)
    while waiting:
        y, x = waiting.pop()
        for there in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            inside = 0 <= there[0] < len(floor) and 0 <= there[1] < len(floor[0])
            if inside and floor[there] and there not in found:
                found.add(there)
                waiting.append(there)
    return found


@pytest.mark.parametrize("size", [(9, 9), (5, 11), (3, 3)])
def test_each_is_a_tree_of_rooms(size: tuple[int, int]) -> None:
    mazes = draw_mazes(20, size, np.random.default_rng(0))
    rooms = (size[0] // 2 + 1) * (size[1] // 2 + 1)
    assert mazes.floor.shape == (20, *size)
    assert mazes.floor[:, ::2, ::2].all()
    assert not mazes.floor[:, 1::2, 1::2].any()  # posts between rooms
    for floor in mazes.floor:
        assert floor.sum() == 2 * rooms - 1  # a tree has one door less than rooms
        assert len(reached(floor)) == floor.sum()


def test_start_and_goal_are_two_rooms() -> None:
    mazes = draw_mazes(200, (5, 5), np.random.default_rng(1))
    assert not (mazes.start % 2).any()
    assert not (mazes.goal % 2).any()
    assert (mazes.start != mazes.goal).any(1).all()
    assert len({tuple(place) for place in mazes.start}) == 9  # every room is one at times
    assert len({tuple(place) for place in mazes.goal}) == 9


def test_a_seed_gives_the_same_mazes_and_another_seed_others() -> None:
    first, again, other = (draw_mazes(5, (9, 9), np.random.default_rng(k)) for k in (3, 3, 4))
    assert np.array_equal(first.pictures(), again.pictures())
    assert not np.array_equal(first.floor, other.floor)
    assert not np.array_equal(first.floor[0], first.floor[1])


def test_other_ends_leave_the_walls() -> None:
    mazes = draw_mazes(50, (9, 9), np.random.default_rng(0))
    other = redraw_ends(mazes, np.random.default_rng(1))
    assert np.array_equal(mazes.floor, other.floor)
    assert (mazes.start != other.start).any(1).mean() > 0.8
    assert (other.start != other.goal).any(1).all()


def test_an_even_size_is_refused() -> None:
    with pytest.raises(BadInput, match="not 8 x 8"):
        draw_mazes(1, (8, 8), np.random.default_rng(0))
