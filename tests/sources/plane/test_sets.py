import math

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane import PLANE_LIMIT
from dnnvis.sources.plane.sets import (
    PLANE_SETS,
    make_painted,
    make_plane_set,
    split_points,
)


@pytest.mark.parametrize("name", PLANE_SETS)
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_a_seed_makes_one_set_and_another_seed_another(name: str, noise: float) -> None:
    first = make_plane_set(name, count=101, noise=noise, seed=3)
    again = make_plane_set(name, count=101, noise=noise, seed=3)
    other = make_plane_set(name, count=101, noise=noise, seed=4)
    np.testing.assert_array_equal(first.points, again.points)
    np.testing.assert_array_equal(first.is_test, again.is_test)
    assert not np.array_equal(first.is_test, other.is_test)
    assert first.points.shape == (101, 2)
    assert np.abs(first.points).max() <= PLANE_LIMIT
    assert set(first.labels) == {-1.0, 1.0}
    assert 0.3 < (first.labels > 0).mean() < 0.7


def test_the_classes_lie_where_the_sets_say() -> None:
    circle = make_plane_set("circle")
    radius = np.hypot(*circle.points.T)
    assert radius[circle.labels > 0].max() <= 2.5
    assert 3.5 <= radius[circle.labels < 0].min() <= radius.max() <= 5
    xor = make_plane_set("xor")
    np.testing.assert_array_equal(np.sign(xor.points.prod(1)), xor.labels)
    assert np.abs(xor.points).min() >= 0.3
    gaussians = make_plane_set("gaussians", count=2000)
    blue = gaussians.points[gaussians.labels > 0]
    np.testing.assert_allclose(blue.mean(0), 2, atol=0.1)
    np.testing.assert_allclose(blue.var(0), 0.5, atol=0.1)
    board = make_plane_set("checkerboard")
    for (x, y), label in zip(board.points, board.labels, strict=True):
        assert label == (1 if (math.floor(x / 2.5) + math.floor(y / 2.5)) % 2 == 0 else -1)


def test_an_arm_of_the_spiral_turns_as_it_goes_outwards() -> None:
    spiral = make_plane_set("spiral", count=400)
    arm = spiral.points[spiral.labels > 0]
    radius = np.hypot(*arm.T)
    assert (np.diff(radius) > 0).all()
    for (x, y), r in zip(arm, radius, strict=True):
        angle = 1.75 * 2 * math.pi * r / 5
        assert (x, y) == pytest.approx((r * math.sin(angle), r * math.cos(angle)), abs=1e-4)
    other = spiral.points[spiral.labels < 0]
    np.testing.assert_allclose(other, -arm, atol=1e-5)


def test_half_of_each_class_is_for_testing() -> None:
    data = make_plane_set("moons", count=200)
    for label in (-1, 1):
        assert data.is_test[data.labels == label].sum() == 50
    points, labels = data.part(test=True)
    assert len(points) == len(labels) == 100


def test_each_class_keeps_a_point_to_train() -> None:
    data = split_points(np.zeros((3, 2)), np.array([-1, 1, 1]), test_fraction=0.9)
    assert sorted(data.part(test=False)[1]) == [-1, 1]


def test_painted_points_are_what_was_painted() -> None:
    data = make_painted((1, 2, 1, -9, 0.5, -1, 3, 3, 1))
    np.testing.assert_array_equal(data.points, [[1, 2], [-PLANE_LIMIT, 0.5], [3, 3]])
    np.testing.assert_array_equal(data.labels, [1, -1, 1])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((), "Nothing is painted"),
        ((1, 2, 1), "one class"),
        ((1, 2), "one after the other"),
        ((1, 2, 1, math.nan, 0, -1), "finite"),
        ((1, 2, 1, 0, 0, 2), "label -1 or 1"),
    ],
)
def test_what_cannot_be_learned_is_said(values: tuple[float, ...], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        make_painted(values)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"noise": 0.6}, "between 0 and 0.5"),
        ({"noise": math.nan}, "between 0 and 0.5"),
        ({"count": 3}, "4 to 20,000"),
        ({"test_fraction": 1.0}, "Between 0 and 0.9"),
    ],
)
def test_numbers_that_cannot_be_used_are_said(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        make_plane_set("circle", **options)  # type: ignore[arg-type]


def test_another_name_is_said_with_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"'square'; there are circle, xor"):
        make_plane_set("square")
