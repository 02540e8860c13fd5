"""Make the playground's data sets: seeded, with noise, in a part to train and one to test.

After TensorFlow Playground (Smilkov et al. 2017, Direct-Manipulation Visualization of Deep
Networks): circle, xor, Gaussians and spiral lie as there; moons and checkerboard are ours.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane import PLANE_LIMIT, PlanePoints

Points = NDArray[np.float64]
Rng = np.random.Generator
DEFAULT_COUNT = 600  # points, of both classes together
COUNTS = 4, 20_000  # points: at least, at most
MAX_NOISE = 0.5
TEST_FRACTION = 0.5
EXTENT = 5.0  # data lie from -EXTENT to EXTENT; the plane goes a little farther
SPIRAL_TURNS, SPIRAL_START = 1.75, 0.08  # the start as a share of an arm
PAINTED = "painted"  # the name of a set that is given point by point


def make_plane_set(
    name: str,
    *,
    count: int = DEFAULT_COUNT,
    noise: float = 0.0,
    seed: int = 0,
    test_fraction: float = TEST_FRACTION,
) -> PlanePoints:
    """Make one of the data sets.

    Args:
        name: One of PLANE_SETS.
        count: Number of points.
        noise: How far points go astray, 0 to MAX_NOISE.
        seed: Of the points and of which are for testing.
        test_fraction: Share of the points that is for testing, 0 to 0.9.

    Returns:
        The points; the same for the same arguments.

    Raises:
        BadInput: No set has that name, or a number cannot be used.
    """
    if name not in PLANE_SETS:
        raise BadInput(f"No set of points is called '{name}'; there are {', '.join(PLANE_SETS)}.")
    if not COUNTS[0] <= count <= COUNTS[1]:
        raise BadInput(f"A set has {COUNTS[0]} to {COUNTS[1]:,} points, not {count}.")
    if not 0 <= noise <= MAX_NOISE:  # also false for NaN
        raise BadInput(f"The noise lies between 0 and {MAX_NOISE}, not at {noise}.")
    rng = np.random.default_rng([seed, list(PLANE_SETS).index(name)])
    points, labels = PLANE_SETS[name](rng, count, noise)
    points = np.clip(points, -PLANE_LIMIT, PLANE_LIMIT)
    return split_points(points, labels, seed=seed, test_fraction=test_fraction)


def split_points(
    points: NDArray[np.floating],
    labels: NDArray[np.floating],
    *,
    seed: int = 0,
    test_fraction: float = TEST_FRACTION,
) -> PlanePoints:
    """Draw which points are for testing: as many of each class as the fraction says.

    Args:
        points: Coordinates (N, 2).
        labels: Labels -1 or 1, (N,).
        seed: Of the draw.
        test_fraction: Share that is for testing, 0 to 0.9.

    Returns:
        The points; at least one of each class is for training.

    Raises:
        BadInput: The fraction cannot be used, or there is only one class.
    """
    if not 0 <= test_fraction <= 0.9:
        raise BadInput(f"Between 0 and 0.9 of the points are for testing, not {test_fraction}.")
    is_test = np.zeros(len(points), bool)
    rng = np.random.default_rng([seed, 99])
    for label in (-1, 1):
        own = np.flatnonzero(labels == label)
        if not len(own):
            raise BadInput("All points are of one class; there must be two to tell apart.")
        is_test[rng.permutation(own)[: min(round(test_fraction * len(own)), len(own) - 1)]] = True
    return PlanePoints(points.astype(np.float32), labels.astype(np.float32), is_test)


def make_painted(values: Sequence[float], *, seed: int = 0) -> PlanePoints:
    """Make the set of points that were painted: x, y, label, x, y, label ...

    Raises BadInput where these are no such numbers, or of one class alone.
    """
    try:
        rows = np.asarray(values, np.float64).reshape(-1, 3)
    except (TypeError, ValueError):
        raise BadInput("Painted points are x, y and a label each, one after the other.") from None
    if not len(rows):
        raise BadInput("Nothing is painted yet: drag over the large picture, right for orange.")
    if not np.isfinite(rows).all() or not np.isin(rows[:, 2], (-1, 1)).all():
        raise BadInput("Painted points have finite coordinates and the label -1 or 1.")
    points = np.clip(rows[:, :2], -PLANE_LIMIT, PLANE_LIMIT)
    return split_points(points, rows[:, 2], seed=seed)


def _halves(count: int) -> NDArray[np.float64]:
    """Return labels (count,): one half 1, the other -1."""
    return np.where(np.arange(count) % 2, -1.0, 1.0)


def _make_circle(rng: Rng, count: int, noise: float) -> tuple[Points, Points]:
    """A disk of radius 2.5 within a ring from 3.5 to 5; the noise moves points afterwards."""
    labels = _halves(count)
    radius = np.where(
        labels > 0, rng.uniform(0, 0.5, count), rng.uniform(0.7, 1, count)
    )  # of EXTENT
    angle = rng.uniform(0, 2 * np.pi, count)
    points = EXTENT * radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
    return points + noise * EXTENT / 3 * rng.uniform(-1, 1, points.shape), labels


def _make_xor(rng: Rng, count: int, noise: float) -> tuple[Points, Points]:
    """Four fields with a gap of 0.6 between them; those with x y > 0 are blue."""
    points = rng.uniform(-EXTENT, EXTENT, (count, 2))
    labels = np.where(points[:, 0] * points[:, 1] > 0, 1.0, -1.0)
    points += 0.3 * np.sign(points)
    return points + noise * EXTENT * rng.uniform(-1, 1, points.shape), labels


def _make_gaussians(rng: Rng, count: int, noise: float) -> tuple[Points, Points]:
    """Two Gaussians around (2, 2) and (-2, -2), of variance 0.5, with noise up to 4."""
    labels = _halves(count)
    deviation = np.sqrt(0.5 + 7.0 * noise)
    return 2 * labels[:, None] + deviation * rng.normal(size=(count, 2)), labels


def _make_spiral(rng: Rng, count: int, noise: float) -> tuple[Points, Points]:
    """Two arms of 1.75 turns, half a turn apart, which begin where one can tell them apart."""
    labels = _halves(count)
    along = (np.arange(count) // 2) / max((count + 1) // 2, 1)  # 0 to 1 on each arm
    along = SPIRAL_START + (1 - SPIRAL_START) * along
    angle = SPIRAL_TURNS * 2 * np.pi * along + np.where(labels > 0, 0, np.pi)
    points = EXTENT * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
    return points + 2 * noise * rng.uniform(-1, 1, points.shape), labels


def _make_moons(rng: Rng, count: int, noise: float) -> tuple[Points, Points]:
    """Two half circles of radius 3 that reach into each other, 0.4 thick."""
    labels = _halves(count)
    angle = rng.uniform(0, np.pi, count)
    upper = np.stack([3 * np.cos(angle) - 1.5, 3 * np.sin(angle) - 0.75], 1)
    points = np.where(labels[:, None] > 0, upper, -upper)
    return points + (0.2 + 2 * noise) * rng.normal(size=points.shape), labels


def _make_checkerboard(rng: Rng, count: int, noise: float) -> tuple[Points, Points]:
    """Four by four fields of 2.5, in turn blue and orange."""
    points = rng.uniform(-EXTENT, EXTENT, (count, 2))
    fields = np.floor(points / (EXTENT / 2)).astype(int)
    labels = np.where(fields.sum(1) % 2 == 0, 1.0, -1.0)
    return points + noise * EXTENT / 2 * rng.uniform(-1, 1, points.shape), labels


PLANE_SETS: dict[str, Callable[[Rng, int, float], tuple[Points, Points]]] = {
    "circle": _make_circle,
    "xor": _make_xor,
    "gaussians": _make_gaussians,
    "spiral": _make_spiral,
    "moons": _make_moons,
    "checkerboard": _make_checkerboard,
}
