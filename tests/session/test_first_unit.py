"""What is on show before anybody has chosen."""

import numpy as np

import dnnvis
from dnnvis.core.frame import Frame
from dnnvis.core.messages import LayerInfo, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.first_unit import (
    choose_middle_layer,
    choose_strongest_unit,
    choose_unit_at,
)


def info_of(*rows: LayerInfo, size: tuple[int, int] = (224, 224), **more: object) -> NetworkInfo:
    return NetworkInfo("net", rows, (), size, 3, **more)  # type: ignore[arg-type]


def live_of(**maps: np.ndarray) -> Live:
    pixels = np.zeros((8, 8, 3), np.uint8)
    return Live(Frame(pixels, 0, "test"), "net", pixels, maps, np.zeros(2, np.float32), 0.0)


def test_the_middle_layer_is_the_last_with_maps_to_look_at() -> None:
    rows = (
        LayerInfo("conv1", "Conv2d", (64, 112, 112)),
        LayerInfo("relu1", "ReLU", (64, 112, 112)),
        LayerInfo("conv2", "Conv2d", (256, 14, 14)),
        LayerInfo("relu2", "ReLU", (256, 14, 14)),
        LayerInfo("conv3", "Conv2d", (512, 14, 14)),
        LayerInfo("relu3", "ReLU", (512, 7, 7)),
        LayerInfo("classes", "ReLU", (10, 14, 14)),
        LayerInfo("output", "output", (10, 1, 1)),
    )
    assert choose_middle_layer(info_of(*rows)) == "relu2"
    assert choose_middle_layer(info_of(*rows[:1], *rows[2:3])) == "conv2"
    assert choose_middle_layer(info_of(rows[-1])) == ""


def test_a_recurrent_network_shows_its_last_state() -> None:
    rows = (LayerInfo("cell", "Conv2d", (8, 20, 20), calls=3),)
    assert choose_middle_layer(info_of(*rows, states=(("cell", 0), ("cell", 2)))) == "cell"


def test_a_network_over_the_plane_shows_its_last_hidden_layer() -> None:
    assert choose_middle_layer(dnnvis.open("mlp-2d").info) == "active2"
    assert choose_middle_layer(dnnvis.open("mlp-2d:0,x").info) == "features"


def test_the_middle_of_squeezenet_is_its_last_fire_module() -> None:
    info = dnnvis.open("squeezenet-imagenet").info
    assert choose_middle_layer(info) == "features.12.expand3x3_activation"


def test_the_strongest_unit_has_the_largest_value() -> None:
    maps = np.zeros((5, 3, 3), np.float32)
    maps[3, 1, 2], maps[1, 0, 0], maps[4, 0, 0] = 2.0, 1.0, np.nan
    assert choose_strongest_unit(live_of(conv=maps), "conv", -1) == Unit("conv", 3, None, -1)
    assert choose_strongest_unit(live_of(conv=maps), "other", -1) is None
    assert choose_strongest_unit(live_of(conv=-np.ones((2, 3, 3), np.float32)), "conv", 0) is None
    assert choose_strongest_unit(live_of(conv=np.zeros((0, 3, 3), np.float32)), "conv", 0) is None


def test_the_unit_at_a_place_is_the_strongest_whose_field_has_its_middle_there() -> None:
    maps = np.zeros((5, 4, 4), np.float32)
    maps[1, 1, 2], maps[3, 1, 2], maps[4, 0, 0] = 2, 7, 90
    row = LayerInfo("conv", "Conv2d", (5, 4, 4), field=(3, 2, 0.5))
    y, x = (0.5 + k * 2 + 0.5 for k in (1, 2))  # the middle of the place 1, 2, in the edges' count
    for dy, dx in ((0.0, 0.0), (0.9, -0.9), (-0.9, 0.9)):
        unit = choose_unit_at(live_of(conv=maps), row, 0, (y + dy, x + dx))
        assert unit == Unit("conv", 3, None, 0)
    assert choose_unit_at(live_of(conv=maps), row, 0, (y + 1.1, x)) is None  # nothing fires there
    assert choose_unit_at(live_of(conv=maps), row, 0, (0.0, 0.0)) == Unit("conv", 4, None, 0)
    assert choose_unit_at(live_of(), row, 0, (y, x)) is None


def test_without_a_field_the_place_counts_by_its_share_of_the_picture() -> None:
    maps = np.zeros((3, 2, 2), np.float32)
    maps[2, 1, 0] = 1
    row = LayerInfo("odd", "Odd", (3, 2, 2))
    assert choose_unit_at(live_of(odd=maps), row, 0, (7.9, 0.1)) == Unit("odd", 2, None, 0)
    assert choose_unit_at(live_of(odd=maps), row, 0, (0.1, 0.1)) is None
