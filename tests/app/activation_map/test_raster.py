"""The picture of an activation map, dot by dot, without a window."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dnnvis.app.activation_map import colors, raster
from dnnvis.app.activation_map.raster import MapRenderer, RenderRequest
from dnnvis.app.activation_map.viewport import MapViewport, bounding_box, fit_box, tick_values
from dnnvis.imaging.class_colors import UNLABELED_COLOR, generate_class_colors
from dnnvis.imaging.colormaps import colormap
from helpers.map_data import cloud_of_many, small_cloud

VIEW = MapViewport(0.0, 0.0, 100.0, 400, 300)  # 100 pixels a unit; (0, 0) at the middle
GROUND = colors.DARK.background


def painted(**wishes: Any) -> np.ndarray:
    """The colours (H, W, 3) of a wish for the small cloud."""
    wish = RenderRequest(**{"map_data": small_cloud(), "view": VIEW, "field": False, **wishes})
    return rgb(MapRenderer().paint(wish).pixels)


def rgb(pixels: np.ndarray) -> np.ndarray:
    return np.stack([(pixels >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)], 2)


def at(place: tuple[float, float]) -> tuple[int, int]:
    """Row and column of a place in VIEW."""
    return round(150 - 100 * place[1]), round(200 + 100 * place[0])


def colour_at(picture: np.ndarray, place: tuple[float, float]) -> tuple[int, ...]:
    return tuple(int(v) for v in picture[at(place)])


def colours_in(picture: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(int(v) for v in c) for c in np.unique(picture.reshape(-1, 3), axis=0)}


def test_each_dot_lies_at_its_place_in_the_colour_of_its_class() -> None:
    picture = painted()
    cat, dog = (tuple(int(v) for v in c) for c in generate_class_colors(2))
    map_data = small_cloud()
    expected = [cat, dog, dog, cat, UNLABELED_COLOR, dog]
    assert [colour_at(picture, tuple(z)) for z in map_data.z] == expected
    assert colours_in(picture) == {cat, dog, UNLABELED_COLOR, GROUND, (16, 16, 16)}
    assert colour_at(picture, (-1.0, 0.0)) == GROUND


def test_coloured_by_what_is_predicted_no_dot_is_wrong() -> None:
    picture = painted(colour="predicted")
    cat, dog = (tuple(int(v) for v in c) for c in generate_class_colors(2))
    assert colour_at(picture, (1.5, -1.0)) == cat
    assert colour_at(picture, (0, 0)) == dog
    assert (16, 16, 16) not in colours_in(picture)


def test_a_wrong_example_has_a_ring() -> None:
    around = painted()[130:170][:, 330:370].reshape(-1, 3), painted()[230:270][:, 330:370]
    right, wrong = (set(map(tuple, c.reshape(-1, 3).tolist())) for c in around)
    assert (16, 16, 16) in wrong
    assert (16, 16, 16) not in right


def test_hidden_classes_and_other_parts_are_left_out() -> None:
    dog = tuple(int(v) for v in generate_class_colors(2)[1])
    without = painted(off=(1,))
    assert dog not in colours_in(without)
    assert UNLABELED_COLOR in colours_in(without)
    assert UNLABELED_COLOR not in colours_in(painted(off=(-1,)))
    test = painted(part="test")
    assert colour_at(test, (0.5, 0.0)) == dog
    assert colour_at(test, (1.5, 1.0)) == GROUND
    train = painted(part="train")
    assert colour_at(train, (0.5, 0.0)) == GROUND
    assert colour_at(train, (1.5, 1.0)) == dog


def test_errors_are_shaded_from_the_lowest_to_the_highest_and_unknown_ones_gray() -> None:
    picture = painted(colour="error")
    low, high = colors.error_bounds(small_cloud())
    magma = colormap("magma").astype(int)
    for place, value in (((-1.5, 1.0), -6.0), ((1.5, 1.0), -5.0), ((1.5, -1.0), -0.5)):
        share = min(max((value - low) / (high - low), 0), 1)
        assert np.abs(magma[round(share * 255)] - colour_at(picture, place)).max() <= 6
    assert colour_at(picture, (0.0, 0.0)) == UNLABELED_COLOR
    rich = painted(colour="expected", kind="rich")
    assert colour_at(rich, (1.5, -1.0)) != colour_at(painted(colour="expected"), (1.5, -1.0))


def test_the_field_has_the_muted_colour_of_the_estimate_there() -> None:
    map_data = small_cloud()
    picture, (low, high) = painted(field=True), colors.error_bounds(map_data)
    ground = np.array(GROUND, float)
    for x in (-1.2, -0.4, 0.7, 1.8):
        share = min(max((2 * x - 4 - low) / (high - low), 0), 1)
        full = colormap("magma")[round(share * 255)].astype(float)
        expected = ground + 0.5 * (full - ground)
        assert np.abs(expected - colour_at(picture, (x, -0.5))).max() <= 3


def test_where_no_example_lives_the_field_is_pale_and_hatched() -> None:
    picture = painted(field=True)
    hatch = np.all(picture == colors.DARK.hatch, 2)
    above, below = hatch[: 150 - 60], hatch[150 - 40 :]
    assert not below.any()
    assert above.mean() == pytest.approx(1 / raster.HATCH_DISTANCE_PIXELS, rel=0.1)
    rows, columns = np.nonzero(above)
    assert set((rows + columns) % raster.HATCH_DISTANCE_PIXELS) == {0}  # diagonals
    alive, empty = colour_at(picture, (1.8, -0.5)), picture[at((1.8, 1.2))]
    distance = [np.abs(np.array(c, int) - GROUND).sum() for c in (alive, empty)]
    assert distance[1] < distance[0] / 2


def test_outside_of_what_is_known_all_is_hatched() -> None:
    wide = replace(VIEW, scale=20.0)
    picture = painted(field=True, view=wide)
    assert np.all(picture == colors.DARK.hatch, 2)[:, :50].mean() > 0.1


def test_a_map_without_an_estimator_has_hatches_but_no_colours() -> None:
    nothing = np.full((41, 41), np.nan, np.float32)
    map_data = small_cloud(error_field=nothing, expected={}, log_e=np.full(6, np.nan, np.float32))
    assert colors.error_bounds(map_data) is None
    picture = painted(map_data=map_data, field=True, off=(0, 1, -1))
    assert colours_in(picture) == {GROUND, colors.DARK.hatch}
    assert UNLABELED_COLOR in colours_in(painted(map_data=map_data, colour="expected"))


def test_another_projection_has_no_field() -> None:
    none = np.zeros((0, 0), np.float32)
    for map_data in (
        small_cloud(projection="pca"),
        small_cloud(projection="pca", error_field=none, empty=none.astype(bool)),
    ):
        picture = painted(map_data=map_data, field=True, off=(0, 1, -1))
        assert colours_in(picture) == {GROUND}


def test_picked_dots_stand_out_in_white_and_black() -> None:
    picture = painted(picked=(3, 99))
    near = picture[at((-1.5, -1.0))[0] - 8 :][:16, at((-1.5, -1.0))[1] - 8 :][:, :16]
    assert {(255, 255, 255), (0, 0, 0)} <= colours_in(near)
    assert colour_at(picture, (-1.5, -1.0)) == tuple(int(v) for v in generate_class_colors(2)[0])
    assert (255, 255, 255) not in colours_in(painted(picked=(3,), off=(0,)))


@pytest.mark.parametrize("zoom", [1.0, 3.0, 30.0])
def test_dots_across_every_edge_are_cut_off(zoom: float) -> None:
    rng = np.random.default_rng(0)
    wish = RenderRequest(
        cloud_of_many(4000),
        MapViewport(2.0, 0.0, 40 * zoom, 120, 90),
        zoom=zoom,
        picked=tuple(rng.integers(0, 4000, 500).tolist()),
    )
    pixels = MapRenderer().paint(wish).pixels
    assert pixels.shape == (90, 120)
    assert (pixels >> 24 == 255).all()


def test_classes_are_mixed_however_the_data_is_sorted() -> None:
    """One class must not cover another because its examples come last."""
    rng = np.random.default_rng(1)
    labels = np.sort(rng.integers(0, 2, 20_000))
    map_data = replace(
        cloud_of_many(20_000, 2),
        labels=labels,
        predicted=labels,
        z=rng.normal(0, 0.4, (20_000, 2)).astype(np.float32),
    )
    picture = painted(map_data=map_data)
    cat, dog = (np.all(picture == c, 2).sum() for c in generate_class_colors(2))
    assert 0.8 < cat / dog < 1.25


def test_what_two_wishes_have_in_common_is_made_once() -> None:
    painter, wish = MapRenderer(), RenderRequest(cloud_of_many(3000), VIEW)
    first = painter.paint(wish).dots
    assert painter.paint(replace(wish, view=VIEW.magnify(2, 10, 10))).dots is first
    other = painter.paint(replace(wish, off=(3,))).dots
    assert other is not first
    assert len(other.rows) < len(first.rows)


def test_counts_are_of_the_part_and_the_colouring() -> None:
    map_data = small_cloud()
    assert colors.count_rows(map_data, "class", "all") == {0: 2, 1: 3, -1: 1}
    assert colors.count_rows(map_data, "predicted", "all") == {0: 3, 1: 3}
    assert colors.count_rows(map_data, "class", "test") == {0: 0, 1: 2}


def test_a_view_and_its_inverse() -> None:
    view = MapViewport(0.3, -0.7, 37.0, 411, 233)
    for x, y in ((0.0, 0.0), (411, 233), (100.5, 20.25)):
        assert view.to_pixels(np.array([view.to_map(x, y)]))[0] == pytest.approx((x, y))
    closer = view.magnify(3.0, 100, 50)
    assert closer.to_map(100, 50) == pytest.approx(view.to_map(100, 50))
    assert closer.scale == 111.0
    pulled = view.pan(10, -5)
    assert pulled.to_map(110, 45) == pytest.approx(view.to_map(100, 50))
    assert view.xs()[0] == pytest.approx(view.to_map(0.5, 0)[0])
    assert view.ys()[-1] == pytest.approx(view.to_map(0, 232.5)[1])


def test_the_whole_map_is_seen_in_any_shape() -> None:
    places = np.random.default_rng(0).uniform((-3, 1), (5, 2), (5000, 2))
    for width, height in ((600, 100), (100, 600)):
        seen = fit_box(bounding_box(places), width, height).to_pixels(places)
        assert (seen >= 0).all()
        assert (seen <= (width, height)).all()


def test_ticks_are_round_and_no_more_than_wanted() -> None:
    assert tick_values(-2.1, 2.1, 5) == [-2, -1, 0, 1, 2]
    assert tick_values(-2.1, 2.1, 4) == [-2, 0, 2]
    assert tick_values(0.012, 0.031, 4) == pytest.approx([0.015, 0.02, 0.025, 0.03])
    assert tick_values(1, 1, 5) == []
    assert tick_values(0, 1, 0) == []


def test_another_map_of_the_same_stamp_is_another_map() -> None:
    painter = MapRenderer()
    assert len(painter.paint(RenderRequest(small_cloud(), VIEW)).dots.rows) == 6
    assert len(painter.paint(RenderRequest(cloud_of_many(500), VIEW)).dots.rows) == 500
    assert small_cloud() != small_cloud()
