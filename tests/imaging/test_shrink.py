"""A mosaic that has to shrink keeps its strongest cells."""

import itertools

import numpy as np
import pytest

from dnnvis.imaging.colorize import LINE_INDEX, NONFINITE_INDEX, TOP_INDEX, ZERO_INDEX
from dnnvis.imaging.shrink import shrink_to


def blocks_of(values: np.ndarray, size: tuple[int, int]) -> list[list[np.ndarray]]:
    """Cut a picture into ``size`` blocks by hand: block k goes from floor(k n / m) on."""
    (height, width), (down, right) = values.shape, size
    rows = [k * height // down for k in range(down + 1)]
    columns = [k * width // right for k in range(right + 1)]
    spans = [list(itertools.pairwise(edges)) for edges in (rows, columns)]
    return [[values[a:b, c:d] for c, d in spans[1]] for a, b in spans[0]]


@pytest.mark.parametrize("size", [(7, 5), (20, 31), (13, 30), (1, 1)])
def test_each_pixel_is_the_greatest_of_its_block(size: tuple[int, int]) -> None:
    values = np.random.default_rng(0).integers(0, TOP_INDEX + 1, (20, 31), dtype=np.uint8)
    expected = [[block.max() for block in row] for row in blocks_of(values, size)]
    np.testing.assert_array_equal(shrink_to(values, size, signed=False), expected)


def test_of_signed_values_the_farthest_from_zero_counts() -> None:
    values = np.random.default_rng(1).integers(0, TOP_INDEX + 1, (24, 24), dtype=np.uint8)
    pooled = shrink_to(values, (5, 7), signed=True).astype(int)
    for y, row in enumerate(blocks_of(values.astype(int), (5, 7))):
        for x, block in enumerate(row):
            assert abs(pooled[y, x] - ZERO_INDEX) == np.abs(block - ZERO_INDEX).max()
            assert pooled[y, x] in block


def test_a_line_hides_weak_values_only_and_what_is_not_finite_hides_all() -> None:
    values = np.array([[10, LINE_INDEX, 200, LINE_INDEX, NONFINITE_INDEX, TOP_INDEX]], np.uint8)
    expected = [[LINE_INDEX, 200, NONFINITE_INDEX]]
    np.testing.assert_array_equal(shrink_to(values, (1, 3), signed=False), expected)


@pytest.mark.parametrize("scale", [0.9, 0.5, 0.18])
def test_no_single_hot_cell_is_lost(scale: float) -> None:
    values = np.zeros((400, 300), np.uint8)
    generator = np.random.default_rng(2)
    hot = generator.choice(values.size, 50, replace=False)
    values.flat[hot] = TOP_INDEX
    size = int(400 * scale), int(300 * scale)
    pooled = shrink_to(values, size, signed=False)
    for y, x in zip(*np.unravel_index(hot, values.shape), strict=True):
        near = pooled[max(int(y * scale) - 1, 0) :, max(int(x * scale) - 1, 0) :][:3, :3]
        assert near.max() == TOP_INDEX
