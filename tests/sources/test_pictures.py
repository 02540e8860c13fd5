import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.pictures import ImageFiles
from dnnvis.sources.source import Movable


def save(path: Path, value: int) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.new("RGB", (4, 3), (value,) * 3).save(path)


def value(frame: Frame | None) -> int:
    assert frame is not None
    return int(frame.pixels[0, 0, 0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, gray in (("b.png", 2), ("a.JPG", 1), ("c.bmp", 3)):
        save(tmp_path / name, gray)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_one_file_gives_its_picture_and_no_more(tmp_path: Path) -> None:
    save(tmp_path / "cat.png", 7)
    with ImageFiles(tmp_path / "cat.png") as source:
        frame = source.read()
        assert value(frame) == 7
        assert frame.source == "cat.png"
        assert frame.label is None
        assert source.read() is None
        assert isinstance(source, Movable)
        assert source.position == 0
        assert source.rate == 0


def test_a_folder_is_walked_through_in_the_order_of_names(folder: Path) -> None:
    with ImageFiles(folder) as source:
        assert [value(frame) for frame in iter(source.read, None)] == [1, 2, 3]


def test_a_folder_per_class_gives_labels(tmp_path: Path) -> None:
    for name, gray in (("dog/1.png", 3), ("cat/2.png", 2), ("cat/1.png", 1), ("top.png", 0)):
        save(tmp_path / name, gray)
    with ImageFiles(tmp_path) as source:
        seen = [(value(frame), frame.label) for frame in iter(source.read, None)]
    assert seen == [(0, None), (1, "cat"), (2, "cat"), (3, "dog")]


def test_the_first_picture_of_many_folders_does_not_wait_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        save(tmp_path / f"class{number}/{number}.png", number)
    for number in range(2):
        save(tmp_path / f"class0/{number}.png", number)
    entered: list[str] = []
    scandir = os.scandir

    def record(path: str) -> Iterator[os.DirEntry[str]]:
        entered.append(Path(path).name)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", record)
    with ImageFiles(tmp_path) as source:
        first = source.read()
        assert isinstance(source, Movable)
        assert (value(first), first and first.label, source.position) == (0, "class0", 0)
        assert entered == [tmp_path.name, "class0"]
        source.move(-1)
        last = source.read()
        assert (value(last), last and last.label, source.position) == (11, "class11", 1)


def test_next_and_previous_go_round_and_one_can_jump(folder: Path) -> None:
    with ImageFiles(folder) as source:
        seen = [value(source.read())]
        for steps in (1, 1, 1, -1, -1, 0):
            source.move(steps)
            seen.append(value(source.read()))
        assert seen == [1, 2, 3, 1, 3, 2, 2]
        source.seek(1.0)
        assert value(source.read()) == 3
        assert source.position == 1
        source.jump(1)
        assert value(source.read()) == 2
        assert source.position == 0.5


def test_a_bad_picture_is_passed_over_in_both_directions_and_told(folder: Path) -> None:
    (folder / "b.png").write_bytes(b"")
    told: list[str] = []
    with ImageFiles(folder, problem=told.append) as source:
        assert [value(source.read()), value(source.read())] == [1, 3]
        assert len(told) == 1
        assert "b.png is empty" in told[0]
        source.move(-1)
        assert value(source.read()) == 1


def test_a_bad_last_picture_ends_the_walk_and_next_goes_round_it(folder: Path) -> None:
    (folder / "c.bmp").write_bytes(b"BM")
    with ImageFiles(folder) as source:
        assert [value(frame) for frame in iter(source.read, None)] == [1, 2]
        source.move(1)
        assert value(source.read()) == 1
        source.move(-1)
        assert value(source.read()) == 2


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(BadInput, match="no picture in the folder"), ImageFiles(tmp_path):
        pass


def test_a_folder_of_bad_pictures_only_is_refused_once_read(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(b"junk")
    told: list[str] = []
    with ImageFiles(tmp_path, problem=told.append) as source:
        with pytest.raises(BadInput, match="None of the 2 pictures"):
            source.read()
        source.move(1)
        with pytest.raises(BadInput, match="None of the 2 pictures"):
            source.read()
    assert len(told) == 4


def test_a_single_bad_file_is_refused_with_its_own_sentence(tmp_path: Path) -> None:
    with (
        ImageFiles(tmp_path / "none.png") as source,
        pytest.raises(BadInput, match="There is no file"),
    ):
        source.read()


def test_frames_can_be_written_to(folder: Path) -> None:
    with ImageFiles(folder) as source:
        frame = source.read()
    assert frame is not None
    assert frame.pixels.flags.writeable
    assert frame.pixels.shape == (3, 4, 3)
    assert frame.pixels.dtype == np.uint8
