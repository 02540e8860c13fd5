from dataclasses import dataclass

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.sources.camera import Camera
from dnnvis.sources.canvas.source import Canvas
from dnnvis.sources.catalog import SOURCES, source_for
from dnnvis.sources.chess.source import ChessSource
from dnnvis.sources.dataset_source import DatasetSource
from dnnvis.sources.demo import Demo
from dnnvis.sources.life.source import Life
from dnnvis.sources.mazes.source import MazeSource
from dnnvis.sources.pictures import ImageFiles
from dnnvis.sources.plane.source import Plane
from dnnvis.sources.recordings.source import RecordedFrames
from dnnvis.sources.screen import Screen
from dnnvis.sources.stream import Stream
from dnnvis.sources.video import Video


@dataclass(frozen=True)
class Wish:
    kind: str
    path: str = "x"
    camera: int = 1
    mirror: bool = True
    width: int = 320
    height: int = 240
    numbers: tuple[int, ...] = (6, 1)
    loop: bool = False
    rows: int = 5
    columns: int = 7
    border: str = "periodic"
    rate: float = 12.0
    start: str = "random"
    density: float = 1.0
    board: str = ""
    rule: str = "B3/S23"
    cap: float = 20.0
    canvas_side: int = 9
    canvas_rate: float = 40.0
    canvas: str = ""
    maze: MazeChoice = MazeChoice(rows=5, columns=7)


def test_every_kind_opens_its_source_with_what_was_chosen() -> None:
    kinds = {
        "demo": Demo,
        "camera": Camera,
        "stream": Stream,
        "screen": Screen,
        "video": Video,
        "recording": RecordedFrames,
        "pictures": ImageFiles,
        "life": Life,
        "maze": MazeSource,
        "chess": ChessSource,
        "plane": Plane,
        "examples": DatasetSource,
        "canvas": Canvas,
    }
    assert list(SOURCES) == list(kinds)
    for kind, made in kinds.items():
        path = "0,0,8,8" if kind == "screen" else "x"
        assert type(source_for(Wish(kind, path))) is made
    camera, film = source_for(Wish("camera")), source_for(Wish("video"))
    assert isinstance(camera, Camera)
    assert (camera.index, camera.mirror) == (1, True)
    assert isinstance(film, Video)
    assert film.loop is False
    picked = source_for(Wish("examples"))
    assert isinstance(picked, DatasetSource)
    assert (picked.path, picked.numbers) == ("x", (6, 1))
    with source_for(Wish("canvas")) as canvas:
        assert canvas.rate == 20
        assert canvas.read().pixels.shape == (9, 9, 3)
    board = source_for(Wish("life", path=""))
    assert isinstance(board, Life)
    assert board.rate == 12
    with board:
        assert board.read().pixels.shape == (5, 7, 1)
        assert not board.read().pixels.any()  # on a torus full of cells all die
    with source_for(Wish("maze")) as maze:
        assert maze.read().pixels.shape == (5, 7, 3)
    with source_for(Wish("life", path="", rule="B36/S238")) as board:
        assert board.read().rule == "B36/S238"
        assert board.read().pixels.all()


def test_an_unknown_kind_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="no source 'radio'"):
        source_for(Wish("radio"))
