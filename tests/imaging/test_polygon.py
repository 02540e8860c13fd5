"""Points inside a closed line, against angles added up corner by corner."""

import math

import numpy as np
import pytest

from dnnvis.imaging.polygon import points_in_polygon


def turned(point: tuple[float, float], polygon: np.ndarray) -> float:
    """How far one turns (radians) looking from the point along the line once around."""
    total = 0.0
    for k in range(len(polygon)):
        (ax, ay), (bx, by) = polygon[k - 1] - point, polygon[k] - point
        total += math.atan2(ax * by - ay * bx, ax * bx + ay * by)
    return total


@pytest.mark.parametrize("seed", range(4))
def test_a_star_holds_the_points_around_which_it_turns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 23))
    away = rng.uniform(0.3, 1.5, 23)
    star = np.stack([away * np.cos(angles), away * np.sin(angles)], 1) * (-1, 1)[seed % 2]
    points = rng.uniform(-1.6, 1.6, (500, 2)).astype(np.float32)
    expected = [abs(turned(tuple(point), star)) > np.pi for point in points.astype(float)]
    got = points_in_polygon(points, star)
    assert 50 < got.sum() < 450
    assert got.tolist() == expected
    assert points_in_polygon(points, star[::-1]).tolist() == expected


def test_points_on_a_common_side_of_two_squares_lie_in_one_of_them() -> None:
    left = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    y = np.linspace(0, 0.9, 10)
    for x in (0.5, 1.0, 1.5):
        points = np.stack([np.full(10, x), y], 1)
        one = points_in_polygon(points, left)
        other = points_in_polygon(points, np.add(left, (1, 0)))
        assert (one ^ other).all()


def test_what_a_line_encloses_twice_lies_outside() -> None:
    once = [[0, 0], [4, 0], [4, 4], [0, 4]]
    twice = [*once, [0, 0], [3, 0], [3, 3], [0, 3]]
    points = np.array([[1.5, 1.5], [3.5, 3.5], [5, 5]])
    assert points_in_polygon(points, np.array(once)).tolist() == [True, True, False]
    assert points_in_polygon(points, np.array(twice)).tolist() == [False, True, False]


def test_a_line_of_no_width_and_points_that_are_none_hold_nothing() -> None:
    points = np.array([[0.5, 0.5], [np.nan, 0.5], [np.inf, 0.2]])
    assert not points_in_polygon(points, np.zeros((0, 2))).any()
    assert not points_in_polygon(points, np.array([[0, 0], [1, 1]])).any()
    assert points_in_polygon(points, np.array([[0, 0], [2, 0], [2, 2], [0, 2]])).tolist() == [
        True,
        False,
        False,
    ]
    assert points_in_polygon(np.zeros((0, 2)), np.eye(3, 2)).shape == (0,)
