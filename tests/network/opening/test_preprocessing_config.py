"""What configurations of timm and transformers state, with values from their documentation."""

from types import SimpleNamespace
from typing import Any

import pytest

from dnnvis.network.opening.preprocessing_config import is_in_bytes, read_values

HALF = [0.5, 0.5, 0.5]
VIT = {
    "do_normalize": True,
    "do_resize": True,
    "image_mean": HALF,
    "image_std": HALF,
    "resample": 2,
    "size": {"height": 224, "width": 224},
}
CLIP = {
    "crop_size": {"height": 224, "width": 224},
    "do_center_crop": True,
    "do_resize": True,
    "image_mean": HALF,
    "image_std": HALF,
    "resample": 3,
    "size": {"shortest_edge": 256},
}


def test_timms_configuration() -> None:
    config = {
        "input_size": (3, 288, 320),
        "crop_pct": 0.95,
        "interpolation": "bicubic",
        "crop_mode": "squash",
        "mean": (0.1, 0.2, 0.3),
        "std": (0.4, 0.5, 0.6),
    }
    expected = {
        "size": (288, 320),
        "channels": 3,
        "mean": (0.1, 0.2, 0.3),
        "std": (0.4, 0.5, 0.6),
        "crop_ratio": 0.95,
        "fit": "stretch",
        "interpolation": "bicubic",
    }
    assert read_values(config) == read_values(SimpleNamespace(**config)) == expected


@pytest.mark.parametrize(("mode", "fit"), [("center", "crop"), ("border", "letterbox")])
def test_timms_ways_to_cut(mode: str, fit: str) -> None:
    assert read_values({"crop_mode": mode}) == {"fit": fit}


def test_a_processor_that_resizes_to_height_and_width_stretches() -> None:
    values = read_values(VIT)
    assert (values["size"], values["fit"]) == ((224, 224), "stretch")
    assert values["interpolation"] == "bilinear"
    assert "crop_ratio" not in values


def test_a_processor_that_resizes_the_short_side_cuts_the_middle() -> None:
    values = read_values(CLIP)
    assert (values["size"], values["fit"]) == ((224, 224), "crop")
    assert values["crop_ratio"] == pytest.approx(224 / 256)
    assert values["interpolation"] == "bicubic"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"size": 240, "crop_size": 224}, ((224, 224), "crop", 224 / 240)),
        ({"size": {"height": 256, "width": 256}}, ((224, 224), "stretch", 224 / 256)),
        ({"do_center_crop": False}, ((256, 256), "crop", None)),
    ],
)
def test_other_forms_of_size(changes: dict[str, Any], expected: Any) -> None:
    values = read_values({**CLIP, **changes})
    assert (values["size"], values["fit"], values.get("crop_ratio")) == expected


@pytest.mark.parametrize(
    ("side", "expected"),
    [(224, {"fit": "crop", "crop_ratio": 0.875}), (384, {"fit": "stretch"})],
)
def test_convnexts_processor_cuts_small_pictures_only(side: int, expected: Any) -> None:
    config = {"do_resize": True, "crop_pct": 0.875, "size": {"shortest_edge": side}}
    assert read_values(config) == {"size": (side, side), **expected}


def test_blue_first_turns_mean_and_std_around() -> None:
    config = {"mean": [104, 117, 123], "std": [1, 2, 3], "channel_order": "BGR"}
    values = read_values(config)
    assert values["mean"] == pytest.approx((123 / 255, 117 / 255, 104 / 255))
    assert values["std"] == pytest.approx((3 / 255, 2 / 255, 1 / 255))
    assert values["channel_order"] == "BGR"
    assert is_in_bytes(config)
    assert read_values({"do_flip_channel_order": True}) == {"channel_order": "BGR"}


def test_a_scale_that_is_not_applied_states_nothing() -> None:
    assert "mean" not in read_values({**VIT, "do_normalize": False})
    assert not is_in_bytes({"mean": [200] * 3, "std": [1] * 3, "do_normalize": False})


@pytest.mark.parametrize(
    "config",
    [
        {"crop_pct": 0}, {"crop_pct": 1.5}, {"crop_pct": True}, {"crop_mode": 3},
        {"interpolation": "random"}, {"resample": 9}, {"resample": True}, {"size": 12345},
        {"input_size": [3, float("inf"), 4]}, {"image_size": -1}, {"mean": [0.5], "std": [0]},
        {"input_size": [3, 10**400, 4]}, {"mean": [10**400], "std": [1]}, {"size": 10**400},
        7, None, "text", [],
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_no_sense_states_nothing(config: Any) -> None:
    assert read_values(config) == {}
