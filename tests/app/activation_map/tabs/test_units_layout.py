"""Where each unit lies in the picture of all units, and in which colour."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.activation_map.tabs import units_layout
from dnnvis.core.activation_map import MapData
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.imaging.colorize import pack_rgb

LAYERS = (("a", 0, 6), ("b", 6, 10))
BASE = np.array([1, 2, 3], np.uint8)


def test_every_unit_of_every_layer_has_its_place() -> None:
    made = units_layout.blocks(LAYERS, np.arange(10), (60, 40))
    assert set(made.unit_index[~made.strip].tolist()) == {-1, *range(10)}
    (left, wide), (second, _) = made.boxes
    assert left == 0
    assert second > wide
    for k in range(6):  # from top to bottom, each equally high
        rows = np.flatnonzero((made.unit_index[:, left + wide - 1]) == k)
        assert rows.tolist() == list(range(10 * k, 10 * k + 10))


def test_units_stand_in_the_order_that_is_asked_for() -> None:
    order = np.array([5, 4, 3, 2, 1, 0, 9, 6, 8, 7])
    made = units_layout.blocks(LAYERS, order, (60, 40))
    column = made.unit_index[:, made.boxes[1][0] + made.boxes[1][1] - 1]
    assert list(dict.fromkeys(column.tolist())) == [9, 6, 8, 7]


def test_a_layer_too_high_is_laid_in_several_columns_row_by_row() -> None:
    many = 4 * units_layout.MAX_ROWS
    made = units_layout.blocks((("wide", 0, many),), np.arange(many), (400, 80), striped=False)
    assert made.unit_index[0, ::20].tolist() == [0, 1, 2, 3]
    assert made.unit_index[-1, -1] == many - 1
    assert set(made.unit_index.ravel().tolist()) == set(range(many))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (90, 5), (8, 700)])
@pytest.mark.parametrize("layers", [1, 12, 60])
def test_any_size_can_be_laid_out(size: tuple[int, int], layers: int) -> None:
    parts = tuple((f"l{k}", 50 * k, 50 * k + 50) for k in range(layers))
    made = units_layout.blocks(parts, np.arange(50 * layers), size)
    assert made.unit_index.shape == size
    assert made.unit_index.max() < 50 * layers


def test_steps_stand_side_by_side_within_a_layer() -> None:
    made = units_layout.blocks((("state", 0, 4),), np.arange(4), (8, 30), steps=3, striped=False)
    assert made.unit_index[0, ::10].tolist() == [0, 4, 8]  # column of h + width of h * step


def test_the_strip_has_the_colour_of_the_class_and_the_units_their_own() -> None:
    owner = np.array([0, 0, 1, 1, 2, 2, 0, 1, 2, 2])
    made = units_layout.blocks(LAYERS, np.arange(10), (60, 40))
    colours = np.arange(10, dtype=np.uint32) + 0xFF000000
    image = units_layout.render_units(made, colours, owner, 3, BASE)
    assert image[0, 0] == pack_rgb(generate_class_colors(3))[0]
    assert image[25, 0] == pack_rgb(generate_class_colors(3))[1]  # units 2 and 3
    right = made.boxes[0][0] + made.boxes[0][1] - 1
    assert image[25, right] == 0xFF000002
    assert (image[made.unit_index < 0] == pack_rgb(BASE[None])[0]).all()
    assert (made.unit_index < 0).any()


def test_values_are_told_in_standard_deviations_of_their_unit() -> None:
    cloud = MapData(middle=np.array([1, -1, 0], np.float32), scale=np.array([2, 1, 0], np.float32))
    found = units_layout.standardize(np.array([[5, -1, 0.1]], np.float32), cloud)
    assert found.tolist() == [pytest.approx([2, 0, 2])]  # the third never moved: as if by .05
    assert units_layout.standardize(np.ones((1, 2), np.float32), cloud).tolist() == [[1, 1]]


def test_red_is_above_the_mean_blue_below_and_magenta_no_number() -> None:
    inks = units_layout.color_values(np.array([3.0, -3.0, 0.0, 99.0, np.nan], np.float32))
    high, low, zero, more, bad = (((int(c) >> 16) & 255, (int(c)) & 255) for c in inks)
    assert high[0] > high[1] + 50
    assert low[1] > low[0] + 50
    assert min(zero) > 230
    assert more == high
    assert bad == (255, 255)


def test_the_mean_of_a_class_is_over_the_units_that_work_for_it() -> None:
    values, owner = np.array([1.0, 3.0, -2.0]), np.array([0, 0, 2])
    found = units_layout.mean_by_class(values, owner, 4)
    assert found.tolist() == pytest.approx([2, np.nan, -2, np.nan], nan_ok=True)


INFO = NetworkInfo(
    "toy",
    (
        LayerInfo("fc", "ELU", (6, 1, 1)),
        LayerInfo("conv", "ReLU", (2, 3, 4)),
        LayerInfo("state", "Conv2d", (5, 8, 8), calls=3),
    ),
    (),
    (8, 8),
    3,
)


def test_a_column_is_the_unit_that_it_was_taken_of() -> None:
    cloud = MapData(
        layers=(("fc", 0, 6), ("conv", 6, 30), ("conv", 30, 32)),
        reductions=("whole", "whole", "mean"),
    )
    assert units_layout.unit_of(cloud, INFO, 4) == Unit("fc", 4)
    assert units_layout.unit_of(cloud, INFO, 6 + 12 + 5) == Unit("conv", 1, (1, 1))
    assert units_layout.unit_of(cloud, INFO, 31) == Unit("conv", 1)


def test_projections_and_unknown_layers_are_no_units() -> None:
    cloud = MapData(layers=(("fc", 0, 6), ("gone", 6, 9)), reductions=("random", "whole"))
    assert units_layout.unit_of(cloud, INFO, 2) is None
    assert units_layout.unit_of(cloud, INFO, 7) is None
    assert units_layout.unit_of(replace(cloud, reductions=("whole", "whole")), None, 2) is None


def test_a_unit_of_a_step_is_of_that_steps_call() -> None:
    calls = tuple((("state", call),) for call in range(3))
    cloud = MapData(layers=(("state", 0, 5),), reductions=("mean",), calls=calls, rows_each=3)
    assert units_layout.unit_of(cloud, INFO, 2, 1) == Unit("state", 2, None, 1)
    assert units_layout.unit_of(cloud, INFO, 2) == Unit("state", 2, None, 2)
