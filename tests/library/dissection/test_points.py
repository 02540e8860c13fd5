"""Points at which maps and masks are compared."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from dnnvis.core.receptive_field import FieldAxes
from dnnvis.library.dissection.points import (
    GRID_SIDES,
    MIN_POINTS,
    PointPlan,
    choose_grid,
    choose_side,
    find_centers,
    interpolate_map,
    take_positions,
)

FIELD = FieldAxes((5, 7), (2, 3), (1.0, 2.5))


def test_more_pictures_need_fewer_points() -> None:
    for pictures in (1, 40, 300, 1500, 10**6):
        side = choose_side(pictures)
        enough = [each for each in GRID_SIDES if pictures * each**2 >= MIN_POINTS]
        assert side == (min(enough) if enough else max(GRID_SIDES))


def test_a_grid_is_every_row_where_there_are_no_more_points() -> None:
    rows, columns = choose_grid((10, 30), 14, 3)
    np.testing.assert_array_equal(rows, np.arange(10))
    assert (len(columns), columns.min() >= 0, columns.max() < 30) == (14, True, True)
    assert (np.diff(columns) >= 2).all()  # 30 / 14, rounded down


def test_a_grid_moves_from_batch_to_batch_and_covers_all_alike() -> None:
    counts = np.zeros(30)
    for batch in range(600):
        counts[choose_grid((30, 30), 7, batch)[1]] += 1
    np.testing.assert_array_equal(*(choose_grid((30, 30), 7, 5)[0] for _ in range(2)))
    assert counts.min() > 0.7 * counts.mean()
    assert counts.max() < 1.3 * counts.mean()


@pytest.mark.parametrize("field", [None, FIELD])
@pytest.mark.parametrize("last", [True, False])
def test_maps_are_interpolated_as_scipy_does(field: FieldAxes | None, last: bool) -> None:
    rng = np.random.default_rng(0)
    size, shape = (24, 31), (9, 8)
    maps = rng.normal(size=(2, 3, *shape)).astype(np.float32)
    pixels = np.array([0, 3, 11, 23]), np.array([0, 1, 5, 17, 30])
    where = interpolate_map(pixels, shape, size, field)
    if field is None:
        at = [(p + 0.5) * n / s - 0.5 for p, n, s in zip(pixels, shape, size, strict=True)]
    else:
        at = [(p - o) / s for p, o, s in zip(pixels, field.offset, field.stride, strict=True)]
    grid = np.meshgrid(*at, indexing="ij")
    expected = np.array(
        [[map_coordinates(m, grid, order=1, mode="nearest").ravel() for m in b] for b in maps]
    )
    value = torch.from_numpy(maps)
    value = value.contiguous(memory_format=torch.channels_last) if last else value
    corners, _ = where.read_corners(value)
    np.testing.assert_allclose(corners.transpose(1, 2), expected, atol=1e-5)
    whole = where.read_whole(value.flatten(0, 1)).unflatten(0, (2, 3))
    np.testing.assert_allclose(whole, expected, atol=1e-5)


@pytest.mark.parametrize("last", [True, False])
def test_values_at_positions_are_those_of_the_maps(last: bool) -> None:
    value = torch.randn(2, 3, 5, 6)
    value = value.contiguous(memory_format=torch.channels_last) if last else value
    index = torch.tensor([0, 29, 7])
    expected = value.reshape(2, 3, 30).permute(0, 2, 1)
    torch.testing.assert_close(take_positions(value, None), expected)
    torch.testing.assert_close(take_positions(value, index), expected[:, index])


def test_centers_are_those_of_the_receptive_fields_inside_of_the_picture() -> None:
    centers = find_centers(np.arange(6), 6, 12, (-1.0, 3.0))
    assert centers.tolist() == [0, 2, 5, 8, 11, 11]
    assert find_centers(np.arange(3), 3, 12, None).tolist() == [2, 6, 10]  # 1.5, 5.5, 9.5


def test_layers_of_one_geometry_share_a_grid() -> None:
    layers = {"a": ((6, 6), None), "b": ((6, 6), None), "c": ((3, 3), None), "d": ((6, 6), FIELD)}
    plan = PointPlan(layers, (12, 12), 14, upsamples=False).build(0)
    assert plan.layers["a"] is plan.layers["b"]
    assert len({plan.layers[name].grid for name in "abcd"}) == len(plan.grids) == 3
    assert [plan.layers[name].count for name in "abcd"] == [36, 36, 9, 36]
    upsampled = PointPlan(layers, (12, 12), 14, upsamples=True).build(0)
    assert len(upsampled.grids) == 1
    assert upsampled.layers["c"].count == 144


def test_a_large_map_is_read_at_some_positions_and_the_mask_there() -> None:
    plan = PointPlan({"a": ((40, 40), None)}, (80, 80), 14, upsamples=False).build(2)
    points, (rows, columns) = plan.layers["a"], plan.grids[0]
    assert points.positions is not None
    y, x = np.divmod(points.positions.numpy().reshape(14, 14), 40)
    np.testing.assert_array_equal(find_centers(y[:, 0], 40, 80, None), rows)
    np.testing.assert_array_equal(find_centers(x[0], 40, 80, None), columns)
