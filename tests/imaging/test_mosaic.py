import numpy as np
import pytest

from dnnvis.core.messages import LayerInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging import mosaic
from dnnvis.imaging.colorize import LINE_INDEX, compute_ranges, mark_nonfinite, quantize


def test_single_values_become_squares_that_can_be_seen() -> None:
    laid = mosaic.build_grid(20, 1, 1, 1.0)
    assert laid.block == (12, 12)
    picture = laid.render(np.arange(20, dtype=np.uint8).reshape(20, 1, 1))
    x, y, w, h = (int(v) for v in laid.box(7))
    assert (w, h) == (12, 12)
    assert (picture[y : y + h, x : x + w] == 7).all()
    assert (picture[y - 1] == LINE_INDEX).all()


def test_every_cell_of_a_mosaic_answers_with_its_own_place() -> None:
    maps = np.arange(5 * 3 * 4, dtype=np.uint8).reshape(5, 3, 4)
    laid = mosaic.build_grid(5, 3, 4, 1.5)
    picture = laid.render(maps)
    met = set()
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            found = laid.unit_at(y + 0.5, x + 0.5)
            if found is None:
                assert picture[y, x] == LINE_INDEX
            else:
                channel, place = found
                assert picture[y, x] == maps[(channel, *place)]
                met.add((channel, place))
    assert len(met) == maps.size


def test_a_list_of_tokens_gets_a_visible_width() -> None:
    assert mosaic.choose_block(197, 1) == (1, 12)
    assert mosaic.choose_block(5, 5) == (3, 3)
    assert mosaic.choose_block(32, 32) == (1, 1)


@pytest.mark.parametrize(
    ("selected", "held", "expected"),
    [
        (None, False, "a[3]"),
        ("a[2]", False, "a[3]"),
        ("a[3]", False, "a[3]@1,2"),
        ("a[3]@0,0", False, "a[3]@1,2"),
        ("a[3]@1,2", False, "a[3]"),
        (None, True, "a[3]@1,2"),
    ],
)
def test_a_click_takes_the_channel_first_and_the_place_next(
    selected: str | None, held: bool, expected: str
) -> None:
    before = Unit.parse(selected) if selected else None
    assert str(mosaic.resolve_click(Unit("a", 3, (1, 2)), before, held)) == expected


def test_the_receptive_field_is_centred_and_cut_off_at_the_edges() -> None:
    info = LayerInfo("a", "Conv2d", (1, 8, 8), field=(3, 1, 0.0))
    assert mosaic.locate_pixel(info, (4, 5)) == (4, 5)
    assert mosaic.locate_receptive_field(info, (4, 5), (8, 8)) == (
        4,
        3,
        3,
        3,
    )  # pixels 4..6 and 3..5
    assert mosaic.locate_receptive_field(info, (0, 0), (8, 8)) == (0, 0, 2, 2)
    pool = LayerInfo("p", "MaxPool2d", (1, 4, 4), field=(2, 2, 0.5))
    assert mosaic.locate_receptive_field(pool, (1, 2), (8, 8)) == (4, 2, 2, 2)
    assert mosaic.locate_receptive_field(LayerInfo("d", "Linear", (9, 1, 1)), (0, 0), (8, 6)) == (
        0,
        0,
        6,
        8,
    )


def test_a_receptive_field_of_two_sides_is_framed_as_it_is() -> None:
    info = LayerInfo("a", "Conv2d", (1, 8, 4), field=((5, 3), (1, 2), (0.0, 1.0)))
    assert mosaic.locate_pixel(info, (4, 1)) == (4, 3)
    assert mosaic.locate_receptive_field(info, (4, 1), (8, 8)) == (2, 2, 3, 5)
    assert mosaic.locate_receptive_field(info, (0, 3), (8, 8)) == (6, 0, 2, 3)


@pytest.mark.parametrize("shape", [(0, 4, 4), (3, 0, 0), (3, 0, 5), (3, 5, 0), (0, 0, 0)])
def test_a_layer_without_values_is_drawn_as_nothing(shape: tuple[int, int, int]) -> None:
    maps = np.zeros(shape, np.float32)
    low, high, is_finite = compute_ranges(maps)
    assert (len(low), len(high), is_finite) == (shape[0], shape[0], True)
    indices, bad = mark_nonfinite(quantize(maps, low, high), maps)
    laid = mosaic.build_grid(*shape, 1.5)
    picture = laid.render(indices)
    assert bad == 0
    assert picture.shape == laid.tiling.shape
    assert (picture == LINE_INDEX).all()
    assert all(laid.unit_at(y, x) is None for y in range(3) for x in range(3))


def test_fifty_thousand_units_are_drawn_with_few_cells_each() -> None:
    height, width = mosaic.build_grid(50_000, 1, 1, 1.2).tiling.shape
    assert height * width < 2_000_000
    assert mosaic.build_grid(100, 1, 1, 1.2).block == (12, 12)


def test_boxes_of_many_are_those_of_each() -> None:
    grid = mosaic.build_grid(23, 5, 7, 1.5)
    boxes = [grid.box(channel) for channel in (0, 4, 22)]
    np.testing.assert_array_equal(grid.boxes(np.array([0, 4, 22])), boxes)


@pytest.mark.parametrize(("count", "height", "width"), [(40, 5, 7), (30, 1, 1), (6, 9, 9)])
def test_in_any_order_each_value_lies_where_its_unit_is_pointed_at(
    count: int, height: int, width: int
) -> None:
    draw = np.random.default_rng(3)
    values = draw.integers(0, 250, (count, height, width)).astype(np.uint8)
    grid = mosaic.build_grid(
        count, height, width, 1.4, order=draw.permutation(count), with_large=True
    )
    picture = grid.render(values)
    assert (grid.tiling.large > 0) == (count >= 24 and height > 1)
    for channel in range(count):
        for y, x in ((0, 0), (height - 1, width - 1), (height // 2, width // 3)):
            left, top, w, h = (int(side) for side in grid.box(channel, (y, x)))
            assert (picture[top : top + h, left : left + w] == values[channel, y, x]).all()
            for inside in ((top, left), (top + h - 0.1, left + w - 0.1)):
                assert grid.unit_at(*inside) == (channel, (y, x))
        tile = grid.tile_of(channel)
        assert grid.order is not None
        assert grid.order[tile] == channel
        neighbors = grid.order[grid.tiling.neighbor(tile, 1, 0)]
        assert grid.neighbor(channel, 1, 0) == neighbors
    assert grid.neighbor(count + 5, 1, 0) == count - 1


def test_the_first_in_order_are_the_large_ones() -> None:
    order = np.arange(256)[::-1]
    grid = mosaic.build_grid(256, 14, 14, 732 / 760, order=order, with_large=True)
    sides = [grid.box(channel)[2] for channel in range(256)]
    assert {sides[255], sides[250]} == {42}
    assert sides[0] == 14
    assert sides.count(42) == grid.tiling.large == 2 * grid.tiling.large_columns
    assert mosaic.build_grid(64, 224, 224, 1, order=None, with_large=True).tiling.large == 0


@pytest.mark.parametrize(
    ("shape", "with_large"),
    [
        ((37, 3, 3), True),
        ((37, 3, 3), False),
        ((30, 1, 1), False),
        ((5, 1, 9), False),
        ((26, 14, 14), True),
        ((1, 5, 4), False),
        ((3, 2, 9), False),
        ((0, 4, 4), False),
    ],
)
def test_each_cell_shows_the_value_that_lies_under_it(
    shape: tuple[int, int, int], with_large: bool
) -> None:
    rng = np.random.default_rng(3)
    indices = rng.integers(0, 252, shape, dtype=np.uint8)
    order = rng.permutation(shape[0]) if with_large else None
    grid = mosaic.build_grid(*shape, 1.3, order=order, with_large=with_large)
    picture = grid.render(indices)
    assert picture.shape == grid.tiling.shape
    for y, x in np.ndindex(picture.shape):
        hit = grid.unit_at(y + 0.5, x + 0.5)
        expected = LINE_INDEX if hit is None else indices[hit[0], hit[1][0], hit[1][1]]
        assert picture[y, x] == expected, (y, x)
