from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.camera import Camera
from dnnvis.sources.catalog import SOURCES, source_for, source_from_text
from dnnvis.sources.demo import Demo
from dnnvis.sources.pictures import Pictures
from dnnvis.sources.video import Video


@dataclass(frozen=True)
class Wish:
    kind: str
    path: str = "x"
    camera: int = 1
    mirror: bool = True
    width: int = 320
    height: int = 240
    loop: bool = False


def test_every_kind_opens_its_source_with_what_was_chosen() -> None:
    kinds = {"demo": Demo, "camera": Camera, "video": Video, "pictures": Pictures}
    assert {kind: kinds[kind] for kind in SOURCES} == kinds
    for kind, made in kinds.items():
        assert type(source_for(Wish(kind))) is made
    camera, film = source_for(Wish("camera")), source_for(Wish("video"))
    assert isinstance(camera, Camera) and (camera.index, camera.mirror) == (1, True)
    assert isinstance(film, Video) and film.loop is False


def test_an_unknown_kind_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="no source 'radio'"):
        source_for(Wish("radio"))


def test_the_command_line_names_cameras_and_the_demo() -> None:
    assert source_from_text("webcam:0") == ("camera", "", 0)
    assert source_from_text("webcam:12") == ("camera", "", 12)
    assert source_from_text("webcam") == ("camera", "", 0)
    assert source_from_text("demo") == ("demo", "", 0)


def test_the_command_line_names_files_and_folders(tmp_path: Path, film: Path) -> None:
    Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "picture").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "film").write_bytes(film.read_bytes())
    wanted = {"a.png": "pictures", "picture": "pictures", "film": "video", "": "pictures"}
    for name, kind in wanted.items():
        path = str(tmp_path / name)
        assert source_from_text(path) == (kind, str(Path(path)), 0)
    assert source_from_text(str(film)) == ("video", str(film), 0)


@pytest.mark.parametrize("text", ["webcam:x", "webcam:-1", "nothing/here", "video", "pictures"])
def test_what_is_no_source_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=text.split(":")[-1]):
        source_from_text(text)


def test_a_file_that_is_neither_picture_nor_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello")
    with pytest.raises(BadInput, match="neither a picture nor a film"):
        source_from_text(str(tmp_path / "notes"))
