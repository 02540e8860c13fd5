"""Names of the files that pictures are saved to, and where their frames came from."""

import hashlib
from pathlib import Path

import numpy as np

from dnnvis.app.widgets import image_files
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.session.state import SourceChoice


def test_file_names_hold_nothing_a_file_system_forbids() -> None:
    name = image_files.file_name(Picture(np.ones((1, 1, 1)), unit="a/b[3]", frame=7), "guided")
    assert name == "a-b-3-guided"


def test_a_recipe_of_a_board_has_its_rule() -> None:
    pixels, source = np.zeros((3, 3, 1), np.uint8), SourceChoice("life")
    board = image_files.locate_frame(Frame(pixels, 4, "board", rule="B36/S23"), source)
    assert board["rule"] == "B36/S23"
    assert "rule" not in image_files.locate_frame(Frame(pixels, 4, "demo"), source)


def test_a_frame_of_a_film_is_named_by_the_film_and_its_own_number(tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    origin = {"source": "a.mp4", "frame": 7, "pixels_sha256": digest}
    film = SourceChoice(kind="video", path=str(tmp_path / "a.mp4"))
    frame = Frame(pixels, number=7, source="a.mp4", index=7)
    assert image_files.locate_frame(frame, film) == {"path": str(tmp_path / "a.mp4"), **origin}
    camera = Frame(pixels, number=7, source="a.mp4")
    assert image_files.locate_frame(camera, SourceChoice(kind="camera")) == origin


def test_a_layer_has_its_title_in_the_name_of_a_file() -> None:
    row = LayerInfo("features.3.squeeze", "ReLU", (16, 8, 8), title="fire2/squeeze")
    info = NetworkInfo("toy", (row,), (), (8, 8), 3)
    picture = Picture(np.ones((1, 1, 1)), unit="features.3.squeeze[5]", network="toy")
    name = image_files.file_name(picture, "guided", info.label_text)
    assert name == "toy-fire2-squeeze-5-guided"
