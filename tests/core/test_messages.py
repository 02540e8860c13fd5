"""Frames, failures and folders."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.frame import Frame
from dnnvis.core.messages import LayerInfo, NetworkInfo, describe_failure
from dnnvis.core.paths import shipped_folder, user_data_folder


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
