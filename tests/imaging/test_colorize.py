import numpy as np
import pytest

from dnnvis.imaging import colorize
from dnnvis.imaging.colormaps import COLORMAPS, colormap


@pytest.mark.parametrize("name", COLORMAPS)
def test_every_table_has_256_colours(name: str) -> None:
    assert colormap(name).shape == (256, 3)


def test_tables_have_their_published_ends() -> None:
    assert colormap("viridis")[0].tolist() == [68, 1, 84]
    assert colormap("viridis")[-1].tolist() == [253, 231, 37]
    assert colormap("gray")[128].tolist() == [128, 128, 128]
    with pytest.raises(ValueError, match="There is no colour table 'jet'"):
        colormap("jet")


def test_signed_is_blue_below_and_red_above_a_white_zero() -> None:
    colours = colorize.build_lookup_table("signed")
    low, zero, high = (
        colours[40].astype(int),
        colours[colorize.ZERO_INDEX],
        colours[colorize.TOP_INDEX - 40],
    )
    assert low[2] > low[0] + 60
    assert int(high[0]) > int(high[2]) + 60
    assert zero.min() > 240


def test_indices_run_evenly_from_low_to_high() -> None:
    maps = np.array([[[-1.0, 0.0, 1.0, 2.0, 3.0, 9.0]]], np.float32)
    drawn = colorize.quantize(maps, 0.0, 3.0)
    assert drawn.dtype == np.uint8
    assert drawn[0, 0].tolist() == [0, 0, 84, 168, 252, 252]


def test_each_map_may_have_its_own_range() -> None:
    maps = np.array([[[0.0, 1.0]], [[0.0, 10.0]], [[5.0, 5.0]]], np.float32)
    drawn = colorize.quantize(maps, np.array([0, 0, 5.0]), np.array([1, 10, 5.0]))
    assert drawn.reshape(3, 2).tolist() == [[0, 252], [0, 252], [0, 0]]


@pytest.mark.parametrize("gamma", [0.7, 0.5, 0.3])
def test_gamma_lifts_as_the_formula_says(gamma: float) -> None:
    values = np.linspace(0, 1, 50, dtype=np.float32)
    drawn = colorize.quantize(values.reshape(1, 1, -1), 0, 1, gamma=gamma)[0, 0].astype(int)
    expected = [round(float(v) ** gamma * 252) for v in values]
    assert np.abs(drawn[1:] - expected[1:]).max() <= 1


def test_gamma_keeps_the_sign_of_signed_data() -> None:
    drawn = colorize.quantize(np.array([[[-1, -0.25, 0, 0.25, 1]]]), -1, 1, gamma=0.5, signed=True)
    assert np.abs(drawn[0, 0].astype(int) - [0, 63, 126, 189, 252]).max() <= 1


def test_values_that_are_not_finite_are_magenta_and_counted() -> None:
    maps = np.array([[[0.0, np.nan, np.inf, 1.0]]], np.float32)
    low, high, finite = colorize.compute_ranges(maps)
    assert (low.tolist(), high.tolist(), finite) == ([0.0], [1.0], False)
    drawn, count = colorize.mark_nonfinite(colorize.quantize(np.nan_to_num(maps), low, high), maps)
    assert count == 2
    assert colorize.build_lookup_table("viridis")[drawn[0, 0, 1]].tolist() == [255, 0, 255]


def test_a_map_of_nothing_finite_has_the_extent_zero() -> None:
    low, high, finite = colorize.compute_ranges(np.full((1, 2, 2), np.nan, np.float32))
    assert (low.tolist(), high.tolist(), finite) == ([0.0], [0.0], False)


def test_zero_of_a_signed_picture_is_mid_grey() -> None:
    values = np.zeros((1, 3, 3), np.float32)
    values[0, 1], values[0, 2] = (2, 0, -2), (1, 1, 1)
    pixels, bad = colorize.values_to_rgb(values, "signed")
    assert pixels[0].tolist() == [[128, 128, 128], [255, 128, 0], [191, 191, 191]]
    assert bad == 0


def test_rgb_pictures_are_drawn_as_they_are_and_gray_ones_gray() -> None:
    pixels, _ = colorize.values_to_rgb(np.array([[[0.0], [0.5], [1.2]]]), "rgb")
    assert pixels[0].tolist() == [[0] * 3, [128] * 3, [255] * 3]
    pixels, bad = colorize.values_to_rgb(np.array([[[1.0, 2.0, np.nan]]]), "positive")
    assert (pixels[0, 0].tolist(), bad) == ([255, 0, 255], 1)


def test_the_photo_shows_through_where_the_unit_is_active() -> None:
    seen = np.full((20, 20, 3), 77, np.uint8)
    map_ = np.zeros((4, 4), np.float32)
    map_[:2] = 5
    over = colorize.blend(seen, map_, "active", "gray")
    under = colorize.blend(seen, map_, "inactive", "gray")
    assert over[0, 10].tolist() == [77] * 3
    assert over[-1, 10].tolist() == [0] * 3
    assert under[0, 10].tolist() == [255] * 3
    assert under[-1, 10].tolist() == [77] * 3


def test_resizing_keeps_a_ramp_a_ramp() -> None:
    ramp = np.tile(np.arange(4, dtype=np.float32), (3, 1))
    wide = colorize.resize_bilinear(ramp, 3, 8)
    assert np.allclose(wide[1], [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])


def test_a_backward_crop_is_told_apart_though_one_value_is_huge() -> None:
    values = np.full((20, 20, 1), 0.01, np.float32)
    values[:10] = -0.01
    values[0, 0] = 50.0  # drawn in full range all else would be gray
    drawn = colorize.crop_to_rgb(values)
    assert drawn[15, 5, 0] > 240
    assert drawn[5, 5, 0] < 15
    assert drawn[0, 0, 0] == 255
    assert (colorize.crop_to_rgb(np.zeros((3, 3, 1), np.float32)) == 128).all()


@pytest.mark.parametrize("gamma", [1.0, 0.5])
@pytest.mark.parametrize("bounds", ["one", "one of an axis", "each"])
@pytest.mark.parametrize("signed", [False, True])
def test_many_maps_are_quantized_in_parts_as_each_alone(
    gamma: float, bounds: str, signed: bool
) -> None:
    maps = np.random.default_rng(0).normal(size=(300, 20, 31)).astype(np.float32)  # three parts
    low, high = -np.linspace(1, 2, 300, dtype=np.float32), np.linspace(1, 2, 300, dtype=np.float32)
    if bounds != "each":
        low, high = (np.float32([-1.5]), np.float32([1.5]))
    if bounds == "one":
        low, high = low[0], high[0]
    whole = colorize.quantize(maps, low, high, gamma=gamma, signed=signed)
    for k in (0, 104, 105, 106, 210, 299):
        ends = (low[k], high[k]) if bounds == "each" else (-1.5, 1.5)
        alone = colorize.quantize(maps[k : k + 1], *ends, gamma=gamma, signed=signed)
        assert np.array_equal(whole[k], alone[0])
