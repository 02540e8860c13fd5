"""Frames, failures and folders."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.frame import Frame
from dnnvis.core.messages import LayerInfo, NetworkInfo, describe_failure
from dnnvis.core.objective import Objective
from dnnvis.core.paths import shipped_folder, user_data_folder
from dnnvis.core.unit import Unit


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
    ids=lambda pixels: f"{pixels.dtype}{pixels.shape}",
)
def test_a_frame_is_pixels_and_nothing_else(pixels: np.ndarray) -> None:
    with pytest.raises(BadInput, match="uint8"):
        Frame(pixels)


def test_a_failure_tells_our_words_or_the_kind_of_error() -> None:
    try:
        raise Mismatch("These two do not fit.")
    except Mismatch as why:
        ours = describe_failure(why, "lens 1")
    assert (ours.sentence, ours.kind, ours.about) == ("These two do not fit.", "Mismatch", "lens 1")
    assert "test_messages.py" in ours.details
    assert describe_failure(ValueError("7")).sentence == "ValueError: 7"
    assert describe_failure(Mismatch()).sentence == "Mismatch"


def test_a_layer_is_found_by_its_name() -> None:
    rows = tuple(LayerInfo(name, "Conv2d", (1, 2, 3)) for name in ("a", "b"))
    info = NetworkInfo("net", rows, (), (8, 8), 3)
    assert info.layer("b") is rows[1]
    assert info.layer("c") is None


def test_the_data_folder_is_the_one_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    assert user_data_folder() == tmp_path
    monkeypatch.delenv("DNNVIS_DATA")
    assert user_data_folder().name == "dnnvis"
    assert shipped_folder("models").name == "models"


def titled_network() -> NetworkInfo:
    rows = (
        LayerInfo("features.1", "Conv2d", (4, 3, 3), title="fire9"),
        LayerInfo("features.12", "Conv2d", (4, 3, 3), title="fire9/squeeze"),
        LayerInfo("output", "result", (10, 1, 1), title="classes"),
    )
    return NetworkInfo("n", rows, (), (8, 8), 3)


def test_a_title_stands_for_the_layer_s_name_where_units_and_goals_are_typed():
    info = titled_network()
    unit = Unit.parse("fire9/squeeze[3]@1,2", info.names)
    assert unit == Unit("features.12", 3, (1, 2)) == Unit.parse(str(unit), info.names)
    objective = Objective.parse("fire9[1] - 2*features.12[0]", info.names)
    assert str(objective) == "features.1[1] - 2*features.12[0]"
    assert info.layer("fire9") is None  # what is stored has names


def test_a_name_comes_before_a_title_that_is_another_layer_s_name():
    rows = (LayerInfo("a", "x", (1, 1, 1), title="b"), LayerInfo("b", "x", (1, 1, 1), title="a"))
    assert NetworkInfo("n", rows, (), (8, 8), 3).names == {"a": "a", "b": "b"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("features.12[3] = 4", "fire9/squeeze[3] = 4"),
        ("of features.1, no longer", "of fire9, no longer"),
        (
            "'features.12' and features.123, features.1.a",
            "'fire9/squeeze' and features.123, features.1.a",
        ),
        ("output[3] of the output.", "classes[3] of the output."),
        ("at features.1.", "at fire9."),
    ],
)
def test_texts_for_the_window_call_layers_by_their_titles(text, shown):
    assert titled_network().label_text(text) == shown
    plain = NetworkInfo("n", (LayerInfo("features.1", "x", (1, 1, 1)),), (), (8, 8), 3)
    assert plain.label_text(text) == text
