import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.session.state import SourceChoice
from dnnvis.session.state_file import source_exists
from dnnvis.sources.dataset_source import DatasetSource
from dnnvis.sources.datasets import open_data
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.source import Movable, Source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight pictures in two classes, number n of gray 10 n."""
    for number in range(8):
        place = tmp_path / ("cat" if number < 4 else "dog") / f"{number}.png"
        place.parent.mkdir(exist_ok=True)
        Image.new("RGB", (5, 4), (10 * number,) * 3).save(place)
    return tmp_path


def gray(frame: Frame | None) -> int:
    assert frame is not None
    return int(frame.pixels[0, 0, 0])


def test_the_picked_pictures_come_in_their_order_with_class_and_name(folder: Path) -> None:
    source: Source = DatasetSource(folder, (6, 1, 3))
    with source:
        seen = [source.read() for _ in range(4)]
    assert [(gray(f), f.label, f.source) for f in seen if f] == [
        (60, "dog", "6.png"),
        (10, "cat", "1.png"),
        (30, "cat", "3.png"),
        (60, "dog", "6.png"),
    ]
    assert source.name.endswith(", 3 picked")
    assert not source.live
    assert source.rate > 0


def test_one_picked_picture_is_a_still(folder: Path) -> None:
    with DatasetSource(folder, (4,)) as source:
        assert source.rate == 0
        assert gray(source.read()) == 40
        assert source.read() is None
        source.move(0)
        assert gray(source.read()) == 40


def test_without_numbers_all_pictures_come(folder: Path) -> None:
    with DatasetSource(folder, ()) as source:
        assert [gray(source.read()) for _ in range(9)] == [0, 10, 20, 30, 40, 50, 60, 70, 0]
        assert source.name == folder.name
        assert source.rate > 0


def test_mnists_folder_and_a_tar_are_such_sources(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "t10k-images-idx3-ubyte.gz").write_bytes(b"")
    with tarfile.open(tmp_path / "all.tar", "w"):
        pass
    for path in (tmp_path, tmp_path / "all.tar", tmp_path / "all.tar" / "test"):
        wish = choice_from_text(str(path))
        assert (wish["kind"], wish["path"], wish["numbers"]) == ("examples", str(path), ())
    (tmp_path / "model.tar").write_bytes(b"no tar")
    with pytest.raises(BadInput, match="neither a picture"):
        choice_from_text(str(tmp_path / "model.tar"))
    (tmp_path / "plain").mkdir()
    assert choice_from_text(str(tmp_path / "plain"))["kind"] == "pictures"


def test_frames_are_what_the_data_set_reads(folder: Path, shared: Path) -> None:
    place = shared / "data" / "MNIST"
    if not place.is_dir():
        pytest.skip("MNIST is not there")
    data = open_data(place)
    with DatasetSource(str(place), (65_000, 7)) as source:
        frame = source.read()
    assert frame is not None
    assert np.array_equal(frame.pixels, data.read(65_000)[0])
    assert frame.label == data.read(65_000)[1].label
    assert frame.source == "image 65000"


def test_moving_goes_round_as_in_a_folder_of_pictures(folder: Path) -> None:
    with DatasetSource(folder, (0, 1, 2)) as source:
        assert isinstance(source, Movable)
        seen = [gray(source.read())]
        for steps in (1, 1, 1, -1, -1, 0):
            source.move(steps)
            seen.append(gray(source.read()))
        assert seen == [0, 10, 20, 0, 20, 10, 10]
        source.seek(1.0)
        assert gray(source.read()) == 20
        assert source.position == 1.0
        assert gray(source.read()) == 0


def test_a_picture_that_is_broken_is_passed_over_and_told(folder: Path) -> None:
    (folder / "cat" / "1.png").write_bytes(b"none")
    told: list[str] = []
    with DatasetSource(folder, (0, 1, 2), on_problem=told.append) as source:
        assert [gray(source.read()) for _ in range(2)] == [0, 20]
        source.move(-1)  # from the last back over the broken one
        assert gray(source.read()) == 0
    assert len(told) == 2
    assert "1.png" in told[0]
    with DatasetSource(folder, (1,)) as source, pytest.raises(BadInput, match="None of the 1"):
        source.read()


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((2, -1), "whole numbers"), (("a",), "whole numbers"), ((True,), "whole")],
)
def test_what_is_no_number_is_refused(folder: Path, numbers: tuple[int, ...], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        DatasetSource(folder, numbers)


def test_other_data_than_the_maps_is_refused_in_words(folder: Path) -> None:
    with pytest.raises(BadInput, match="has 8 pictures, no number 8"):
        DatasetSource(folder, (8,)).__enter__()
    with pytest.raises(BadInput, match="There is no file or folder"):
        DatasetSource(folder / "nowhere", (1,)).__enter__()
    with pytest.raises(BadInput, match="closed"):
        DatasetSource(folder, (1,)).read()


def test_picks_of_an_earlier_session_are_no_more_but_whole_data_is(folder: Path) -> None:
    assert not source_exists(SourceChoice("examples", str(folder), numbers=(1,)))
    (folder / "all.tar").write_bytes(b"")
    for path, there in (
        (folder, True),
        (folder / "all.tar" / "test", True),
        (folder / "no", False),
    ):
        assert source_exists(SourceChoice("examples", str(path))) is there
